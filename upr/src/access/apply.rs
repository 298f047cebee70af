//! From one snapshot to the next.

use std::collections::BTreeMap;
use std::sync::Arc;

use upr_core::SubjectId;

use super::change::{Change, GapError};
use super::facts::{Facts, GrantFact};
use super::grants::Grant;
use super::names::Names;
use super::snapshot::Snapshot;
use super::subject_ref::Name;

/// How many names may have got a number since a snapshot was compiled, whatever its size.
const SPARE_NAMES: usize = 4096;

impl Snapshot {
    /// The snapshot that follows on this one.
    ///
    /// It decides as one [compiled](Self::compile) of all facts at the later revision. The subjects
    /// that were touched cost as much as they and their neighbours hold, however many there are
    /// beside them; where a role or a permission was touched, what all roles hold is found out anew.
    ///
    /// # Errors
    ///
    /// [`GapError`] when the change is not one of this revision, or when so many scopes have come
    /// and gone since the snapshot was compiled that it had better be compiled anew.
    pub fn apply(&self, change: Change) -> Result<Self, GapError> {
        if change.after != self.revision {
            return Err(GapError::unordered(change.after, Some(self.revision)));
        }
        let mut next = self.clone();
        let Facts {
            permissions,
            roles,
            subjects,
            grants,
            revision,
            newest_time,
        } = change.now;
        (next.revision, next.newest_time) = (revision, newest_time);

        let keys_moved = !(permissions.is_empty() && change.permissions.is_empty());
        if keys_moved {
            next.permissions = Arc::new(self.permissions.with(&change.permissions, permissions));
        }
        if keys_moved || !(roles.is_empty() && change.roles.is_empty()) {
            let moved = self.roles.with(&change.roles, roles, &next.permissions);
            next.roles = Arc::new(moved);
        }

        let mut names = Names {
            permissions: next.permissions,
            roles: next.roles,
            scopes: next.scopes,
        };
        let mut grants = by_subject(&grants, &mut names);
        let mut touched: BTreeMap<&SubjectId, Option<bool>> =
            change.subjects.iter().map(|id| (id, None)).collect();
        touched.extend(subjects.iter().map(|fact| (&fact.id, Some(fact.active))));
        for (id, active) in touched {
            let name = Name::parse(id.as_str());
            match active {
                Some(active) => {
                    let grants = grants.remove(id).unwrap_or_default();
                    next.subjects.set(name, active, &words(grants));
                }
                None => next.subjects.remove(name),
            }
        }
        let spare = SPARE_NAMES.max(next.subjects.len());
        if names.len() > next.compiled_names + spare {
            return Err(GapError::worn(names.len()));
        }
        Ok(Self {
            permissions: names.permissions,
            roles: names.roles,
            scopes: names.scopes,
            ..next
        })
    }
}

fn by_subject<'a>(
    facts: &'a [GrantFact],
    names: &mut Names,
) -> BTreeMap<&'a SubjectId, Vec<Grant>> {
    let mut grants: BTreeMap<_, Vec<Grant>> = BTreeMap::new();
    for fact in facts {
        let grant = names.grant(fact);
        grants.entry(&fact.subject).or_default().extend(grant);
    }
    grants
}

fn words(mut grants: Vec<Grant>) -> Vec<u64> {
    grants.sort_unstable();
    let mut words = Vec::with_capacity(grants.len());
    for grant in grants {
        grant.write(&mut words);
    }
    words
}

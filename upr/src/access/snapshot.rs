//! Roles and grants at one revision, in the form that is asked.

use std::collections::HashMap;
use std::fmt;

use upr_core::{ModuleKey, RoleKey, Scope, SubjectId, Timestamp};

use super::bits::{BitTable, SetIndex};
use super::decision::{Decision, Reason};
use super::facts::Facts;
use super::permissions::Permissions;
use crate::Permission;

/// An immutable picture of the store at one revision. [`Snapshot::compile`] makes it.
#[derive(Default)]
pub struct Snapshot {
    pub(super) revision: u64,
    pub(super) newest_time: Timestamp,
    pub(super) permissions: Permissions,
    pub(super) roles: Box<[Role]>,
    pub(super) sets: BitTable,
    /// The scopes that any grant names, the empty one apart.
    pub(super) scopes: HashMap<Scope, ScopeIndex>,
    /// The place of each subject in `rows`.
    pub(super) subjects: HashMap<SubjectId, usize>,
    pub(super) rows: Box<[Subject]>,
    /// Subject by subject; of each subject the denies first.
    pub(super) grants: Box<[Grant]>,
    pub(super) facts: Facts,
}

/// What a role holds, and enough of how to explain it.
#[derive(Debug)]
pub(super) struct Role {
    pub(super) key: RoleKey,
    pub(super) application: Box<str>,
    pub(super) all: bool,
    pub(super) modules: Box<[ModuleKey]>,
    pub(super) holds: SetIndex,
}

/// 0 is the empty scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct ScopeIndex(pub(super) u32);

impl ScopeIndex {
    pub(super) const EVERYWHERE: Self = Self(0);
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Subject {
    pub(super) active: bool,
    pub(super) first_grant: usize,
    pub(super) grants: usize,
}

/// The order of the fields is the order in which a subject's grants are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    pub(super) effect: Rank,
    pub(super) scope: ScopeIndex,
    pub(super) held: Held,
    pub(super) expires_at: Option<Timestamp>,
}

/// Denies stand before allows, so that the first grant that applies is the one that decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    Deny,
    Allow,
}

/// What a grant gives or takes, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Held {
    Permission(u32),
    Role(u32),
}

/// Which one, and how large: whoever logs a request must not log who may do what.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("revision", &self.revision)
            .field("permissions", &self.permissions.len())
            .field("subjects", &self.subjects.len())
            .field("grants", &self.grants.len())
            .finish_non_exhaustive()
    }
}

impl Snapshot {
    /// The store's revision that this is the picture of.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// The newest time that the store knew of; no clock is believed that stands before it.
    #[must_use]
    pub fn newest_time(&self) -> Timestamp {
        self.newest_time
    }

    /// How many subjects there are, inactive ones included.
    #[must_use]
    pub fn subjects(&self) -> usize {
        self.subjects.len()
    }

    /// Decides whether `subject` may do `permission` in `scope` (`""` is everywhere), at the time
    /// of this machine's clock.
    pub fn check(&self, subject: &str, permission: Permission, scope: &str) -> Decision {
        self.check_id(subject, permission.id(), scope)
    }

    /// Decides as [`check`](Self::check) does, about a key that is known only at run time. A text
    /// that is no key at all is an unknown one: denied.
    pub fn check_key(&self, subject: &str, key: &str, scope: &str) -> Decision {
        self.decide(
            subject,
            self.permissions.answering(key),
            scope,
            Timestamp::now,
        )
    }

    /// Decides as [`check_key`](Self::check_key) does, with the time that `clock` shows.
    pub fn check_key_at(
        &self,
        subject: &str,
        key: &str,
        scope: &str,
        clock: Timestamp,
    ) -> Decision {
        self.decide(subject, self.permissions.answering(key), scope, || clock)
    }

    /// Decides as [`check`](Self::check) does, about the permission with this id (FNV-1a 64
    /// of its key). Two stored keys with the same id are both answered as unknown.
    pub fn check_id(&self, subject: &str, id: u64, scope: &str) -> Decision {
        self.decide(
            subject,
            self.permissions.answering_id(id),
            scope,
            Timestamp::now,
        )
    }

    pub(super) fn decide(
        &self,
        subject: &str,
        permission: Result<u32, Reason>,
        scope: &str,
        clock: impl Fn() -> Timestamp,
    ) -> Decision {
        let reason = match (permission, self.grants_of(subject)) {
            (Err(reason), _) | (Ok(_), Err(reason)) => reason,
            (Ok(permission), Ok(grants)) => {
                let scope = self.scope(scope);
                let applies = |grant: &&Grant| {
                    grant.reaches(scope)
                        && self.holds(grant.held, permission)
                        && grant.holds_at(|| self.present(clock()))
                };
                match grants.iter().find(applies) {
                    Some(Grant {
                        effect: Rank::Deny, ..
                    }) => Reason::Denied,
                    Some(Grant {
                        effect: Rank::Allow,
                        ..
                    }) => Reason::Allowed,
                    None => Reason::NoGrant,
                }
            }
        };
        Decision::new(reason)
    }

    /// The grants of a subject that is there and active.
    pub(super) fn grants_of(&self, subject: &str) -> Result<&[Grant], Reason> {
        let number = *self.subjects.get(subject).ok_or(Reason::UnknownSubject)?;
        let row = self.rows.get(number).ok_or(Reason::UnknownSubject)?;
        if !row.active {
            return Err(Reason::InactiveSubject);
        }
        let end = row.first_grant + row.grants;
        Ok(self.grants.get(row.first_grant..end).unwrap_or_default())
    }

    /// The index of a scope; `None` for one that no grant names, where only grants in the empty
    /// scope apply.
    pub(super) fn scope(&self, scope: &str) -> Option<ScopeIndex> {
        if scope.is_empty() {
            Some(ScopeIndex::EVERYWHERE)
        } else {
            self.scopes.get(scope).copied()
        }
    }

    pub(super) fn holds(&self, held: Held, permission: u32) -> bool {
        match held {
            Held::Permission(held) => held == permission,
            Held::Role(role) => self
                .roles
                .get(role as usize)
                .is_some_and(|role| self.sets.contains(role.holds, permission)),
        }
    }

    /// The time that counts: a clock that was set back revives nothing.
    pub(super) fn present(&self, clock: Timestamp) -> Timestamp {
        clock.max(self.newest_time)
    }
}

impl Grant {
    pub(super) fn reaches(&self, scope: Option<ScopeIndex>) -> bool {
        self.scope == ScopeIndex::EVERYWHERE || Some(self.scope) == scope
    }

    /// Whether the grant has not ended. The clock is read only for one that ends.
    pub(super) fn holds_at(&self, now: impl FnOnce() -> Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now() < end)
    }
}

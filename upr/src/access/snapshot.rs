//! Roles and grants at one revision, in the form that is asked.

use std::cell::OnceCell;
use std::fmt;
use std::sync::Arc;

use upr_core::Timestamp;

use super::decision::{Decision, Reason};
use super::grants::{Grants, Held, ScopeIndex};
use super::permissions::Permissions;
use super::roles::Roles;
use super::subject_ref::{Name, SubjectRef};
use super::table::{Record, Table};
use crate::Permission;

/// An immutable picture of the store at one revision.
///
/// [`compile`](Self::compile) makes it of facts, [`builder`](Self::builder) of rows as they are read,
/// and [`apply`](Self::apply) of the one before and what changed. A copy is cheap: it shares
/// everything.
#[derive(Clone, Default)]
pub struct Snapshot {
    pub(super) revision: u64,
    pub(super) newest_time: Timestamp,
    pub(super) permissions: Arc<Permissions>,
    pub(super) roles: Arc<Roles>,
    /// The numbers of the scopes that any grant names, the empty one apart.
    pub(super) scopes: Table,
    /// Subjects that are there, marked when they are active, with their [`Grants`].
    pub(super) subjects: Table,
    /// How many names had a number when it was compiled.
    pub(super) compiled_names: usize,
}

/// Which one, and how large: whoever logs a request must not log who may do what.
impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("revision", &self.revision)
            .field("permissions", &self.permissions.len())
            .field("roles", &self.roles.len())
            .field("subjects", &self.subjects.len())
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
    pub fn check<'a>(
        &self,
        subject: impl Into<SubjectRef<'a>>,
        permission: Permission,
        scope: &str,
    ) -> Decision {
        self.check_id(subject, permission.id(), scope)
    }

    /// Decides as [`check`](Self::check) does, about a key that is known only at run time. A text
    /// that is no key at all is an unknown one: denied.
    pub fn check_key<'a>(
        &self,
        subject: impl Into<SubjectRef<'a>>,
        key: &str,
        scope: &str,
    ) -> Decision {
        let permission = self.permissions.answering(key);
        self.decide(subject.into(), permission, scope, Timestamp::now)
    }

    /// Decides as [`check_key`](Self::check_key) does, with the time that `clock` shows.
    pub fn check_key_at<'a>(
        &self,
        subject: impl Into<SubjectRef<'a>>,
        key: &str,
        scope: &str,
        clock: Timestamp,
    ) -> Decision {
        let permission = self.permissions.answering(key);
        self.decide(subject.into(), permission, scope, || clock)
    }

    /// Decides as [`check`](Self::check) does, about the permission with this id (FNV-1a 64
    /// of its key). Two stored keys with the same id are both answered as unknown.
    pub fn check_id<'a>(
        &self,
        subject: impl Into<SubjectRef<'a>>,
        id: u64,
        scope: &str,
    ) -> Decision {
        self.check_ref(subject.into(), id, scope)
    }

    /// All of a check in one place, compiled once.
    pub(super) fn check_ref(&self, subject: SubjectRef<'_>, id: u64, scope: &str) -> Decision {
        let permission = self.permissions.answering_id(id);
        self.decide(subject, permission, scope, Timestamp::now)
    }

    #[inline]
    fn decide(
        &self,
        subject: SubjectRef<'_>,
        permission: Result<u32, Reason>,
        scope: &str,
        clock: impl Fn() -> Timestamp,
    ) -> Decision {
        self.decide_of(|| self.grants_of(subject), permission, scope, clock)
    }

    /// Decides about the subject with these grants. The permission is judged first.
    #[inline]
    pub(super) fn decide_of<'s>(
        &self,
        grants: impl FnOnce() -> Result<Grants<'s>, Reason>,
        permission: Result<u32, Reason>,
        scope: &str,
        clock: impl Fn() -> Timestamp,
    ) -> Decision {
        let reason = match permission {
            Err(reason) => reason,
            Ok(permission) => match grants() {
                Err(reason) => reason,
                Ok(grants) => self.weigh(grants, permission, scope, clock),
            },
        };
        Decision::new(reason)
    }

    /// The first grant that applies decides.
    #[inline]
    pub(super) fn weigh(
        &self,
        grants: Grants<'_>,
        permission: u32,
        scope: &str,
        clock: impl Fn() -> Timestamp,
    ) -> Reason {
        let mut rest = grants;
        // Most grants are for everywhere and for ever.
        while let Some(grant) = rest.next_plain() {
            if self.holds(grant.held(), permission) {
                return grant.reason();
            }
        }
        if rest.is_empty() {
            Reason::NoGrant
        } else {
            self.weigh_all(rest, permission, scope, clock)
        }
    }

    #[inline(never)]
    fn weigh_all(
        &self,
        grants: Grants<'_>,
        permission: u32,
        scope: &str,
        clock: impl Fn() -> Timestamp,
    ) -> Reason {
        // Found out when a grant wants to know.
        let asked = OnceCell::new();
        let is_asked = |narrow: ScopeIndex| narrow == *asked.get_or_init(|| self.scope(scope));
        for grant in grants {
            let scope = grant.scope();
            if self.holds(grant.held(), permission)
                && (scope == ScopeIndex::EVERYWHERE || is_asked(scope))
                && grant.holds_at(|| self.present(clock()))
            {
                return grant.reason();
            }
        }
        Reason::NoGrant
    }

    /// The grants of a subject that is there and active.
    #[inline]
    pub(super) fn grants_of(&self, subject: SubjectRef<'_>) -> Result<Grants<'_>, Reason> {
        self.record_of(subject)
            .map(|record| Grants(record.payload()))
    }

    /// The record of a subject that is there and active.
    #[inline]
    pub(super) fn record_of(&self, subject: SubjectRef<'_>) -> Result<Record<'_>, Reason> {
        let record = self
            .subjects
            .find(subject.0)
            .ok_or(Reason::UnknownSubject)?;
        if record.is_marked() {
            Ok(record)
        } else {
            Err(Reason::InactiveSubject)
        }
    }

    pub(super) fn scope(&self, scope: &str) -> ScopeIndex {
        if scope.is_empty() {
            return ScopeIndex::EVERYWHERE;
        }
        let number = self.scopes.number(Name::Text(scope));
        let known = number.and_then(|number| ScopeIndex::new(u64::from(number)));
        known.unwrap_or(ScopeIndex::UNNAMED)
    }

    #[inline]
    pub(super) fn holds(&self, held: Held, permission: u32) -> bool {
        match held {
            Held::Permission(held) => held == permission,
            Held::Role(role) => self.roles.holds(role, permission),
        }
    }

    /// The time that counts: a clock that was set back revives nothing.
    pub(super) fn present(&self, clock: Timestamp) -> Timestamp {
        clock.max(self.newest_time)
    }
}

#[cfg(test)]
mod tests {
    use upr_core::{Key, Scope, SubjectId};

    use super::*;
    use crate::access::{Effect, Facts, GrantFact, PermissionFact, State, SubjectFact, Target};

    /// Ada may do `m.a` for ever, and `m.b` until a time.
    fn snapshot() -> Snapshot {
        let key = |key| Key::parse(key).unwrap();
        let id = SubjectId::parse("ada").unwrap();
        let permission = |name| PermissionFact {
            key: key(name),
            application: "desk".into(),
            state: State::Active,
            alias_of: None,
            critical: false,
        };
        let grant = |name, expires_at| GrantFact {
            subject: id.clone(),
            target: Target::Permission(key(name)),
            scope: Scope::everywhere(),
            effect: Effect::Allow,
            expires_at,
        };
        Snapshot::compile(Facts {
            permissions: vec![permission("m.a"), permission("m.b"), permission("m.c")],
            subjects: vec![SubjectFact {
                id: id.clone(),
                active: true,
            }],
            grants: vec![
                grant("m.a", None),
                grant("m.b", Some(Timestamp::from_micros(5))),
            ],
            ..Facts::default()
        })
    }

    #[test]
    fn a_clock_is_read_only_where_a_grant_that_ends_would_decide() {
        let snapshot = snapshot();
        let reads = std::cell::Cell::new(0);
        let ask = |key: &str| {
            let permission = snapshot.permissions.answering(key);
            let clock = || {
                reads.set(reads.get() + 1);
                Timestamp::from_micros(4)
            };
            snapshot
                .decide("ada".into(), permission, "", clock)
                .reason()
        };
        assert_eq!((ask("m.a"), ask("m.c")), (Reason::Allowed, Reason::NoGrant));
        assert_eq!(reads.get(), 0);
        assert_eq!(ask("m.b"), Reason::Allowed);
        assert_eq!(reads.get(), 1);
    }
}

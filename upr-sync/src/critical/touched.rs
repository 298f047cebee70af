//! What a change set touched, as it was before or is after.

use std::collections::BTreeMap;

use upr::access::{GrantFact, Target};

use crate::change::{Item, ItemKind};
use crate::engine::EngineError;
use crate::member::Member;
use crate::recorded::{self, PermissionLine, RoleLine};

/// Which side of a change set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// Lines that stand in place of those of the store; `None` is a line that is not there.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pub(super) permissions: BTreeMap<String, Option<PermissionLine>>,
    pub(super) roles: BTreeMap<String, Option<RoleLine>>,
    /// Role by role, whether it holds a member.
    pub(super) members: BTreeMap<String, BTreeMap<Member, bool>>,
    /// Whether a subject is active.
    pub(super) subjects: BTreeMap<String, Option<bool>>,
    /// The grants of each subject that reach the empty scope, by target and effect.
    pub(super) grants: BTreeMap<String, BTreeMap<(Target, bool), Option<GrantFact>>>,
}

impl Touched {
    /// Where a fact was changed more than once, the first `before` and the last `after` count.
    pub(super) fn of(items: &[Item], side: Side) -> Result<Self, EngineError> {
        let mut touched = Self::default();
        match side {
            Side::Before => {
                for item in items.iter().rev() {
                    touched.note(item, &item.before)?;
                }
            }
            Side::After => {
                for item in items {
                    touched.note(item, &item.after)?;
                }
            }
        }
        Ok(touched)
    }

    /// Everything that is known of the subject is that something of it was touched.
    pub(super) fn knows_subject(&self, subject: &str) -> bool {
        self.subjects.contains_key(subject) || self.grants.contains_key(subject)
    }

    fn note(&mut self, item: &Item, fact: &str) -> Result<(), EngineError> {
        match item.kind {
            ItemKind::Permission => {
                let line = recorded::permission(fact)?;
                let known = self.permissions.entry(item.permission.clone()).or_default();
                *known = match (known.take(), line) {
                    // Two items may tell different things of one line.
                    (Some(known), Some(line)) => Some(PermissionLine {
                        application: line.application.or(known.application),
                        state: line.state.or(known.state),
                        alias_of: line.alias_of.or(known.alias_of),
                        critical: line.critical.or(known.critical),
                    }),
                    (_, line) => line,
                };
            }
            ItemKind::Role => {
                let line = recorded::role(fact)?;
                if let Some(line) = &line {
                    let members = self.members.entry(item.role.clone()).or_default();
                    members.extend(line.members.iter().cloned().map(|member| (member, true)));
                }
                self.roles.insert(item.role.clone(), line);
            }
            ItemKind::Member => {
                let other = if fact == item.before {
                    &item.after
                } else {
                    &item.before
                };
                let (here, there) = (recorded::member(fact)?, recorded::member(other)?);
                if let Some(member) = here.clone().or(there) {
                    let members = self.members.entry(item.role.clone()).or_default();
                    members.insert(member, here.is_some());
                }
            }
            ItemKind::Subject => {
                let line = recorded::subject(fact)?;
                let active = line.map(|line| line.active);
                self.subjects.insert(item.subject.clone(), active);
            }
            ItemKind::Grant => self.note_grant(item, fact)?,
        }
        Ok(())
    }

    fn note_grant(&mut self, item: &Item, fact: &str) -> Result<(), EngineError> {
        let known = if item.before.is_empty() {
            &item.after
        } else {
            &item.before
        };
        let Some(identity) = recorded::grant(known)? else {
            return Ok(());
        };
        if identity.scope.is_everywhere() {
            let is_deny = identity.effect == upr::access::Effect::Deny;
            let grants = self.grants.entry(item.subject.clone()).or_default();
            grants.insert((identity.target, is_deny), recorded::grant(fact)?);
        }
        Ok(())
    }
}

//! Why a decision falls as it does.

use std::fmt;

use upr_core::{Key, Timestamp};

use super::decision::{Decision, Reason};
use super::grants::{Grant, Grants, Held, ScopeIndex};
use super::snapshot::Snapshot;
use super::subject_ref::SubjectRef;

/// A decision with the way that led to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    decision: Decision,
    answered_by: Option<Key>,
    path: Vec<Step>,
    misses: Vec<Miss>,
}

impl Explanation {
    /// The decision; always the one that a check at the same moment gives.
    pub fn decision(&self) -> Decision {
        self.decision
    }

    /// The key that decided: the one asked for, or its replacement when that is retired. `None`
    /// when no permission could decide.
    #[must_use]
    pub fn answered_by(&self) -> Option<&Key> {
        self.answered_by.as_ref()
    }

    /// From the subject's grant to the permission: the deny that won, or the allow. Empty when no
    /// grant applies.
    #[must_use]
    pub fn path(&self) -> &[Step] {
        &self.path
    }

    /// The grants that hold the permission and yet do not apply, each with what is in the way.
    #[must_use]
    pub fn misses(&self) -> &[Miss] {
        &self.misses
    }
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What kind of step it is.
    pub kind: StepKind,
    /// The key of the role, the permission or the module; `*` for everything.
    pub key: String,
    /// The scope of the grant; empty on the steps inside a role.
    pub scope: String,
    /// The end of the grant, if it has one.
    pub expires_at: Option<Timestamp>,
}

/// What one step of a path is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StepKind {
    /// A role that is granted, or inside of one that is denied.
    Role,
    /// A permission that is granted directly, or that a role holds by name.
    Grant,
    /// A role or a permission that is denied.
    Deny,
    /// A whole module that a role holds.
    Module,
    /// Everything, held by a role.
    All,
}

impl StepKind {
    /// The kind as one word of JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Role => "role",
            Self::Grant => "grant",
            Self::Deny => "deny",
            Self::Module => "module",
            Self::All => "all",
        }
    }
}

impl fmt::Display for StepKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A grant that holds the permission and does not apply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Miss {
    /// The way it would have led.
    pub path: Vec<Step>,
    /// What is in the way.
    pub reason: MissReason,
}

/// Why a grant does not apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MissReason {
    /// It is for another scope.
    OtherScope,
    /// It has ended.
    Ended,
}

impl Snapshot {
    /// Explains what [`check_key_at`](Self::check_key_at) answers.
    #[must_use]
    pub fn explain_at<'a>(
        &self,
        subject: impl Into<SubjectRef<'a>>,
        key: &str,
        scope: &str,
        clock: Timestamp,
    ) -> Explanation {
        let answer = self.permissions.answering(key);
        let answered_by = answer
            .ok()
            .and_then(|index| self.permissions.key(index).cloned());
        let (reason, path, misses) = match (answer, self.grants_of(subject.into())) {
            (Err(reason), _) | (Ok(_), Err(reason)) => (reason, Vec::new(), Vec::new()),
            (Ok(permission), Ok(grants)) => self.sift(grants, permission, scope, clock),
        };
        Explanation {
            decision: Decision::new(reason),
            answered_by,
            path,
            misses,
        }
    }

    /// Parts the grants that hold `permission` into the one that decides and those that miss.
    fn sift(
        &self,
        grants: Grants<'_>,
        permission: u32,
        scope: &str,
        clock: Timestamp,
    ) -> (Reason, Vec<Step>, Vec<Miss>) {
        let (asked, now) = (self.scope(scope), self.present(clock));
        let mut applying = Vec::new();
        let mut misses = Vec::new();
        for grant in grants.filter(|grant| self.holds(grant.held(), permission)) {
            let path = self.path(grant, permission);
            let is_near = [ScopeIndex::EVERYWHERE, asked].contains(&grant.scope());
            if !is_near {
                let reason = MissReason::OtherScope;
                misses.push((grant.is_allow(), Miss { path, reason }));
            } else if !grant.holds_at(|| now) {
                let reason = MissReason::Ended;
                misses.push((grant.is_allow(), Miss { path, reason }));
            } else {
                applying.push((grant.is_allow(), path));
            }
        }
        // Denies first, then by name: numbers depend on what came when.
        applying.sort_by(|left, right| order(left).cmp(&order(right)));
        misses.sort_by(|(left, a), (right, b)| {
            order(&(*left, &a.path)).cmp(&order(&(*right, &b.path)))
        });
        let misses = misses.into_iter().map(|(_, miss)| miss).collect();
        match applying.into_iter().next() {
            Some((false, path)) => (Reason::Denied, path, misses),
            Some((true, path)) => (Reason::Allowed, path, misses),
            None => (Reason::NoGrant, Vec::new(), misses),
        }
    }

    fn path(&self, grant: Grant, permission: u32) -> Vec<Step> {
        let key = self.permissions.key(permission).map_or("", Key::as_str);
        let (kind, name, inside) = match grant.held() {
            Held::Permission(_) => (StepKind::Grant, key, None),
            Held::Role(role) => {
                let inside = self.inside(role, permission, key);
                (StepKind::Role, self.roles.key(role), inside)
            }
        };
        let first = Step {
            kind: if grant.is_allow() {
                kind
            } else {
                StepKind::Deny
            },
            key: name.into(),
            scope: self.scope_name(grant.scope()),
            expires_at: grant.end(),
        };
        std::iter::once(first).chain(inside).collect()
    }

    /// How the role holds the permission: through a wildcard, when one covers it, else by name.
    fn inside(&self, role: u32, permission: u32, key: &str) -> Option<Step> {
        let role = self.roles.fact(role)?;
        let step = |kind, key: &str| Step {
            kind,
            key: key.into(),
            scope: String::new(),
            expires_at: None,
        };
        let module = key.rsplit_once('.').map_or("", |(module, _)| module);
        let reaches = role.application.is_empty()
            || role.application == self.permissions.application(permission);
        Some(
            if reaches && role.modules.iter().any(|held| held.as_str() == module) {
                step(StepKind::Module, module)
            } else if reaches && role.all {
                step(StepKind::All, "*")
            } else {
                step(StepKind::Grant, key)
            },
        )
    }

    /// Names are seldom asked for, so they are searched for.
    fn scope_name(&self, index: ScopeIndex) -> String {
        let mut name = String::new();
        if index != ScopeIndex::EVERYWHERE {
            self.scopes.for_each(|record| {
                let number = record.payload().first().copied();
                if number.and_then(ScopeIndex::new) == Some(index) {
                    name = record.text();
                }
            });
        }
        name
    }
}

/// Of two grants with these effects and paths, which is told first.
fn order<Path: AsRef<[Step]>>(told: &(bool, Path)) -> (bool, Option<(&str, StepKind, &str)>) {
    let (is_allow, path) = told;
    let first = path.as_ref().first();
    let name = first.map(|step| (step.scope.as_str(), step.kind, step.key.as_str()));
    (*is_allow, name)
}

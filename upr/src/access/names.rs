//! The numbers that grants have for what they name.

use std::sync::Arc;

use upr_core::{Key, RoleKey, Scope};

use super::facts::{Effect, GrantFact, Target};
use super::grants::{Grant, Held, ScopeIndex};
use super::permissions::Permissions;
use super::roles::Roles;
use super::subject_ref::Name;
use super::table::Table;

/// Whatever has no number yet gets one when it is named.
#[derive(Debug)]
pub(super) struct Names {
    pub(super) permissions: Arc<Permissions>,
    pub(super) roles: Arc<Roles>,
    pub(super) scopes: Table,
}

impl Names {
    pub(super) fn permission(&mut self, key: &Key) -> Held {
        let known = self.permissions.find(key.as_str());
        Held::Permission(known.unwrap_or_else(|| Arc::make_mut(&mut self.permissions).intern(key)))
    }

    pub(super) fn role(&mut self, key: &RoleKey) -> Held {
        let known = self.roles.find(key.as_str());
        Held::Role(known.unwrap_or_else(|| Arc::make_mut(&mut self.roles).intern(key)))
    }

    /// `None` when there are more scopes than can be told apart.
    pub(super) fn scope(&mut self, scope: &Scope) -> Option<ScopeIndex> {
        if scope.is_everywhere() {
            return Some(ScopeIndex::EVERYWHERE);
        }
        let name = Name::Text(scope.as_str());
        let number = match self.scopes.number(name) {
            Some(number) => u64::from(number),
            None => {
                let number = self.scopes.len() as u64 + 1;
                ScopeIndex::new(number)?;
                self.scopes.set(name, false, &[number]);
                number
            }
        };
        ScopeIndex::new(number)
    }

    pub(super) fn grant(&mut self, fact: &GrantFact) -> Option<Grant> {
        let held = match &fact.target {
            Target::Role(key) => self.role(key),
            Target::Permission(key) => self.permission(key),
        };
        let scope = self.scope(&fact.scope);
        grant(fact.effect, scope, held, fact.expires_at)
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.permissions.len() + self.roles.len() + self.scopes.len()
    }
}

/// A grant in a scope that cannot be told from others allows nothing, or denies everywhere.
pub(super) fn grant(
    effect: Effect,
    scope: Option<ScopeIndex>,
    held: Held,
    end: Option<upr_core::Timestamp>,
) -> Option<Grant> {
    match effect {
        Effect::Allow => Some(Grant::new(true, scope?, held, end)),
        Effect::Deny => {
            let scope = scope.unwrap_or(ScopeIndex::EVERYWHERE);
            Some(Grant::new(false, scope, held, end))
        }
    }
}

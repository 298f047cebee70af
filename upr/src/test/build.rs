//! An access from a few lines.

use std::fmt::Display;

use upr_core::{Key, RoleKey, Scope, SubjectId, Timestamp};

use crate::access::{
    Access, Effect, Facts, GrantFact, PermissionFact, RoleFact, Snapshot, State, SubjectFact,
    Target,
};
use crate::{Permission, Registry};

/// Begins an [`Access`] that knows every permission and role that this program declares, and nobody.
///
/// # Panics
///
/// When the registry contradicts itself.
pub fn access() -> AccessBuilder {
    let catalog = Registry::global().catalog();
    let application = catalog.application().name.clone();
    let permissions = catalog.permissions().map(|permission| PermissionFact {
        key: permission.key.clone(),
        application: application.clone(),
        state: State::Active,
        alias_of: None,
        critical: permission.critical,
    });
    let roles = catalog.roles().iter().map(|role| RoleFact {
        key: role.key.clone(),
        application: application.clone(),
        all: role.all,
        modules: role.modules.clone(),
        permissions: role.permissions.clone(),
    });
    AccessBuilder {
        facts: Facts {
            permissions: permissions.collect(),
            roles: roles.collect(),
            ..Facts::default()
        },
    }
}

/// Collects roles and grants. [`access`] begins one.
///
/// Whoever is granted something is an active subject. A scope is `""` where none is named: everywhere.
/// All of its methods panic on what can be no name; it is for tests.
#[derive(Clone, Debug)]
#[must_use = "nothing is decided before `build`"]
pub struct AccessBuilder {
    facts: Facts,
}

impl AccessBuilder {
    /// Adds a role, or exchanges what one holds.
    pub fn role(mut self, key: &str, permissions: impl IntoIterator<Item = Permission>) -> Self {
        self.facts.roles.push(RoleFact {
            key: parsed(RoleKey::parse(key)),
            application: String::new(),
            all: false,
            modules: Vec::new(),
            permissions: permissions.into_iter().map(key_of).collect(),
        });
        self
    }

    /// Adds a role that holds everything.
    pub fn role_of_all(mut self, key: &str) -> Self {
        self.facts.roles.push(RoleFact {
            key: parsed(RoleKey::parse(key)),
            application: String::new(),
            all: true,
            modules: Vec::new(),
            permissions: Vec::new(),
        });
        self
    }

    /// Adds a subject that may do nothing yet.
    pub fn subject(self, id: &str) -> Self {
        self.known(id, true)
    }

    /// Adds a subject that is inactive, whatever it is granted.
    pub fn inactive(self, id: &str) -> Self {
        self.known(id, false)
    }

    /// Allows the subject one permission everywhere.
    pub fn allow(self, subject: &str, permission: Permission) -> Self {
        self.allow_in(subject, permission, "")
    }

    /// Allows the subject one permission in a scope.
    pub fn allow_in(self, subject: &str, permission: Permission, scope: &str) -> Self {
        let target = Target::Permission(key_of(permission));
        self.grant(subject, target, scope, Effect::Allow, None)
    }

    /// Allows the subject a role everywhere.
    pub fn allow_role(self, subject: &str, role: &str) -> Self {
        self.allow_role_in(subject, role, "")
    }

    /// Allows the subject a role in a scope.
    pub fn allow_role_in(self, subject: &str, role: &str, scope: &str) -> Self {
        let target = Target::Role(parsed(RoleKey::parse(role)));
        self.grant(subject, target, scope, Effect::Allow, None)
    }

    /// Denies the subject one permission everywhere, whatever else allows it.
    pub fn deny(self, subject: &str, permission: Permission) -> Self {
        self.deny_in(subject, permission, "")
    }

    /// Denies the subject one permission in a scope.
    pub fn deny_in(self, subject: &str, permission: Permission, scope: &str) -> Self {
        let target = Target::Permission(key_of(permission));
        self.grant(subject, target, scope, Effect::Deny, None)
    }

    /// Adds any grant: one of a role that is denied, one that ends.
    pub fn grant(
        self,
        subject: &str,
        target: Target,
        scope: &str,
        effect: Effect,
        expires_at: Option<Timestamp>,
    ) -> Self {
        let id = parsed(SubjectId::parse(subject));
        let is_known = self.facts.subjects.iter().any(|fact| fact.id == id);
        let mut next = if is_known {
            self
        } else {
            self.subject(subject)
        };
        next.facts.grants.push(GrantFact {
            subject: id,
            target,
            scope: parsed(Scope::parse(scope)),
            effect,
            expires_at,
        });
        next
    }

    /// The access that decides so.
    #[must_use]
    pub fn build(self) -> Access {
        Access::new(Snapshot::compile(self.facts))
    }

    fn known(mut self, id: &str, active: bool) -> Self {
        let id = parsed(SubjectId::parse(id));
        self.facts.subjects.push(SubjectFact { id, active });
        self
    }
}

fn key_of(permission: Permission) -> Key {
    parsed(Key::parse(permission.key()))
}

#[expect(
    clippy::panic,
    reason = "documented: a test that cannot go on has failed"
)]
fn parsed<T>(result: Result<T, impl Display>) -> T {
    match result {
        Ok(value) => value,
        Err(error) => panic!("{error}"),
    }
}

//! Roles defined in code by `upr::role!`.

use std::fmt;

use crate::private::RoleDecl;

/// A named set of permissions that the code defines; made by `upr::role!` only.
#[derive(Clone, Copy)]
pub struct Role {
    decl: &'static RoleDecl,
}

impl Role {
    pub(crate) const fn from_decl(decl: &'static RoleDecl) -> Self {
        Self { decl }
    }

    /// The key, 1 to 8 segments, such as `support`.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.decl.view().map_or("", |view| view.key)
    }

    /// The short text for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.decl.view().map_or("", |view| view.label.trim())
    }

    /// Whether a sync adds what the code gained and leaves the rest alone (seeded), rather than setting the
    /// members to the code's (managed).
    #[must_use]
    pub fn is_seeded(self) -> bool {
        self.decl.view().is_some_and(|view| view.seeded)
    }

    /// Whether it holds every permission of its application.
    #[must_use]
    pub fn holds_all(self) -> bool {
        self.decl.view().is_some_and(|view| view.all)
    }

    pub(crate) fn decl(self) -> &'static RoleDecl {
        self.decl
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.key())
    }
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Role").field(&self.key()).finish()
    }
}

impl PartialEq for Role {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Role {}

//! What the store knows about access, as plain data.
//!
//! `upr-sync` fills [`Facts`] from the tables; [`Snapshot::compile`](crate::access::Snapshot::compile)
//! turns them into something that answers quickly. Nothing is decided here and nothing is checked:
//! facts that name a role, a key or a subject which is not listed are kept and simply grant nothing.

use upr_core::{Key, ModuleKey, RoleKey, Scope, SubjectId, Timestamp};

/// Everything that decisions rest on, at one revision of the store.
///
/// The lists may come in any order. A key, a role or a subject that is listed twice is taken at its
/// last mention.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Every permission in the store, of all its applications and in every state (`upr_permission`).
    pub permissions: Vec<PermissionFact>,
    /// Every role, declared in code or made in the store (`upr_role`, `upr_role_permission`).
    pub roles: Vec<RoleFact>,
    /// Every subject, active or not (`upr_subject`).
    pub subjects: Vec<SubjectFact>,
    /// Every grant, ended ones included (`upr_grant`).
    pub grants: Vec<GrantFact>,
    /// The store's revision that these facts were read at; it grows with every change.
    pub revision: u64,
    /// The newest time recorded anywhere in the store. A clock that stands before it is wrong, and
    /// must not revive a grant that has ended.
    pub newest_time: Timestamp,
}

/// One permission as the store has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PermissionFact {
    /// Its name for ever.
    pub key: Key,
    /// The application that owns it, as configured there; `all` and `module.*` in a role of an
    /// application stop at that application's keys.
    pub application: String,
    /// What the last sync found it to be.
    pub state: State,
    /// For a [retired](State::Retired) key, the one that answers for it. Ignored in other states.
    pub alias_of: Option<Key>,
    /// Whether the store must always keep an active holder of it.
    pub critical: bool,
}

/// The life of a stored permission, as the last sync wrote it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum State {
    /// Declared.
    #[default]
    Active,
    /// Declared and on its way out. It decides like an active one.
    Deprecated,
    /// No longer declared. It decides like an active one until it is cleaned: old code that still
    /// runs during a rollout needs it.
    Orphan,
    /// Gone. It is answered by its alias, or denied when it has none, and is never granted.
    Retired,
}

/// A named set of permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleFact {
    /// Its name, unique in the store.
    pub key: RoleKey,
    /// The application whose code declares it; `""` when it was made in the store, and then its
    /// wildcards reach the keys of every application.
    pub application: String,
    /// Whether it holds everything, what is added later included.
    pub all: bool,
    /// The modules it holds as a whole: the actions of exactly that module, not of modules below.
    pub modules: Vec<ModuleKey>,
    /// The single permissions it holds, of any application.
    pub permissions: Vec<Key>,
}

/// A user, a service account: whoever is granted something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectFact {
    /// The id that the application's sign-in gives it.
    pub id: SubjectId,
    /// Whether it may do anything at all; an inactive subject keeps its grants and is denied.
    pub active: bool,
}

/// One grant: who gets what, where, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GrantFact {
    /// Who.
    pub subject: SubjectId,
    /// What.
    pub target: Target,
    /// Where; the empty scope is everywhere.
    pub scope: Scope,
    /// Whether it gives or takes.
    pub effect: Effect,
    /// When it stops counting, first moment that no longer does; `None` when it never ends.
    pub expires_at: Option<Timestamp>,
}

/// What a grant gives or takes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Target {
    /// Whatever the role holds at the time of the check.
    Role(RoleKey),
    /// One permission.
    Permission(Key),
}

/// Whether a grant gives or takes. Any deny that applies wins over every allow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Effect {
    /// The subject may.
    Allow,
    /// The subject may not, whatever else it holds.
    Deny,
}

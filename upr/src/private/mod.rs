//! Not public API. Used by generated code.
//!
//! What the macros write: plain data in statics, one registration a module and one a handler. Everything here
//! may change in any release; the macros are pinned to the crate by `=`.

pub use ::inventory;
pub use upr_core::id::{fnv1a, fnv1a_continue};

use crate::proof::Expression;
use crate::{Granted, Permission};

mod decl;
mod expand;

pub(crate) use decl::NO_INDEX;
pub use decl::{Decl, Facts, ModuleDecl, NO_FACTS};
pub use expand::{__upr_handler as handler, __upr_module as module};

/// One declaration on its way to the registry.
#[derive(Debug, Clone, Copy)]
pub enum Registration {
    /// A module with the actions of its attribute.
    Module(&'static ModuleDecl),
    /// An action declared on a handler.
    Action(&'static Decl),
    /// A role defined in code.
    Role(&'static RoleDecl),
    /// The lock that a program embeds.
    Lock(&'static LockDecl),
}

inventory::collect!(Registration);

/// What the lock's probe finds where nothing is declared; its id is the reserved one.
pub const ABSENT: Permission = permission(0, &ABSENT_DECL);

static ABSENT_DECL: Decl = Decl::on_handler(&ABSENT_MODULE, "", NO_FACTS);
static ABSENT_MODULE: ModuleDecl = ModuleDecl {
    id: 0,
    key: "",
    label: "",
    description: "",
    allow_case_variants: false,
    origin: "",
    path: "",
    cfg: None,
    records: "",
    facts: NO_FACTS,
    decls: &[],
};

/// A role defined in code.
#[derive(Debug)]
pub struct RoleDecl {
    pub key: &'static str,
    pub label: &'static str,
    pub seeded: bool,
    pub all: bool,
    /// Ids of permissions.
    pub permissions: &'static [u64],
    /// Ids of modules.
    pub modules: &'static [u64],
    pub package: &'static str,
    pub version: &'static str,
    pub path: &'static str,
    pub file: &'static str,
    pub line: u32,
}

/// What `upr::lock!()` embeds: of the lock, what a start-up asks.
#[derive(Debug)]
pub struct LockDecl {
    pub crates: &'static [LockedCrate],
    pub retired: &'static [RetiredDecl],
    pub package: &'static str,
    pub version: &'static str,
    pub krate: &'static str,
    pub file: &'static str,
    pub line: u32,
}

/// The published keys of one crate that are declared under no condition.
#[derive(Debug)]
pub struct LockedCrate {
    pub package: &'static str,
    pub krate: &'static str,
    /// Sorted ids, 8 bytes each, little endian: one literal, however many keys there are.
    pub ids: &'static [u8],
    /// The keys of the ids, in their order, one a line.
    pub keys: &'static str,
}

/// A tombstone.
#[derive(Debug)]
pub struct RetiredDecl {
    pub id: u64,
    pub key: &'static str,
    pub retired: &'static str,
    pub replaced_by: Option<&'static str>,
}

/// The constructor of generated constants.
#[must_use]
pub const fn permission(id: u64, decl: &'static Decl) -> Permission {
    Permission::from_decl(id, decl)
}

/// The id of a permission, wherever a path must be one.
#[must_use]
pub const fn id_of(permission: Permission) -> u64 {
    permission.id()
}

/// The constructor of generated role constants.
#[must_use]
pub const fn role(decl: &'static RoleDecl) -> crate::Role {
    crate::Role::from_decl(decl)
}

/// The id of `action` in the module with the id `module`.
#[must_use]
pub const fn action_id(module: u64, action: &str) -> u64 {
    fnv1a_continue(fnv1a_continue(module, b"."), action.as_bytes())
}

/// What a proof proves, as a number that two proofs share exactly when they have the same expression.
pub trait Proof {
    const SIGNATURE: u64;
}

impl<E: Expression> Proof for Granted<E> {
    const SIGNATURE: u64 = E::SIGNATURE;
}

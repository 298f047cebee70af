//! Not public API. Used by generated code.
//!
//! What the macros write: one record a module and one a handler, which register themselves. Everything here
//! may change in any release; the macros are pinned to the crate by `=`.

pub use upr_core::id::{fnv1a, fnv1a_continue};
pub use upr_core::section::record;

use crate::proof::Expression;
use crate::{Granted, Permission};

mod decl;
mod expand;
mod list;

pub(crate) use decl::NO_INDEX;
pub use decl::{Decl, HandlerRecord, ModuleDecl, ProgramDecl, RoleDecl};
use decl::{HANDLERS, MODULES, PROGRAMS, ROLES};
pub use expand::{
    __upr_declare as declare, __upr_handler as handler, __upr_handler_joined as handler_joined,
    __upr_module as module,
};

/// One declaration on its way to the registry.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Registration {
    /// A module with the actions of its attribute.
    Module(&'static ModuleDecl),
    /// An action declared on a handler.
    Action(&'static Decl),
    /// A role defined in code.
    Role(&'static RoleDecl),
    /// What the program says of itself.
    Program(&'static ProgramDecl),
}

/// Everything that made itself known before `main`.
pub(crate) fn registrations() -> impl Iterator<Item = Registration> {
    let modules = MODULES.to_vec().into_iter().map(Registration::Module);
    let handlers = HANDLERS.to_vec().into_iter().map(Registration::Action);
    let roles = ROLES.to_vec().into_iter().map(Registration::Role);
    let programs = PROGRAMS.to_vec().into_iter().map(Registration::Program);
    modules.chain(handlers).chain(roles).chain(programs)
}

/// What the lock's probe finds where nothing is declared; its id is the reserved one.
pub const ABSENT: Permission = permission(0, &ABSENT_DECL);

static ABSENT_DECL: Decl = Decl::in_attribute(&ABSENT_MODULE);
static ABSENT_MODULE: ModuleDecl = ModuleDecl::new(0, "", b"", "", &[]);

/// Called before `main`, for an action on a handler.
pub fn register(decl: &'static Decl) {
    HANDLERS.add(decl);
}

/// The id of a handler's action, where its record does not hold it for itself alone.
#[derive(Debug)]
pub struct Id {
    pub id: u64,
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

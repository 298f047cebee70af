//! Not public API. Used by generated code.
//!
//! What the macros write: one record a module and one a handler, which are registered with `inventory`. Everything here
//! may change in any release; the macros are pinned to the crate by `=`.

pub use ::inventory;
pub use upr_core::id::{fnv1a, fnv1a_continue};
pub use upr_core::section::record;

use crate::proof::Expression;
use crate::{Granted, Permission};

mod decl;
mod expand;

pub(crate) use decl::NO_INDEX;
pub use decl::{Decl, HandlerRecord, ModuleDecl, ProgramDecl, RoleDecl};
pub use expand::{
    __upr_declare as declare, __upr_handler as handler, __upr_handler_joined as handler_joined,
    __upr_module as module,
};

/// One declaration on its way to the registry.
#[derive(Debug, Clone, Copy)]
pub enum Registration {
    /// A module with the actions of its attribute.
    Module(&'static ModuleDecl),
    /// An action declared on a handler.
    Action(&'static Decl),
    /// A role defined in code.
    Role(&'static RoleDecl),
    /// What the program says of itself.
    Program(&'static ProgramDecl),
}

inventory::collect!(Registration);

/// Everything that is linked into the program, in no order.
pub(crate) fn registrations() -> impl Iterator<Item = Registration> {
    inventory::iter::<Registration>().copied()
}

/// What the lock's probe finds where nothing is declared; its id is the reserved one.
pub const ABSENT: Permission = permission(0, &ABSENT_DECL);

static ABSENT_DECL: Decl = Decl::in_attribute(&ABSENT_MODULE);
static ABSENT_MODULE: ModuleDecl = ModuleDecl::new(0, "", b"", "", &[]);

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

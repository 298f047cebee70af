//! The declaration parser that macros and scanner share.
//!
//! Tokens in, model out. Every rule about what may be declared stands here, below the macros, so that it can be
//! tested without a compiler and so that macro and scanner cannot disagree. Nothing here expands, reads a file
//! or knows what else the crate declares.
//!
//! | file | holds |
//! | --- | --- |
//! | `ctxt.rs` | diagnostics, collected so that three mistakes cost one compilation |
//! | `attr.rs` | the shapes of arguments: words, assignments, lists; lenient, one bad one spoils no other |
//! | `text.rs` | texts for people: literals, `concat!` of literals, `include_str!`, doc comments |
//! | `item.rs` | the functions, structs and mods that attributes stand on |
//! | `model.rs` | what was declared: modules, actions, deprecations |
//! | `action.rs`, `module.rs`, `compact.rs`, `expression.rs`, `role.rs` | from arguments to the model |
//! | `source.rs` | the conditions around an item, which rustc takes off before a macro sees it |
//! | `validate.rs` | the rules over a whole model |
//!
//! Parsing never stops at a mistake: it reports into the [`Ctxt`] and goes on with what it understood, so that
//! the macros can still expand constants that the rest of the program names.

#![expect(
    missing_debug_implementations,
    reason = "syn's types print only with `extra-traits`, which every application would have to compile"
)]

mod action;
mod attr;
mod compact;
mod ctxt;
mod expression;
mod item;
mod model;
mod module;
mod role;
mod source;
#[cfg(test)]
mod tests;
mod text;
mod validate;

pub use self::action::{HandlerArgs, PublicArgs};
pub use self::compact::{CompactModule, Member};
pub use self::ctxt::{Ctxt, Diagnostic};
pub use self::expression::Expression;
pub use self::item::{Function, Guard, ModuleItem};
pub use self::model::{Action, Deprecation, Kind, Module, Name, Package};
pub use self::role::{Member as RoleMember, Role};
pub use self::source::{conditions_around, conditions_at, conditions_of_mod};
pub use self::text::Text;
#[cfg(feature = "scan")]
pub(crate) use self::{
    attr::split, ctxt::unraw, item::metas, module::PARENT, source::predicates_of,
};

/// Checks that `guard` can stand on `function`.
pub fn check_guarded(function: &Function, guard: Guard, ctxt: &Ctxt) {
    validate::guarded(function, guard, false, ctxt);
}

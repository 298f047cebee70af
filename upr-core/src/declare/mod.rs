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
//! | `surplus.rs`, `show.rs` | what follows an argument though nothing should; tokens as people write them |
//! | `text.rs` | texts for people: literals, `concat!` of literals, `include_str!`, doc comments |
//! | `item.rs` | the functions, structs and mods that attributes stand on |
//! | `misplaced.rs` | what else an attribute was put on, in words |
//! | `model.rs` | what was declared: modules, actions, deprecations |
//! | `action.rs`, `module.rs`, `compact.rs`, `expression.rs`, `role.rs` | from arguments to the model |
//! | `source.rs` | the conditions around an item, which rustc takes off before a macro sees it |
//! | `surroundings.rs` | what an item stands in, from the text around it |
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
mod misplaced;
mod model;
mod module;
mod role;
mod show;
mod source;
mod surplus;
mod surroundings;
#[cfg(test)]
mod tests;
mod text;
#[cfg(test)]
mod typing;
mod validate;

pub use self::action::{HandlerArgs, PublicArgs};
pub use self::compact::{CompactModule, Member};
pub use self::ctxt::{Ctxt, Diagnostic};
pub use self::expression::Expression;
pub use self::item::{Function, Guard, ModuleItem};
pub use self::model::{Action, Deprecation, Kind, Module, Name, Package};
pub use self::role::{Member as RoleMember, Role};
pub use self::source::Conditions;
pub use self::surroundings::{Owner, Surroundings};
pub use self::text::Text;
#[cfg(feature = "scan")]
pub(crate) use self::{
    attr::split, ctxt::unraw, item::metas, module::PARENT, source::predicates_of,
};

/// Checks that `guard` can stand on a function of `owner`, which takes no `self`: the others are told by that.
///
/// Gives whether it can be expanded there. `requires` and `public` add a parameter, which a trait's implementation may not;
/// `action` declares what has no place in an `impl`.
pub fn check_owner(function: &Function, guard: Guard, owner: Owner, ctxt: &Ctxt) -> bool {
    validate::owner(function, guard, owner, ctxt)
}

/// Checks that `guard` can stand on `function`.
pub fn check_guarded(function: &Function, guard: Guard, ctxt: &Ctxt) {
    validate::guarded(function, guard, false, ctxt);
}

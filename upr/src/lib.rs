//! Permissions declared once, on the handler: typed constants, a static registry, checks in nanoseconds.
//!
//! 1. A unit struct with [`module`] names a group of permissions; [`action`] on a handler declares one. Both give typed
//!    [`Permission`] constants on the struct: `Users::VIEW`.
//! 2. The linker brings all declarations of a program together: [`Registry::global`] is the sorted, checked
//!    whole, and its [`catalog`](Registry::catalog) the same as data.
//! 3. `upr-sync` reconciles the registry with the store that holds roles and grants, and compiles them into a snapshot.
//! 4. [`access::Access`] holds the snapshot in force and decides: deny unless allowed, deny wins.
//! 5. A guarded handler runs holding a [`Granted`], the proof that its check passed.
//!
//! ```standalone_crate
//! /// User accounts.
//! #[upr::module(crud)]
//! pub struct Users;
//!
//! /// Send a reset link and end all sessions.
//! #[upr::action(Users)]
//! pub async fn reset_password(name: &str) {}
//!
//! # fn main() {
//! let registry = upr::Registry::global();
//! assert_eq!(registry.find("users.reset_password"), Some(Users::RESET_PASSWORD));
//! assert_eq!(Users::RESET_PASSWORD.label(), "Reset password");
//! # }
//! ```
//!
//! Nothing here reads a file, the environment or the network, but for build scripts.
//!
//! | feature | gives |
//! | --- | --- |
//! | `serde` (default) | `Serialize` for permissions and decisions |
//! | `axum` | proofs as extractors of axum |
//! | `build` | for build scripts: the catalog from the sources, `upr::build` |
//! | `test` | `upr::test`: an access from a few lines, the denial matrix; [`Granted`]`::assume`, with debug assertions only |
//!
//! Two versions of one crate that declares modules cannot stand in one program, nor can two versions of upr: there is
//! one registry.

// The generated code names `::upr`, also where upr declares something itself.
extern crate self as upr;

pub mod access;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "build")]
pub mod build;
pub mod proof;
#[cfg(feature = "test")]
pub mod test;

mod lock;
mod module;
mod permission;
mod problem;
mod registry;
mod role;

#[doc(hidden)]
#[path = "private/mod.rs"]
pub mod __private;
use __private as private;

pub use module::{Module, ModuleInfo};
pub use permission::{Deprecation, Kind, Permission};
pub use problem::ProblemDetails;
pub use proof::{All, Any, Granted, P, Public};
pub use registry::{Origin, Problem, Registry, RegistryError};
pub use role::Role;

/// Declares a module of permissions: on a unit struct, or on an inline mod (the compact form).
///
/// | argument | says |
/// | --- | --- |
/// | `"compute.instances"` | the key; else the name in snake case |
/// | `label = "…"`, `description = "…"` | texts for people; the description is the doc comment if not said |
/// | `crud`, `crud(view, delete)` | the usual four, or some of them |
/// | `actions(export, "createTagBinding"(label = "…"))` | permissions without a handler; each takes what [`action`] takes |
/// | `allow_case_variants` | actions may differ in nothing but case |
///
/// Each action is a constant on the struct. In the compact form the struct is `Permissions` in the mod, the constants
/// stand in the mod as well, functions leave the module out, and mods with this attribute extend the key.
///
/// ```standalone_crate
/// /// Virtual machines.
/// #[upr::module("compute.instances", crud(view), actions("createTagBinding"))]
/// pub struct Instances;
///
/// /// Invoices.
/// #[upr::module]
/// pub mod invoices {
///     #[upr::action]
///     pub fn settle() {}
///     #[upr::public]
///     pub fn price_list() {}
/// }
///
/// # fn main() {
/// assert_eq!(Instances::CREATE_TAG_BINDING.key(), "compute.instances.createTagBinding");
/// assert_eq!(invoices::SETTLE.key(), "invoices.settle");
/// # }
/// ```
///
/// A key that is declared twice does not compile, or does not link when it is in two crates:
///
/// ```compile_fail,E0428
/// #[upr::module]
/// struct Users;
/// #[upr::module("users")]
/// struct People;
/// ```
pub use upr_macros::module;

/// Declares a permission on the handler that it guards.
///
/// The handler gets a first parameter without a name: the proof of the permission. An author who wants to use it
/// writes it, first: `granted: upr::granted!(Users::EDIT)`. The attribute stands above all others.
///
/// | argument | says |
/// | --- | --- |
/// | `Users` | the module, of the same crate; left out in the compact form |
/// | `"name"` | the action; else the function's name |
/// | `label = "…"`, `description = "…"` | texts for people; the description is the doc comment if not said |
/// | `deprecated = "why"` | every use of the constant warns; with `since`, `remove_in`, `replaced_by = Users::UPDATE` |
/// | `critical` | at least one active subject always holds it |
/// | `unguarded` | declares only: for `const`, `extern` and `main` functions, and for those that check by themselves |
/// | `const = NAME` | the constant's name |
///
/// ```standalone_crate
/// /// User accounts.
/// #[upr::module]
/// pub struct Users;
///
/// #[upr::action(Users, label = "Reset password", critical)]
/// pub async fn reset(id: u64) {}
///
/// #[upr::action(Users)]
/// pub fn export(granted: upr::granted!(Users::EXPORT)) -> String {
///     format!("exported by {}", granted.subject())
/// }
///
/// # fn main() {
/// assert!(Users::RESET.is_critical());
/// # }
/// ```
///
/// ```compile_fail,E0061
/// # #[upr::module]
/// # pub struct Users;
/// #[upr::action(Users)]
/// pub fn erase(id: u64) {}
///
/// fn unchecked() {
///     erase(7);
/// }
/// ```
pub use upr_macros::action;

/// Guards a handler with permissions that are declared elsewhere: a constant, `any(…)` or `all(…)`, nested.
///
/// ```standalone_crate
/// /// User accounts.
/// #[upr::module(crud)]
/// pub struct Users;
///
/// #[upr::requires(any(Users::VIEW, all(Users::CREATE, Users::UPDATE)))]
/// pub async fn list() {}
/// # fn main() {}
/// ```
pub use upr_macros::requires;

/// Says that a handler is for everybody, and perhaps why: `#[upr::public("everybody may sign in")]`.
///
/// The handler gets a first parameter of type [`Public`], unless its author wrote one or no parameter can be added.
///
/// ```
/// #[upr::public]
/// fn sign_in(name: &str) -> usize {
///     name.len()
/// }
/// assert_eq!(sign_in(upr::Public::new(), "ada"), 3);
/// ```
pub use upr_macros::public;

/// The type of a proof: [`Granted`] of a constant, of `any(…)` or of `all(…)`.
///
/// One permission is one type, whatever path names it; an expression is the type of its written order.
///
/// ```standalone_crate
/// # #[upr::module(crud)]
/// # pub struct Users;
/// fn rename(granted: upr::granted!(all(Users::VIEW, Users::UPDATE))) -> upr::granted!(Users::UPDATE) {
///     let (_view, update) = granted.split();
///     update
/// }
/// # fn main() {}
/// ```
pub use upr_macros::granted;

/// Defines a role in code: `pub NAME = "key"`, then `label = "…"`, `seeded` or `managed`, and what it holds:
/// constants, whole modules (`Users::*`), or `all`.
///
/// `managed`: the code decides what it holds. `seeded`: the code offers each permission once, and people may change
/// the role in the store.
///
/// ```standalone_crate
/// # #[upr::module(crud)]
/// # pub struct Users;
/// # #[upr::module(crud)]
/// # pub struct Tickets;
/// upr::role! {
///     /// People on the phone.
///     pub SUPPORT = "support", label = "Support", seeded, Users::VIEW, Tickets::*
/// }
/// # fn main() {
/// assert_eq!(SUPPORT.key(), "support");
/// # }
/// ```
pub use upr_macros::role;

/// Embeds `upr.lock` and names the application: once in a program.
///
/// The registry then refuses to start the program when published keys are not linked, and names the crate that is
/// missing. Without a lock it does not compile:
///
/// ```compile_fail
/// upr::lock!();
/// ```
pub use upr_macros::lock;

/// Names the application without a lock: once in a program, in place of [`lock`].
///
/// It is the package that calls it, at its version. A program says so that an artifact of several packages, read by
/// `upr --binary`, is the application's and not nobody's; what is published is not held against it.
///
/// ```standalone_crate
/// # #[upr::module(crud)]
/// # pub struct Users;
/// upr::application!();
///
/// # fn main() {
/// assert_eq!(upr::Registry::global().application().name, env!("CARGO_PKG_NAME"));
/// # }
/// ```
pub use upr_macros::application;

pub use upr_core::{Key, ModuleKey, RoleKey, Scope, SubjectId, Timestamp};

/// The guides, so that their code compiles.
#[cfg(doctest)]
mod guides {
    #[cfg(feature = "build")]
    #[doc = include_str!("../../docs/build-scripts.md")]
    mod build_scripts {}
    #[doc = include_str!("../../docs/declaring.md")]
    mod declaring {}
    #[doc = include_str!("../../README.md")]
    mod readme {}
    #[cfg(all(feature = "test", feature = "axum"))]
    #[doc = include_str!("../../docs/testing.md")]
    mod testing {}
}

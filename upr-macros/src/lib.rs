//! Attribute macros of upr; use them through the crate `upr`.
//!
//! This crate only expands. What may be declared is decided by the parser in `upr_core::declare`; what is declared ends
//! in `upr::__private`, which this version is pinned to.
//!
//! | file | does |
//! | --- | --- |
//! | `lib.rs` | one function a macro: parse, expand, put errors beside |
//! | `module.rs`, `handler.rs`, `role.rs`, `granted.rs`, `embed.rs` | model to tokens; they cannot fail |
//! | `facts.rs` | the tokens that modules and handlers share: declarations, constants, docs |
//! | `nets.rs` | the nets against duplicates |
//! | `lock.rs`, `probe.rs` | the lock's file, and its questions to the compiler |
//! | `source.rs` | the text around an item, for its conditions |
//! | `place.rs` | the package, the file and the spans that an expansion stands in |
//! | `fallback.rs` | the author's tokens beside every error |

extern crate proc_macro;

mod embed;
mod facts;
mod fallback;
mod granted;
mod handler;
mod lock;
mod module;
mod nets;
mod place;
mod probe;
mod role;
mod source;

use proc_macro::TokenStream;

/// Declares a module of permissions on a unit struct, or on an inline mod (the compact form).
#[proc_macro_attribute]
pub fn module(arguments: TokenStream, item: TokenStream) -> TokenStream {
    module::expand(arguments.into(), item.into()).into()
}

/// Declares a permission on the handler that it guards.
#[proc_macro_attribute]
pub fn action(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::action(arguments.into(), item.into()).into()
}

/// Guards a handler with permissions that are declared elsewhere.
#[proc_macro_attribute]
pub fn requires(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::requires(arguments.into(), item.into()).into()
}

/// Says that a handler is for everybody.
#[proc_macro_attribute]
pub fn public(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::public(arguments.into(), item.into()).into()
}

/// The type of the proof that a permission, or `any(…)` or `all(…)` of several, was checked.
#[proc_macro]
pub fn granted(expression: TokenStream) -> TokenStream {
    granted::expand(expression.into()).into()
}

/// Defines a role in code.
#[proc_macro]
pub fn role(input: TokenStream) -> TokenStream {
    role::expand(input.into()).into()
}

/// Embeds `upr.lock` in the program and names the application; stands once in a program.
#[proc_macro]
pub fn lock(input: TokenStream) -> TokenStream {
    embed::expand(&input.into()).into()
}

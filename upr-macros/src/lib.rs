//! Attribute macros of upr; use them through the crate `upr`.
//!
//! This crate only expands. What may be declared is decided by the parser in `upr_core::declare`; what is declared ends
//! in `upr::__private`, which this version is pinned to.
//!
//! | file | does |
//! | --- | --- |
//! | `lib.rs` | one function a macro; what authors read stands at the re-exports in `upr` |
//! | `module.rs`, `handler.rs`, `role.rs`, `granted.rs`, `embed.rs` | model to tokens; they cannot fail |
//! | `record.rs` | what a declaration's record in the section holds |
//! | `constant.rs` | the tokens that modules and handlers share: constants and docs |
//! | `nets.rs` | the nets against duplicates |
//! | `lock.rs`, `probe.rs` | the lock's file, and its questions to the compiler |
//! | `source.rs` | the text around an item, for its conditions |
//! | `place.rs` | the package, the file and the spans that an expansion stands in |
//! | `fallback.rs` | the author's tokens beside every error |

mod constant;
mod embed;
mod fallback;
mod granted;
mod handler;
mod lock;
mod module;
mod nets;
mod place;
mod probe;
mod record;
mod role;
mod source;

use proc_macro::TokenStream;

/// What `upr::module` expands with; it is documented there.
#[proc_macro_attribute]
pub fn module(arguments: TokenStream, item: TokenStream) -> TokenStream {
    module::expand(arguments.into(), item.into()).into()
}

/// What `upr::action` expands with; it is documented there.
#[proc_macro_attribute]
pub fn action(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::action(arguments.into(), item.into()).into()
}

/// What `upr::requires` expands with; it is documented there.
#[proc_macro_attribute]
pub fn requires(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::requires(arguments.into(), item.into()).into()
}

/// What `upr::public` expands with; it is documented there.
#[proc_macro_attribute]
pub fn public(arguments: TokenStream, item: TokenStream) -> TokenStream {
    handler::public(arguments.into(), item.into()).into()
}

/// What `upr::granted` expands with; it is documented there.
#[proc_macro]
pub fn granted(expression: TokenStream) -> TokenStream {
    granted::expand(expression.into()).into()
}

/// What `upr::role` expands with; it is documented there.
#[proc_macro]
pub fn role(input: TokenStream) -> TokenStream {
    role::expand(input.into()).into()
}

/// What `upr::lock` expands with; it is documented there.
#[proc_macro]
pub fn lock(input: TokenStream) -> TokenStream {
    embed::lock(&input.into()).into()
}

/// What `upr::application` expands with; it is documented there.
#[proc_macro]
pub fn application(input: TokenStream) -> TokenStream {
    embed::application(&input.into()).into()
}

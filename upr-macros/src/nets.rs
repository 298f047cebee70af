//! The second and third net against duplicates; the first is the constants themselves.
//!
//! In one crate: two hidden macros of one name are E0428 at both places. Across crates: two exported statics of one
//! name do not link, and the linker's message is the sentence that the name makes.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote_spanned;
use syn::ext::IdentExt;
use upr_core::declare::{Module, Role};
use upr_core::id::fnv1a;
use upr_core::name::mangle;

use crate::place::at;

/// Refuses the module's key twice in one crate. Stands at item level: inside a block rustc objects.
pub(crate) fn in_one_crate(module: &Module) -> TokenStream {
    let span = at(module.key_span);
    let key = module.key.as_str();
    let sentence = format!(
        "upr_permission_module_{}_is_declared_more_than_once",
        mangle(key)
    );
    once(&unmangled(sentence, key), span)
}

/// Refuses the role's key twice in one crate.
pub(crate) fn role(role: &Role) -> TokenStream {
    let key = role.key.as_str();
    let sentence = format!("upr_role_{}_is_defined_more_than_once", mangle(key));
    once(&unmangled(sentence, key), at(role.ident.span()))
}

/// Refuses `upr::lock!()` twice in one crate.
pub(crate) fn lock() -> TokenStream {
    once("upr_lock_is_embedded_more_than_once", at(Span::call_site()))
}

/// Refuses two `upr::application!()` in one crate.
pub(crate) fn application() -> TokenStream {
    once(
        "upr_application_is_named_more_than_once",
        at(Span::call_site()),
    )
}

/// A hidden macro whose name only one can have, and whose name says what is wrong when two do.
fn once(sentence: &str, span: Span) -> TokenStream {
    let name = Ident::new(sentence, span);
    quote_spanned! {span=>
        #[doc(hidden)]
        #[macro_export]
        macro_rules! #name { () => {}; }
    }
}

/// What mangling makes equal is kept apart by the id; a key that it leaves as it is needs none.
fn unmangled(sentence: String, key: &str) -> String {
    if mangle(key) == key {
        sentence
    } else {
        format!("{sentence}_{:016x}", fnv1a(key.as_bytes()))
    }
}

/// Refuses the module's key in two crates of one program. Stands in the same mod as the registration, which
/// brings it along: a static that nothing refers to is not linked by itself and finds nothing.
///
/// Not in unit tests, where a cycle of dev-dependencies links one crate twice.
pub(crate) fn across_crates(module: &Module, ident: &Ident) -> TokenStream {
    let span = at(module.key_span);
    let name = format!(
        "upr_permission_module_{}_is_declared_more_than_once_{:016x}",
        mangle(module.key.as_str()),
        module.key.id()
    );
    // In Rust the static is called after the struct: of two modules with one key in one mod, net 2 speaks alone.
    let ident = Ident::new(&format!("__UPR_NET_{}", ident.unraw()), span);
    quote_spanned! {span=>
        #[cfg(not(test))]
        #[doc(hidden)]
        #[unsafe(export_name = #name)]
        pub static #ident: ::core::primitive::u8 = 0;
    }
}

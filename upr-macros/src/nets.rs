//! The second and third net against duplicates; the first is the constants themselves.
//!
//! In one crate: two hidden macros of one name are E0428 at both places. Across crates: two exported statics of one
//! name do not link, and the linker's message is the sentence that the name makes.

use proc_macro2::{Ident, TokenStream};
use quote::quote_spanned;
use upr_core::declare::Module;
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
    // What mangling makes equal is kept apart by the id; a key that it leaves as it is needs none.
    let name = if mangle(key) == key {
        sentence
    } else {
        format!("{sentence}_{:016x}", module.key.id())
    };
    let name = Ident::new(&name, span);
    quote_spanned! {span=>
        #[doc(hidden)]
        #[macro_export]
        macro_rules! #name { () => {}; }
    }
}

/// Refuses the module's key in two crates of one program. Stands in the same mod as the registration, which
/// brings it along: a static that nothing refers to is not linked by itself and finds nothing.
///
/// Not in unit tests, where a cycle of dev-dependencies links one crate twice.
pub(crate) fn across_crates(module: &Module) -> TokenStream {
    let span = at(module.key_span);
    let name = format!(
        "upr_permission_module_{}_is_declared_more_than_once_{:016x}",
        mangle(module.key.as_str()),
        module.key.id()
    );
    let name = Ident::new(&name, span);
    quote_spanned! {span=>
        #[cfg(not(test))]
        #[doc(hidden)]
        #[unsafe(no_mangle)]
        pub static #name: ::core::primitive::u8 = 0;
    }
}

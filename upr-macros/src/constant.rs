//! The tokens that modules and handlers share: constants and docs.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use upr_core::declare::{Action, Deprecation, Name};

use crate::place::at;

/// The attributes of a constant: what rustdoc shows, and rustc's own `#[deprecated]`.
///
/// `title` is the key, or as much of it as is known.
pub(crate) fn constant_attributes(action: &Action, title: &str) -> TokenStream {
    let heading = match action.label.as_known() {
        Some(label) => format!("`{title}`: {label}."),
        None => format!("`{title}`."),
    };
    let description = &action.description;
    let description = match description.as_known().as_deref() {
        Some("") => quote!(),
        _ => quote!(#[doc = ""] #[doc = #description]),
    };
    let deprecated = action.deprecation.as_ref().map(deprecated_attribute);
    quote!(#[doc = #heading] #description #deprecated)
}

fn deprecated_attribute(deprecation: &Deprecation) -> TokenStream {
    let note = &deprecation.message;
    match deprecation.since.as_ref().map(ToString::to_string) {
        Some(since) => quote!(#[deprecated(since = #since, note = #note)]),
        None => quote!(#[deprecated(note = #note)]),
    }
}

/// The constant's name: the author's place, our context.
pub(crate) fn constant_ident(action: &Action) -> Ident {
    let mut constant = action.constant.clone();
    constant.set_span(at(constant.span()));
    constant
}

/// The hidden name under which the lock's probe finds an action whose constant has a name of its own.
pub(crate) fn probe_alias(name: &Name) -> Ident {
    let id = upr_core::id::fnv1a(name.text.as_bytes());
    let text = format!("__UPR_{}_{id:016x}", upr_core::name::mangle(&name.text));
    Ident::new(&text, at(name.span))
}

/// A path that must be a permission's constant, as its id.
pub(crate) fn id_of(path: &syn::Path, span: Span) -> TokenStream {
    let call = quote_spanned!(at(span)=> ::upr::__private::id_of);
    quote!(#call(#path))
}

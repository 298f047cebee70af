//! The tokens that modules and handlers share: declarations, constants, docs.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use upr_core::declare::{Action, Deprecation, Kind, Name};

use crate::place::{at, origin};

/// The fields of `Decl` that do not depend on where the action is declared.
///
/// `facts` is the static that [`facts`] made, if it made one.
pub(crate) fn decl_fields(action: &Action, facts: Option<&Ident>) -> TokenStream {
    let Action {
        name,
        label,
        description,
        ..
    } = action;
    let text = &name.text;
    let facts = match facts {
        Some(facts) => quote!(&#facts),
        None => quote!(&::upr::__private::PLAIN),
    };
    let (file, line) = origin(name.span);
    let line = Literal::u32_unsuffixed(line);
    let kind = match action.kind {
        Kind::Crud => quote!(Crud),
        Kind::Action => quote!(Action),
    };
    quote! {
        action: #text,
        label: #label,
        description: #description,
        kind: ::upr::Kind::#kind,
        facts: #facts,
        file: #file,
        line: #line,
    }
}

/// What only some actions say, as a static named `ident`; most share one of upr's.
///
/// `replaced_by` is a function: to evaluate the constant here could lead back to this static, which rustc calls a cycle.
pub(crate) fn facts(action: &Action, cfg: Option<&str>, ident: &Ident) -> Option<TokenStream> {
    let is_plain = !action.critical && action.deprecation.is_none() && cfg.is_none();
    if is_plain {
        return None;
    }
    let critical = action.critical;
    let cfg = option(cfg.map(|cfg| quote!(#cfg)));
    let deprecation = action.deprecation.as_ref();
    let deprecated = option(deprecation.map(|Deprecation { message, .. }| quote!(#message)));
    let version = |version: Option<String>| option(version.map(|version| quote!(#version)));
    let since = version(
        deprecation
            .and_then(|d| d.since.as_ref())
            .map(ToString::to_string),
    );
    let remove_in = version(
        deprecation
            .and_then(|d| d.remove_in.as_ref())
            .map(ToString::to_string),
    );
    let replaced_by = option(
        deprecation
            .and_then(|d| d.replaced_by.as_ref())
            .map(|path| {
                quote! {{
                        #[allow(deprecated)]
                fn replacement() -> ::core::primitive::u64 {
                    ::upr::__private::id_of(#path)
                }
                replacement
                    }}
            }),
    );
    Some(quote! {
        static #ident: ::upr::__private::Facts = ::upr::__private::Facts {
            critical: #critical,
            deprecated: #deprecated,
            since: #since,
            remove_in: #remove_in,
            replaced_by: #replaced_by,
            cfg: #cfg,
        };
    })
}

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

pub(crate) fn option(value: Option<TokenStream>) -> TokenStream {
    match value {
        Some(value) => quote!(::core::option::Option::Some(#value)),
        None => quote!(::core::option::Option::None),
    }
}

//! The tokens that modules and handlers share: declarations, constants, docs.

use proc_macro2::{Ident, Literal, Span, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use upr_core::Version;
use upr_core::declare::{Action, Deprecation, Name, Text};

use crate::place::{at, origin};

/// Parts records and fields of `upr::__private::Decl`; no text for people needs them.
const PARTS: [char; 2] = ['\u{1e}', '\u{1f}'];

/// An action's record: its key (or action, where the macro cannot know the module's), texts, kind and place.
///
/// `file` is empty where it is the module's. A text that no literal can hold stands in the [`facts`].
pub(crate) fn record(action: &Action, key: &str, file: &str) -> String {
    let kind = action.kind.as_str();
    let (_, line) = origin(action.name.span);
    let label = literal(&action.label).unwrap_or_default();
    let description = literal(&action.description).unwrap_or_default();
    format!("{key}\u{1f}{label}\u{1f}{description}\u{1f}{kind}\u{1f}{line}\u{1f}{file}")
}

/// The records of a module in one text.
pub(crate) fn records(records: &[String]) -> String {
    records.join("\u{1e}")
}

/// The text, if a record can hold it.
fn literal(text: &Text) -> Option<String> {
    text.as_known().filter(|text| !text.contains(PARTS))
}

/// What few actions say, and what no literal holds; `None` for most.
///
/// `replaced_by` is a function: to evaluate the constant here could lead back to this, which rustc calls a cycle.
pub(crate) fn facts(action: &Action, ordinal: usize, cfg: Option<&str>) -> Option<TokenStream> {
    let special = |text: &Text| literal(text).is_none().then(|| text.to_token_stream());
    let label = special(&action.label);
    let description = special(&action.description);
    let is_plain = !action.critical
        && action.deprecation.is_none()
        && cfg.is_none()
        && label.is_none()
        && description.is_none();
    if is_plain {
        return None;
    }
    let ordinal = Literal::usize_unsuffixed(ordinal);
    let (label, description) = (option(label), option(description));
    let critical = action.critical;
    let cfg = option(cfg.map(ToTokens::to_token_stream));
    let deprecation = action.deprecation.as_ref();
    let deprecated = option(deprecation.map(|Deprecation { message, .. }| quote!(#message)));
    let version = |version: Option<&Version>| {
        option(version.map(|version| version.to_string().to_token_stream()))
    };
    let since = version(deprecation.and_then(|deprecation| deprecation.since.as_ref()));
    let remove_in = version(deprecation.and_then(|deprecation| deprecation.remove_in.as_ref()));
    let replaced_by = deprecation.and_then(|deprecation| deprecation.replaced_by.as_ref());
    let replaced_by = option(replaced_by.map(|path| {
        quote! {{
            #[allow(deprecated)]
            fn replacement() -> ::core::primitive::u64 {
                ::upr::__private::id_of(#path)
            }
            replacement
        }}
    }));
    Some(quote! {
        ::upr::__private::Facts {
            ordinal: #ordinal,
            label: #label,
            description: #description,
            critical: #critical,
            deprecated: #deprecated,
            since: #since,
            remove_in: #remove_in,
            replaced_by: #replaced_by,
            cfg: #cfg,
        }
    })
}

/// A list of facts, as an expression.
pub(crate) fn facts_list(facts: &[TokenStream]) -> TokenStream {
    if facts.is_empty() {
        return quote!(::upr::__private::NO_FACTS);
    }
    quote!(&[#(#facts),*])
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

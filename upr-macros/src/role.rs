//! `upr::role!`: the constant and its registration.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use upr_core::declare::{Ctxt, Role};

use crate::place::{Place, at, package};
use crate::{fallback, nets, record};

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let ctxt = Ctxt::new();
    match Role::parse(input, &ctxt) {
        Some(role) => fallback::with_errors(definition(&role), ctxt),
        None => fallback::with_errors(TokenStream::new(), ctxt),
    }
}

fn definition(role: &Role) -> TokenStream {
    let Role {
        attrs,
        vis,
        ident,
        label,
        ..
    } = role;
    let package = package();
    let record = record::role(role, &Place::of(ident.span(), &package));
    let (length, bytes) = record.into_array();
    let key = role.key.as_str();
    let doc = match label.as_known() {
        Some(label) => format!("The role `{key}`: {label}."),
        None => format!("The role `{key}`."),
    };
    let doc = (!attrs
        .iter()
        .any(|attribute| attribute.path().is_ident("doc")))
    .then(|| quote!(#[doc = #doc]));
    let conditions = attrs.iter().filter(|attribute| {
        attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr")
    });
    let once = nets::role(role);
    quote_spanned! {at(ident.span())=>
        #(#conditions)*
        #once
        #(#attrs)*
        #doc
        #vis const #ident: ::upr::Role = {
            ::upr::__private::declare!(Role: RoleDecl, [#length, #bytes], ::core::module_path!());
            ::upr::__private::role(&DECL)
        };
    }
}

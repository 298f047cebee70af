//! `upr::role!`: the constant and its registration.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use upr_core::catalog::RoleMode;
use upr_core::declare::{Ctxt, Role, RoleMember};

use crate::facts::id_of;
use crate::place::{at, origin, package, version};
use crate::{fallback, nets};

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
        all,
        ..
    } = role;
    let span = at(ident.span());
    let key = role.key.as_str();
    let seeded = role.mode == RoleMode::Seeded;
    let permissions = role.members.iter().filter_map(|member| match member {
        RoleMember::Permission(path) => Some(id_of(path, path.span())),
        RoleMember::Module(_) => None,
    });
    let modules = role.members.iter().filter_map(|member| match member {
        RoleMember::Module(path) => {
            Some(quote_spanned!(at(path.span())=> <#path as ::upr::Module>::__UPR_MODULE.id))
        }
        RoleMember::Permission(_) => None,
    });
    let package = package();
    let version = version(&package);
    let name = &package.name;
    let (file, line) = origin(ident.span());
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
    quote_spanned! {span=>
        #(#conditions)*
        #once
        #(#attrs)*
        #doc
        #vis const #ident: ::upr::Role = {
            static ROLE: ::upr::__private::RoleDecl = ::upr::__private::RoleDecl {
                key: #key,
                label: #label,
                seeded: #seeded,
                all: #all,
                permissions: &[#(#permissions),*],
                modules: &[#(#modules),*],
                package: #name,
                version: #version,
                path: ::core::module_path!(),
                file: #file,
                line: #line,
            };
            ::upr::__private::inventory::submit! { ::upr::__private::Registration::Role(&ROLE) }
            ::upr::__private::role(&ROLE)
        };
    }
}

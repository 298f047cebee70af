//! `#[upr::module]`: the module's constants, its registration and its nets.

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens, TokenStreamExt, quote, quote_spanned};
use syn::ext::IdentExt;
use upr_core::declare::{Action, CompactModule, Ctxt, Member, Module, ModuleItem, Package};
use upr_core::id::fnv1a_continue;

use crate::constant::{constant_attributes, constant_ident};
use crate::place::{Place, at, package};
use crate::{fallback, nets, probe, record, source};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let ctxt = Ctxt::new();
    let package = package();
    let Some(parsed) = ModuleItem::parse(&item, &ctxt) else {
        return fallback::with_errors(item, ctxt);
    };
    let module = Module::parse(arguments, &parsed, &package, &ctxt);
    let expanded = match parsed {
        ModuleItem::Misshapen { ident, item, .. } => stand_in(&module, &ident, &item, &package),
        ModuleItem::Struct { item, .. } => {
            let generated = declaration(&module, &module.ident, &package);
            let probes = probe::module(&module, &[], &module.ident, &package, &ctxt);
            quote!(#item #generated #probes)
        }
        ModuleItem::Mod {
            attrs,
            vis,
            mod_token,
            ident,
            content,
        } => {
            let content = compact(content, &module, &package, &ctxt);
            let mut expanded = TokenStream::new();
            expanded.append_all(attrs);
            quote!(#vis #mod_token #ident { #content }).to_tokens(&mut expanded);
            expanded
        }
    };
    fallback::with_errors(expanded, ctxt)
}

/// What stands between the braces of a compact module.
fn compact(content: TokenStream, module: &Module, package: &Package, ctxt: &Ctxt) -> TokenStream {
    let CompactModule {
        inner,
        items,
        members,
        mut permissions,
    } = CompactModule::parse(content, module, package, ctxt);
    let span = at(module.ident.span());
    permissions.set_span(span);
    let generated = declaration(module, &permissions, package);
    let unconditional = members.iter().filter(|member| member.conditions.is_empty());
    let unconditional: Vec<&Action> = unconditional.map(|member| &member.action).collect();
    let probes = probe::module(module, &unconditional, &permissions, package, ctxt);
    let doc = format!("The permissions of the module `{}`.", module.key);
    let from_attribute = module
        .actions
        .iter()
        .map(|action| repeated(action, &[], module, &permissions));
    let from_functions = members
        .iter()
        .map(|Member { action, conditions }| repeated(action, conditions, module, &permissions));
    quote_spanned! {span=>
        #(#inner)*
        #items
        #[doc = #doc]
        pub struct #permissions;
        #generated
        #(#from_attribute)*
        #(#from_functions)*
        #probes
    }
}

/// Beside a reported type that is no unit struct: one that is, whose constants it borrows.
fn stand_in(module: &Module, ident: &Ident, item: &TokenStream, package: &Package) -> TokenStream {
    let span = at(ident.span());
    let unit = Ident::new(&format!("__UprStandIn{}", ident.unraw()), span);
    let generated = declaration(module, &unit, package);
    let constants: Vec<Ident> = module.actions.iter().map(constant_ident).collect();
    quote_spanned! {span=>
        #item
        #[doc(hidden)]
        pub struct #unit;
        #generated
        impl #ident { #(#[allow(deprecated)] pub const #constants: ::upr::Permission = #unit::#constants;)* }
        impl ::upr::Module for #ident {
            const __UPR_ID: ::core::primitive::u64 = <#unit as ::upr::Module>::__UPR_ID;
            const __UPR_MODULE: &'static ::upr::__private::ModuleDecl = <#unit as ::upr::Module>::__UPR_MODULE;
        }
    }
}

/// The constant once more, in the mod itself: associated constants cannot be re-exported.
fn repeated(
    action: &Action,
    conditions: &[TokenStream],
    module: &Module,
    permissions: &Ident,
) -> TokenStream {
    let constant = constant_ident(action);
    let attributes = constant_attributes(action, &key_of(module, action));
    let allowed = action
        .deprecation
        .as_ref()
        .map(|_| quote!(#[allow(deprecated)]));
    quote_spanned! {constant.span()=>
        #(#conditions)*
        #attributes
        #allowed
        pub const #constant: ::upr::Permission = #permissions::#constant;
    }
}

/// Everything that a module's attribute declares, for the struct `ident`.
fn declaration(module: &Module, ident: &Ident, package: &Package) -> TokenStream {
    let name = module.ident.span();
    let span = at(name);
    let id = Literal::u64_suffixed(module.key.id());
    let key = module.key.as_str();
    let count = Literal::usize_unsuffixed(module.actions.len());
    let conditions = source::conditions(name);
    let record = record::module(module, &Place::of(name, package), &conditions);
    let (length, bytes) = record.into_array();
    let [decl, decls] = ["MODULE", "DECLS"]
        .map(|name| Ident::new(&format!("__UPR_{name}_{}", ident.unraw()), span));
    let constants = constants(module, ident, &decls);
    let in_one_crate = module.has_key.then(|| nets::in_one_crate(module));
    let across_crates = module.has_key.then(|| nets::across_crates(module, ident));
    // Most modules of handlers have none, and an item less.
    let [statics, listed] = if module.actions.is_empty() {
        [quote!([]), quote!(&[])]
    } else {
        [quote!([#decls, #count]), quote!(&#decls)]
    };
    quote_spanned! {span=>
        #in_one_crate
        ::upr::__private::module! {
            #ident, #decl, #id, #key, [#length, #bytes], #statics, #listed,
            { #constants #across_crates }
        }
    }
}

fn constants(module: &Module, ident: &Ident, decls: &Ident) -> Option<TokenStream> {
    if module.actions.is_empty() {
        return None;
    }
    let constants = module.actions.iter().enumerate().map(|(ordinal, action)| {
        let constant = constant_ident(action);
        let attributes = constant_attributes(action, &key_of(module, action));
        let id = Literal::u64_suffixed(action_id(module, action));
        let ordinal = Literal::usize_unsuffixed(ordinal);
        quote_spanned! {constant.span()=>
            #attributes
            pub const #constant: ::upr::Permission = ::upr::__private::permission(#id, &#decls[#ordinal]);
        }
    });
    let doc = format!("The permissions of the module `{}`.", module.key);
    Some(quote_spanned! {at(module.ident.span())=>
        #[doc = #doc]
        impl #ident { #(#constants)* }
    })
}

fn key_of(module: &Module, action: &Action) -> String {
    format!("{}.{}", module.key, action.name.text)
}

fn action_id(module: &Module, action: &Action) -> u64 {
    let dot = fnv1a_continue(module.key.id(), b".");
    fnv1a_continue(dot, action.name.text.as_bytes())
}

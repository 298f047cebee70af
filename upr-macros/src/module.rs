//! `#[upr::module]`: the module's constants, its registration and its nets.

use proc_macro2::{Ident, Literal, TokenStream, TokenTree};
use quote::{ToTokens, TokenStreamExt, quote, quote_spanned};
use upr_core::declare::{Action, CompactModule, Ctxt, Member, Module, ModuleItem, Package};
use upr_core::id::fnv1a_continue;

use crate::facts::{constant_attributes, constant_ident, decl_fields, facts};
use crate::place::{at, origin, package, version};
use crate::{fallback, nets, probe};

pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let ctxt = Ctxt::new();
    let package = package();
    let Some(parsed) = ModuleItem::parse(&item, &ctxt) else {
        return fallback::with_errors(item, ctxt);
    };
    let module = Module::parse(arguments, &parsed, &package, &ctxt);
    let expanded = match parsed {
        ModuleItem::Struct { .. } => {
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
    let Some(CompactModule {
        inner,
        items,
        members,
        mut permissions,
    }) = CompactModule::parse(content.clone(), module, package, ctxt)
    else {
        return content;
    };
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

/// The constant once more, in the mod itself: associated constants cannot be re-exported.
fn repeated(
    action: &Action,
    conditions: &[TokenStream],
    module: &Module,
    permissions: &Ident,
) -> TokenStream {
    let constant = constant_ident(action);
    let attributes = constant_attributes(action, &format!("{}.{}", module.key, action.name.text));
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
    let span = at(module.ident.span());
    let count = Literal::usize_unsuffixed(module.actions.len());
    let id = module.key.id();
    let decls = module
        .actions
        .iter()
        .enumerate()
        .map(|(position, action)| decl(action, position, module));
    let constants = module
        .actions
        .iter()
        .enumerate()
        .map(|(position, action)| constant(action, position, module));
    let facts = module
        .actions
        .iter()
        .enumerate()
        .filter_map(|(position, action)| facts(action, None, &facts_ident(action, position)));
    let module_decl = module_decl(module, package);
    let in_one_crate = module.has_key.then(|| nets::in_one_crate(module));
    let across_crates = module.has_key.then(|| nets::across_crates(module));
    let doc = format!("The permissions of the module `{}`.", module.key);
    let implementation = if module.actions.is_empty() {
        quote!()
    } else {
        quote_spanned! {span=>
            #[doc = #doc]
            impl #ident { #(#constants)* }
        }
    };
    quote_spanned! {span=>
        #in_one_crate
        const _: () = {
            // A private struct that nobody makes would be dead code.
            let _ = #ident;
            static SLOTS: [::upr::__private::Slot; #count] = [const { ::upr::__private::Slot::new() }; #count];
            #(#facts)*
            static DECLS: [::upr::__private::Decl; #count] = [#(#decls),*];
            static MODULE: ::upr::__private::ModuleDecl = #module_decl;
            #implementation
            impl ::upr::Module for #ident {
                const __UPR_MODULE: &'static ::upr::__private::ModuleDecl = &MODULE;
                const __UPR_ID: ::core::primitive::u64 = #id;
            }
            ::upr::__private::inventory::submit! { ::upr::__private::Registration::Module(&MODULE, &DECLS) }
            #across_crates
        };
    }
}

fn module_decl(module: &Module, package: &Package) -> TokenStream {
    let Module {
        label,
        description,
        allow_case_variants,
        ..
    } = module;
    let id = module.key.id();
    let key = module.key.as_str();
    let version = version(package);
    let Package { name, krate, .. } = package;
    let (file, line) = origin(module.ident.span());
    quote! {
        ::upr::__private::ModuleDecl {
            id: #id,
            key: #key,
            label: #label,
            description: #description,
            allow_case_variants: #allow_case_variants,
            package: #name,
            version: #version,
            krate: #krate,
            path: ::core::module_path!(),
            file: #file,
            line: #line,
            cfg: ::core::option::Option::None,
        }
    }
}

fn decl(action: &Action, position: usize, module: &Module) -> TokenStream {
    let id = action_id(module, action);
    let key = format!("{}.{}", module.key, action.name.text);
    let ident = facts_ident(action, position);
    let fields = decl_fields(action, facts(action, None, &ident).map(|_| &ident));
    let position = Literal::usize_unsuffixed(position);
    quote! {
        ::upr::__private::Decl {
            id: #id,
            module: &MODULE,
            key: #key,
            slot: &SLOTS[#position],
            #fields
        }
    }
}

fn constant(action: &Action, position: usize, module: &Module) -> TokenStream {
    let constant = constant_ident(action);
    let attributes = constant_attributes(action, &format!("{}.{}", module.key, action.name.text));
    let id = action_id(module, action);
    let position = Literal::usize_unsuffixed(position);
    quote_spanned! {constant.span()=>
        #attributes
        pub const #constant: ::upr::Permission = ::upr::__private::permission(#id, &DECLS[#position]);
    }
}

fn facts_ident(action: &Action, position: usize) -> Ident {
    Ident::new(&format!("FACTS_{position}"), at(action.name.span))
}

fn action_id(module: &Module, action: &Action) -> TokenTree {
    let id = fnv1a_continue(
        fnv1a_continue(module.key.id(), b"."),
        action.name.text.as_bytes(),
    );
    Literal::u64_suffixed(id).into()
}

//! `upr::lock!()`: what a start-up asks of the lock, as literals.

use std::collections::BTreeMap;

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use upr_core::declare::{Ctxt, Package};
use upr_core::lock::{Entry, Lock};

use crate::facts::option;
use crate::lock::Locked;
use crate::place::{at, origin, package, version};
use crate::{fallback, nets};

pub(crate) fn expand(input: &TokenStream) -> TokenStream {
    let ctxt = Ctxt::new();
    let package = package();
    let span = Span::call_site();
    if !input.is_empty() {
        ctxt.error(
            input,
            "`upr::lock!` takes no arguments",
            "write `upr::lock!();`",
        );
    }
    let Some(locked) = Locked::find(&package) else {
        ctxt.error_at(
            span,
            "there is no `upr.lock` in the package's directory or at its workspace root",
            "create it with `upr init` and commit it; `upr lock` records keys in it",
        );
        return fallback::with_errors(TokenStream::new(), ctxt);
    };
    let tracked = locked.track(&package, span);
    let embedded = locked
        .lock(span, &ctxt)
        .map(|lock| embed(lock, &package, span));
    let once = nets::lock();
    fallback::with_errors(quote!(#once #tracked #embedded), ctxt)
}

fn embed(lock: &Lock, package: &Package, span: Span) -> TokenStream {
    let crates = required(lock).into_iter().map(|((package, krate), mut entries)| {
        entries.sort_unstable();
        let bytes: Vec<u8> = entries.iter().flat_map(|(id, _)| id.to_le_bytes()).collect();
        let ids = Literal::byte_string(&bytes);
        let keys: Vec<&str> = entries.iter().map(|(_, key)| *key).collect();
        let keys = keys.join("\n");
        quote! {
            ::upr::__private::LockedCrate { package: #package, krate: #krate, ids: #ids, keys: #keys }
        }
    });
    let retired = lock.retired().filter_map(|entry| {
        let id = entry.key.id();
        let key = entry.key.as_str();
        let retired = entry.retired.as_ref()?.to_string();
        let replaced_by = option(entry.replaced_by.as_ref().map(|key| {
            let key = key.as_str();
            quote!(#key)
        }));
        Some(quote! {
            ::upr::__private::RetiredDecl { id: #id, key: #key, retired: #retired, replaced_by: #replaced_by }
        })
    });
    let version = version(package);
    let Package { name, krate, .. } = package;
    let (file, line) = origin(span);
    quote_spanned! {at(span)=>
        const _: () = {
            static LOCK: ::upr::__private::LockDecl = ::upr::__private::LockDecl {
                crates: &[#(#crates),*],
                retired: &[#(#retired),*],
                package: #name,
                version: #version,
                krate: #krate,
                file: #file,
                line: #line,
            };
            ::upr::__private::inventory::submit! { ::upr::__private::Registration::Lock(&LOCK) }
        };
    }
}

type Crates<'a> = BTreeMap<(&'a str, &'a str), Vec<(u64, &'a str)>>;

/// The keys that must be linked: published, not retired, and under no condition that may be off.
fn required(lock: &Lock) -> Crates<'_> {
    let mut crates = Crates::new();
    let is_required = |entry: &&Entry| !entry.is_retired() && entry.cfg.is_none();
    for entry in lock.entries().filter(is_required) {
        let keys = crates.entry((&entry.package, &entry.krate)).or_default();
        keys.push((entry.key.id(), entry.key.as_str()));
    }
    crates
}

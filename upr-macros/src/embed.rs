//! `upr::lock!()` and `upr::application!()`: what the program is, and what a start-up asks of the lock.

use std::collections::BTreeMap;

use proc_macro2::{Literal, Span, TokenStream};
use quote::{quote, quote_spanned};
use upr_core::declare::{Ctxt, Package};
use upr_core::lock::{Entry, Lock};

use crate::lock::Locked;
use crate::place::{Place, at, package};
use crate::{fallback, nets, record};

pub(crate) fn lock(input: &TokenStream) -> TokenStream {
    let ctxt = Ctxt::new();
    let package = package();
    let span = Span::call_site();
    refuse_arguments(input, "lock", &ctxt);
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

pub(crate) fn application(input: &TokenStream) -> TokenStream {
    let ctxt = Ctxt::new();
    refuse_arguments(input, "application", &ctxt);
    let once = nets::application();
    let program = program(&package(), Span::call_site(), &[], &[], &[]);
    fallback::with_errors(quote!(#once #program), ctxt)
}

fn refuse_arguments(input: &TokenStream, name: &str, ctxt: &Ctxt) {
    if !input.is_empty() {
        ctxt.error(
            input,
            format!("`upr::{name}!` takes no arguments"),
            format!("write `upr::{name}!();`"),
        );
    }
}

fn embed(lock: &Lock, package: &Package, span: Span) -> TokenStream {
    let mut ids = Vec::new();
    let mut locked = Vec::new();
    for ((package, krate), mut entries) in required(lock) {
        entries.sort_unstable();
        let bytes: Vec<u8> = entries
            .iter()
            .flat_map(|(id, _)| id.to_le_bytes())
            .collect();
        ids.push(Literal::byte_string(&bytes));
        let keys: Vec<&str> = entries.iter().map(|(_, key)| *key).collect();
        locked.push([package.to_owned(), krate.to_owned(), keys.join("\n")]);
    }
    let retired = lock.retired().filter_map(|entry| {
        let replaced_by = entry.replaced_by.as_ref();
        Some([
            entry.key.to_string(),
            entry.retired.as_ref()?.to_string(),
            replaced_by.map(ToString::to_string).unwrap_or_default(),
        ])
    });
    let retired: Vec<[String; 3]> = retired.collect();
    program(package, span, &ids, &retired, &locked)
}

fn program(
    package: &Package,
    span: Span,
    ids: &[Literal],
    retired: &[[String; 3]],
    locked: &[[String; 3]],
) -> TokenStream {
    let record = record::program(&Place::of(span, package), retired, locked);
    let (length, bytes) = record.into_array();
    quote_spanned! {at(span)=>
        const _: () = {
            ::upr::__private::declare!(Program: ProgramDecl, [#length, #bytes], &[#(#ids),*]);
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

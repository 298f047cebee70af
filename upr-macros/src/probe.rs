//! The lock's questions to the compiler: is what was published still declared, is what was retired declared again?
//!
//! A macro sees one item. Whether `users.edit` is declared by a handler in another file, only the compiler knows, so
//! the module asks it for the constant: an inherent one wins over the trait's of the same name, and the trait's has the
//! id of nothing.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Span, TokenStream};
use quote::{quote, quote_spanned};
use upr_core::declare::{Action, Ctxt, Module, Name, Package};
use upr_core::lock::Entry;
use upr_core::name::{constant_name, nearest};
use upr_core::{Finding, Version};

use crate::constant::probe_alias;
use crate::lock::Locked;
use crate::place::at;

/// What the lock has to say about a module: errors for what is seen here, probes for what only the compiler sees.
///
/// `members` are the actions that the functions of a compact module declare under no condition.
pub(crate) fn module(
    module: &Module,
    members: &[&Action],
    ident: &Ident,
    package: &Package,
    ctxt: &Ctxt,
) -> TokenStream {
    let Some(locked) = Locked::find(package) else {
        return TokenStream::new();
    };
    let tracked = locked.track(package, module.key_span);
    if tracked.is_some() {
        // Once in a crate is enough for a file that cannot be read.
        locked.lock(module.key_span, ctxt);
    }
    let entries = locked.module(module.key.as_str());
    // Tombstones of the functions are reported where each of them expands.
    report_revived(entries, &module.actions, ctxt);
    let names: BTreeSet<&str> = module
        .actions
        .iter()
        .chain(members.iter().copied())
        .map(|action| action.name.text.as_str())
        .collect();
    let missing: Vec<&Entry> = entries
        .iter()
        .filter(|entry| !entry.is_retired() && !names.contains(entry.key.action()))
        .collect();
    let probes = if missing.is_empty() {
        TokenStream::new()
    } else {
        probes(module, &missing, entries, &names, ident, package, ctxt)
    };
    quote!(#tracked #probes)
}

/// Refuses a handler whose key is a tombstone: the macro knows the action, the compiler the id.
pub(crate) fn handler(action: &Action, constant: &Ident, package: &Package) -> TokenStream {
    let Some(locked) = Locked::find(package) else {
        return TokenStream::new();
    };
    let span = at(action.name.span);
    let suspects = locked.retired(&action.name.text);
    let checks = suspects.iter().filter_map(|entry| {
        let sentence = sentence(&entry.reused()?);
        let id = entry.key.id();
        Some(quote_spanned!(span=> const _: () = ::core::assert!(#constant.id != #id, #sentence);))
    });
    checks.collect()
}

fn report_revived(entries: &[Entry], known: &[Action], ctxt: &Ctxt) {
    for entry in entries {
        let revived = known
            .iter()
            .find(|action| action.name.text == entry.key.action());
        if let (
            Some(action),
            Some(Finding {
                message, remedy, ..
            }),
        ) = (revived, entry.reused())
        {
            ctxt.error_at(action.name.span, message, remedy);
        }
    }
}

/// One trait with a constant for each name that is asked for, and one assertion for each key.
fn probes(
    module: &Module,
    missing: &[&Entry],
    entries: &[Entry],
    names: &BTreeSet<&str>,
    ident: &Ident,
    package: &Package,
    ctxt: &Ctxt,
) -> TokenStream {
    let span = at(module.key_span);
    let mut asked: BTreeSet<Ident> = BTreeSet::new();
    let version = package.version.clone().unwrap_or(Version::new(0, 0, 0));
    let recorded: BTreeSet<&str> = entries.iter().map(|entry| entry.key.action()).collect();
    let new = || {
        names
            .iter()
            .copied()
            .filter(|name| !recorded.contains(name))
    };
    let assertions: Vec<TokenStream> = missing
        .iter()
        .filter_map(|entry| {
            let action = entry.key.action();
            let constant = Ident::new(&constant_name(action), span);
            let alias = probe_alias(&Name {
                text: action.to_owned(),
                span,
            });
            let renamed = nearest(action, new()).map(|name| format!("{}.{name}", module.key));
            let sentence = sentence(&entry.vanished(&version, renamed.as_deref()));
            let id = entry.key.id();
            let condition = condition(entry, module.key_span, ctxt)?;
            let assertion = quote_spanned! {span=>
                #condition
                #[allow(deprecated)]
                const _: () = ::core::assert!(
                    ::upr::__private::id_of(#ident::#constant) == #id
                        || ::upr::__private::id_of(#ident::#alias) == #id,
                    #sentence
                );
            };
            asked.extend([constant, alias]);
            Some(assertion)
        })
        .collect();
    let asked = asked.iter();
    quote_spanned! {span=>
        #[allow(unexpected_cfgs)]
        const _: () = {
            trait Absent {
                #(const #asked: ::upr::Permission = ::upr::__private::ABSENT;)*
            }
            impl Absent for #ident {}
            #(#assertions)*
        };
    }
}

/// The condition that the lock recorded: what is compiled out is not gone.
///
/// `None` when it cannot be read, which is reported.
fn condition(entry: &Entry, span: Span, ctxt: &Ctxt) -> Option<TokenStream> {
    let Some(text) = entry.cfg.as_ref() else {
        return Some(TokenStream::new());
    };
    match text.parse::<TokenStream>() {
        Ok(predicate) => Some(quote_spanned!(at(span)=> #[cfg(#predicate)])),
        Err(_) => {
            ctxt.error_at(
                span,
                format!(
                    "the lock's `cfg` of `{}` is no condition: `{text}`",
                    entry.key
                ),
                "run `upr lock`, or correct the line in `upr.lock`",
            );
            None
        }
    }
}

/// What the compiler prints when an assertion fails. Braces would be placeholders; no key and no version has any.
fn sentence(finding: &Finding) -> String {
    format!("{}; {}", finding.message, finding.remedy)
}

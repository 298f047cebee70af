//! Handlers on their way to the registry.
//!
//! A handler knows its module only at run time. So its key is joined here, and what its macro could not see of
//! the module is checked here. A program may declare everything on handlers and should not wait for them, so
//! that what is sorted is numbers rather than texts, and what is allocated is one text for all keys.

use upr_core::id::{fnv1a, fnv1a_continue};
use upr_core::key::{Key, MAX_BYTES};

use super::Problem;
use super::build::origin;
use crate::private::{Decl, ModuleDecl};

/// A handler's declaration, with what is asked of it again and again.
#[derive(Clone, Copy)]
pub(super) struct Handler {
    module: &'static ModuleDecl,
    action: &'static str,
    pub(super) decl: &'static Decl,
}

impl Handler {
    pub(super) fn new(decl: &'static Decl) -> Self {
        Self {
            module: decl.module(),
            action: decl.own_action(),
            decl,
        }
    }
}

/// Sorts handlers by the key of their module, then by action: nearly the order of their keys, in long runs.
pub(super) fn sort(handlers: &mut Vec<Handler>) {
    handlers.sort_unstable_by_key(|handler| handler.module.id);
    let mut groups: Vec<&mut [Handler]> = handlers
        .chunk_by_mut(|a, b| a.module.id == b.module.id)
        .collect();
    for group in &mut groups {
        group.sort_unstable_by_key(|handler| handler.action);
    }
    groups.sort_unstable_by_key(|group| group.first().map(|handler| handler.module.key));
    *handlers = groups
        .into_iter()
        .flat_map(|group| group.iter().copied())
        .collect();
}

/// Joins the keys into one text that lives as long as the program, as the declarations do.
pub(super) fn join_keys(handlers: &[Handler]) {
    let parts = || {
        let parts = |handler: &Handler| [handler.module.key, ".", handler.action];
        handlers.iter().map(parts)
    };
    let bytes = parts().flatten().map(str::len).sum();
    let mut text = String::with_capacity(bytes);
    text.extend(parts().flatten());
    let mut rest: &'static str = Box::leak(text.into_boxed_str());
    for (handler, parts) in handlers.iter().zip(parts()) {
        let bytes = parts.iter().map(|part| part.len()).sum();
        let (key, others) = rest.split_at(bytes);
        handler.decl.set_key(key);
        rest = others;
    }
}

/// Checks what is left of a key's rules. Expects handlers and modules sorted by the key of their module.
pub(super) fn check(
    handlers: &[Handler],
    mut modules: &[&'static ModuleDecl],
    problems: &mut Vec<Problem>,
) {
    for handlers in handlers.chunk_by(|a, b| a.module.key == b.module.key) {
        let Some(module) = handlers.first().map(|handler| handler.module) else {
            continue;
        };
        check_lengths(module, handlers, problems);
        if !module.allows_case_variants() {
            modules = behind(modules, module.key);
            let attribute = modules.first().filter(|other| other.key == module.key);
            let attribute = attribute.map_or(&[][..], |module| module.decls);
            check_case_variants(attribute, handlers, problems);
        }
    }
}

/// Module and action are sound each by itself; together they can only be too long.
fn check_lengths(module: &ModuleDecl, handlers: &[Handler], problems: &mut Vec<Problem>) {
    let is_long = |handler: &&Handler| module.key.len() + 1 + handler.action.len() > MAX_BYTES;
    for Handler { decl, .. } in handlers.iter().filter(is_long) {
        if let Err(error) = Key::parse(decl.key()) {
            problems.push(Problem::InvalidKey {
                key: decl.key(),
                reason: error.to_string(),
                origin: origin(decl),
            });
        }
    }
}

/// What of sorted modules does not come before `key`.
fn behind<'a>(modules: &'a [&'static ModuleDecl], key: &str) -> &'a [&'static ModuleDecl] {
    let before = modules.iter().take_while(|module| module.key < key).count();
    modules.get(before..).unwrap_or_default()
}

fn check_case_variants(
    attribute: &'static [Decl],
    handlers: &[Handler],
    problems: &mut Vec<Problem>,
) {
    let attribute = attribute.iter().map(|decl| (decl.action(), decl));
    let handlers = handlers
        .iter()
        .map(|handler| (handler.action, handler.decl));
    let mut actions: Vec<(u64, &'static str, &'static Decl)> = attribute
        .chain(handlers)
        .map(|(action, decl)| (lower_case_hash(action), action, decl))
        .collect();
    actions.sort_unstable_by_key(|(hash, action, _)| (*hash, *action));
    // Two of one name are one that is linked twice, or were reported already.
    actions.dedup_by_key(|(_, action, _)| *action);
    for pair in actions.windows(2) {
        if let [(_, first, one), (_, second, other)] = pair
            && first.eq_ignore_ascii_case(second)
        {
            problems.push(Problem::CaseVariants {
                keys: [one.key(), other.key()],
                origin: origin(other),
            });
        }
    }
}

fn lower_case_hash(action: &str) -> u64 {
    let lower = action.bytes().map(|byte| byte.to_ascii_lowercase());
    lower.fold(fnv1a(b""), |hash, byte| fnv1a_continue(hash, &[byte]))
}

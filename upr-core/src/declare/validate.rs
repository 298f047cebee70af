//! The rules over what was declared, one function each:
//!
//! | rule | function |
//! | --- | --- |
//! | module `upr` is upr's own | `reserved` |
//! | each key keeps to the grammar | `action_name`, `keys` |
//! | no action twice in an attribute | `unique_names` |
//! | no two keys that differ only in case | `case_variants` |
//! | no two actions with one constant | `unique_constants` |
//! | a chosen constant is written in capitals and collides with nothing of ours | `constant` |
//! | what is named as a permission can be one | `permission` |
//! | a removal follows its deprecation | `removal_follows` |
//! | nothing outlives its removal | `not_overdue` |
//! | a guard can stand where it stands, alone, and means what the function's own parameters say | `guarded`, `owner` |

use proc_macro2::Ident;
use quote::ToTokens;
use semver::Version;
use syn::Path;

use super::ctxt::{Ctxt, unraw};
use super::item::{Function, Guard, find_self, metas};
use super::model::{Action, Kind, Module, Name, Package};
use super::show::show;
use super::surroundings::Owner;
use crate::key::check_segment;
use crate::name::constant_name;

/// Module names that only upr itself declares.
const RESERVED: &str = "upr";
const OURS: [&str; 4] = ["upr", "upr-sync", "upr-web", "upr-cli"];

/// Applies every rule over a module and leaves out the actions that break one.
pub(super) fn module(mut module: Module, package: &Package, ctxt: &Ctxt) -> Module {
    reserved(&module, package, ctxt);
    module.actions = keys(&module, ctxt);
    module.actions = unique_names(module.actions, ctxt);
    if !module.allow_case_variants {
        module.actions = case_variants(module.actions, ctxt);
    }
    module.actions = unique_constants(module.actions, ctxt);
    for action in &module.actions {
        not_overdue(action, package, ctxt);
    }
    module
}

/// Any registry may carry the permissions of upr's own pages, so nobody else's may look like them.
fn reserved(module: &Module, package: &Package, ctxt: &Ctxt) {
    let first = module.key.as_str().split('.').next();
    if first == Some(RESERVED) && !OURS.contains(&package.name.as_str()) {
        ctxt.error_at(
            module.key_span,
            "module `upr` is reserved for upr's own permissions",
            "choose another key: `#[upr::module(\"…\")]`",
        );
    }
}

/// The last segment of a key keeps to the grammar of segments.
pub(super) fn action_name(name: &Name, ctxt: &Ctxt) -> bool {
    if name.text.is_empty() {
        ctxt.error_at(
            name.span,
            "the name of the action is empty",
            "write a name: `\"reset_password\"`",
        );
        return false;
    }
    if let Some((module, own)) = name.text.rsplit_once('.')
        && check_segment(own).is_ok()
    {
        ctxt.error_at(
            name.span,
            format!(
                "`{}` is more than the name of an action: `{module}` is its module's part",
                name.text
            ),
            format!("write `\"{own}\"`; the module's key comes from the module"),
        );
        return false;
    }
    match check_segment(&name.text) {
        Ok(()) => true,
        Err(error) => {
            ctxt.error_at(
                name.span,
                error.to_string(),
                "write a name of ASCII letters, digits, `_` and `-` that starts with a letter: `\"reset_password\"`",
            );
            false
        }
    }
}

/// Module and action together keep to the limits of keys.
fn keys(module: &Module, ctxt: &Ctxt) -> Vec<Action> {
    let mut actions = module.actions.clone();
    actions.retain(|action| {
        action_name(&action.name, ctxt)
            && match module.key.action(&action.name.text) {
                Ok(_) => true,
                Err(error) => {
                    ctxt.error_at(
                        action.name.span,
                        error.to_string(),
                        "shorten the module's key or the action's name",
                    );
                    false
                }
            }
    });
    actions
}

/// `crud` and `actions` of one attribute name each action once.
fn unique_names(actions: Vec<Action>, ctxt: &Ctxt) -> Vec<Action> {
    let mut unique: Vec<Action> = Vec::with_capacity(actions.len());
    for action in actions {
        match unique
            .iter()
            .find(|other| other.name.text == action.name.text)
        {
            None => unique.push(action),
            Some(first) => {
                let by_crud = first.kind == Kind::Crud && action.kind == Kind::Action;
                let name = &action.name.text;
                let remedy = if by_crud {
                    format!("`crud` declares `{name}` already; leave it out of `actions(…)`")
                } else {
                    format!("keep one `{name}`")
                };
                ctxt.error_at(
                    action.name.span,
                    format!("`{name}` is declared twice"),
                    remedy,
                );
            }
        }
    }
    unique
}

/// Case is the kind of difference that people do not see.
fn case_variants(actions: Vec<Action>, ctxt: &Ctxt) -> Vec<Action> {
    let mut unique: Vec<Action> = Vec::with_capacity(actions.len());
    for action in actions {
        let name = &action.name.text;
        match unique
            .iter()
            .find(|other| other.name.text.eq_ignore_ascii_case(name))
        {
            None => unique.push(action),
            Some(first) => ctxt.error_at(
                action.name.span,
                format!("`{name}` and `{}` differ only in case", first.name.text),
                "rename one of them, or write `allow_case_variants` on the module",
            ),
        }
    }
    unique
}

/// Two names may give one constant: `create_tag` and `createTag`.
fn unique_constants(actions: Vec<Action>, ctxt: &Ctxt) -> Vec<Action> {
    let mut unique: Vec<Action> = Vec::with_capacity(actions.len());
    for action in actions {
        match unique
            .iter()
            .find(|other| other.constant == action.constant)
        {
            None => unique.push(action),
            Some(first) => ctxt.error_at(
                action.name.span,
                format!(
                    "`{}` and `{}` both have the constant `{}`",
                    first.name.text, action.name.text, action.constant
                ),
                format!(
                    "name one of the constants: `actions(\"{}\"(const = OTHER))`",
                    action.name.text
                ),
            ),
        }
    }
    unique
}

/// Names that start with `__UPR` are ours.
pub(super) fn constant(constant: &Ident, ctxt: &Ctxt) {
    if constant
        .to_string()
        .to_ascii_uppercase()
        .starts_with("__UPR")
    {
        ctxt.error(
            constant,
            "names that start with `__UPR` are upr's own",
            "choose another name",
        );
    }
    let text = unraw(constant);
    if text.contains(char::is_lowercase) {
        ctxt.error(
            constant,
            format!("`{text}` is no name of a constant: capitals tell permissions from modules"),
            format!("write `const = {}`", constant_name(&text)),
        );
    }
}

/// Constants are written in capitals and modules are not, so a slip from one to the other is seen before rustc sees types.
pub(super) fn permission(path: &Path, ctxt: &Ctxt) -> bool {
    let mut names = path
        .segments
        .iter()
        .rev()
        .map(|segment| unraw(&segment.ident));
    let Some(name) = names
        .next()
        .filter(|name| name.contains(char::is_lowercase))
    else {
        return true;
    };
    let is_type = |name: &str| name.starts_with(char::is_uppercase);
    let written = show(path);
    let (message, remedy) = if let Some(owner) = names.next().filter(|owner| is_type(owner)) {
        let constant = constant_name(&name);
        (
            format!("`{written}` is no permission: their constants are written in capitals"),
            format!("write `{owner}::{constant}`"),
        )
    } else if is_type(&name) {
        (
            format!("`{written}` names a module, and a permission is expected"),
            format!("name one of its permissions, such as `{written}::VIEW`"),
        )
    } else {
        (
            format!("`{written}` is no permission"),
            "name the constant of a permission, such as `Users::VIEW`".to_owned(),
        )
    };
    ctxt.error(path, message, remedy);
    false
}

/// Nobody can follow a removal that comes before its announcement.
pub(super) fn removal_follows(since: &Version, remove_in: &Version, word: &Ident, ctxt: &Ctxt) {
    if remove_in <= since {
        ctxt.error(
            word,
            format!("`remove_in` {remove_in} does not come after `since` {since}"),
            "give those who use it at least one version",
        );
    }
}

/// The promise to remove is kept in the version that it names.
pub(super) fn not_overdue(action: &Action, package: &Package, ctxt: &Ctxt) {
    let remove_in = action
        .deprecation
        .as_ref()
        .and_then(|deprecation| deprecation.remove_in.as_ref());
    let (Some(remove_in), Some(version)) = (remove_in, &package.version) else {
        return;
    };
    if version >= remove_in {
        let name = &action.name.text;
        ctxt.error_at(
            action.name.span,
            format!(
                "`{name}` was to be removed in {remove_in}, and this is {} {version}",
                package.name
            ),
            format!(
                "remove it and run `upr lock retire` with its key, or move `remove_in` of `{name}`"
            ),
        );
    }
}

/// A guard adds a parameter and stands alone: what stands in its way is reported.
pub(super) fn guarded(function: &Function, guard: Guard, unguarded: bool, ctxt: &Ctxt) {
    free(function, guard, ctxt);
    alone(function, guard, ctxt);
    decided(function, guard, ctxt);
    if guard == Guard::Public || unguarded {
        return;
    }
    if let Some((words, span)) = function.unguardable() {
        let remedy = match guard {
            Guard::Action => "say that nobody is asked here: `#[upr::action(Users, unguarded)]`",
            _ => "guard what it calls: a function that takes `upr::granted!(…)`",
        };
        ctxt.error_at(span, format!("{words} cannot take a proof"), remedy);
    }
    if let Some((position, ty)) = function.own_proof()
        && position > 0
    {
        ctxt.error(
            ty,
            "the proof is not the first parameter, so another could answer before the check",
            "move it to the front",
        );
    }
}

fn free(function: &Function, guard: Guard, ctxt: &Ctxt) {
    let remedy = match guard {
        Guard::Action => REMEDY_OF_ACTIONS,
        _ => REMEDY_OF_GUARDS,
    };
    if let Some(receiver) = function.sig.receiver() {
        ctxt.error(
            receiver,
            format!("`{guard}` stands on a free function, and this is a method"),
            remedy,
        );
    } else if guard == Guard::Action
        && let Some(word) = find_self(function.sig.to_token_stream())
    {
        ctxt.error(
            &word,
            format!("`{guard}` stands on a free function, and this is an associated one"),
            remedy,
        );
    }
}

/// What the author's own first parameter says is what the attribute says.
fn decided(function: &Function, guard: Guard, ctxt: &Ctxt) {
    match guard {
        Guard::Public => {
            if let Some((_, proof)) = function.own_proof() {
                ctxt.error(
                    proof,
                    "the function is public and takes a proof",
                    "keep the proof and write `#[upr::requires(…)]`, or take it out",
                );
            }
        }
        Guard::Action | Guard::Requires => {
            if let Some(public) = function.own_public() {
                ctxt.error(
                    public,
                    format!("`{guard}` asks for a permission, and this says that nobody is asked"),
                    "take the parameter out, or write `#[upr::public]` instead",
                );
            }
        }
    }
}

/// Where a function of a type or a trait stands in the way of what an attribute adds.
pub(super) fn owner(function: &Function, guard: Guard, owner: Owner, ctxt: &Ctxt) -> bool {
    // With `self` or `Self` it was reported already.
    if function.is_associated() {
        return guard != Guard::Action;
    }
    match (guard, owner) {
        (Guard::Action, _) => {
            ctxt.error(
                &function.sig.ident,
                format!("`{guard}` stands on a free function, and this is an associated one"),
                REMEDY_OF_ACTIONS,
            );
            false
        }
        (_, Owner::TraitOfType) => {
            ctxt.error(
                &function.sig.ident,
                format!(
                    "`{guard}` adds a parameter, and the trait says which ones `{}` has",
                    function.name()
                ),
                REMEDY_OF_GUARDS,
            );
            false
        }
        _ => true,
    }
}

const REMEDY_OF_ACTIONS: &str = "declare it on the module, `#[upr::module(actions(…))]`, and ask inside the function: `access.require(…)`";
const REMEDY_OF_GUARDS: &str = "ask inside the function: `access.require(…)`";

fn alone(function: &Function, guard: Guard, ctxt: &Ctxt) {
    for attribute in &function.attrs {
        for meta in metas(attribute) {
            let path = meta.path();
            if let Some(other) = Guard::of(&meta) {
                let remedy = match (guard, other) {
                    (Guard::Public, _) | (_, Guard::Public) => {
                        "a function is public or guarded: keep one"
                    }
                    (Guard::Action, Guard::Requires) | (Guard::Requires, Guard::Action) => {
                        "declare the permission in `actions(…)` of its module and require `all(…)` here"
                    }
                    _ => "keep one",
                };
                ctxt.error(
                    path,
                    format!("`{guard}` and `{other}` stand on one function"),
                    remedy,
                );
            }
        }
    }
}

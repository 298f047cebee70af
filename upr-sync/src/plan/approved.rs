//! What somebody approved, held against the plan that is about to be applied.
//!
//! Both are compared as the documents that people and programs read: what is not in them was not
//! approved.

use serde_json::{Map, Value as Json};

use super::{Plan, Rule};
use crate::error::List;

/// The lists of a plan, and whether one of their lines may be gone later: assignments that are
/// given up meanwhile have nowhere to go.
const LISTS: [(&str, Gone); 14] = [
    ("create", Gone::Moved),
    ("update", Gone::Moved),
    ("deprecate", Gone::Moved),
    ("restore", Gone::Moved),
    ("orphan", Gone::Moved),
    ("move", Gone::Shrunk),
    ("revoke", Gone::Shrunk),
    ("delete", Gone::Moved),
    ("roles", Gone::Moved),
    ("modules", Gone::Moved),
    ("kept", Gone::Moved),
    ("breaking", Gone::Moved),
    ("effects", Gone::Shrunk),
    ("carried", Gone::Shrunk),
];

/// What it means that a line is there no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gone {
    /// The plan is another one.
    Moved,
    /// Less is assigned than there was.
    Shrunk,
}

/// A plan as somebody approved it.
#[derive(Clone, Debug, PartialEq)]
pub struct Approved(Map<String, Json>);

impl Approved {
    /// The plan that was shown.
    #[must_use]
    pub fn shown(plan: &Plan) -> Self {
        match serde_json::to_value(plan) {
            Ok(Json::Object(plan)) => Self(plan),
            // INVARIANT: a plan is an object; what is none approves nothing.
            _ => Self(Map::new()),
        }
    }

    pub(super) fn from_document(document: Map<String, Json>) -> Self {
        Self(document)
    }

    pub(super) fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    pub(super) fn document(&self) -> &Map<String, Json> {
        &self.0
    }

    /// Refuses `plan` where it is not what was approved; counts may have shrunk.
    pub(crate) fn hold_against(&self, plan: &mut Plan) {
        let moved = self.moved(plan);
        if !moved.is_empty() {
            plan.refuse_moved(&moved);
        }
    }

    /// What differs, one part of a sentence each.
    pub(super) fn moved(&self, plan: &Plan) -> Vec<String> {
        let Self(now) = Self::shown(plan);
        let mut moved = Vec::new();
        for (name, what) in [
            ("application", "application"),
            ("environment", "environment"),
            ("store", "store"),
            ("to", "registry"),
        ] {
            if self.0.get(name) != now.get(name) {
                moved.push(format!(
                    "the {what} is {}, and the plan is for {}",
                    quoted(now.get(name)),
                    quoted(self.0.get(name))
                ));
            }
        }
        options(&mut moved, self.0.get("options"), now.get("options"));
        let was_empty = self.0.get("changes").and_then(Json::as_u64) == Some(0);
        if plan.is_empty() && !was_empty {
            moved.push("nothing of it is left to do".to_owned());
            return moved;
        }
        for (name, gone) in LISTS {
            lists(&mut moved, name, gone, self.0.get(name), now.get(name));
        }
        moved
    }
}

impl Plan {
    pub(super) fn refuse_moved(&mut self, moved: &[String]) {
        /// More than these make a sentence unreadable.
        const SHOWN: usize = 5;
        let mut detail = moved.get(..SHOWN).unwrap_or(moved).join("; ");
        if moved.len() > SHOWN {
            detail.push_str(&format!("; and {} more", moved.len() - SHOWN));
        }
        self.refuse(
            Rule::Moved,
            format!("this is not the plan that was approved: {detail}"),
        );
    }
}

/// What it was computed with differs: settings, or what the command line asked for.
fn options(moved: &mut Vec<String>, old: Option<&Json>, new: Option<&Json>) {
    let names = |options: Option<&Json>| -> Vec<String> {
        let options = options.and_then(Json::as_object);
        options.map_or_else(Vec::new, |options| options.keys().cloned().collect())
    };
    let mut names = [names(old), names(new)].concat();
    names.sort();
    names.dedup();
    let value = |options: Option<&Json>, name: &str| options.and_then(|all| all.get(name)).cloned();
    names.retain(|name| value(old, name) != value(new, name));
    match names.as_slice() {
        [] => {}
        [name] => moved.push(format!("`{name}` has another value")),
        names => moved.push(format!("{} have other values", List(names))),
    }
}

fn lists(moved: &mut Vec<String>, name: &str, gone: Gone, old: Option<&Json>, new: Option<&Json>) {
    let items = |list: Option<&'_ Json>| -> Vec<Json> {
        list.and_then(Json::as_array).cloned().unwrap_or_default()
    };
    if old == new {
        return;
    }
    let (old, new) = (items(old), items(new));
    let old: std::collections::BTreeMap<String, &Json> =
        old.iter().map(|item| (identity(item), item)).collect();
    let mut left = old.clone();
    for item in &new {
        let id = identity(item);
        left.remove(&id);
        match old.get(&id) {
            None => moved.push(format!("`{name}` now has `{id}`")),
            Some(before) => item_moved(moved, name, &id, before, item),
        }
    }
    if gone == Gone::Moved {
        moved.extend(
            left.keys()
                .map(|id| format!("`{name}` no longer has `{id}`")),
        );
    }
}

/// The same line, then and now: what it counts may have shrunk, the rest is as it was.
fn item_moved(moved: &mut Vec<String>, name: &str, id: &str, old: &Json, new: &Json) {
    if old == new {
        return;
    }
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else {
        moved.push(format!("`{id}` in `{name}` is another"));
        return;
    };
    let mut fields: Vec<&String> = old.keys().chain(new.keys()).collect();
    fields.sort();
    fields.dedup();
    for field in fields {
        let (then, now) = (old.get(field), new.get(field));
        match field.as_str() {
            _ if then == now => {}
            // Who got a role meanwhile gets what it gains, and loses nothing that they had before.
            "subjects" if !has(new, "loses") => {}
            "denied" if !has(new, "gains") => {}
            "assignments" | "subjects" | "denied" => {
                let count = |value: Option<&Json>| value.and_then(Json::as_u64).unwrap_or(0);
                let (then, now) = (count(then), count(now));
                if now > then {
                    moved.push(format!("the {field} of `{id}` grew from {then} to {now}"));
                }
            }
            "carried" | "held_by" => lists(moved, field, Gone::Shrunk, then, now),
            _ => moved.push(format!("`{id}` in `{name}` has another `{field}`")),
        }
    }
}

fn has(effect: &Map<String, Json>, list: &str) -> bool {
    let list = effect.get(list).and_then(Json::as_array);
    list.is_some_and(|list| !list.is_empty())
}

/// What tells a line of a list from the others.
fn identity(item: &Json) -> String {
    let name = |name: &str| item.get(name).and_then(Json::as_str);
    match item {
        Json::String(text) => text.clone(),
        _ => ["key", "from", "role"]
            .into_iter()
            .find_map(name)
            .filter(|_| item.get("subject").is_none())
            .map_or_else(|| item.to_string(), str::to_owned),
    }
}

fn quoted(value: Option<&Json>) -> String {
    match value.and_then(Json::as_str) {
        Some(text) => format!("`{text}`"),
        None => "none".to_owned(),
    }
}

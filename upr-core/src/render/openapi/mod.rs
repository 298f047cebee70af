//! Components and paths for the application's own OpenAPI document.

use std::collections::HashMap;

use serde_core::Serialize;

use super::text::{Block, blocks, line};
use crate::Catalog;
use crate::catalog::Permission;
use crate::id::fnv1a;
use crate::name::constant_name;

/// A document of OpenAPI 3.1, as indented JSON, to be merged into the application's own or served as
/// it is.
///
/// `components.schemas.Permission` is the enumeration of all keys, with the names and descriptions
/// that generators of clients look for (`x-enum-varnames`, `x-enum-descriptions`). The paths are those
/// that upr's own handlers answer. An operation says what it needs as OpenAPI 3.1 lets roles be said,
/// `"security": [{"upr": ["users.view"]}]`: all of one list, any of several.
///
/// ```
/// use upr_core::{Catalog, render};
/// let catalog = Catalog::from_json(r#"{
///     "format": "upr.catalog/1", "application": {"name": "helpdesk"},
///     "modules": [{"key": "users", "permissions": [{"key": "users.view"}]}]
/// }"#)?;
/// let document: serde_json::Value = serde_json::from_str(&render::openapi(&catalog))?;
/// let keys = &document["components"]["schemas"]["Permission"]["enum"];
/// assert_eq!(keys, &serde_json::json!(["users.view"]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[must_use]
pub fn openapi(catalog: &Catalog) -> String {
    let mut document = String::with_capacity(TEMPLATE.len() + 200 * catalog.len());
    let mut rest = TEMPLATE;
    // One pass: what is put in is not looked through again, whatever it holds.
    while let Some((before, from)) = rest.split_once("\"@") {
        let (marker, behind) = from.split_once('"').unwrap_or((from, ""));
        document.push_str(before);
        document.push_str(&value(marker, catalog));
        rest = behind;
    }
    document.push_str(rest);
    document
}

/// JSON with strings of the form `"@name"` where the catalog has something to say.
const TEMPLATE: &str = include_str!("template.json");

fn value(marker: &str, catalog: &Catalog) -> String {
    let application = catalog.application();
    match marker {
        "title" => json(&format!("Permissions of {}", application.name)),
        "version" => json(&application.version.to_string()),
        "permission" => permission_schema(catalog),
        "module" => {
            let keys = catalog.modules().iter().map(|module| module.key.as_str());
            let labels = catalog.modules().iter().map(|module| line(&module.label));
            let doc = "The key of a module.";
            enumeration(doc, &keys.collect::<Vec<_>>(), &labels.collect::<Vec<_>>())
        }
        "role" => {
            let keys = catalog.roles().iter().map(|role| role.key.as_str());
            let labels = catalog.roles().iter().map(|role| line(&role.label));
            let doc = "The key of a role that the code defines; a store may hold more.";
            enumeration(doc, &keys.collect::<Vec<_>>(), &labels.collect::<Vec<_>>())
        }
        // INVARIANT: the template has no other; a test reads every document as JSON.
        other => json(other),
    }
}

fn permission_schema(catalog: &Catalog) -> String {
    let keys = catalog
        .permissions()
        .map(|permission| permission.key.as_str());
    let descriptions: Vec<String> = catalog.permissions().map(description).collect();
    enumeration(
        "The key of a permission.",
        &keys.collect::<Vec<_>>(),
        &descriptions,
    )
}

/// What there is to say of a key, as Markdown.
fn description(permission: &Permission) -> String {
    let mut text = line(&permission.label);
    let mut add = |block: &str| {
        text.push_str("\n\n");
        text.push_str(block);
    };
    for block in blocks(&permission.description) {
        match block {
            Block::Paragraph(block) => add(&block),
            Block::Item(block) => add(&format!("- {block}")),
        }
    }
    if permission.critical {
        add("Critical: at least one active subject always holds it.");
    }
    if let Some(deprecation) = &permission.deprecation {
        let since = deprecation.since.as_ref();
        let since = since.map_or(String::new(), |since| format!(" since {since}"));
        let goes = deprecation.remove_in.as_ref();
        let goes = goes.map_or(String::new(), |version| format!(", goes in {version}"));
        let replacement = deprecation.replaced_by.as_ref();
        let replacement = replacement.map_or(String::new(), |key| format!(" Use `{key}`."));
        let message = line(&deprecation.message);
        add(&format!("Deprecated{since}{goes}: {message}{replacement}"));
    }
    text
}

/// A schema at the depth of `components.schemas`.
fn enumeration(doc: &str, keys: &[&str], descriptions: &[String]) -> String {
    if keys.is_empty() {
        // An enumeration of nothing is not one.
        let doc = json(&format!("{doc} There is none."));
        return format!("{{\n        \"description\": {doc},\n        \"not\": {{}}\n      }}");
    }
    let names = variables(keys);
    let member = |name: &str, value: String| format!("        \"{name}\": {value}");
    let members = [
        member("description", json(doc)),
        member("type", json("string")),
        member("enum", list(keys)),
        member("x-enum-varnames", list(&names)),
        member("x-enum-descriptions", list(descriptions)),
    ];
    format!("{{\n{}\n      }}", members.join(",\n"))
}

/// `users.resetPassword` is `USERS_RESET_PASSWORD`; names that two keys want get the key's id.
fn variables(keys: &[&str]) -> Vec<String> {
    let variable = |key: &&str| {
        let segments: Vec<String> = key.split('.').map(constant_name).collect();
        segments.join("_")
    };
    let names: Vec<String> = keys.iter().map(variable).collect();
    let mut wanted: HashMap<&str, usize> = HashMap::with_capacity(names.len());
    for name in &names {
        *wanted.entry(name).or_default() += 1;
    }
    let names = names.iter().zip(keys).map(|(name, key)| {
        if wanted.get(name.as_str()).is_some_and(|number| *number > 1) {
            format!("{name}_{:016X}", fnv1a(key.as_bytes()))
        } else {
            name.clone()
        }
    });
    names.collect()
}

fn list(texts: &[impl AsRef<str>]) -> String {
    let lines: Vec<String> = texts
        .iter()
        .map(|text| format!("          {}", json(text.as_ref())))
        .collect();
    format!("[\n{}\n        ]", lines.join(",\n"))
}

#[expect(
    clippy::expect_used,
    reason = "a text that is lost must not pass for a written one"
)]
fn json(text: &(impl Serialize + ?Sized)) -> String {
    // INVARIANT: memory takes every byte.
    serde_json::to_string(text).expect("a text is written into memory")
}

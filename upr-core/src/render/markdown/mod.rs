//! A page that says what can be granted, and which roles hold what.

mod escape;
mod roles;

use self::escape::{cell, inline};
use super::text::{Block, blocks, counted};
use crate::Catalog;
use crate::catalog::{Deprecation, Module, Permission, Retired};

/// The catalog as a page of Markdown, in the dialect of GitHub.
///
/// Modules stand by themselves, each with a table of its permissions; what is critical or deprecated
/// is marked. A few roles make a matrix, more a list, very many a table of counts. No text of a
/// declaration can break the page: but for paragraphs, list items and code spans, it shows what was
/// written.
///
/// ```
/// use upr_core::{Catalog, render};
/// let catalog = Catalog::from_json(r#"{
///     "format": "upr.catalog/1", "application": {"name": "helpdesk"},
///     "modules": [{"key": "users", "permissions": [{"key": "users.view", "label": "See | find"}]}]
/// }"#)?;
/// let page = render::markdown(&catalog);
/// assert!(page.contains("\n| `users.view` | See &#124; find |\n"));
/// # Ok::<(), upr_core::catalog::ReadError>(())
/// ```
#[must_use]
pub fn markdown(catalog: &Catalog) -> String {
    let mut page = format!(
        "# Permissions of {}\n\n{}\n",
        inline(&catalog.application().name),
        summary(catalog)
    );
    if catalog.is_partial() {
        page.push_str("\n**Partial**: the scan of the sources could not see everything.\n");
    }
    legend(&mut page, catalog);
    contents(&mut page, catalog.modules());
    for module in catalog.modules() {
        write_module(&mut page, module);
    }
    roles::write(&mut page, catalog);
    write_retired(&mut page, catalog.retired());
    page.push_str(&format!(
        "\n---\n\nWritten by `upr catalog --format markdown`; fingerprint `{}`.\n",
        catalog.fingerprint()
    ));
    page
}

fn summary(catalog: &Catalog) -> String {
    let count = |is: fn(&Permission) -> bool| catalog.permissions().filter(|p| is(p)).count();
    let mut parts = vec![format!(
        "{} in {}",
        counted(catalog.len(), "permission"),
        counted(catalog.modules().len(), "module")
    )];
    for (number, what) in [
        (count(|permission| permission.critical), "critical"),
        (
            count(|permission| permission.deprecation.is_some()),
            "deprecated",
        ),
    ] {
        if number > 0 {
            parts.push(format!("{number} {what}"));
        }
    }
    for (number, what) in [
        (catalog.roles().len(), "role"),
        (catalog.retired().len(), "retired key"),
    ] {
        if number > 0 {
            parts.push(counted(number, what));
        }
    }
    format!("{}.", parts.join(", "))
}

/// What the marks mean, where there are any.
fn legend(page: &mut String, catalog: &Catalog) {
    if catalog.permissions().any(|permission| permission.critical) {
        page.push_str(
            "\n**Critical**: at least one active subject always holds it; it cannot be taken from the last.\n",
        );
    }
    let mut permissions = catalog.permissions();
    if permissions.any(|permission| permission.deprecation.is_some()) {
        page.push_str("\n**Deprecated**: it works, and a later version goes without it.\n");
    }
}

/// A line for each first segment: 2,834 modules are 300 lines.
fn contents(page: &mut String, modules: &[Module]) {
    if modules.len() < 2 {
        return;
    }
    page.push_str("\n## Modules\n\n");
    let first = |module: &Module| module.key.as_str().split('.').next().map(str::to_owned);
    for group in modules.chunk_by(|a, b| first(a) == first(b)) {
        let links: Vec<String> = group
            .iter()
            .map(|module| link(module.key.as_str(), module.key.as_str()))
            .collect();
        page.push_str(&format!("- {}\n", links.join(", ")));
    }
}

/// Renderers make ids of headings each in their own way; ours is written out.
fn link(key: &str, module: &str) -> String {
    format!("[`{key}`](#module-{module})")
}

/// Which columns there are beside key and label: those that hold something.
#[derive(Clone, Copy)]
struct Columns {
    descriptions: bool,
    remarks: bool,
}

impl Columns {
    fn of(module: &Module) -> Self {
        let has = |is: fn(&Permission) -> bool| module.permissions.iter().any(is);
        Self {
            descriptions: has(|permission| !blocks(&permission.description).is_empty()),
            remarks: has(|permission| permission.critical || permission.deprecation.is_some()),
        }
    }

    fn row(self, cells: [&str; 4]) -> String {
        let [key, label, description, remarks] = cells;
        let mut row = vec![key, label];
        row.extend(self.descriptions.then_some(description));
        row.extend(self.remarks.then_some(remarks));
        table_row(&row)
    }
}

fn table_row(cells: &[&str]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn write_module(page: &mut String, module: &Module) {
    let (key, columns) = (&module.key, Columns::of(module));
    page.push_str(&format!(
        "\n## <a id=\"module-{key}\"></a>{} (`{key}`)\n",
        inline(&module.label)
    ));
    write_blocks(page, &module.description);
    if module.permissions.is_empty() {
        page.push_str("\nIt has no permissions.\n");
        return;
    }
    page.push('\n');
    page.push_str(&columns.row(["Permission", "Label", "Description", "Remarks"]));
    page.push_str(&columns.row(["---"; 4]));
    for permission in &module.permissions {
        page.push_str(&columns.row([
            &format!("`{}`", permission.key),
            &inline(&permission.label),
            &cell(&permission.description),
            &remarks(permission),
        ]));
    }
}

fn write_blocks(page: &mut String, text: &str) {
    let mut is_list = false;
    for block in blocks(text) {
        // Items of one list stand together.
        let (is_item, text) = match &block {
            Block::Paragraph(text) => (false, inline(text)),
            Block::Item(text) => (true, format!("- {}", inline(text))),
        };
        if !(is_list && is_item) {
            page.push('\n');
        }
        page.push_str(&text);
        page.push('\n');
        is_list = is_item;
    }
}

fn remarks(permission: &Permission) -> String {
    let critical = permission.critical.then(|| "**Critical.**".to_owned());
    let deprecated = permission.deprecation.as_ref().map(deprecated);
    let both: Vec<String> = critical.into_iter().chain(deprecated).collect();
    both.join(" ")
}

fn deprecated(deprecation: &Deprecation) -> String {
    let Deprecation {
        message,
        since,
        remove_in,
        replaced_by,
    } = deprecation;
    let mut text = "**Deprecated**".to_owned();
    if let Some(since) = since {
        text.push_str(&format!(" since {since}"));
    }
    if let Some(remove_in) = remove_in {
        text.push_str(&format!(", goes in {remove_in}"));
    }
    text.push_str(&format!(": {}", inline(message)));
    if let Some(key) = replaced_by {
        text.push_str(&format!(" → {}", link(key.as_str(), key.module())));
    }
    text
}

fn write_retired(page: &mut String, retired: &[Retired]) {
    if retired.is_empty() {
        return;
    }
    page.push_str("\n## Retired keys\n\nThey are gone for ever: no key is used twice.\n\n");
    page.push_str(&table_row(&["Key", "Since", "Replaced by"]));
    page.push_str(&table_row(&["---"; 3]));
    for entry in retired {
        let replacement = entry.replaced_by.as_ref();
        page.push_str(&table_row(&[
            &format!("`{}`", entry.key),
            &entry.retired.to_string(),
            &replacement.map_or(String::new(), |key| format!("`{key}`")),
        ]));
    }
}

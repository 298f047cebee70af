//! Roles on the page: a matrix of few, a list of more, counts of very many.

use std::collections::BTreeSet;

use super::escape::inline;
use super::table_row;
use crate::catalog::{Module, Permission, Role, RoleMode};
use crate::{Catalog, Key, ModuleKey};

/// With more columns than these a matrix is wider than a window.
const COLUMNS: usize = 8;
/// A list of more keys than these is not read, and pages that hold it are not shown.
const LISTED: usize = 2_000;

pub(super) fn write(page: &mut String, catalog: &Catalog) {
    let roles = catalog.roles();
    if roles.is_empty() {
        return;
    }
    page.push_str("\n## Roles\n\n");
    modes(page, roles);
    let listed: usize = roles.iter().map(listed).sum();
    if roles.len() <= COLUMNS {
        table(page, roles, &[]);
        matrix(page, catalog);
    } else if listed <= LISTED {
        table(page, roles, &[("Holds", &holds)]);
    } else {
        page.push_str(&format!(
            "They name {listed} permissions and modules, which `upr catalog` lists.\n\n"
        ));
        table(
            page,
            roles,
            &[
                ("Permissions", &|role| how_many(role, catalog).to_string()),
                ("Modules", &|role| modules_of(role, catalog).to_string()),
            ],
        );
    }
}

/// What the modes mean that occur.
fn modes(page: &mut String, roles: &[Role]) {
    for (mode, meaning) in [
        (
            RoleMode::Managed,
            "**Managed**: the code decides what the role holds.\n\n",
        ),
        (
            RoleMode::Seeded,
            "**Seeded**: the code offers each permission once; what the role holds is decided in the store.\n\n",
        ),
    ] {
        if roles.iter().any(|role| role.mode == mode) {
            page.push_str(meaning);
        }
    }
}

type Column<'a> = (&'a str, &'a dyn Fn(&Role) -> String);

fn table(page: &mut String, roles: &[Role], columns: &[Column<'_>]) {
    let mut header = vec!["Role", "Label", "Mode"];
    header.extend(columns.iter().map(|(name, _)| *name));
    page.push_str(&table_row(&header));
    page.push_str(&table_row(&vec!["---"; header.len()]));
    for role in roles {
        let mut cells = vec![
            format!("`{}`", role.key),
            inline(&role.label),
            role.mode.as_str().to_owned(),
        ];
        cells.extend(columns.iter().map(|(_, of)| of(role)));
        let cells: Vec<&str> = cells.iter().map(String::as_str).collect();
        page.push_str(&table_row(&cells));
    }
}

fn listed(role: &Role) -> usize {
    role.permissions.len() + role.modules.len()
}

fn holds(role: &Role) -> String {
    if role.all {
        return "everything".to_owned();
    }
    let modules = role.modules.iter().map(|module| format!("`{module}.*`"));
    let permissions = role.permissions.iter().map(|key| format!("`{key}`"));
    let held: Vec<String> = modules.chain(permissions).collect();
    if held.is_empty() {
        return "nothing".to_owned();
    }
    held.join(", ")
}

/// Rows are permissions, columns roles; a module that each role holds whole or not at all is one row.
fn matrix(page: &mut String, catalog: &Catalog) {
    if catalog.is_empty() {
        return;
    }
    let roles = catalog.roles();
    page.push_str(
        "\n✓ held; ✓+ held with the whole module, and so with what is added to it later.\n\n",
    );
    let keys: Vec<String> = roles.iter().map(|role| format!("`{}`", role.key)).collect();
    let mut header = vec!["Permission"];
    header.extend(keys.iter().map(String::as_str));
    page.push_str(&table_row(&header));
    let mut rule = vec!["---"];
    rule.extend(roles.iter().map(|_| ":-:"));
    page.push_str(&table_row(&rule));
    for module in catalog.modules() {
        let row = |name: String, marks: Vec<&'static str>| {
            let mut cells = vec![name.as_str()];
            cells.extend(marks);
            table_row(&cells)
        };
        if module.permissions.is_empty() {
            continue;
        }
        let whole: Option<Vec<&str>> = roles.iter().map(|role| whole(role, module)).collect();
        if let Some(marks) = whole {
            page.push_str(&row(format!("`{}.*`", module.key), marks));
            continue;
        }
        for permission in &module.permissions {
            let marks = roles.iter().map(|role| mark(role, module, permission));
            page.push_str(&row(format!("`{}`", permission.key), marks.collect()));
        }
    }
}

/// The mark for a whole module; nothing where the role holds only some of it.
fn whole(role: &Role, module: &Module) -> Option<&'static str> {
    let mut marks = module
        .permissions
        .iter()
        .map(|permission| mark(role, module, permission));
    let first = marks.next()?;
    marks.all(|next| next == first).then_some(first)
}

fn mark(role: &Role, module: &Module, permission: &Permission) -> &'static str {
    if role.all || role.modules.binary_search(&module.key).is_ok() {
        "✓+"
    } else if role.permissions.binary_search(&permission.key).is_ok() {
        "✓"
    } else {
        ""
    }
}

fn how_many(role: &Role, catalog: &Catalog) -> usize {
    if role.all {
        return catalog.len();
    }
    let modules = role.modules.iter();
    let modules = modules.filter_map(|module| catalog.find_module(module.as_str()));
    let by_module: usize = modules.map(|module| module.permissions.len()).sum();
    let is_single = |key: &&Key| role.modules.iter().all(|module| *module != key.module());
    by_module + role.permissions.iter().filter(is_single).count()
}

fn modules_of(role: &Role, catalog: &Catalog) -> usize {
    if role.all {
        return catalog.modules().len();
    }
    let whole = role.modules.iter().map(ModuleKey::as_str);
    let parts = role.permissions.iter().map(Key::module);
    whole.chain(parts).collect::<BTreeSet<&str>>().len()
}

//! Types, constants, labels and a `can()` for frontends.

mod name;
mod text;

use self::name::Names;
use self::text::{Doc, literal};
use crate::Catalog;
use crate::catalog::{Deprecation, Module, Permission, Role};

/// The catalog as a TypeScript module without imports.
///
/// `Permission` is the union of all keys. Each module is a constant named after its key (`Users`,
/// `ComputeInstances`) with the names of Rust's constants (`Users.RESET_PASSWORD`), and a deprecated
/// one is `@deprecated`, so that editors strike it out. `granted()` and `can()` read what
/// `GET /api/v1/permissions/me` answers. Nothing runs when the module is loaded but declarations of
/// constants: what is not imported, bundlers leave out.
///
/// ```
/// use upr_core::{Catalog, render};
/// let catalog = Catalog::from_json(r#"{
///     "format": "upr.catalog/1", "application": {"name": "helpdesk"},
///     "modules": [{"key": "users", "permissions": [{"key": "users.reset_password"}]}]
/// }"#)?;
/// let code = render::typescript(&catalog);
/// assert!(code.contains("export const Users = {"));
/// assert!(code.contains("RESET_PASSWORD: \"users.reset_password\","));
/// # Ok::<(), upr_core::catalog::ReadError>(())
/// ```
#[must_use]
pub fn typescript(catalog: &Catalog) -> String {
    let mut code = String::from(HEAD);
    if catalog.is_partial() {
        code.push_str("// Partial: the scan of the sources could not see everything.\n");
    }
    code.push_str("\n/** The catalog's fingerprint; the service's own catalog says its. */\n");
    let fingerprint = literal(catalog.fingerprint().as_str());
    code.push_str(&format!("export const fingerprint = {fingerprint};\n"));
    write_unions(&mut code, catalog);
    let names = Names::of(catalog);
    for module in catalog.modules() {
        write_module(&mut code, module, &names);
    }
    write_roles(&mut code, catalog.roles());
    write_labels(&mut code, catalog);
    code.push_str(HELPERS);
    code
}

const HEAD: &str = "\
/* eslint-disable */
// Written by `upr catalog --format typescript`. Do not edit: change the declarations in Rust, and
// write it again.
";

/// What is the same for all catalogs; it looks everything up in the types above it.
const HELPERS: &str = include_str!("helpers.ts");

fn write_unions(code: &mut String, catalog: &Catalog) {
    let permissions = catalog
        .permissions()
        .map(|permission| permission.key.as_str());
    let doc = "The key of a permission.";
    write_union(code, "Permission", doc, permissions);
    let modules = catalog.modules().iter().map(|module| module.key.as_str());
    write_union(code, "Module", "The key of a module.", modules);
    let roles = catalog.roles().iter().map(|role| role.key.as_str());
    let doc = "The key of a role that the code defines; a store may hold more.";
    write_union(code, "Role", doc, roles);
}

fn write_union<'a>(code: &mut String, name: &str, doc: &str, keys: impl Iterator<Item = &'a str>) {
    code.push_str(&format!("\n/** {doc} */\nexport type {name} ="));
    let mut is_empty = true;
    for key in keys {
        code.push_str(&format!("\n  | {}", literal(key)));
        is_empty = false;
    }
    code.push_str(if is_empty { " never;\n" } else { ";\n" });
}

fn write_module(code: &mut String, module: &Module, names: &Names<'_>) {
    code.push('\n');
    let mut doc = Doc::new(&module.label);
    doc.description(&module.description);
    doc.write(code, "");
    let export = names.module(module.key.as_str());
    code.push_str(&format!("export const {export} = {{\n"));
    for permission in &module.permissions {
        write_permission(code, permission, names);
    }
    code.push_str("} as const;\n");
}

fn write_permission(code: &mut String, permission: &Permission, names: &Names<'_>) {
    let mut doc = Doc::new(&permission.label);
    doc.description(&permission.description);
    if permission.critical {
        doc.paragraph("Critical: at least one active subject always holds it.");
    }
    if let Some(deprecation) = &permission.deprecation {
        doc.tag("@deprecated", &deprecated(deprecation, names));
    }
    doc.write(code, "  ");
    let key = permission.key.as_str();
    let constant = names.constant(key);
    code.push_str(&format!("  {constant}: {},\n", literal(key)));
}

fn deprecated(deprecation: &Deprecation, names: &Names<'_>) -> String {
    let Deprecation {
        message,
        since,
        remove_in,
        replaced_by,
    } = deprecation;
    let mut facts = Vec::new();
    facts.extend(since.as_ref().map(|since| format!("since {since}")));
    facts.extend(
        remove_in
            .as_ref()
            .map(|version| format!("goes in {version}")),
    );
    let mut text = facts.join(", ");
    if !text.is_empty() {
        text.push_str(": ");
    }
    text.push_str(&text::comment(message));
    if let Some(path) = replaced_by
        .as_ref()
        .and_then(|key| names.path(key.as_str()))
    {
        text.push_str(&format!(" ({{@link {path}}})"));
    }
    text
}

fn write_roles(code: &mut String, roles: &[Role]) {
    code.push_str("\n/** The roles that the code defines. */\nexport const roles = {\n");
    for (role, name) in roles.iter().zip(name::roles(roles)) {
        Doc::new(&role.label).write(code, "  ");
        code.push_str(&format!("  {name}: {},\n", literal(role.key.as_str())));
    }
    code.push_str("} as const;\n");
}

fn write_labels(code: &mut String, catalog: &Catalog) {
    let permissions = catalog.permissions();
    let permissions = permissions.map(|p| (p.key.as_str(), p.label.as_str()));
    write_record(code, "permissionLabels", "Permission", permissions);
    let modules = catalog.modules().iter();
    let modules = modules.map(|module| (module.key.as_str(), module.label.as_str()));
    write_record(code, "moduleLabels", "Module", modules);
    let roles = catalog.roles().iter();
    let roles = roles.map(|role| (role.key.as_str(), role.label.as_str()));
    write_record(code, "roleLabels", "Role", roles);
}

fn write_record<'a>(
    code: &mut String,
    name: &str,
    of: &str,
    labels: impl Iterator<Item = (&'a str, &'a str)>,
) {
    let what = of.to_lowercase();
    code.push_str(&format!("\n/** Each {what}'s label. */\n"));
    code.push_str(&format!(
        "export const {name}: Readonly<Record<{of}, string>> = {{\n"
    ));
    for (key, label) in labels {
        code.push_str(&format!("  {}: {},\n", literal(key), literal(label)));
    }
    code.push_str("};\n");
}

//! Google's permissions as what upr's commands read: a catalog and a lock.

use std::error::Error;

use upr_core::catalog::{Application, Kind, Module, Permission, Role, RoleMode};
use upr_core::key::{Key, ModuleKey};
use upr_core::lock::Declared;
use upr_core::{Catalog, Lock, Version, name};

use super::{APPLICATION, VERSION};

/// Whether a catalog holds Google's predefined roles as roles of the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roles {
    /// Permissions only, as the generated package declares them.
    Left,
    /// All 2,461, managed.
    Managed,
}

/// The catalog of the generated package, whichever way it declares its permissions.
///
/// # Errors
///
/// When the data does not make a catalog; it says why.
pub fn catalog(roles: Roles) -> Result<Catalog, Box<dyn Error>> {
    let permissions = super::permissions()?;
    let roles = match roles {
        Roles::Left => Vec::new(),
        Roles::Managed => code_roles(&permissions)?,
    };
    let application = Application {
        name: APPLICATION.to_owned(),
        version: Version::parse(VERSION)?,
    };
    Ok(Catalog::new(
        application,
        modules(&permissions)?,
        roles,
        Vec::new(),
    )?)
}

/// The lock that has recorded `permissions` for a generated package.
///
/// # Errors
///
/// When [`VERSION`] is no version.
pub fn lock(permissions: &[Key], package: &str) -> Result<Lock, Box<dyn Error>> {
    let version = Version::parse(VERSION)?;
    let declared: Vec<Declared> = permissions
        .iter()
        .map(|key| Declared {
            key: key.clone(),
            deprecation: None,
            cfg: None,
            package: package.to_owned(),
            krate: crate_name(package),
            version: version.clone(),
        })
        .collect();
    let mut lock = Lock::default();
    lock.record(&declared);
    Ok(lock)
}

/// The name of a package's library and program.
pub(super) fn crate_name(package: &str) -> String {
    package.replace('-', "_")
}

/// What the generated package says about a module in its doc comment.
pub(super) fn module_description(module: &str) -> String {
    format!("`{module}` of Google Cloud.")
}

fn modules(permissions: &[Key]) -> Result<Vec<Module>, Box<dyn Error>> {
    // The file is sorted by bytes, and so a module's keys stand together.
    let groups = permissions.chunk_by(|a, b| a.module() == b.module());
    let mut modules = Vec::new();
    for group in groups {
        let Some(key) = group.first().map(Key::module_key) else {
            continue;
        };
        modules.push(module(key, group));
    }
    Ok(modules)
}

fn module(key: ModuleKey, permissions: &[Key]) -> Module {
    let permission = |key: &Key| Permission {
        key: key.clone(),
        label: name::label(key.action()),
        description: String::new(),
        kind: Kind::Action,
        critical: false,
        deprecation: None,
    };
    Module {
        label: name::module_label(key.as_str()),
        description: module_description(key.as_str()),
        allow_case_variants: false,
        permissions: permissions.iter().map(permission).collect(),
        key,
    }
}

fn code_roles(permissions: &[Key]) -> Result<Vec<Role>, Box<dyn Error>> {
    let mut roles = Vec::new();
    for role in super::roles()? {
        let held = |index: &usize| permissions.get(*index).cloned();
        let held: Option<Vec<Key>> = role.permissions.iter().map(held).collect();
        let key = role.key;
        let held = held.ok_or_else(|| format!("role `{key}` names a line that is not there"))?;
        roles.push(Role {
            key,
            label: role.title,
            mode: RoleMode::Managed,
            all: false,
            permissions: held,
            modules: Vec::new(),
        });
    }
    Ok(roles)
}

//! What must hold in every catalog.

use std::collections::HashMap;
use std::error::Error;
use std::fmt;

use super::{Catalog, Module, Role};
use crate::key::{Key, ModuleKey, RoleKey};

/// Why parts do not make a catalog.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CatalogError {
    /// The application's name is no name.
    ApplicationName(String),
    /// Two modules have one key.
    DuplicateModule(ModuleKey),
    /// Two permissions have one key.
    DuplicatePermission(Key),
    /// Two roles have one key.
    DuplicateRole(RoleKey),
    /// Two tombstones have one key.
    DuplicateRetired(Key),
    /// A permission stands in a module that its key does not name.
    ForeignPermission(Key, ModuleKey),
    /// Two actions of a module differ in nothing but case.
    CaseVariant(Key, Key),
    /// A key is declared and retired.
    Revived(Key),
    /// A role holds a permission that is not declared.
    UnknownPermission(RoleKey, Key),
    /// A role holds a module that is not declared.
    UnknownModule(RoleKey, ModuleKey),
    /// Two keys have one id, or a key has the reserved one.
    Collision(Key, Key),
}

impl fmt::Display for CatalogError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ApplicationName(problem) => write!(f, "{problem}"),
            Self::DuplicateModule(key) => write!(f, "module `{key}` is declared twice"),
            Self::DuplicatePermission(key) => write!(f, "permission `{key}` is declared twice"),
            Self::DuplicateRole(key) => write!(f, "role `{key}` is declared twice"),
            Self::DuplicateRetired(key) => write!(f, "tombstone `{key}` stands twice"),
            Self::ForeignPermission(key, module) => write!(
                f,
                "permission `{key}` stands in module `{module}`, and its key names `{}`",
                key.module()
            ),
            Self::CaseVariant(a, b) => write!(
                f,
                "`{a}` and `{b}` differ only in case; rename one, or let the module say `allow_case_variants`"
            ),
            Self::Revived(key) => write!(
                f,
                "permission `{key}` is declared, and its tombstone says that it is never used again"
            ),
            Self::UnknownPermission(role, key) => {
                write!(
                    f,
                    "role `{role}` holds permission `{key}`, which is not declared"
                )
            }
            Self::UnknownModule(role, module) => {
                write!(
                    f,
                    "role `{role}` holds module `{module}`, which is not declared"
                )
            }
            Self::Collision(a, b) => {
                write!(
                    f,
                    "`{a}` and `{b}` have the same 64-bit id; rename one of them"
                )
            }
        }
    }
}

impl Error for CatalogError {}

/// Expects a sorted catalog.
pub(super) fn check(catalog: &Catalog) -> Result<(), CatalogError> {
    check_application(catalog)?;
    if let Some(key) = duplicate(catalog.modules.iter().map(|module| &module.key)) {
        return Err(CatalogError::DuplicateModule(key.clone()));
    }
    if let Some(key) = duplicate(catalog.roles.iter().map(|role| &role.key)) {
        return Err(CatalogError::DuplicateRole(key.clone()));
    }
    if let Some(key) = duplicate(catalog.retired.iter().map(|retired| &retired.key)) {
        return Err(CatalogError::DuplicateRetired(key.clone()));
    }
    catalog.modules.iter().try_for_each(check_module)?;
    check_ids(catalog)?;
    if let Some(retired) = catalog
        .retired
        .iter()
        .find(|retired| catalog.find(retired.key.as_str()).is_some())
    {
        return Err(CatalogError::Revived(retired.key.clone()));
    }
    catalog
        .roles
        .iter()
        .try_for_each(|role| check_role(catalog, role))
}

/// An application's name is a text like a subject's id: it owns rows and stands in messages.
pub(super) fn check_application(catalog: &Catalog) -> Result<(), CatalogError> {
    let name = &catalog.application.name;
    match crate::subject::SubjectId::parse(name) {
        Ok(_) => Ok(()),
        Err(error) => {
            let problem = error
                .to_string()
                .replace("subject id", "application's name");
            Err(CatalogError::ApplicationName(problem))
        }
    }
}

fn check_module(module: &Module) -> Result<(), CatalogError> {
    let keys = || module.permissions.iter().map(|permission| &permission.key);
    if let Some(key) = keys().find(|key| key.module() != module.key.as_str()) {
        return Err(CatalogError::ForeignPermission(
            key.clone(),
            module.key.clone(),
        ));
    }
    if let Some(key) = duplicate(keys()) {
        return Err(CatalogError::DuplicatePermission(key.clone()));
    }
    if module.allow_case_variants {
        return Ok(());
    }
    match case_variants(keys()).first() {
        Some((a, b)) => Err(CatalogError::CaseVariant((*a).clone(), (*b).clone())),
        None => Ok(()),
    }
}

fn check_ids(catalog: &Catalog) -> Result<(), CatalogError> {
    let mut seen: HashMap<u64, &Key> = HashMap::with_capacity(catalog.len());
    for permission in catalog.permissions() {
        let key = &permission.key;
        let id = key.id();
        let other = if id == 0 {
            Some(key)
        } else {
            seen.insert(id, key)
        };
        if let Some(other) = other {
            return Err(CatalogError::Collision(other.clone(), key.clone()));
        }
    }
    Ok(())
}

fn check_role(catalog: &Catalog, role: &Role) -> Result<(), CatalogError> {
    if let Some(key) = role
        .permissions
        .iter()
        .find(|key| catalog.find(key.as_str()).is_none())
    {
        return Err(CatalogError::UnknownPermission(
            role.key.clone(),
            key.clone(),
        ));
    }
    let is_unknown = |module: &&ModuleKey| catalog.find_module(module.as_str()).is_none();
    match role.modules.iter().find(is_unknown) {
        Some(module) => Err(CatalogError::UnknownModule(
            role.key.clone(),
            module.clone(),
        )),
        None => Ok(()),
    }
}

/// The first that equals its neighbour.
fn duplicate<T: PartialEq>(mut sorted: impl Iterator<Item = T>) -> Option<T> {
    let mut previous = sorted.next()?;
    for next in sorted {
        if next == previous {
            return Some(next);
        }
        previous = next;
    }
    None
}

pub(super) fn case_variants<'a>(keys: impl Iterator<Item = &'a Key>) -> Vec<(&'a Key, &'a Key)> {
    let mut folded: Vec<(String, &Key)> = keys
        .map(|key| (key.as_str().to_ascii_lowercase(), key))
        .collect();
    folded.sort();
    let neighbours = folded.iter().zip(folded.iter().skip(1));
    neighbours
        .filter(|(a, b)| a.0 == b.0)
        .map(|(a, b)| (a.1, b.1))
        .collect()
}

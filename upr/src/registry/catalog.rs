//! The registry as data: the catalog, and what the lock wants to know.

use std::collections::BTreeMap;

use upr_core::catalog::{
    Application, Catalog, CatalogError, Deprecation, Module, Permission, Retired, Role, RoleMode,
};
use upr_core::lock::{Declared, DeclaredDeprecation};
use upr_core::{Key, KeyError, ModuleKey, RoleKey, Version};

use super::Registry;
use crate::ModuleInfo;

/// The name of an application that neither embeds a lock nor has one package for all its modules.
const UNNAMED: &str = "application";

impl Registry {
    /// Whose registry it is: the package that calls `upr::lock!()`; else the only package that declares modules;
    /// else `application` 0.0.0. Settings may say otherwise, see [`catalog_for`](Self::catalog_for).
    #[must_use]
    pub fn application(&self) -> Application {
        let named = match self.lock {
            Some(lock) => Some((lock.package, lock.version)),
            None => self.only_package(),
        };
        let (name, text) = named
            .filter(|(name, _)| !name.is_empty())
            .unwrap_or((UNNAMED, ""));
        Application {
            name: name.to_owned(),
            version: version(text),
        }
    }

    /// The registry as data, for [`application`](Self::application).
    ///
    /// ```standalone_crate
    /// /// User accounts.
    /// #[upr::module(crud(view))]
    /// pub struct Users;
    ///
    /// # fn main() {
    /// let catalog = upr::Registry::global().catalog();
    /// assert_eq!(catalog.find("users.view").map(|view| view.label.as_str()), Some("View"));
    /// assert!(catalog.to_json().contains("\"format\": \"upr.catalog/1\""));
    /// # }
    /// ```
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "the registry was checked against the same rules when it was built"
    )]
    pub fn catalog(&self) -> Catalog {
        // INVARIANT: `build` applies every rule of the catalog, and the names of packages are names of applications.
        self.catalog_for(self.application())
            .expect("a checked registry makes a catalog")
    }

    /// The registry as data, for an application that settings name.
    ///
    /// # Errors
    /// [`CatalogError::ApplicationName`] when the name is none.
    pub fn catalog_for(&self, application: Application) -> Result<Catalog, CatalogError> {
        let mut modules: BTreeMap<&str, Module> = self.modules().map(module_data).collect();
        for permission in self {
            if let Some(module) = modules.get_mut(permission.module()) {
                module.permissions.push(self.permission_data(permission));
            }
        }
        let roles = self.roles().map(|role| self.role_data(role)).collect();
        Catalog::new(
            application,
            modules.into_values().collect(),
            roles,
            self.retired(),
        )
    }

    /// Every declaration as the lock records it, by key.
    #[must_use]
    pub fn declared(&self) -> Vec<Declared> {
        self.iter()
            .map(|permission| self.declared_one(permission))
            .collect()
    }

    fn declared_one(&self, permission: crate::Permission) -> Declared {
        let decl = permission.decl();
        let module = decl.module();
        let deprecation = permission
            .deprecation()
            .map(|deprecation| DeclaredDeprecation {
                since: deprecation.since().map(version),
                remove_in: deprecation.remove_in().map(version),
                replaced_by: self.key_of(deprecation.replaced_by()),
            });
        Declared {
            key: key(permission.key()),
            deprecation,
            cfg: condition(module.cfg, decl.facts().and_then(|facts| facts.cfg)),
            package: module.package().to_owned(),
            krate: module.krate().to_owned(),
            version: version(module.version()),
        }
    }

    fn permission_data(&self, permission: crate::Permission) -> Permission {
        Permission {
            key: key(permission.key()),
            label: permission.label().to_owned(),
            description: permission.description().to_owned(),
            kind: permission.kind(),
            critical: permission.is_critical(),
            deprecation: permission.deprecation().map(|deprecation| Deprecation {
                message: deprecation.message().to_owned(),
                since: deprecation.since().map(version),
                remove_in: deprecation.remove_in().map(version),
                replaced_by: self.key_of(deprecation.replaced_by()),
            }),
        }
    }

    fn role_data(&self, role: crate::Role) -> Role {
        let decl = role.decl();
        let permissions = decl
            .permissions
            .iter()
            .filter_map(|id| self.key_of(Some(*id)));
        let modules = decl.modules.iter().filter_map(|id| self.module_by_id(*id));
        Role {
            key: checked(RoleKey::parse(role.key())),
            label: role.label().to_owned(),
            mode: if decl.seeded {
                RoleMode::Seeded
            } else {
                RoleMode::Managed
            },
            all: decl.all,
            permissions: permissions.collect(),
            modules: modules
                .map(|module| checked(ModuleKey::parse(module.key())))
                .collect(),
        }
    }

    /// The tombstones of the embedded lock.
    fn retired(&self) -> Vec<Retired> {
        let retired = self.lock.map_or(&[][..], |lock| lock.retired);
        let data = retired.iter().map(|retired| Retired {
            key: key(retired.key),
            retired: version(retired.retired),
            replaced_by: retired.replaced_by.map(key),
        });
        data.collect()
    }

    fn key_of(&self, id: Option<u64>) -> Option<Key> {
        Some(key(self.find_id(id?)?.key()))
    }

    fn only_package(&self) -> Option<(&'static str, &'static str)> {
        let mut packages = self
            .modules()
            .map(|module| (module.package(), module.version()));
        let first = packages.next()?;
        packages.all(|package| package == first).then_some(first)
    }
}

fn module_data(module: ModuleInfo) -> (&'static str, Module) {
    let data = Module {
        key: checked(ModuleKey::parse(module.key())),
        label: module.label().to_owned(),
        description: module.description().to_owned(),
        allow_case_variants: module.allows_case_variants(),
        permissions: Vec::new(),
    };
    (module.key(), data)
}

fn key(text: &str) -> Key {
    checked(Key::parse(text))
}

#[expect(
    clippy::expect_used,
    reason = "leaving a permission out of a catalog would take it away from everybody"
)]
fn checked<T>(key: Result<T, KeyError>) -> T {
    // INVARIANT: the macros check literal keys, `build` those that are joined.
    key.expect("a key of the registry is a key")
}

/// Macros check the versions that people write; only a package's own may be missing, outside of Cargo.
fn version(text: &str) -> Version {
    Version::parse(text).unwrap_or(Version::new(0, 0, 0))
}

/// The condition of an action, as one `cfg` would say it: what its module stands under and what it does itself.
fn condition(module: Option<&'static str>, own: Option<&'static str>) -> Option<String> {
    let mut predicates: Vec<&str> = Vec::new();
    for predicate in [module, own]
        .into_iter()
        .flatten()
        .flat_map(|list| list.split('\u{1f}'))
    {
        if !predicates.contains(&predicate) {
            predicates.push(predicate);
        }
    }
    match predicates.as_slice() {
        [] => None,
        [only] => Some((*only).to_owned()),
        several => Some(format!("all({})", several.join(", "))),
    }
}

#[cfg(test)]
mod tests {
    use super::condition;

    #[test]
    fn a_condition_names_each_predicate_once() {
        assert_eq!(condition(None, None), None);
        assert_eq!(condition(Some("unix"), None).as_deref(), Some("unix"));
        assert_eq!(
            condition(Some("unix"), Some("unix")).as_deref(),
            Some("unix")
        );
        let several = condition(Some("unix\u{1f}a = \"b\""), Some("unix\u{1f}not(test)"));
        assert_eq!(several.as_deref(), Some("all(unix, a = \"b\", not(test))"));
    }
}

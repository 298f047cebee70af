//! The registry as data.
//!
//! A [`Catalog`] is always sorted and checked, wherever it came from: the registry of a program, a
//! file, or an artifact. What is equal has the same [fingerprint](Catalog::fingerprint).

mod check;
mod json;
mod json_v2;

use std::fmt;
use std::sync::OnceLock;

use semver::Version;
use serde_core::{Serialize, Serializer};

pub use self::check::CatalogError;
pub use self::json::{FORMAT_V1, ReadError};
pub use self::json_v2::FORMAT_V2;
use crate::key::{Key, ModuleKey, RoleKey};

/// Everything that an application declares: modules with their permissions, roles, tombstones.
///
/// ```
/// use upr_core::Catalog;
/// let catalog = Catalog::from_json(r#"{
///     "version": "1.0", "format": "upr.catalog/1", "application": {"name": "helpdesk"},
///     "modules": [{"key": "users", "permissions": [{"key": "users.view"}]}]
/// }"#)?;
/// assert_eq!(catalog.len(), 1);
/// assert_eq!(catalog.find("users.view").map(|p| p.label.as_str()), Some("View"));
/// assert_eq!(Catalog::from_json(&catalog.to_json())?, catalog);
/// # Ok::<(), upr_core::catalog::ReadError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalog {
    application: Application,
    modules: Vec<Module>,
    roles: Vec<Role>,
    retired: Vec<Retired>,
    partial: bool,
    sealed: Sealed,
}

/// The fingerprint, once somebody asked for it: it is a matter of milliseconds for ten thousand
/// permissions, and a sync that has nothing to do should not take longer the more there are.
#[derive(Clone, Debug, Default)]
struct Sealed(OnceLock<Fingerprint>);

// What follows from the rest makes no difference.
impl PartialEq for Sealed {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Sealed {}

/// Whose catalog it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Application {
    /// The configured name; the package's by default. Owns keys and roles in a store.
    pub name: String,
    /// The program's version; `0.0.0` where a catalog made by hand has none.
    pub version: Version,
}

/// A named group of permissions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Module {
    /// Such as `users`; unique in a catalog.
    pub key: ModuleKey,
    /// One line for people.
    pub label: String,
    /// Markdown; may be empty.
    pub description: String,
    /// Whether actions may differ in nothing but the case of their letters.
    pub allow_case_variants: bool,
    /// Sorted by key.
    pub permissions: Vec<Permission>,
}

/// The right to do one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Identifies it for ever.
    pub key: Key,
    /// One line for people.
    pub label: String,
    /// Markdown; may be empty.
    pub description: String,
    /// How it was declared.
    pub kind: Kind,
    /// Whether at least one active subject must always hold it.
    pub critical: bool,
    /// Set when it is on its way out.
    pub deprecation: Option<Deprecation>,
}

/// How a permission was declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// By `crud` of its module.
    Crud,
    /// By a handler, or by `actions` of its module.
    Action,
}

impl Kind {
    /// `crud` or `action`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Crud => "crud",
            Self::Action => "action",
        }
    }
}

/// Why a permission goes, since when, until when, and what comes instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deprecation {
    /// For people; not empty.
    pub message: String,
    /// The first version that says so.
    pub since: Option<Version>,
    /// The first version that may be without it.
    pub remove_in: Option<Version>,
    /// What to use instead.
    pub replaced_by: Option<Key>,
}

/// A role that is defined in code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Such as `support`; unique in a catalog.
    pub key: RoleKey,
    /// One line for people.
    pub label: String,
    /// Who decides what it holds.
    pub mode: RoleMode,
    /// Whether it holds every permission of the application.
    pub all: bool,
    /// Single permissions, sorted.
    pub permissions: Vec<Key>,
    /// Whole modules, sorted; they include what is added later.
    pub modules: Vec<ModuleKey>,
}

/// Who decides what a role that is defined in code holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RoleMode {
    /// The code: what differs in the store is set back.
    Managed,
    /// The store: the code only offers, each permission once.
    Seeded,
}

impl RoleMode {
    /// `managed` or `seeded`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Managed => "managed",
            Self::Seeded => "seeded",
        }
    }
}

/// A tombstone: a key that is never used again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retired {
    /// The key that is gone.
    pub key: Key,
    /// The version that went without it.
    pub retired: Version,
    /// What took its place.
    pub replaced_by: Option<Key>,
}

/// `sha256:` and 64 hexadecimal digits over everything but `application.version`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The text, as catalogs and stores hold it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for Fingerprint {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Catalog {
    /// Sorts and checks the parts.
    ///
    /// # Errors
    ///
    /// [`CatalogError`] when a key stands twice, two keys share an id, a permission stands in
    /// another's module, a role names what is not declared, or a retired key is declared.
    pub fn new(
        application: Application,
        modules: Vec<Module>,
        roles: Vec<Role>,
        retired: Vec<Retired>,
    ) -> Result<Self, CatalogError> {
        let mut catalog = Self {
            application,
            modules,
            roles,
            retired,
            partial: false,
            sealed: Sealed::default(),
        };
        catalog.sort();
        check::check(&catalog)?;
        Ok(catalog)
    }

    fn sort(&mut self) {
        self.modules.sort_by(|a, b| a.key.cmp(&b.key));
        for module in &mut self.modules {
            module.permissions.sort_by(|a, b| a.key.cmp(&b.key));
        }
        self.roles.sort_by(|a, b| a.key.cmp(&b.key));
        for role in &mut self.roles {
            role.permissions.sort();
            role.permissions.dedup();
            role.modules.sort();
            role.modules.dedup();
        }
        self.retired.sort_by(|a, b| a.key.cmp(&b.key));
    }

    /// Whose catalog it is.
    #[must_use]
    pub fn application(&self) -> &Application {
        &self.application
    }

    /// The same declarations as another application's; settings may name it.
    ///
    /// # Errors
    ///
    /// [`CatalogError::ApplicationName`] when the name is none.
    pub fn with_application(mut self, application: Application) -> Result<Self, CatalogError> {
        self.application = application;
        self.sealed = Sealed::default();
        check::check_application(&self)?;
        Ok(self)
    }

    /// Whether something of the program is known to be missing: a scan of sources that left something out says so. What is
    /// missing from such a catalog is not gone.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        self.partial
    }

    /// The same declarations, known to be all or not.
    ///
    /// ```
    /// use upr_core::Catalog;
    /// let whole = Catalog::from_json(r#"{"format": "upr.catalog/1", "application": {"name": "helpdesk"}}"#)?;
    /// let part = whole.clone().with_partial(true);
    /// assert!(part.to_json().contains("\"partial\": true"));
    /// assert!(Catalog::from_json(&part.to_json())?.is_partial());
    /// assert_ne!(part.fingerprint(), whole.fingerprint());
    /// # Ok::<(), upr_core::catalog::ReadError>(())
    /// ```
    #[must_use]
    pub fn with_partial(mut self, partial: bool) -> Self {
        self.partial = partial;
        self.sealed = Sealed::default();
        self
    }

    /// The modules, sorted by key.
    #[must_use]
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// The roles, sorted by key.
    #[must_use]
    pub fn roles(&self) -> &[Role] {
        &self.roles
    }

    /// The tombstones, sorted by key.
    #[must_use]
    pub fn retired(&self) -> &[Retired] {
        &self.retired
    }

    /// Every permission, module by module.
    pub fn permissions(&self) -> impl Iterator<Item = &Permission> {
        self.modules.iter().flat_map(|module| &module.permissions)
    }

    /// How many permissions there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.modules
            .iter()
            .map(|module| module.permissions.len())
            .sum()
    }

    /// Whether nothing is declared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The module with this key.
    #[must_use]
    pub fn find_module(&self, key: &str) -> Option<&Module> {
        let found = self
            .modules
            .binary_search_by(|module| module.key.as_str().cmp(key));
        found.ok().and_then(|index| self.modules.get(index))
    }

    /// The permission with this key.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<&Permission> {
        let (module, _) = key.rsplit_once('.')?;
        let permissions = &self.find_module(module)?.permissions;
        let found = permissions.binary_search_by(|permission| permission.key.as_str().cmp(key));
        found.ok().and_then(|index| permissions.get(index))
    }

    /// The tombstone with this key.
    #[must_use]
    pub fn find_retired(&self, key: &str) -> Option<&Retired> {
        let found = self
            .retired
            .binary_search_by(|retired| retired.key.as_str().cmp(key));
        found.ok().and_then(|index| self.retired.get(index))
    }

    /// Pairs of keys that differ in nothing but the case of their letters, sorted.
    ///
    /// In one module they are refused unless it allows them; across modules they are a warning.
    #[must_use]
    pub fn case_variants(&self) -> Vec<(&Key, &Key)> {
        check::case_variants(self.permissions().map(|permission| &permission.key))
    }
}

//! The registry: every declaration that is linked into the program, sorted and checked.
//!
//! Link-time collection is unordered, keeps duplicates, and knows nothing of crates that no source names. One step
//! here turns it into an immutable whole; nothing else reads raw registrations.

mod build;
mod catalog;
mod error;
mod handlers;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

pub(crate) use build::{origin, program_origin};
pub use error::{Origin, Problem, RegistryError};

use crate::module::ModuleInfo;
use crate::private::{ProgramDecl, registrations};
use crate::{Permission, Role};

/// Every permission, module and role that is linked into the program: sorted by key, without duplicates, immutable.
///
/// A crate that nothing names is not linked, and its permissions are not here. The cure is one line in the
/// program, `use billing as _;`, and `upr::lock!()` makes its absence an error.
///
/// ```standalone_crate
/// /// User accounts.
/// #[upr::module(crud)]
/// pub struct Users;
///
/// # fn main() {
/// let registry = upr::Registry::global();
/// assert_eq!(registry.len(), 4);
/// assert_eq!(registry.find("users.view"), Some(Users::VIEW));
/// assert_eq!(registry.find("users.veiw"), None);
/// # }
/// ```
#[derive(Debug)]
pub struct Registry {
    /// INVARIANT: sorted by key, no two alike; the position is the dense index.
    permissions: Vec<Permission>,
    /// INVARIANT: sorted by id, no two alike; the second is the position in `permissions`.
    ids: Vec<(u64, u32)>,
    /// INVARIANT: sorted by key, no two alike.
    modules: Vec<ModuleInfo>,
    /// INVARIANT: sorted by key, no two alike.
    roles: Vec<Role>,
    /// What `upr::lock!()` or `upr::application!()` says.
    program: Option<&'static ProgramDecl>,
}

impl Registry {
    /// The registry of this program, built on the first call (about 2 ms for 14,000 permissions).
    ///
    /// # Panics
    /// When what is linked contradicts itself (see [`Problem`]): nothing may start on such a registry. The
    /// message names every problem and where its declarations stand. [`try_global`](Self::try_global) gives
    /// the same as a value.
    #[must_use]
    #[expect(
        clippy::panic,
        reason = "documented: a program with a contradictory registry must not start"
    )]
    pub fn global() -> &'static Self {
        match Self::try_global() {
            Ok(registry) => registry,
            Err(error) => panic!("{}", error.report()),
        }
    }

    /// The registry of this program, or everything that is wrong with it.
    ///
    /// # Errors
    /// [`RegistryError`], with every [`Problem`] that was found.
    pub fn try_global() -> Result<&'static Self, &'static RegistryError> {
        static GLOBAL: OnceLock<Result<Registry, RegistryError>> = OnceLock::new();
        GLOBAL
            .get_or_init(|| build::build(registrations()))
            .as_ref()
    }

    /// The number of permissions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.permissions.len()
    }

    /// Whether nothing is declared.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.permissions.is_empty()
    }

    /// The permission with this key.
    #[must_use]
    pub fn find(&self, key: &str) -> Option<Permission> {
        let position = self
            .permissions
            .binary_search_by(|p| p.key().cmp(key))
            .ok()?;
        self.permissions.get(position).copied()
    }

    /// The permission with this [`id`](Permission::id).
    #[must_use]
    pub fn find_id(&self, id: u64) -> Option<Permission> {
        let position = self.ids.binary_search_by_key(&id, |(id, _)| *id).ok()?;
        let (_, index) = self.ids.get(position)?;
        self.get(*index)
    }

    /// The permission at this dense [`index`](Permission::index).
    #[must_use]
    pub fn get(&self, index: u32) -> Option<Permission> {
        self.permissions.get(usize::try_from(index).ok()?).copied()
    }

    /// Every permission, by key.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Permission> + '_ {
        self.permissions.iter().copied()
    }

    /// Every module, by key.
    pub fn modules(&self) -> impl ExactSizeIterator<Item = ModuleInfo> + '_ {
        self.modules.iter().copied()
    }

    /// The module with this key.
    #[must_use]
    pub fn find_module(&self, key: &str) -> Option<ModuleInfo> {
        let position = self
            .modules
            .binary_search_by(|module| module.key().cmp(key))
            .ok()?;
        self.modules.get(position).copied()
    }

    /// Whether the program embeds its lock with [`lock!`](crate::lock), and something is published in it.
    #[must_use]
    pub fn embeds_lock(&self) -> bool {
        self.program.is_some_and(|program| !program.ids.is_empty())
    }

    /// The ids, sorted.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u64> + '_ {
        self.ids.iter().map(|(id, _)| *id)
    }

    pub(crate) fn module_by_id(&self, id: u64) -> Option<ModuleInfo> {
        self.modules().find(|module| module.id() == id)
    }

    /// Every role defined in code, by key.
    pub fn roles(&self) -> impl ExactSizeIterator<Item = Role> + '_ {
        self.roles.iter().copied()
    }
}

impl<'a> IntoIterator for &'a Registry {
    type Item = Permission;
    type IntoIter = std::iter::Copied<std::slice::Iter<'a, Permission>>;

    fn into_iter(self) -> Self::IntoIter {
        self.permissions.iter().copied()
    }
}

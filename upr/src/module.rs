//! The trait that `#[upr::module]` implements, and a module as the registry shows it.

use std::fmt;

use crate::private::ModuleDecl;

/// A named group of permissions; implemented by `#[upr::module]` and by nothing else.
///
/// ```standalone_crate
/// use upr::Module as _;
///
/// /// User accounts.
/// #[upr::module(crud)]
/// pub struct Users;
///
/// # fn main() {
/// assert_eq!(Users::key(), "users");
/// assert_eq!(Users::label(), "Users");
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no module of permissions for upr",
    label = "not declared with `#[upr::module]`",
    note = "write `#[upr::module]` above the struct, or name the struct of a module"
)]
pub trait Module {
    // Names that start with underscores, because no action's constant does.
    /// The id of the key; apart from the declaration, which no constant may read.
    #[doc(hidden)]
    const __UPR_ID: u64;

    #[doc(hidden)]
    const __UPR_MODULE: &'static ModuleDecl;

    /// The key, such as `compute.instances`.
    #[must_use]
    fn key() -> &'static str {
        Self::__UPR_MODULE.key
    }

    /// The short text for people.
    #[must_use]
    fn label() -> &'static str {
        Self::__UPR_MODULE
            .view()
            .map_or("", |view| view.label.trim())
    }

    /// The longer text for people; empty when there is none.
    #[must_use]
    fn description() -> &'static str {
        Self::__UPR_MODULE
            .view()
            .map_or("", |view| view.description.trim())
    }
}

/// A module that is linked into the program.
#[derive(Clone, Copy)]
pub struct ModuleInfo {
    decl: &'static ModuleDecl,
}

impl ModuleInfo {
    pub(crate) fn from_decl(decl: &'static ModuleDecl) -> Self {
        Self { decl }
    }

    /// The key, such as `compute.instances`.
    #[must_use]
    pub fn key(self) -> &'static str {
        self.decl.key
    }

    /// Whether two of its actions may differ in nothing but the case of their letters.
    #[must_use]
    pub fn allows_case_variants(self) -> bool {
        self.decl.allows_case_variants()
    }

    pub(crate) fn id(self) -> u64 {
        self.decl.id
    }

    pub(crate) fn decl(self) -> &'static ModuleDecl {
        self.decl
    }

    /// The short text for people.
    #[must_use]
    pub fn label(self) -> &'static str {
        self.decl.view().map_or("", |view| view.label.trim())
    }

    /// The longer text for people; empty when there is none.
    #[must_use]
    pub fn description(self) -> &'static str {
        self.decl.view().map_or("", |view| view.description.trim())
    }

    /// The package that declares it, as its Cargo.toml names it.
    #[must_use]
    pub fn package(self) -> &'static str {
        self.decl.view().map_or("", |view| view.package)
    }

    /// The version of that package.
    #[must_use]
    pub fn version(self) -> &'static str {
        self.decl.view().map_or("", |view| view.version)
    }

    /// The crate (library, binary, test) of that package, with underscores.
    #[must_use]
    pub fn crate_name(self) -> &'static str {
        self.decl.view().map_or("", |view| view.krate)
    }
}

impl fmt::Debug for ModuleInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Module").field(&self.key()).finish()
    }
}

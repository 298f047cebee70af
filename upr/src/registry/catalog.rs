//! The registry as data: the catalog, and what the lock wants to know.

use upr_core::Version;
use upr_core::catalog::{Application, Catalog, CatalogError};
use upr_core::fragment::{self, Assembled, Fragment, Problem, ProgramFragment, assemble};
use upr_core::lock::Declared;
use upr_core::section;

use super::Registry;
use crate::private::ProgramDecl;

impl Registry {
    /// Whose registry it is: the package that calls `upr::lock!()` or `upr::application!()`; else the only package that
    /// declares modules; else `application` 0.0.0. Settings may say otherwise, see [`catalog_for`](Self::catalog_for).
    #[must_use]
    pub fn application(&self) -> Application {
        let named = match self.program.and_then(ProgramDecl::view) {
            Some(program) => Some((program.package, program.version)),
            None => self.only_package(),
        };
        let (name, text) = named
            .filter(|(name, _)| !name.is_empty())
            .unwrap_or((fragment::UNNAMED, ""));
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
        self.assembled(application)
            .map(|assembled| assembled.catalog)
    }

    /// Every declaration as the lock records it, by key.
    #[must_use]
    #[expect(
        clippy::expect_used,
        reason = "leaving a permission out would take it away from everybody"
    )]
    pub fn declared(&self) -> Vec<Declared> {
        // INVARIANT: as of `catalog`.
        self.assembled(self.application())
            .expect("a checked registry makes a catalog")
            .declared
    }

    /// The declarations, put together as those of sources and object files are.
    #[expect(
        clippy::panic,
        reason = "leaving a permission out of a catalog would take it away from everybody"
    )]
    fn assembled(&self, application: Application) -> Result<Assembled, CatalogError> {
        match assemble(self.fragments(application), None) {
            Ok(assembled) => Ok(assembled),
            Err(error) => match error.problems() {
                [Problem::Catalog(error)] => Err(error.clone()),
                // INVARIANT: `build` has found all other problems before there was a registry.
                _ => panic!("a checked registry makes a catalog: {error}"),
            },
        }
    }

    /// What each declaration says, and `application` as what the program is.
    #[expect(
        clippy::expect_used,
        reason = "leaving a permission out of a catalog would take it away from everybody"
    )]
    fn fragments(&self, application: Application) -> Vec<Fragment> {
        // INVARIANT: the macros write records that can be read.
        let read = |record: &[u8]| section::read(record).expect("a record of ours");
        let mut fragments: Vec<Fragment> = Vec::with_capacity(self.modules.len() + 1);
        for module in self.modules() {
            fragments.extend(read(module.decl().bytes()));
        }
        for permission in self {
            let decl = permission.decl();
            if let Some(view) = decl.handler_view() {
                let action = section::on_handler(decl.module().id, &view);
                fragments.push(Fragment::Action(action.expect("a record of ours")));
            }
        }
        for role in self.roles() {
            fragments.extend(read(role.decl().bytes()));
        }
        fragments.push(Fragment::Program(self.program(application, read)));
        fragments
    }

    /// What is said of the program, with the name that settings may give it. The lock was held against what is linked
    /// when the registry was built.
    fn program(
        &self,
        application: Application,
        read: impl Fn(&[u8]) -> Vec<Fragment>,
    ) -> ProgramFragment {
        let record = self.program.map(ProgramDecl::bytes).unwrap_or_default();
        let said = read(record)
            .into_iter()
            .find_map(|fragment| match fragment {
                Fragment::Program(program) => Some(program),
                _ => None,
            });
        let retired = said.as_ref().map(|said| said.retired.clone());
        let origin = said.map(|said| said.origin);
        ProgramFragment {
            locked: Vec::new(),
            retired: retired.unwrap_or_default(),
            origin: origin.unwrap_or_else(|| fragment::Origin {
                package: application.name.clone(),
                version: application.version.clone(),
                krate: String::new(),
                file: String::new(),
                line: 0,
            }),
            application,
        }
    }

    fn only_package(&self) -> Option<(&'static str, &'static str)> {
        let mut packages = self
            .modules()
            .map(|module| (module.package(), module.version()));
        let first = packages.next()?;
        packages.all(|package| package == first).then_some(first)
    }
}

/// Macros check the versions that people write; only a package's own may be missing, outside of Cargo.
fn version(text: &str) -> Version {
    Version::parse(text).unwrap_or(Version::new(0, 0, 0))
}

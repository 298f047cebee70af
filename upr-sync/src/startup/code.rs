use upr::{Registry, RegistryError};
use upr_core::Catalog;
use upr_core::catalog::Application;

use super::error::StartupError;
use crate::settings::Settings;

/// What a program declares, in whatever form it has it.
///
/// `Registry::try_global()` is the usual one: a registry that contradicts itself, or that lacks a
/// crate whose permissions its lock knows, is then the reason why nothing starts.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Code<'a> {
    /// The registry that is linked into the program.
    Registry(&'a Registry),
    /// What is wrong with the registry that is linked into the program.
    Broken(&'a RegistryError),
    /// A catalog that was read elsewhere.
    Catalog(&'a Catalog),
}

impl Code<'_> {
    /// The declarations, under the name that the settings give the application.
    ///
    /// # Errors
    ///
    /// [`StartupError::Registry`] when they contradict each other, [`StartupError::Application`] when that name is none.
    pub fn catalog(self, settings: &Settings) -> Result<Catalog, StartupError> {
        let catalog = match self {
            Self::Broken(error) => return Err(StartupError::Registry(error.clone())),
            Self::Registry(registry) => registry.catalog(),
            Self::Catalog(catalog) => catalog.clone(),
        };
        let Some(name) = &settings.application else {
            return Ok(catalog);
        };
        let application = Application {
            name: name.clone(),
            version: catalog.application().version.clone(),
        };
        catalog
            .with_application(application)
            .map_err(|problem| StartupError::Application {
                origin: settings.origin("application"),
                problem,
            })
    }
}

impl<'a> From<&'a Registry> for Code<'a> {
    fn from(registry: &'a Registry) -> Self {
        Self::Registry(registry)
    }
}

impl<'a> From<Result<&'a Registry, &'a RegistryError>> for Code<'a> {
    fn from(registry: Result<&'a Registry, &'a RegistryError>) -> Self {
        match registry {
            Ok(registry) => Self::Registry(registry),
            Err(error) => Self::Broken(error),
        }
    }
}

impl<'a> From<&'a Catalog> for Code<'a> {
    fn from(catalog: &'a Catalog) -> Self {
        Self::Catalog(catalog)
    }
}

//! What a command works on: the settings, the catalog, and how to speak.

use std::cell::Cell;
use std::path::{Path, PathBuf};

use upr::Registry;
use upr_core::Catalog;
use upr_core::catalog::Application;
use upr_core::lock::{Declared, DeclaredDeprecation};
use upr_sync::settings::{Origin, Settings, Sources};
use upr_sync::{Database, Mode, Store};

use crate::args::Global;
use crate::failure::Failure;
use crate::output::Output;
use crate::program::{Program, Source};

/// The variable with the secret that seals the audit trail.
const AUDIT_KEY: &str = "UPR_AUDIT_KEY";

/// One command's surroundings.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) out: Output,
    program: Program,
    changed: Cell<bool>,
}

impl Context {
    pub(crate) fn new(program: Program, global: Global) -> Self {
        Self {
            out: global.output(),
            global,
            program,
            changed: Cell::new(false),
        }
    }

    /// Notes that something was written, which output that fails later cannot undo.
    pub(crate) fn note_change(&self, applied: bool) {
        self.changed.set(self.changed.get() || applied);
    }

    /// Whether something was written.
    pub(crate) fn has_changed(&self) -> bool {
        self.changed.get()
    }

    /// The settings of the environment, with everything that overrides them.
    pub(crate) fn settings(&self) -> Result<Settings, Failure> {
        let settings = Sources::new(&self.program.directory)
            .config(self.global.config.clone())
            .environment(self.global.env.clone())
            .database(self.global.database.clone())
            .catalog(self.global.catalog.clone())
            .variables(std::env::vars_os())
            .load()?;
        for warning in settings.warnings() {
            self.out.warn(warning);
        }
        Ok(settings)
    }

    /// Where the program is told to work: empty for the current directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.program.directory
    }

    /// Whether the registry is linked into this program, and no catalog file was asked for.
    pub(crate) fn has_registry(&self) -> bool {
        self.program.source == Source::Registry && self.global.catalog.is_none()
    }

    /// The registry as data, under the application's configured name.
    pub(crate) fn catalog(&self, settings: &Settings) -> Result<Catalog, Failure> {
        let catalog = if self.has_registry() {
            registry()?.catalog()
        } else {
            read_catalog(settings)?
        };
        match &settings.application {
            Some(name) => renamed(&catalog, name, settings),
            None => Ok(catalog),
        }
    }

    /// Whose permissions are meant, if that can be told without a fuss: counting what is in a store
    /// needs no catalog.
    pub(crate) fn application(&self, settings: &Settings) -> Option<String> {
        if settings.application.is_some() {
            return settings.application.clone();
        }
        let catalog = if self.has_registry() || settings.catalog.is_file() {
            self.catalog(settings).ok()?
        } else {
            return None;
        };
        Some(catalog.application().name.clone())
    }

    /// The address of the store.
    pub(crate) fn database(&self, settings: &Settings) -> Result<Database, Failure> {
        Database::parse(&settings.database).map_err(|error| {
            let mut failure = Failure::from(error);
            let origin = settings.origin("database");
            if origin != Origin::Default {
                failure.message = format!("{origin}: {}", failure.message);
            }
            failure
        })
    }

    /// The store, opened as far as `mode` goes.
    pub(crate) fn store(&self, settings: &Settings, mode: Mode) -> Result<Store, Failure> {
        let database = self.database(settings)?;
        let store = self.open(settings, &database, mode)?;
        Ok(store
            .in_environment(&settings.environment)
            .with_backups(&settings.backup.dir))
    }

    /// As [`Context::store`], without a word on whose environment it is.
    pub(crate) fn open(
        &self,
        settings: &Settings,
        database: &Database,
        mode: Mode,
    ) -> Result<Store, Failure> {
        self.out.detail(&format!(
            "{} of the environment {} ({})",
            database,
            settings.environment,
            settings.origin("database")
        ));
        let store = Store::open(database, mode)?;
        match std::env::var_os(AUDIT_KEY) {
            None => Ok(store),
            Some(key) if key.is_empty() => {
                let failure = Failure::usage("audit-key-empty", format!("{AUDIT_KEY} is empty"));
                Err(failure.remedy(format!("Set {AUDIT_KEY} to the secret, or unset it.")))
            }
            Some(key) => Ok(store.with_audit_key(key.as_encoded_bytes())),
        }
    }

    /// What the code declares, as the lock wants to know it.
    pub(crate) fn declared(&self, settings: &Settings) -> Result<Vec<Declared>, Failure> {
        if self.has_registry() {
            return Ok(registry()?.declared());
        }
        Ok(declared_by(&read_catalog(settings)?))
    }
}

/// The registry that is linked into this program.
fn registry() -> Result<&'static Registry, Failure> {
    Registry::try_global().map_err(|error| {
        /// More than these make a message unreadable; mending the first often mends the rest.
        const SHOWN: usize = 5;
        let problems = error.problems();
        let shown: Vec<String> = problems
            .iter()
            .take(SHOWN)
            .map(ToString::to_string)
            .collect();
        let mut message = shown.join("; ");
        if problems.len() > SHOWN {
            message.push_str(&format!("; and {} more", problems.len() - SHOWN));
        }
        let mut remedies: Vec<String> = Vec::new();
        for problem in problems.iter().take(SHOWN) {
            let remedy = problem.remedy();
            if !remedies.contains(&remedy) {
                remedies.push(remedy);
            }
        }
        let failure = Failure::no("registry", message);
        remedies.iter().fold(failure, Failure::remedy)
    })
}

/// The catalog of the application that the settings name.
fn renamed(catalog: &Catalog, name: &str, settings: &Settings) -> Result<Catalog, Failure> {
    let application = Application {
        name: name.to_owned(),
        version: catalog.application().version.clone(),
    };
    let parts = (catalog.modules(), catalog.roles(), catalog.retired());
    let (modules, roles, retired) = (parts.0.to_vec(), parts.1.to_vec(), parts.2.to_vec());
    Catalog::new(application, modules, roles, retired).map_err(|error| {
        let origin = settings.origin("application");
        Failure::usage("application-invalid", format!("{origin}: {error}"))
            .remedy("name the application as its package is named")
    })
}

/// A catalog that is no file, or a file that is no catalog, names the place and the way out.
fn read_catalog(settings: &Settings) -> Result<Catalog, Failure> {
    let path = &settings.catalog;
    let text = std::fs::read_to_string(path).map_err(|error| {
        let named = match settings.origin("catalog") {
            Origin::Default => String::new(),
            origin => format!(" (named by {origin})"),
        };
        Failure::could_not(
            "catalog-unreadable",
            format!("cannot read the catalog {}{named}: {error}", path.display()),
        )
        .remedy(
            "Write one with your application's own 'upr catalog --out FILE', and name it with \
             --catalog FILE or `catalog` in upr.toml.",
        )
    })?;
    Catalog::from_json(&text).map_err(|error| {
        Failure::could_not("catalog-invalid", format!("{}: {error}", path.display()))
            .remedy("Correct the file, or write it again with 'upr catalog --out FILE'.")
    })
}

/// A catalog file knows one package: the application itself.
fn declared_by(catalog: &Catalog) -> Vec<Declared> {
    let application = catalog.application();
    let declared = catalog.permissions().map(|permission| Declared {
        key: permission.key.clone(),
        deprecation: permission
            .deprecation
            .as_ref()
            .map(|deprecation| DeclaredDeprecation {
                since: deprecation.since.clone(),
                remove_in: deprecation.remove_in.clone(),
                replaced_by: deprecation.replaced_by.clone(),
            }),
        cfg: None,
        package: application.name.clone(),
        krate: application.name.replace('-', "_"),
        version: application.version.clone(),
    });
    declared.collect()
}

/// `directory` for joining and for `Command::current_dir`, which refuses the empty path.
pub(crate) fn or_here(directory: &Path) -> PathBuf {
    if directory.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        directory.to_owned()
    }
}

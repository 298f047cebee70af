//! What a command works on: the settings, the catalog, and how to speak.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use upr_core::finding::Place;
use upr_core::lock::{Declared, Share};
use upr_core::{Catalog, Lock};
use upr_sync::settings::{Origin, Settings, Sources};
use upr_sync::{Database, Mode, Store};

use crate::args::Global;
use crate::cargo::{Build, BuildOptions};
use crate::declarations::{self, Declarations};
use crate::failure::Failure;
use crate::lock_file::LockFile;
use crate::output::Output;
use crate::program::{Program, Source};

/// The variable with the secret that seals the audit trail.
const AUDIT_KEY: &str = "UPR_AUDIT_KEY";

/// One command's surroundings.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) global: Global,
    pub(crate) out: Output,
    source: Source,
    declarations: Declarations,
    directory: PathBuf,
    changed: Cell<bool>,
}

impl Context {
    /// `build` is what `cargo upr` is to build.
    pub(crate) fn new(
        program: Program,
        global: Global,
        build: Option<BuildOptions>,
    ) -> Result<Self, Failure> {
        let source = program.source;
        let (declarations, directory) = match build {
            None => (Declarations::of(source, &global), program.directory),
            Some(options) => {
                let build = Build::locate(program.directory, options, &global)?;
                let directory = build.settings_directory();
                (Declarations::Build(Box::new(build)), directory)
            }
        };
        Ok(Self {
            out: global.output(),
            source,
            declarations,
            directory,
            global,
            changed: Cell::new(false),
        })
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
        let settings = Sources::new(&self.directory)
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

    /// Where the program reads the registry unless an option names a file.
    pub(crate) fn source(&self) -> Source {
        self.source
    }

    /// Where the program is told to work: empty for the current directory.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The directory of the package whose files are meant: `cargo run -p helpdesk -- upr lock` runs anywhere.
    pub(crate) fn package_directory(&self) -> PathBuf {
        let told = match &self.declarations {
            Declarations::Linked => std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from),
            Declarations::Build(build) => Some(build.package_directory()),
            Declarations::File | Declarations::Binary(_) => None,
        };
        told.unwrap_or_else(|| or_here(self.directory()))
    }

    /// The registry as data, under the application's configured name.
    pub(crate) fn catalog(&self, settings: &Settings) -> Result<Catalog, Failure> {
        self.declarations.catalog(settings)
    }

    /// The same for a command to which what is missing is gone: a part is refused.
    pub(crate) fn whole_catalog(&self, settings: &Settings) -> Result<Catalog, Failure> {
        declarations::whole(self.catalog(settings)?)
    }

    /// What the code declares, as the lock wants to know it.
    pub(crate) fn declared(&self, settings: &Settings) -> Result<Vec<Declared>, Failure> {
        self.declarations.declared(settings)
    }

    /// Where declarations stand, as far as they tell: the file as the compiler was given it, and the line.
    pub(crate) fn places(&self) -> Result<BTreeMap<String, Place>, Failure> {
        self.declarations.places()
    }

    /// Whose lines of a lock that packages may share these declarations speak for.
    ///
    /// A program that embeds the lock promises all of it.
    pub(crate) fn share(&self, lock: &LockFile, declared: &[Declared]) -> Result<Share, Failure> {
        let Some(workspace) = &lock.workspace else {
            return Ok(Share::Whole);
        };
        if self.declarations.embeds_lock()? {
            return Ok(Share::Whole);
        }
        let mut parts: BTreeSet<String> = declared.iter().map(|one| one.package.clone()).collect();
        if let Declarations::Build(build) = &self.declarations {
            parts.extend(build.packages().map(str::to_owned));
        }
        Ok(workspace.share(&lock.path, parts))
    }

    /// Fills in what declarations without packages do not tell, and their lock knows.
    pub(crate) fn complete(&self, lock: &Lock, declared: &mut [Declared]) {
        if matches!(self.declarations, Declarations::File) {
            lock.complete(declared);
        }
    }

    /// Whose permissions are meant, if that can be told without a fuss: counting what is in a store
    /// needs no catalog. What was asked to be read or built is no fuss.
    pub(crate) fn application(&self, settings: &Settings) -> Result<Option<String>, Failure> {
        if settings.application.is_some() {
            return Ok(settings.application.clone());
        }
        let catalog = match &self.declarations {
            Declarations::Binary(_) | Declarations::Build(_) => Some(self.catalog(settings)?),
            Declarations::File if !settings.catalog.is_file() => None,
            Declarations::Linked | Declarations::File => self.catalog(settings).ok(),
        };
        Ok(catalog.map(|catalog| catalog.application().name.clone()))
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
}

/// `directory` for joining and for `Command::current_dir`, which refuses the empty path.
pub(crate) fn or_here(directory: &Path) -> PathBuf {
    if directory.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        directory.to_owned()
    }
}

//! For build scripts: the catalog from the sources, and what no macro can see.
//!
//! In `main` of a build script,
//!
//! ```no_run
//! upr::build::emit_catalog();
//! ```
//!
//! writes `$OUT_DIR/upr-catalog.json`, for `include_str!(concat!(env!("OUT_DIR"), "/upr-catalog.json"))`. More is said with
//! [`Build`]:
//!
//! ```no_run
//! upr::build::Build::new()
//!     .typescript("frontend/src/permissions.ts")
//!     .check()
//!     .run();
//! ```
//!
//! The functions of this module print for Cargo. What is wrong is printed as `cargo::error=…`: Cargo shows each error with
//! the package's name, and the build fails when the script ends. [`Build::try_run`] gives errors as values instead.
//!
//! | file | holds |
//! | --- | --- |
//! | `mod.rs` | what build scripts call |
//! | `environment.rs` | what Cargo tells build scripts |
//! | `output.rs` | files, written whole and only when they change |
//! | `error.rs` | what is wrong |

mod environment;
mod error;
mod output;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use upr_core::finding::FindingId;
use upr_core::lock::{Declared, Lock};
use upr_core::scan::{LeftOut, Root, ScannedProgram};
use upr_core::{Catalog, Finding};

use self::environment::Environment;
pub use self::error::BuildError;
use crate::Registry;

/// The catalog's file in `OUT_DIR`.
pub const CATALOG: &str = "upr-catalog.json";

/// Writes `$OUT_DIR/upr-catalog.json`: what the package's program declares, from the sources.
///
/// What is wrong fails the build, see [the module](self).
pub fn emit_catalog() {
    Build::new().run();
}

/// Refuses a build without keys that `upr.lock` has and the sources no longer declare, whole modules included.
///
/// What is wrong fails the build, see [the module](self). To emit the catalog as well, [`Build::check`] reads the sources once.
pub fn check() {
    Build::new().without_catalog().check().run();
}

/// Writes `$OUT_DIR/upr-catalog.json`: what the registry of the build script itself holds.
///
/// For permissions in a crate of their own that the package has as a build-dependency; the build script names the crate, so
/// that it is linked:
///
/// ```no_run
/// // build.rs
/// # mod permissions {}
/// use permissions as _;
///
/// fn main() {
///     upr::build::emit_registry();
/// }
/// ```
///
/// What is wrong fails the build, see [the module](self).
pub fn emit_registry() {
    Build::new().from_registry().run();
}

/// What a build script does.
#[derive(Clone, Debug, Default)]
#[must_use = "nothing is done before `run`"]
pub struct Build {
    root: Root,
    conditions: Vec<(String, bool)>,
    from_registry: bool,
    without_catalog: bool,
    typescript: Vec<PathBuf>,
    checks: bool,
    strict: bool,
}

/// What a build script found and wrote.
#[derive(Clone, Debug)]
pub struct Built {
    /// The catalog.
    pub catalog: Catalog,
    /// Where it stands, unless that was not asked for.
    pub file: Option<PathBuf>,
    /// What was not read; the catalog says `"partial": true` when there is something.
    pub left_out: Vec<LeftOut>,
    /// What is no error.
    pub warnings: Vec<Finding>,
}

impl Build {
    /// Writes the catalog from the sources, and nothing else.
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the program `name`, of a package that has several.
    pub fn bin(mut self, name: impl Into<String>) -> Self {
        self.root = Root::Bin(name.into());
        self
    }

    /// Reads the library of a package that has programs, too.
    pub fn lib(mut self) -> Self {
        self.root = Root::Lib;
        self
    }

    /// Says of a condition whether it is set, where a build script decides: `.cfg("loom", false)`,
    /// `.cfg("runtime = \"tokio\"", true)`.
    pub fn cfg(mut self, condition: impl Into<String>, is_set: bool) -> Self {
        self.conditions.push((condition.into(), is_set));
        self
    }

    /// Reads the registry of the build script itself instead of the sources, see [`emit_registry`].
    pub fn from_registry(mut self) -> Self {
        self.from_registry = true;
        self
    }

    /// Writes no catalog.
    pub fn without_catalog(mut self) -> Self {
        self.without_catalog = true;
        self
    }

    /// Writes TypeScript as well, to a file named from the package's folder.
    ///
    /// A file outside of `OUT_DIR` is best committed, since `cargo package` refuses build scripts that change the sources.
    pub fn typescript(mut self, file: impl Into<PathBuf>) -> Self {
        self.typescript.push(file.into());
        self
    }

    /// Refuses a build without published keys, see [`check`](check()).
    pub fn check(mut self) -> Self {
        self.checks = true;
        self
    }

    /// Checks, and refuses also what `upr lock` would record: a lock that is out of date, or is not there.
    pub fn strict(mut self) -> Self {
        self.checks = true;
        self.strict = true;
        self
    }

    /// Does it, and prints for Cargo; what is wrong fails the build.
    #[expect(clippy::print_stdout, reason = "Cargo reads what build scripts print")]
    pub fn run(self) {
        if let Err(error) = self.try_run() {
            for line in error.lines() {
                println!("cargo::error={line}");
            }
        }
    }

    /// Does it, and prints for Cargo when it is to run again; what is wrong is given back.
    ///
    /// # Errors
    ///
    /// [`BuildError`], with everything that was found at once.
    #[expect(clippy::print_stdout, reason = "Cargo reads what build scripts print")]
    pub fn try_run(&self) -> Result<Built, BuildError> {
        for variable in environment::VARIABLES {
            println!("cargo::rerun-if-env-changed={variable}");
        }
        let environment = Environment::of_process()?;
        let (built, files) = if self.from_registry {
            (self.registry(&environment)?, BTreeSet::new())
        } else {
            self.sources(&environment)?
        };
        // What this build script or another one makes is not asked about: it would be newer than the script's own run.
        let watched = files
            .iter()
            .filter(|file| !file.starts_with(&environment.out_dir));
        for file in watched {
            println!("cargo::rerun-if-changed={}", file.display());
        }
        println!("cargo::rerun-if-changed=build.rs");
        for finding in &built.warnings {
            println!("cargo::warning={}; {}", finding.message, finding.remedy);
        }
        for left_out in &built.left_out {
            println!(
                "cargo::warning=the catalog is partial: {}: {}",
                left_out.what(),
                left_out.reason()
            );
        }
        Ok(built)
    }

    fn sources(&self, environment: &Environment) -> Result<(Built, BTreeSet<PathBuf>), BuildError> {
        let mut program = environment.program().with_root(self.root.clone());
        for (condition, is_set) in &self.conditions {
            program = program.with_cfg(condition, *is_set);
        }
        let scanned = program.scan()?;
        let mut files = scanned.scanned.files.clone();
        let mut warnings = Vec::new();
        // Before the program's own lock is heard, which knows the keys and not what became of them.
        if self.checks {
            files.extend(scanned.lock.clone());
            warnings = self.lock(&scanned, &scanned.declared()?)?;
        }
        let assembled = scanned.assemble()?;
        let file = self.write(&assembled.catalog, environment)?;
        let built = Built {
            catalog: assembled.catalog,
            file,
            left_out: scanned.scanned.left_out,
            warnings,
        };
        Ok((built, files))
    }

    fn registry(&self, environment: &Environment) -> Result<Built, BuildError> {
        let registry =
            Registry::try_global().map_err(|error| BuildError::Registry(error.to_string()))?;
        if registry.is_empty() {
            return Err(BuildError::NothingLinked);
        }
        let catalog = registry.catalog();
        let file = self.write(&catalog, environment)?;
        Ok(Built {
            catalog,
            file,
            left_out: Vec::new(),
            warnings: Vec::new(),
        })
    }

    /// What the lock has against the sources; gives back what is no error.
    fn lock(
        &self,
        scanned: &ScannedProgram,
        declared: &[Declared],
    ) -> Result<Vec<Finding>, BuildError> {
        let Some(path) = &scanned.lock else {
            return if self.strict {
                Err(BuildError::NoLock)
            } else {
                Ok(Vec::new())
            };
        };
        let unreadable = |problem: String, remedy: &str| BuildError::Lock {
            file: path.clone(),
            problem,
            remedy: remedy.to_owned(),
        };
        let text = fs::read_to_string(path).map_err(|error| {
            unreadable(
                error.to_string(),
                "make it readable, or restore it from version control",
            )
        })?;
        let lock =
            Lock::parse(&text).map_err(|error| unreadable(error.to_string(), error.remedy()))?;
        let findings = scanned.check(&lock, declared).into_iter();
        // New keys are fine while one works; CI asks for them to be recorded.
        let asked = findings.filter(|finding| self.strict || finding.id != FindingId::NotRecorded);
        let (errors, warnings): (Vec<Finding>, Vec<Finding>) = asked.partition(Finding::is_error);
        if errors.is_empty() {
            Ok(warnings)
        } else {
            Err(BuildError::Findings(errors))
        }
    }

    fn write(
        &self,
        catalog: &Catalog,
        environment: &Environment,
    ) -> Result<Option<PathBuf>, BuildError> {
        let write = |path: &Path, text: &str| {
            output::write_if_changed(path, text).map_err(|error| BuildError::Output {
                file: path.to_owned(),
                problem: error.to_string(),
            })
        };
        for file in &self.typescript {
            let text = upr_core::render::typescript(catalog);
            write(&environment.folder.join(file), &text)?;
        }
        if self.without_catalog {
            return Ok(None);
        }
        let file = environment.out_dir.join(CATALOG);
        write(&file, &catalog.to_json())?;
        Ok(Some(file))
    }
}

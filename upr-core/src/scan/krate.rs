//! A crate to be scanned.

use std::collections::BTreeMap;
use std::path::PathBuf;

use semver::Version;

use super::Cfg;

/// One crate: where it starts, and what it is compiled with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crate {
    /// The package, as its Cargo.toml names it.
    pub package: String,
    /// The package's version.
    pub version: Version,
    /// The crate target, with underscores.
    pub name: String,
    /// The root source file: `src/lib.rs`, `src/main.rs`, or what Cargo.toml says.
    pub root: PathBuf,
    /// The folder of the package's Cargo.toml.
    pub folder: PathBuf,
    /// How paths in `use` are read.
    pub edition: Edition,
    /// What it is compiled with.
    pub cfg: Cfg,
    /// The crates that it can name.
    pub externs: BTreeMap<String, Extern>,
    /// Where its build script writes, if that is known.
    pub out_dir: Option<PathBuf>,
    /// The `upr.lock` that is the package's.
    pub lock: Option<PathBuf>,
}

/// A crate that another one can name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extern {
    /// `upr` itself, whatever its name.
    Upr,
    /// A crate that is scanned too, by its position in the list.
    Scanned(usize),
    /// A crate that is not scanned.
    Foreign {
        /// Whether it depends on `upr`.
        may_declare: bool,
    },
}

/// The editions, as far as they differ in how names are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// 2015: paths in `use` start at the crate's root.
    E2015,
    /// 2018 and later.
    E2018,
}

impl Crate {
    pub(super) fn is_upr(&self) -> bool {
        self.package == "upr" && self.name == "upr"
    }
}

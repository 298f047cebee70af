//! A whole program: a package's crate, and those of its dependencies whose sources are here.

use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use super::features::{Activation, Active};
use super::metadata::{Dependency, Dependents, Package, Packages, Target, TargetKind};
use super::{Cfg, Crate, Extern, LeftOut, ScanErrors, Scanned, scan};
use crate::fragment::{AssembleError, Assembled, Fragment, assemble, without_lock};
use crate::lock::{Declared, FILE_NAME};

/// Upr's own packages, which declare nothing that a program does not: no catalog lacks something for want of them.
const OURS: [&str; 6] = [
    "upr",
    "upr-core",
    "upr-macros",
    "upr-sync",
    "upr-web",
    "upr-cli",
];

/// Which program to scan, and what it is compiled with.
#[derive(Clone, Debug)]
pub struct Program {
    folder: PathBuf,
    cargo: PathBuf,
    root: Root,
    features: Features,
    cfg: Cfg,
    known: BTreeMap<String, bool>,
    triple: String,
    out_dir: Option<PathBuf>,
}

/// The crate of a package that is the program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Root {
    /// The package's only program; of several the one that `default-run` names; the library of a package without programs.
    #[default]
    Only,
    /// The library.
    Lib,
    /// The program of this name.
    Bin(String),
}

/// Which features of the package are on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Features {
    /// Exactly these, as Cargo tells its build script.
    Exactly(BTreeSet<String>),
    /// As people choose them.
    Chosen {
        /// As `--features` has them.
        features: BTreeSet<String>,
        /// `--all-features`
        all: bool,
        /// Unless `--no-default-features`.
        default: bool,
    },
}

/// A program's sources, read.
#[derive(Clone, Debug)]
pub struct ScannedProgram {
    /// What was read.
    pub scanned: Scanned,
    /// The package, as its Cargo.toml names it.
    pub package: String,
    /// The package's version.
    pub version: semver::Version,
    /// The crate target that is the program.
    pub krate: String,
    /// The root of the package's workspace, from which files are shown.
    pub workspace: PathBuf,
    /// The `upr.lock` that is the package's, if there is one.
    pub lock: Option<PathBuf>,
    /// The crates that were read and are linked.
    pub(super) linked: Vec<Crate>,
    /// The names of the packages that were scanned.
    packages: BTreeSet<String>,
}

/// Why a program cannot be scanned.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProgramError {
    /// Cargo does not say what belongs to the program.
    Metadata(String),
    /// The package has no such crate, or several programs of which none is chosen: what is the matter.
    Root(String),
    /// The sources cannot be read or followed.
    Scan(ScanErrors),
}

impl Program {
    /// The program of the package in `folder`, compiled with `cfg` for the target `triple`, with its default features.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>, cfg: Cfg, triple: impl Into<String>) -> Self {
        Self {
            folder: folder.into(),
            cargo: PathBuf::from("cargo"),
            root: Root::Only,
            features: Features::default(),
            cfg: cfg.without_features(),
            known: BTreeMap::new(),
            triple: triple.into(),
            out_dir: None,
        }
    }

    /// The same by another `cargo` than the one in the path.
    #[must_use]
    pub fn with_cargo(mut self, cargo: impl Into<PathBuf>) -> Self {
        self.cargo = cargo.into();
        self
    }

    /// The same with another crate as the program.
    #[must_use]
    pub fn with_root(mut self, root: Root) -> Self {
        self.root = root;
        self
    }

    /// The same with other features.
    #[must_use]
    pub fn with_features(mut self, features: Features) -> Self {
        self.features = features;
        self
    }

    /// The same, with a condition that a build script sets or does not set.
    #[must_use]
    pub fn with_cfg(mut self, condition: impl Into<String>, is_set: bool) -> Self {
        self.known.insert(condition.into(), is_set);
        self
    }

    /// The same, where the package's build script writes to `folder`.
    #[must_use]
    pub fn with_out_dir(mut self, folder: impl Into<PathBuf>) -> Self {
        self.out_dir = Some(folder.into());
        self
    }

    /// Reads the sources of the program and of its path and workspace dependencies that it links.
    ///
    /// # Errors
    ///
    /// [`ProgramError`] when Cargo or the sources cannot be understood.
    pub fn scan(&self) -> Result<ScannedProgram, ProgramError> {
        let mut packages = Packages::default();
        let folder = packages.load(&self.cargo, &self.folder)?;
        let features = match packages.get(&folder) {
            Some(package) => self.features.of(package),
            None => BTreeSet::new(),
        };
        let mut activation = Activation {
            cargo: &self.cargo,
            packages: &mut packages,
            cfg: &self.cfg,
            triple: &self.triple,
        };
        let active = activation.run(&folder, features)?;
        let package = packages
            .get(&folder)
            .ok_or_else(|| ProgramError::Metadata("the package is gone".to_owned()))?;
        let versions = package.workspace.join("Cargo.lock");
        let dependents = Dependents::of_upr(&fs::read_to_string(&versions).map_err(|error| {
            ProgramError::Metadata(format!("`{}` cannot be read: {error}", versions.display()))
        })?);
        let root = self.target(package, active.get(&folder))?;
        let mut plan = Plan {
            program: self,
            packages: &packages,
            active: &active,
            dependents: &dependents,
            krates: Vec::new(),
            positions: BTreeMap::new(),
            manifests: BTreeSet::from([package.workspace.join("Cargo.toml"), versions]),
            left_out: BTreeSet::new(),
        };
        plan.add(&folder, package, root);
        let Plan {
            krates,
            manifests,
            left_out,
            ..
        } = plan;
        let mut scanned = scan(&krates, &package.workspace).map_err(ProgramError::Scan)?;
        scanned.files.extend(manifests);
        let left_out: BTreeSet<LeftOut> = scanned.left_out.drain(..).chain(left_out).collect();
        scanned.left_out.extend(left_out);
        Ok(ScannedProgram {
            package: package.name.clone(),
            version: package.version.clone(),
            krate: krates
                .first()
                .map(|krate| krate.name.clone())
                .unwrap_or_default(),
            workspace: package.workspace.clone(),
            lock: lock_of(package),
            linked: scanned
                .linked
                .iter()
                .filter_map(|position| krates.get(*position).cloned())
                .collect(),
            scanned,
            packages: krates.iter().map(|krate| krate.package.clone()).collect(),
        })
    }

    fn target<'a>(
        &self,
        package: &'a Package,
        active: Option<&Active>,
    ) -> Result<&'a Target, ProgramError> {
        let bins = || {
            package
                .targets
                .iter()
                .filter(|target| target.kind == TargetKind::Bin)
        };
        let name = &package.name;
        let refused = |problem: String| Err(ProgramError::Root(problem));
        match &self.root {
            Root::Lib => package
                .lib()
                .map_or_else(|| refused(format!("package `{name}` has no library")), Ok),
            Root::Bin(bin) => match bins().find(|target| target.name == *bin) {
                Some(target) => Ok(target),
                None => refused(format!("package `{name}` has no program `{bin}`")),
            },
            Root::Only => {
                let is_built = |target: &&Target| {
                    let has = |feature: &String| {
                        active.is_some_and(|active| active.features.contains(feature))
                    };
                    target.required_features.iter().all(has)
                };
                let built: Vec<&Target> = bins().filter(is_built).collect();
                let default = built
                    .iter()
                    .find(|target| package.default_run.as_ref() == Some(&target.name));
                match (built.as_slice(), default, package.lib()) {
                    ([only], ..) | (_, Some(only), _) => Ok(only),
                    ([], None, Some(lib)) => Ok(lib),
                    ([], None, None) => refused(format!(
                        "package `{name}` has neither a program nor a library"
                    )),
                    (several, None, _) => {
                        let names: Vec<String> = several
                            .iter()
                            .map(|target| format!("`{}`", target.name))
                            .collect();
                        refused(format!(
                            "package `{name}` has several programs, {}; say which is meant (`.bin(\"…\")`, or `.lib()`), or set `default-run` in Cargo.toml",
                            names.join(", ")
                        ))
                    }
                }
            }
        }
    }
}

impl Default for Features {
    fn default() -> Self {
        Self::Chosen {
            features: BTreeSet::new(),
            all: false,
            default: true,
        }
    }
}

impl Features {
    fn of(&self, package: &Package) -> BTreeSet<String> {
        match self {
            Self::Exactly(features) => features.clone(),
            Self::Chosen { all: true, .. } => package.features.keys().cloned().collect(),
            Self::Chosen {
                features, default, ..
            } => {
                let mut features = features.clone();
                if *default && package.features.contains_key("default") {
                    features.insert("default".to_owned());
                }
                features
            }
        }
    }
}

impl ScannedProgram {
    /// Whether everything was read.
    #[must_use]
    pub fn is_partial(&self) -> bool {
        !self.scanned.left_out.is_empty()
    }

    /// Every declaration as the lock records it, whatever the program's own lock demands: who [checks](Self::check) a lock
    /// says better what is missing.
    ///
    /// # Errors
    ///
    /// [`AssembleError`] with everything that contradicts.
    pub fn declared(&self) -> Result<Vec<Declared>, AssembleError> {
        let fragments = without_lock(self.scanned.fragments.clone());
        Ok(assemble(fragments, None)?.declared)
    }

    /// The catalog, marked as partial when something was left out; of what was left out the lock demands nothing.
    ///
    /// # Errors
    ///
    /// [`AssembleError`] with everything that contradicts or is missing.
    pub fn assemble(&self) -> Result<Assembled, AssembleError> {
        let mut fragments = self.scanned.fragments.clone();
        if self.is_partial() {
            for fragment in &mut fragments {
                if let Fragment::Program(program) = fragment {
                    program
                        .locked
                        .retain(|locked| self.packages.contains(&locked.package));
                }
            }
        }
        let mut assembled = assemble(fragments, None)?;
        assembled.catalog = assembled.catalog.with_partial(self.is_partial());
        Ok(assembled)
    }
}

/// The crates of a program, found.
struct Plan<'a> {
    program: &'a Program,
    packages: &'a Packages,
    active: &'a BTreeMap<PathBuf, Active>,
    dependents: &'a Dependents,
    krates: Vec<Crate>,
    /// By their root files: a library and a program may share a name.
    positions: BTreeMap<PathBuf, usize>,
    manifests: BTreeSet<PathBuf>,
    left_out: BTreeSet<LeftOut>,
}

impl Plan<'_> {
    /// Adds a crate and all that it can name; gives its position.
    fn add(&mut self, folder: &Path, package: &Package, target: &Target) -> usize {
        if let Some(position) = self.positions.get(&target.root) {
            return *position;
        }
        let position = self.krates.len();
        self.positions.insert(target.root.clone(), position);
        self.manifests.insert(package.folder.join("Cargo.toml"));
        self.krates.push(self.krate(folder, package, target));
        let externs = self.externs(folder, package, target);
        if let Some(krate) = self.krates.get_mut(position) {
            krate.externs = externs;
        }
        position
    }

    fn krate(&self, folder: &Path, package: &Package, target: &Target) -> Crate {
        let mut cfg = self.program.cfg.clone().open(package.has_build_script());
        for feature in self
            .active
            .get(folder)
            .into_iter()
            .flat_map(|active| &active.features)
        {
            cfg = cfg.with_feature(feature);
        }
        for (condition, is_set) in &self.program.known {
            cfg = cfg.with(condition, *is_set);
        }
        let is_root = self.krates.is_empty();
        Crate {
            package: package.name.clone(),
            version: package.version.clone(),
            name: target.name.replace('-', "_"),
            root: target.root.clone(),
            folder: package.folder.clone(),
            edition: target.edition,
            cfg,
            externs: BTreeMap::new(),
            // The library of the program's own package has the same.
            out_dir: self
                .program
                .out_dir
                .clone()
                .filter(|_| is_root || self.is_root_package(package)),
            lock: lock_of(package),
        }
    }

    fn is_root_package(&self, package: &Package) -> bool {
        self.krates
            .first()
            .is_some_and(|root| root.folder == package.folder)
    }

    fn externs(
        &mut self,
        folder: &Path,
        package: &Package,
        target: &Target,
    ) -> BTreeMap<String, Extern> {
        let mut externs = BTreeMap::new();
        if target.kind == TargetKind::Bin
            && let Some(lib) = package.lib()
        {
            let position = self.add(folder, package, lib);
            externs.insert(lib.name.replace('-', "_"), Extern::Scanned(position));
        }
        let active = self.active.get(folder);
        let is_active = |dependency: &&Dependency| {
            active.is_some_and(|active| active.dependencies.contains(&dependency.name))
        };
        for dependency in package.dependencies.iter().filter(is_active) {
            let (name, target) = self.extern_of(dependency);
            externs.insert(name, target);
        }
        externs
    }

    fn extern_of(&mut self, dependency: &Dependency) -> (String, Extern) {
        let mut name = dependency.name.replace('-', "_");
        let is_ours = OURS.contains(&dependency.package.as_str());
        let foreign = Extern::Foreign { may_declare: false };
        if dependency.package == "upr" {
            return (name, Extern::Upr);
        }
        let Some(folder) = &dependency.folder else {
            let may_declare = self.dependents.contains(&dependency.package) && !is_ours;
            if may_declare {
                self.left_out.insert(LeftOut::new(
                    format!("package `{}`", dependency.package),
                    "it depends on upr, and its sources are not in a folder of this workspace or a path dependency",
                ));
            }
            return (name, Extern::Foreign { may_declare });
        };
        let Some(package) = self.packages.get(folder) else {
            return (name, foreign);
        };
        let Some(lib) = package.lib() else {
            return (name, foreign);
        };
        if !dependency.is_renamed {
            name = lib.name.replace('-', "_");
        }
        if !self.leads_to_upr(package, &mut BTreeSet::new()) {
            return (name, foreign);
        }
        let position = self.add(folder, package, lib);
        (name, Extern::Scanned(position))
    }

    /// Whether a package can name `upr`, itself or through others: nothing else declares.
    fn leads_to_upr(&self, package: &Package, seen: &mut BTreeSet<PathBuf>) -> bool {
        if !seen.insert(package.folder.clone()) {
            return false;
        }
        package.dependencies.iter().any(|dependency| {
            let inner = dependency
                .folder
                .as_ref()
                .and_then(|folder| self.packages.get(folder));
            dependency.package == "upr"
                || match inner {
                    Some(inner) => self.leads_to_upr(inner, seen),
                    None => self.dependents.contains(&dependency.package),
                }
        })
    }
}

/// The lock of a package: its own, else its workspace's.
fn lock_of(package: &Package) -> Option<PathBuf> {
    let candidates = [
        package.folder.join(FILE_NAME),
        package.workspace.join(FILE_NAME),
    ];
    candidates.into_iter().find(|path| path.is_file())
}

impl fmt::Display for ProgramError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Metadata(problem) => write!(
                f,
                "Cargo does not say what belongs to the program: {problem}"
            ),
            Self::Root(problem) => f.write_str(problem),
            Self::Scan(errors) => write!(f, "{errors}"),
        }
    }
}

impl Error for ProgramError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Scan(errors) => Some(errors),
            _ => None,
        }
    }
}

//! Packages, as `cargo metadata` tells of them.
//!
//! It is asked without dependencies (`--no-deps`): then nothing must have been downloaded, and the network is never
//! asked. What a package of a registry depends on is read from `Cargo.lock`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use semver::Version;
use serde_json::Value;

use super::Edition;
use super::program::ProgramError;

/// A package whose sources are here.
#[derive(Debug)]
pub(super) struct Package {
    pub(super) name: String,
    pub(super) version: Version,
    /// The folder of its Cargo.toml.
    pub(super) folder: PathBuf,
    pub(super) workspace: PathBuf,
    pub(super) features: BTreeMap<String, Vec<String>>,
    pub(super) dependencies: Vec<Dependency>,
    pub(super) targets: Vec<Target>,
    pub(super) default_run: Option<String>,
}

/// A dependency that code may name: not one of tests or build scripts.
#[derive(Debug)]
pub(super) struct Dependency {
    pub(super) package: String,
    /// As features and code name it.
    pub(super) name: String,
    /// Whether code names it so, and not by the name of its library.
    pub(super) is_renamed: bool,
    pub(super) optional: bool,
    pub(super) default_features: bool,
    pub(super) features: Vec<String>,
    /// `cfg(…)` or a triple.
    pub(super) target: Option<String>,
    /// Its folder, when its sources are here.
    pub(super) folder: Option<PathBuf>,
}

/// A crate of a package.
#[derive(Debug)]
pub(super) struct Target {
    pub(super) kind: TargetKind,
    pub(super) name: String,
    pub(super) root: PathBuf,
    pub(super) edition: Edition,
    pub(super) required_features: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TargetKind {
    Lib,
    ProcMacro,
    Bin,
    BuildScript,
    Other,
}

/// The packages that were asked for so far, by their folders.
#[derive(Debug, Default)]
pub(super) struct Packages {
    packages: BTreeMap<PathBuf, Package>,
}

impl Packages {
    /// The package in `folder`, with those of its workspace.
    pub(super) fn load(&mut self, cargo: &Path, folder: &Path) -> Result<PathBuf, ProgramError> {
        let folder = canonical(folder);
        if !self.packages.contains_key(&folder) {
            for package in ask(cargo, &folder)? {
                self.packages
                    .entry(canonical(&package.folder))
                    .or_insert(package);
            }
        }
        if self.packages.contains_key(&folder) {
            Ok(folder)
        } else {
            let manifest = folder.join("Cargo.toml");
            Err(ProgramError::Metadata(format!(
                "`{}` has no package",
                manifest.display()
            )))
        }
    }

    /// A package that was loaded.
    pub(super) fn get(&self, folder: &Path) -> Option<&Package> {
        self.packages.get(folder)
    }
}

impl Package {
    pub(super) fn lib(&self) -> Option<&Target> {
        self.targets
            .iter()
            .find(|target| target.kind == TargetKind::Lib)
    }

    pub(super) fn has_build_script(&self) -> bool {
        self.targets
            .iter()
            .any(|target| target.kind == TargetKind::BuildScript)
    }

    fn of(value: &Value, workspace: &Path) -> Option<Self> {
        let manifest = Path::new(value.get("manifest_path")?.as_str()?);
        let list = |name: &str| value.get(name)?.as_array();
        let features = value.get("features")?.as_object()?;
        Some(Self {
            name: text(value, "name")?,
            version: Version::parse(value.get("version")?.as_str()?).ok()?,
            folder: manifest.parent()?.to_owned(),
            workspace: workspace.to_owned(),
            features: features
                .iter()
                .map(|(name, enabled)| (name.clone(), texts(Some(enabled))))
                .collect(),
            dependencies: list("dependencies")?
                .iter()
                .filter_map(Dependency::of)
                .collect(),
            targets: list("targets")?.iter().filter_map(Target::of).collect(),
            default_run: text(value, "default_run"),
        })
    }
}

impl Dependency {
    fn of(value: &Value) -> Option<Self> {
        // `kind` is `null` for those that the code itself may name.
        if !value.get("kind")?.is_null() {
            return None;
        }
        let package = text(value, "name")?;
        let rename = text(value, "rename");
        let is_set = |name: &str| value.get(name).and_then(Value::as_bool);
        Some(Self {
            name: rename.clone().unwrap_or_else(|| package.clone()),
            is_renamed: rename.is_some(),
            package,
            optional: is_set("optional")?,
            default_features: is_set("uses_default_features")?,
            features: texts(value.get("features")),
            target: text(value, "target"),
            folder: text(value, "path").map(|path| canonical(Path::new(&path))),
        })
    }
}

impl Target {
    fn of(value: &Value) -> Option<Self> {
        let kinds = texts(value.get("kind"));
        let is = |kind: &str| kinds.iter().any(|other| other == kind);
        let kind = if is("proc-macro") {
            TargetKind::ProcMacro
        } else if ["lib", "rlib", "dylib", "cdylib", "staticlib"]
            .iter()
            .any(|kind| is(kind))
        {
            TargetKind::Lib
        } else if is("bin") {
            TargetKind::Bin
        } else if is("custom-build") {
            TargetKind::BuildScript
        } else {
            TargetKind::Other
        };
        let edition = if text(value, "edition")? == "2015" {
            Edition::E2015
        } else {
            Edition::E2018
        };
        Some(Self {
            kind,
            name: text(value, "name")?,
            root: PathBuf::from(text(value, "src_path")?),
            edition,
            required_features: texts(value.get("required-features")),
        })
    }
}

fn text(value: &Value, name: &str) -> Option<String> {
    value.get(name)?.as_str().map(str::to_owned)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    list.filter_map(Value::as_str).map(str::to_owned).collect()
}

fn canonical(folder: &Path) -> PathBuf {
    fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned())
}

/// Asks Cargo for the packages of the workspace that `folder` is in.
fn ask(cargo: &Path, folder: &Path) -> Result<Vec<Package>, ProgramError> {
    let mut command = Command::new(cargo);
    command
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
            "--manifest-path",
        ])
        .arg(folder.join("Cargo.toml"));
    let output = command.output().map_err(|error| {
        ProgramError::Metadata(format!("`{}` cannot be started: {error}", cargo.display()))
    })?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(ProgramError::Metadata(said.trim().replace('\n', " ")));
    }
    let unreadable = || {
        ProgramError::Metadata(
            "`cargo metadata` says what this program does not understand".to_owned(),
        )
    };
    let value: Value = serde_json::from_slice(&output.stdout).map_err(|_| unreadable())?;
    let workspace = text(&value, "workspace_root").ok_or_else(unreadable)?;
    let packages = value
        .get("packages")
        .and_then(Value::as_array)
        .ok_or_else(unreadable)?;
    packages
        .iter()
        .map(|package| Package::of(package, Path::new(&workspace)).ok_or_else(unreadable))
        .collect()
}

/// What depends on what, by names, from the text of a `Cargo.lock`.
#[derive(Debug, Default)]
pub(super) struct Dependents {
    /// The names of packages that lead to `upr`.
    leading: BTreeSet<String>,
}

impl Dependents {
    /// Reads the lines that Cargo writes: `name = "…"`, and one line a dependency.
    pub(super) fn of_upr(lock: &str) -> Self {
        let mut edges: Vec<(&str, &str)> = Vec::new();
        for package in lock.split("[[package]]").skip(1) {
            let Some(name) = package
                .lines()
                .find_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
            else {
                continue;
            };
            let listed = package
                .split_once("dependencies = [")
                .and_then(|(_, rest)| rest.split_once(']'));
            let listed = listed.map_or("", |(listed, _)| listed);
            for dependency in listed.split('"').skip(1).step_by(2) {
                // Where several versions are there, the version stands behind the name.
                let dependency = dependency.split(' ').next().unwrap_or(dependency);
                edges.push((name, dependency));
            }
        }
        let mut leading = BTreeSet::from(["upr".to_owned()]);
        loop {
            let more = edges
                .iter()
                .filter(|(from, to)| leading.contains(*to) && !leading.contains(*from));
            let more: Vec<String> = more.map(|(from, _)| (*from).to_owned()).collect();
            if more.is_empty() {
                return Self { leading };
            }
            leading.extend(more);
        }
    }

    /// Whether a package of this name depends on `upr`, directly or through others.
    pub(super) fn contains(&self, package: &str) -> bool {
        self.leading.contains(package)
    }
}

#[cfg(test)]
mod tests {
    use super::Dependents;

    #[test]
    fn a_lock_says_who_depends_on_upr() {
        let lock = "version = 4\n\n[[package]]\nname = \"app\"\nversion = \"1.0.0\"\ndependencies = [\n \"kit\",\n \"serde 1.0.0\",\n]\n\n\
            [[package]]\nname = \"kit\"\nversion = \"1.0.0\"\nsource = \"registry\"\ndependencies = [\n \"upr 0.1.0\",\n]\n\n\
            [[package]]\nname = \"serde\"\nversion = \"1.0.0\"\n\n[[package]]\nname = \"upr\"\nversion = \"0.1.0\"\ndependencies = [\n \"serde\",\n]\n";
        let dependents = Dependents::of_upr(lock);
        let known = ["app", "kit", "serde", "upr"].map(|name| dependents.contains(name));
        assert_eq!(known, [true, true, false, true]);
    }
}

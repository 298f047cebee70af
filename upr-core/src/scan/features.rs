//! Which features and dependencies a package has switched on, by Cargo's rules.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::cfg::{Answer, Cfg};
use super::metadata::{Dependency, Package, Packages};
use super::program::ProgramError;

/// What is switched on in one package.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Active {
    pub(super) features: BTreeSet<String>,
    /// Dependencies, by the names that features and code have for them.
    pub(super) dependencies: BTreeSet<String>,
}

/// Switches on what a package's features ask for, in it and in all that it depends on.
pub(super) struct Activation<'a> {
    pub(super) cargo: &'a Path,
    pub(super) packages: &'a mut Packages,
    pub(super) cfg: &'a Cfg,
    pub(super) triple: &'a str,
}

impl Activation<'_> {
    /// Every package that `root` with these features depends on, by its folder.
    pub(super) fn run(
        &mut self,
        root: &Path,
        features: BTreeSet<String>,
    ) -> Result<BTreeMap<PathBuf, Active>, ProgramError> {
        let first = Active {
            features,
            dependencies: BTreeSet::new(),
        };
        let mut active = BTreeMap::from([(root.to_owned(), first)]);
        loop {
            let before = active.clone();
            for folder in before.keys() {
                self.packages.load(self.cargo, folder)?;
                if let Some(package) = self.packages.get(folder) {
                    self.step(folder, package, &mut active);
                }
            }
            if active == before {
                return Ok(active);
            }
        }
    }

    fn step(&self, folder: &Path, package: &Package, active: &mut BTreeMap<PathBuf, Active>) {
        let mut own = active.get(folder).cloned().unwrap_or_default();
        // What features ask of dependencies: the dependency, the feature.
        let mut asked: Vec<(String, String)> = Vec::new();
        let mut weak: Vec<(String, String)> = Vec::new();
        for feature in own.features.clone() {
            for enabled in package.features.get(&feature).into_iter().flatten() {
                match enabled.split_once('/') {
                    _ if enabled.starts_with("dep:") => {
                        own.dependencies
                            .insert(enabled.trim_start_matches("dep:").to_owned());
                    }
                    Some((dependency, feature)) => match dependency.strip_suffix('?') {
                        Some(dependency) => weak.push((dependency.to_owned(), feature.to_owned())),
                        None => {
                            own.dependencies.insert(dependency.to_owned());
                            if package.features.contains_key(dependency) {
                                own.features.insert(dependency.to_owned());
                            }
                            asked.push((dependency.to_owned(), feature.to_owned()));
                        }
                    },
                    None => {
                        own.features.insert(enabled.clone());
                    }
                }
            }
        }
        let is_there = |dependency: &&Dependency| self.is_for_target(dependency);
        for dependency in package.dependencies.iter().filter(is_there) {
            if !dependency.optional {
                own.dependencies.insert(dependency.name.clone());
            }
            let Some(folder) = dependency
                .folder
                .as_ref()
                .filter(|_| own.dependencies.contains(&dependency.name))
            else {
                continue;
            };
            let theirs = active.entry(folder.clone()).or_default();
            theirs.features.extend(dependency.features.iter().cloned());
            if dependency.default_features {
                theirs.features.insert("default".to_owned());
            }
            let asked = asked
                .iter()
                .chain(&weak)
                .filter(|(name, _)| *name == dependency.name);
            theirs
                .features
                .extend(asked.map(|(_, feature)| feature.clone()));
        }
        active.entry(folder.to_owned()).or_default().merge(own);
    }

    /// Whether a dependency is one on the target that is compiled for.
    pub(super) fn is_for_target(&self, dependency: &Dependency) -> bool {
        let Some(target) = &dependency.target else {
            return true;
        };
        match target
            .strip_prefix("cfg(")
            .and_then(|rest| rest.strip_suffix(')'))
        {
            Some(predicate) => self.cfg.eval(predicate) != Ok(Answer::No),
            None => target == self.triple,
        }
    }
}

impl Active {
    fn merge(&mut self, other: Self) {
        self.features.extend(other.features);
        self.dependencies.extend(other.dependencies);
    }
}

//! A program's sources against its lock: what no macro can see, because it stands nowhere any more.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::ScannedProgram;
use crate::finding::{Finding, FindingId};
use crate::key::Key;
use crate::lock::{Declared, Lock, Share};
use crate::rename::Renames;

impl ScannedProgram {
    /// Compares the lines of the crates that were scanned and are linked with what they declare.
    ///
    /// A crate that declares nothing any more is read all the same, so all that it had published has vanished; the lines of other
    /// crates are passed over. `declared` is what [`assemble`](Self::assemble) gives.
    #[must_use]
    pub fn check(&self, lock: &Lock, declared: &[Declared]) -> Vec<Finding> {
        let crates: BTreeMap<(&str, &str), &Version> = self
            .linked
            .iter()
            .map(|krate| {
                (
                    (krate.package.as_str(), krate.name.as_str()),
                    &krate.version,
                )
            })
            .collect();
        let packages: BTreeSet<&str> = crates.keys().map(|(package, _)| *package).collect();
        let others = lock
            .entries()
            .map(|entry| entry.package.clone())
            .filter(|package| !packages.contains(package.as_str()));
        let checked = lock.check_share(declared, &Share::Without(others.collect()));
        let keys: BTreeSet<&Key> = declared.iter().map(|declared| &declared.key).collect();
        let is_gone = |key: &Key| !keys.contains(key);
        let gone = lock
            .entries()
            .filter(|entry| !entry.is_retired() && entry.cfg.is_none() && is_gone(&entry.key));
        let new = keys
            .iter()
            .copied()
            .filter(|key| lock.get(key.as_str()).is_none());
        let renames = Renames::guess(gone.map(|entry| &entry.key), new);
        let seen = |finding: Finding| {
            let vanished = matches!(
                finding.id,
                FindingId::KeyRemoved | FindingId::RemovedEarly | FindingId::NotLinked
            );
            let Some(entry) = lock.get(finding.key()).filter(|_| vanished) else {
                return Some(finding);
            };
            let version = crates.get(&(entry.package.as_str(), entry.krate.as_str()))?;
            Some(entry.vanished(version, renames.of(&entry.key).map(Key::as_str)))
        };
        checked.findings.into_iter().filter_map(seen).collect()
    }
}

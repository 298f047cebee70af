//! A program's sources against its lock: what no macro can see, because it stands nowhere any more.

use std::collections::{BTreeMap, BTreeSet};

use super::{Answer, Crate, ScannedProgram};
use crate::finding::{Finding, FindingId};
use crate::key::Key;
use crate::lock::{Declared, Entry, Lock, Share};
use crate::rename::Renames;

impl ScannedProgram {
    /// Compares the lines of the crates that were scanned and are linked with what they declare.
    ///
    /// A crate that declares nothing any more is read all the same, so all that it had published has vanished; the lines of other
    /// crates are passed over. A key under a condition is missed where the condition holds. `declared` is what [`assemble`](Self::assemble) gives.
    #[must_use]
    pub fn check(&self, lock: &Lock, declared: &[Declared]) -> Vec<Finding> {
        let crates: BTreeMap<(&str, &str), &Crate> = self
            .linked
            .iter()
            .map(|krate| ((krate.package.as_str(), krate.name.as_str()), krate))
            .collect();
        let packages: BTreeSet<&str> = crates.keys().map(|(package, _)| *package).collect();
        let others = lock
            .entries()
            .map(|entry| entry.package.clone())
            .filter(|package| !packages.contains(package.as_str()));
        let checked = lock.check_share(declared, &Share::Without(others.collect()));
        let keys: BTreeSet<&Key> = declared.iter().map(|declared| &declared.key).collect();
        let is_gone = |key: &Key| !keys.contains(key);
        // What stands under a condition is gone where it holds; what a build script may set is not known to hold.
        let is_off = |entry: &Entry| {
            let krate = crates.get(&(entry.package.as_str(), entry.krate.as_str()));
            let cfg = entry.cfg.as_deref();
            cfg.is_some_and(|cfg| krate.is_none_or(|krate| krate.cfg.eval(cfg) != Ok(Answer::Yes)))
        };
        let gone: Vec<&Entry> = lock
            .entries()
            .filter(|entry| !entry.is_retired() && is_gone(&entry.key) && !is_off(entry))
            .collect();
        let new = keys
            .iter()
            .copied()
            .filter(|key| lock.get(key.as_str()).is_none());
        let renames = Renames::guess(gone.iter().map(|entry| &entry.key), new);
        let is_told = |finding: &Finding| {
            matches!(
                finding.id,
                FindingId::KeyRemoved | FindingId::RemovedEarly | FindingId::NotLinked
            )
        };
        let vanished = gone.iter().filter_map(|entry| {
            let krate = crates.get(&(entry.package.as_str(), entry.krate.as_str()))?;
            Some(entry.vanished(&krate.version, renames.of(&entry.key).map(Key::as_str)))
        });
        let others = checked.findings.into_iter();
        let mut findings: Vec<Finding> = others
            .filter(|finding| !is_told(finding))
            .chain(vanished)
            .collect();
        findings.sort_by(|a, b| (&a.about, a.id).cmp(&(&b.about, b.id)));
        findings
    }
}

//! Code against lock: what no longer agrees, and what to do.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::{Declared, Entry, Lock};
use crate::finding::{Bump, Finding, FindingId};
use crate::key::Key;
use crate::name::nearest;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Sorted by key, then by rule.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// The largest that any finding asks for.
    #[must_use]
    pub fn bump(&self) -> Bump {
        self.findings
            .iter()
            .map(|finding| finding.bump)
            .max()
            .unwrap_or(Bump::None)
    }

    /// Whether a finding fails the check.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        let is_error = |finding: &Finding| finding.id.severity() == crate::finding::Severity::Error;
        self.findings.iter().any(is_error)
    }
}

impl Entry {
    /// What is found when the key is no longer declared by `version` of its package.
    ///
    /// `renamed` is the new key that it most likely became.
    #[must_use]
    pub fn vanished(&self, version: &Version, renamed: Option<&str>) -> Finding {
        let key = &self.key;
        let removed_early = self.deprecated.is_some()
            && self
                .remove_in
                .as_ref()
                .is_some_and(|remove_in| version < remove_in);
        let (id, message) = match &self.remove_in {
            Some(remove_in) if removed_early => (
                FindingId::RemovedEarly,
                format!("`{key}` is gone in {version}, and was promised until {remove_in}"),
            ),
            _ => (
                FindingId::KeyRemoved,
                format!(
                    "`{key}` was published in {} and is no longer declared",
                    self.published
                ),
            ),
        };
        let renamed = renamed
            .map(|new| format!(" (renamed to `{new}`?)"))
            .unwrap_or_default();
        let remedy = if self.deprecated.is_some() {
            format!("declare it again, or retire it: `upr lock retire {key}`{renamed}")
        } else {
            format!(
                "declare it again, deprecate it with `replaced_by`, or retire it: `upr lock retire {key} --force`{renamed}"
            )
        };
        Finding {
            id,
            key: key.clone(),
            message,
            remedy,
            bump: Bump::Major,
        }
    }

    /// What is found when the key is declared; `None` unless it is a tombstone.
    #[must_use]
    pub fn reused(&self) -> Option<Finding> {
        let retired = self.retired.as_ref()?;
        Some(Finding {
            id: FindingId::KeyReused,
            key: self.key.clone(),
            message: format!(
                "`{}` was retired in {retired} and is declared again",
                self.key
            ),
            remedy: "give it another name: a retired key is never used again".to_owned(),
            bump: Bump::Major,
        })
    }
}

impl Lock {
    /// Compares the lock with everything that a program declares.
    #[must_use]
    pub fn check(&self, declared: &[Declared]) -> Checked {
        let code = Code::new(declared);
        let mut findings: Vec<Finding> = Vec::new();
        for entry in self.entries() {
            findings.extend(self.check_entry(entry, &code));
        }
        for declared in declared {
            findings.extend(self.check_declared(declared, &code));
        }
        findings.extend(code.case_variants());
        findings.sort_by(|a, b| (&a.key, a.id).cmp(&(&b.key, b.id)));
        Checked { findings }
    }

    fn check_entry(&self, entry: &Entry, code: &Code<'_>) -> Option<Finding> {
        if entry.is_retired() {
            return self.check_tombstone(entry, code);
        }
        // What stands under a condition that is off is not gone.
        if code.keys.contains_key(&entry.key) || entry.cfg.is_some() {
            return None;
        }
        match code
            .crates
            .get(&(entry.package.as_str(), entry.krate.as_str()))
        {
            None => Some(not_linked(entry)),
            Some(version) => self.check_vanished(entry, version, code),
        }
    }

    fn check_vanished(&self, entry: &Entry, version: &Version, code: &Code<'_>) -> Option<Finding> {
        let renamed = code.unrecorded_near(self, &entry.key);
        Some(entry.vanished(version, renamed.map(Key::as_str)))
    }

    fn check_tombstone(&self, entry: &Entry, code: &Code<'_>) -> Option<Finding> {
        let key = &entry.key;
        let finding = |id, message, remedy: &str| {
            Some(Finding {
                id,
                key: key.clone(),
                message,
                remedy: remedy.to_owned(),
                bump: Bump::None,
            })
        };
        let Ok(last) = self.resolve(key) else {
            return finding(
                FindingId::LockContradiction,
                format!("the replacements of `{key}` run in a circle"),
                "correct `replaced_by` of one of the lines in the lock",
            );
        };
        let is_known = |key| self.get(key).is_some_and(|entry| !entry.is_retired());
        let ends_nowhere = last != key
            && !code.keys.contains_key(last)
            && !is_known(last.as_str())
            && !self.get(last.as_str()).is_some_and(Entry::is_retired);
        if ends_nowhere {
            return finding(
                FindingId::ReplacementMissing,
                format!("`{key}` is replaced by `{last}`, which nobody declares"),
                "correct `replaced_by` in the lock",
            );
        }
        None
    }

    fn check_declared(&self, declared: &Declared, code: &Code<'_>) -> Vec<Finding> {
        let Declared { key, version, .. } = declared;
        let known = self.entries.get(key);
        if let Some(reused) = known.and_then(Entry::reused) {
            return vec![reused];
        }
        let mut findings = Vec::new();
        findings.extend(check_recorded(declared, known));
        findings.extend(check_overdue(declared, version));
        findings.extend(self.check_replacement(declared, code));
        findings
    }

    fn check_replacement(&self, declared: &Declared, code: &Code<'_>) -> Option<Finding> {
        let target = declared.deprecation.as_ref()?.replaced_by.as_ref()?;
        if code.keys.contains_key(target) || self.entries.contains_key(target) {
            return None;
        }
        Some(Finding {
            id: FindingId::ReplacementMissing,
            key: declared.key.clone(),
            message: format!(
                "`{}` is replaced by `{target}`, which nobody declares",
                declared.key
            ),
            remedy: "name a declared permission in `replaced_by`".to_owned(),
            bump: Bump::None,
        })
    }
}

fn not_linked(entry: &Entry) -> Finding {
    let Entry {
        key,
        package,
        krate,
        ..
    } = entry;
    Finding {
        id: FindingId::NotLinked,
        key: key.clone(),
        message: format!(
            "`{key}` is published by crate `{krate}` of package `{package}`, which is not linked"
        ),
        remedy: format!("refer to the crate (`use {krate} as _;`), or retire its keys"),
        bump: Bump::Major,
    }
}

fn check_recorded(declared: &Declared, known: Option<&Entry>) -> Option<Finding> {
    let key = &declared.key;
    let wanted = Entry::of(declared, known);
    let (message, bump) = match known {
        None => (format!("`{key}` is declared and not recorded"), Bump::Minor),
        Some(known) if *known == wanted => return None,
        Some(known) => {
            let fields = differing(known, &wanted).join(", ");
            (
                format!("`{key}` is recorded with another {fields}"),
                Bump::Minor,
            )
        }
    };
    let remedy = "run `upr lock` and commit `upr.lock`".to_owned();
    Some(Finding {
        id: FindingId::NotRecorded,
        key: key.clone(),
        message,
        remedy,
        bump,
    })
}

fn differing(a: &Entry, b: &Entry) -> Vec<&'static str> {
    let fields = [
        ("`deprecated`", a.deprecated != b.deprecated),
        ("`remove_in`", a.remove_in != b.remove_in),
        ("`replaced_by`", a.replaced_by != b.replaced_by),
        ("`cfg`", a.cfg != b.cfg),
        ("`package`", a.package != b.package),
        ("`crate`", a.krate != b.krate),
    ];
    fields
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| name)
        .collect()
}

fn check_overdue(declared: &Declared, version: &Version) -> Option<Finding> {
    let remove_in = declared.deprecation.as_ref()?.remove_in.as_ref()?;
    if version < remove_in {
        return None;
    }
    let key = &declared.key;
    Some(Finding {
        id: FindingId::RemovalOverdue,
        key: key.clone(),
        message: format!("`{key}` was to be removed in {remove_in}, and this is {version}"),
        remedy: format!("remove it and run `upr lock retire {key}`, or move `remove_in`"),
        bump: Bump::None,
    })
}

/// What code declares, by key and by crate.
struct Code<'a> {
    keys: BTreeMap<&'a Key, &'a Declared>,
    crates: BTreeMap<(&'a str, &'a str), &'a Version>,
}

impl<'a> Code<'a> {
    fn new(declared: &'a [Declared]) -> Self {
        let keys = declared
            .iter()
            .map(|declared| (&declared.key, declared))
            .collect();
        let crates = declared
            .iter()
            .map(|d| ((d.package.as_str(), d.krate.as_str()), &d.version))
            .collect();
        Self { keys, crates }
    }

    /// The declared key that a vanished one was most likely renamed to: near, and not yet recorded.
    fn unrecorded_near(&self, lock: &Lock, key: &Key) -> Option<&'a Key> {
        let new = || {
            self.keys
                .keys()
                .filter(|new| lock.get(new.as_str()).is_none())
        };
        let in_module = new().filter(|new| new.module() == key.module());
        let near = nearest(key.as_str(), in_module.map(|new| new.as_str()))
            .or_else(|| nearest(key.as_str(), new().map(|new| new.as_str())))?;
        new().find(|new| new.as_str() == near).copied()
    }

    /// Across modules; in one module the declaration itself is refused.
    fn case_variants(&self) -> Vec<Finding> {
        let mut seen: BTreeMap<String, BTreeSet<&Key>> = BTreeMap::new();
        for key in self.keys.keys() {
            seen.entry(key.as_str().to_ascii_lowercase())
                .or_default()
                .insert(key);
        }
        let variants = seen.into_values().filter(|keys| keys.len() > 1);
        variants.flat_map(|keys| case_variant(&keys)).collect()
    }
}

fn case_variant(keys: &BTreeSet<&Key>) -> Option<Finding> {
    let mut keys = keys.iter();
    let (first, second) = (keys.next()?, keys.next()?);
    Some(Finding {
        id: FindingId::CaseVariant,
        key: (*second).clone(),
        message: format!("`{first}` and `{second}` differ only in case"),
        remedy: "rename one of them while it is new".to_owned(),
        bump: Bump::None,
    })
}

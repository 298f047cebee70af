//! Code against lock: what no longer agrees, and what to do.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::{Declared, Entry, Lock, Share};
use crate::finding::{Bump, Finding, FindingId};
use crate::key::Key;
use crate::rename::Renames;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checked {
    /// Sorted by key, then by rule.
    pub findings: Vec<Finding>,
    /// Keys that are not declared here and stand under a condition, sorted: a build in which it holds may have them.
    pub conditional: Vec<Key>,
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
        self.findings.iter().any(Finding::is_error)
    }
}

/// How a key went that has no tombstone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gone<'a> {
    /// Nobody was warned.
    Unannounced,
    /// Before the version until which it was promised.
    Early(&'a Version),
    /// As it was announced.
    Announced,
}

impl<'a> Gone<'a> {
    /// `version` is the one without the key; unknown, it is taken to be early enough.
    pub(crate) fn of(
        is_deprecated: bool,
        remove_in: Option<&'a Version>,
        version: Option<&Version>,
    ) -> Self {
        match remove_in {
            _ if !is_deprecated => Self::Unannounced,
            Some(remove_in) if version.is_none_or(|version| version < remove_in) => {
                Self::Early(remove_in)
            }
            _ => Self::Announced,
        }
    }

    pub(crate) const fn id(self) -> FindingId {
        match self {
            Self::Early(_) => FindingId::RemovedEarly,
            Self::Unannounced | Self::Announced => FindingId::KeyRemoved,
        }
    }

    /// What to do; `renamed` is the new key that it most likely became.
    pub(crate) fn remedy(self, key: &Key, renamed: Option<&str>) -> String {
        let renamed = renamed
            .map(|new| format!(" (renamed to `{new}`?)"))
            .unwrap_or_default();
        match self {
            Self::Unannounced => format!(
                "declare it again, deprecate it with `replaced_by`, or retire it: `upr lock retire {key} --force`{renamed}"
            ),
            Self::Early(_) | Self::Announced => {
                format!("declare it again, or retire it: `upr lock retire {key}`{renamed}")
            }
        }
    }
}

impl Entry {
    /// What is found when the key is no longer declared by `version` of its package.
    ///
    /// `renamed` is the new key that it most likely became.
    #[must_use]
    pub fn vanished(&self, version: &Version, renamed: Option<&str>) -> Finding {
        let key = &self.key;
        let gone = Gone::of(
            self.deprecated.is_some(),
            self.remove_in.as_ref(),
            Some(version),
        );
        let message = match gone {
            Gone::Early(remove_in) => {
                format!("`{key}` is gone in {version}, and was promised until {remove_in}")
            }
            Gone::Unannounced | Gone::Announced => format!(
                "`{key}` was published in {} and is no longer declared",
                self.published
            ),
        };
        Finding::new(gone.id(), key, message, gone.remedy(key, renamed)).asking(Bump::Major)
    }

    /// What is found when the key is declared; `None` unless it is a tombstone.
    #[must_use]
    pub fn reused(&self) -> Option<Finding> {
        Some(reused(&self.key, self.retired.as_ref()?))
    }
}

/// A tombstone that is declared again.
pub(crate) fn reused(key: &Key, retired: &Version) -> Finding {
    Finding::new(
        FindingId::KeyReused,
        key,
        format!("`{key}` was retired in {retired} and is declared again"),
        "give it another name: a retired key is never used again".to_owned(),
    )
    .asking(Bump::Major)
}

impl Lock {
    /// Compares the whole lock with everything that a program declares.
    #[must_use]
    pub fn check(&self, declared: &[Declared]) -> Checked {
        self.check_share(declared, &Share::Whole)
    }

    /// Compares the lock with what is declared by those for whom `share` speaks.
    ///
    /// The lines of other packages are somebody else's: they are not missed here, and a key that one of them has cannot
    /// be recorded for another package.
    #[must_use]
    pub fn check_share(&self, declared: &[Declared], share: &Share) -> Checked {
        let code = Code::new(declared);
        let missing: Vec<&Entry> = self
            .entries()
            .filter(|entry| !entry.is_retired() && !code.keys.contains_key(&entry.key))
            .filter(|entry| share.covers(&entry.package))
            .collect();
        // What stands under a condition that is off is not gone.
        let (conditional, gone): (Vec<&Entry>, Vec<&Entry>) =
            missing.into_iter().partition(|entry| entry.cfg.is_some());
        let renames = Renames::guess(
            gone.iter().map(|entry| &entry.key),
            code.keys
                .keys()
                .copied()
                .filter(|key| !self.entries.contains_key(*key)),
        );
        let mut findings: Vec<Finding> = gone
            .into_iter()
            .map(|entry| code.gone(entry, &renames))
            .collect();
        findings.extend(
            self.retired()
                .filter_map(|entry| self.check_tombstone(entry, &code)),
        );
        for declared in declared {
            findings.extend(self.check_declared(declared, &code, share));
        }
        findings.extend(code.case_variants());
        findings.sort_by(|a, b| (&a.about, a.id).cmp(&(&b.about, b.id)));
        Checked {
            findings,
            conditional: conditional
                .into_iter()
                .map(|entry| entry.key.clone())
                .collect(),
        }
    }

    fn check_tombstone(&self, entry: &Entry, code: &Code<'_>) -> Option<Finding> {
        let key = &entry.key;
        let Ok(last) = self.resolve(key) else {
            return Some(Finding::new(
                FindingId::LockContradiction,
                key,
                format!("the replacements of `{key}` run in a circle"),
                "correct `replaced_by` of one of the lines in the lock".to_owned(),
            ));
        };
        let is_known = code.keys.contains_key(last) || self.entries.contains_key(last);
        (!is_known).then(|| {
            Finding::new(
                FindingId::ReplacementMissing,
                key,
                format!("`{key}` is replaced by `{last}`, which nobody declares"),
                "correct `replaced_by` in the lock".to_owned(),
            )
        })
    }

    fn check_declared(&self, declared: &Declared, code: &Code<'_>, share: &Share) -> Vec<Finding> {
        let known = self.entries.get(&declared.key);
        if let Some(reused) = known.and_then(Entry::reused) {
            return vec![reused];
        }
        let mut findings = Vec::new();
        findings.extend(check_recorded(declared, known, share));
        findings.extend(check_overdue(declared));
        findings.extend(self.check_replacement(declared, code));
        findings.extend(known.and_then(|entry| check_condition(declared, entry)));
        findings
    }

    fn check_replacement(&self, declared: &Declared, code: &Code<'_>) -> Option<Finding> {
        let target = declared.deprecation.as_ref()?.replaced_by.as_ref()?;
        if code.keys.contains_key(target) || self.entries.contains_key(target) {
            return None;
        }
        let key = &declared.key;
        Some(Finding::new(
            FindingId::ReplacementMissing,
            key,
            format!("`{key}` is replaced by `{target}`, which nobody declares"),
            "name a declared permission in `replaced_by`".to_owned(),
        ))
    }
}

fn not_linked(entry: &Entry) -> Finding {
    let Entry {
        key,
        package,
        krate,
        ..
    } = entry;
    Finding::new(
        FindingId::NotLinked,
        key,
        format!(
            "`{key}` is published by crate `{krate}` of package `{package}`, which is not linked"
        ),
        format!("refer to the crate (`use {krate} as _;`), or retire its keys"),
    )
    .asking(Bump::Major)
}

fn check_recorded(declared: &Declared, known: Option<&Entry>, share: &Share) -> Option<Finding> {
    let key = &declared.key;
    let found = |message, remedy: &str| {
        let finding = Finding::new(FindingId::NotRecorded, key, message, remedy.to_owned());
        Some(finding.asking(Bump::Minor))
    };
    let record = "run `upr lock` and commit `upr.lock`";
    let Some(known) = known else {
        return found(format!("`{key}` is declared and not recorded"), record);
    };
    let wanted = Entry::of(declared, Some(known));
    if *known == wanted {
        return None;
    }
    if (&known.package, &known.krate) == (&wanted.package, &wanted.krate) {
        let fields = differing(known, &wanted).join(", ");
        return found(format!("`{key}` is recorded with another {fields}"), record);
    }
    let moved = format!(
        "`{key}` is recorded for crate `{}` of package `{}`, and declared by crate `{}` of package `{}`",
        known.krate, known.package, wanted.krate, wanted.package
    );
    if share.covers(&known.package) {
        return found(moved, "if it moved, run `upr lock` and commit `upr.lock`");
    }
    found(
        moved,
        "if it moved, run `cargo upr lock --workspace`; if both declare it, give each program an `upr.lock` of its own",
    )
}

fn differing(a: &Entry, b: &Entry) -> Vec<&'static str> {
    let fields = [
        ("`deprecated`", a.deprecated != b.deprecated),
        ("`remove_in`", a.remove_in != b.remove_in),
        ("`replaced_by`", a.replaced_by != b.replaced_by),
        ("`cfg`", a.cfg != b.cfg),
    ];
    fields
        .into_iter()
        .filter(|(_, differs)| *differs)
        .map(|(name, _)| name)
        .collect()
}

fn check_overdue(declared: &Declared) -> Option<Finding> {
    let Declared { key, version, .. } = declared;
    let remove_in = declared.deprecation.as_ref()?.remove_in.as_ref()?;
    (version >= remove_in).then(|| {
        Finding::new(
            FindingId::RemovalOverdue,
            key,
            format!("`{key}` was to be removed in {remove_in}, and this is {version}"),
            format!("remove it and run `upr lock retire {key}`, or move `remove_in`"),
        )
    })
}

/// A condition that the code does not show may stand where a program cannot see it, and may be gone: then the key is
/// guarded less than its author thinks.
fn check_condition(declared: &Declared, known: &Entry) -> Option<Finding> {
    let cfg = known.cfg.as_ref().filter(|_| declared.cfg.is_none())?;
    let key = &declared.key;
    Some(Finding::new(
        FindingId::ConditionUnseen,
        key,
        format!("the lock has the condition `{cfg}` for `{key}`, and the code shows none"),
        "remove `cfg` from the line if it no longer holds; else ignore this with the reason"
            .to_owned(),
    ))
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

    /// A published key that is not declared: its crate is not there, or the key is not in it.
    fn gone(&self, entry: &Entry, renames: &Renames<'_>) -> Finding {
        let Entry {
            key,
            package,
            krate,
            ..
        } = entry;
        match self.crates.get(&(package.as_str(), krate.as_str())) {
            None => not_linked(entry),
            Some(version) => entry.vanished(version, renames.of(key).map(Key::as_str)),
        }
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
    Some(case_variant_of(first, second))
}

/// Two keys that people will take for one.
pub(crate) fn case_variant_of(first: &Key, second: &Key) -> Finding {
    Finding::new(
        FindingId::CaseVariant,
        second,
        format!("`{first}` and `{second}` differ only in case"),
        "rename one of them while it is new".to_owned(),
    )
}

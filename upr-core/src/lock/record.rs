//! Bringing the lock up to date: new keys, deprecations, tombstones.

use std::error::Error;
use std::fmt;

use semver::Version;

use super::{Declared, Entry, Lock, Share};
use crate::key::Key;

impl Entry {
    /// The line that the lock should hold for `declared`, given the one it holds.
    pub(super) fn of(declared: &Declared, known: Option<&Self>) -> Self {
        let deprecation = declared.deprecation.as_ref();
        let is_older = |since: &Version| deprecation.is_none() && declared.version < *since;
        if let Some(known) = known.filter(|known| known.deprecated.as_ref().is_some_and(is_older)) {
            // An older program does not know what was announced after it, and takes no notice back.
            return known.clone();
        }
        let since = deprecation.map(|deprecation| {
            let said = deprecation.since.clone();
            let recorded = known.and_then(|entry| entry.deprecated.clone());
            said.or(recorded)
                .unwrap_or_else(|| declared.version.clone())
        });
        Self {
            key: declared.key.clone(),
            published: known
                .map_or(&declared.version, |entry| &entry.published)
                .clone(),
            deprecated: since,
            remove_in: deprecation.and_then(|deprecation| deprecation.remove_in.clone()),
            retired: None,
            replaced_by: deprecation.and_then(|deprecation| deprecation.replaced_by.clone()),
            // A program does not know which conditions it was built under: what it does not tell stays recorded.
            cfg: declared
                .cfg
                .clone()
                .or_else(|| known.and_then(|entry| entry.cfg.clone())),
            package: declared.package.clone(),
            krate: declared.krate.clone(),
        }
    }
}

impl Lock {
    /// Records what code declares and gives the keys whose lines are new or changed, sorted.
    ///
    /// Tombstones and keys that are not declared are left as they are: a key goes only by
    /// [`retire`](Self::retire).
    pub fn record(&mut self, declared: &[Declared]) -> Vec<Key> {
        let Recorded { new, changed, .. } = self.record_share(declared, &Share::Whole);
        let mut keys = [new, changed].concat();
        keys.sort();
        keys
    }

    /// As [`record`](Self::record), without taking a key over from a package for which `share` does not speak.
    pub fn record_share(&mut self, declared: &[Declared], share: &Share) -> Recorded {
        let mut recorded = Recorded::default();
        for declared in declared {
            let known = self.entries.get(&declared.key);
            if known.is_some_and(Entry::is_retired) {
                continue;
            }
            let entry = Entry::of(declared, known);
            let key = || entry.key.clone();
            match known {
                Some(known) if *known == entry => continue,
                Some(known) if known.package != entry.package && !share.covers(&known.package) => {
                    recorded.kept.push(key());
                    continue;
                }
                Some(_) => recorded.changed.push(key()),
                None => recorded.new.push(key()),
            }
            self.entries.insert(key(), entry);
        }
        recorded.new.sort();
        recorded.changed.sort();
        recorded.kept.sort();
        recorded
    }

    /// Gives what a catalog declares the package, crate and condition that the lock knows, since a catalog does not tell them.
    pub fn complete(&self, declared: &mut [Declared]) {
        for declared in declared {
            if let Some(known) = self.entries.get(&declared.key) {
                declared.package.clone_from(&known.package);
                declared.krate.clone_from(&known.krate);
                declared.cfg.clone_from(&known.cfg);
            }
        }
    }

    /// Makes a key a tombstone.
    ///
    /// Unless it is forced, the key must be deprecated, and `version` must have reached its
    /// `remove_in` if it has one. A retirement that already stands as asked changes nothing and
    /// gives `false`.
    ///
    /// # Errors
    ///
    /// [`RetireError`]; the lock is then as it was.
    pub fn retire(&mut self, key: &str, retirement: &Retirement) -> Result<bool, RetireError> {
        let Some(entry) = self.entries.get(key) else {
            return Err(RetireError::Unknown {
                key: key.to_owned(),
            });
        };
        let replaced_by = retirement
            .replaced_by
            .as_ref()
            .or(entry.replaced_by.as_ref())
            .cloned();
        if entry.is_retired() {
            if retirement.replaced_by.is_some() && retirement.replaced_by != entry.replaced_by {
                return Err(RetireError::AlreadyRetired {
                    key: entry.key.clone(),
                });
            }
            return Ok(false);
        }
        if !retirement.force {
            check_due(entry, &retirement.version)?;
        }
        if let Some(target) = &replaced_by {
            self.check_target(&entry.key, target)?;
        }
        let tombstone = Entry {
            deprecated: None,
            remove_in: None,
            retired: Some(retirement.version.clone()),
            replaced_by,
            cfg: None,
            ..entry.clone()
        };
        self.entries.insert(tombstone.key.clone(), tombstone);
        Ok(true)
    }

    fn check_target(&self, key: &Key, target: &Key) -> Result<(), RetireError> {
        if !self.entries.contains_key(target) {
            return Err(RetireError::UnknownReplacement {
                target: target.clone(),
            });
        }
        match self.resolve(target) {
            Ok(last) if last == key => Err(RetireError::Circle {
                key: key.clone(),
                target: target.clone(),
            }),
            Ok(last) if self.entries.get(last).is_some_and(Entry::is_retired) => {
                Err(RetireError::RetiredReplacement {
                    target: target.clone(),
                    last: last.clone(),
                })
            }
            Ok(_) => Ok(()),
            Err(_) => Err(RetireError::Circle {
                key: key.clone(),
                target: target.clone(),
            }),
        }
    }
}

/// What recording did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Keys that the lock did not know, sorted.
    pub new: Vec<Key>,
    /// Keys whose lines say something else now, sorted.
    pub changed: Vec<Key>,
    /// Keys that are recorded for a package that is not part of the run, sorted; their lines are as they were.
    pub kept: Vec<Key>,
}

fn check_due(entry: &Entry, version: &Version) -> Result<(), RetireError> {
    if entry.deprecated.is_none() {
        return Err(RetireError::NotDeprecated {
            key: entry.key.clone(),
        });
    }
    match &entry.remove_in {
        Some(remove_in) if version < remove_in => Err(RetireError::NotDue {
            key: entry.key.clone(),
            remove_in: remove_in.clone(),
            version: version.clone(),
        }),
        _ => Ok(()),
    }
}

/// How a key is retired.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retirement {
    /// The version that goes without the key.
    pub version: Version,
    /// What takes its place; what the deprecation said when it is `None`.
    pub replaced_by: Option<Key>,
    /// Whether it may go without notice.
    pub force: bool,
}

/// Why a key is not made a tombstone.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetireError {
    /// The lock does not know the key.
    Unknown {
        /// The key as it was given.
        key: String,
    },
    /// It is a tombstone already, with another replacement.
    AlreadyRetired {
        /// The key.
        key: Key,
    },
    /// Nobody was warned.
    NotDeprecated {
        /// The key.
        key: Key,
    },
    /// It was promised for longer.
    NotDue {
        /// The key.
        key: Key,
        /// The first version that may be without it.
        remove_in: Version,
        /// The version at hand.
        version: Version,
    },
    /// The lock does not know the replacement.
    UnknownReplacement {
        /// The replacement.
        target: Key,
    },
    /// The replacement is retired, and nothing came in its place.
    RetiredReplacement {
        /// The replacement.
        target: Key,
        /// The last key that its own replacements lead to.
        last: Key,
    },
    /// The replacement is in the end replaced by the key itself.
    Circle {
        /// The key.
        key: Key,
        /// The replacement.
        target: Key,
    },
}

impl RetireError {
    /// What to do.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Unknown { .. } => "record the declared keys with `upr lock`".to_owned(),
            Self::AlreadyRetired { .. } => {
                "a tombstone stays; its replacement is changed by hand in the lock".to_owned()
            }
            Self::NotDeprecated { .. } => {
                "deprecate it first (`deprecated = \"…\"`) and run `upr lock`, or pass `--force`"
                    .to_owned()
            }
            Self::NotDue { remove_in, .. } => {
                format!("wait for version {remove_in}, or pass `--force`")
            }
            Self::UnknownReplacement { .. } => {
                "declare the replacement and run `upr lock`".to_owned()
            }
            Self::RetiredReplacement { .. } | Self::Circle { .. } => {
                "name a key that is declared".to_owned()
            }
        }
    }
}

impl fmt::Display for RetireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown { key } => write!(f, "`{key}` is not in the lock"),
            Self::AlreadyRetired { key } => {
                write!(f, "`{key}` is retired already, with another replacement")
            }
            Self::NotDeprecated { key } => write!(f, "`{key}` is not deprecated"),
            Self::NotDue {
                key,
                remove_in,
                version,
            } => {
                write!(
                    f,
                    "`{key}` is promised until version {remove_in}, and this is {version}"
                )
            }
            Self::UnknownReplacement { target } => {
                write!(f, "the replacement `{target}` is not in the lock")
            }
            Self::RetiredReplacement { target, last } if target == last => {
                write!(f, "the replacement `{target}` is retired itself")
            }
            Self::RetiredReplacement { target, last } => {
                write!(
                    f,
                    "the replacement `{target}` is in the end replaced by `{last}`, which is retired itself"
                )
            }
            Self::Circle { key, target } => {
                write!(f, "`{target}` is in the end replaced by `{key}` itself")
            }
        }
    }
}

impl Error for RetireError {}

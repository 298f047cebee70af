//! `upr.lock`: every key that was ever published, with its life so far.
//!
//! The file is JSON Lines, one key a line, sorted, so that parallel branches merge as a union of
//! lines. Identical lines are one; contradicting ones are an error that names both.
//!
//! | file | holds |
//! | --- | --- |
//! | `text.rs` | reading and writing the file |
//! | `check.rs` | code against lock |
//! | `record.rs` | lock brought up to date; tombstones |
//! | `share.rs` | whose lines a run speaks for, where several packages share a lock |

mod check;
mod record;
mod share;
mod text;

use std::collections::BTreeMap;
use std::fmt;

use semver::Version;

pub use self::check::Checked;
pub(crate) use self::check::{Gone, case_variant_of, reused};

pub use self::record::{Recorded, RetireError, Retirement};
pub use self::share::Share;
pub use self::text::{Lines, LockError};
use crate::key::Key;

/// The member `format` of the first line.
pub const FORMAT: &str = "upr.lock/1";
/// The file's name, beside `Cargo.toml`.
pub const FILE_NAME: &str = "upr.lock";

/// The keys that were ever published.
///
/// ```
/// use upr_core::Lock;
/// let text = "{\"format\":\"upr.lock/1\"}\n\
///     {\"key\":\"users.view\",\"published\":\"1.0.0\",\"package\":\"helpdesk\",\"crate\":\"helpdesk\"}\n";
/// let lock = Lock::parse(text)?;
/// assert!(lock.get("users.view").is_some_and(|entry| !entry.is_retired()));
/// assert_eq!(lock.to_text(), text);
/// # Ok::<(), upr_core::lock::LockError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lock {
    entries: BTreeMap<Key, Entry>,
}

/// One key's life so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key.
    pub key: Key,
    /// The version of its package that had it first.
    pub published: Version,
    /// The version that deprecated it.
    pub deprecated: Option<Version>,
    /// The first version that may be without it.
    pub remove_in: Option<Version>,
    /// Set when it is a tombstone: the version that went without it.
    pub retired: Option<Version>,
    /// What takes its place.
    pub replaced_by: Option<Key>,
    /// The condition of `#[cfg]` under which it is declared.
    pub cfg: Option<String>,
    /// The package that declares it.
    pub package: String,
    /// The crate target of that package.
    pub krate: String,
}

impl Entry {
    /// Whether the key is never used again.
    #[must_use]
    pub fn is_retired(&self) -> bool {
        self.retired.is_some()
    }
}

/// A key as code declares it, with what the lock wants to know about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declared {
    /// The key.
    pub key: Key,
    /// Set when it is deprecated.
    pub deprecation: Option<DeclaredDeprecation>,
    /// The condition of `#[cfg]` as far as the declaration shows it.
    pub cfg: Option<String>,
    /// The package that declares it.
    pub package: String,
    /// The crate target of that package.
    pub krate: String,
    /// The package's version.
    pub version: Version,
}

/// What of a deprecation the lock records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeclaredDeprecation {
    /// The first version that says so; the package's when it is not said.
    pub since: Option<Version>,
    /// The first version that may be without the key.
    pub remove_in: Option<Version>,
    /// What takes its place.
    pub replaced_by: Option<Key>,
}

impl Lock {
    /// The entry of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// Every entry, sorted by key.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The tombstones, sorted by key.
    pub fn retired(&self) -> impl Iterator<Item = &Entry> {
        self.entries().filter(|entry| entry.is_retired())
    }

    /// How many keys it knows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether it knows none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Follows `replaced_by` of tombstones from `key` to the last one.
    ///
    /// Gives the key itself when nothing replaces it.
    ///
    /// # Errors
    ///
    /// [`Cycle`] when the replacements run in a circle.
    pub fn resolve<'a>(&'a self, key: &'a Key) -> Result<&'a Key, Cycle> {
        let mut current = key;
        for _ in 0..=self.entries.len() {
            let next = self.entries.get(current).filter(|entry| entry.is_retired());
            match next.and_then(|entry| entry.replaced_by.as_ref()) {
                Some(next) => current = next,
                None => return Ok(current),
            }
        }
        Err(Cycle { key: key.clone() })
    }
}

/// Replacements that run in a circle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle {
    key: Key,
}

impl Cycle {
    /// The key whose replacements never end.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }
}

impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the replacements of `{}` run in a circle", self.key)
    }
}

impl std::error::Error for Cycle {}

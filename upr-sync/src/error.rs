//! What can go wrong with a store, and what that means for whoever called.

use std::fmt;

use thiserror::Error;
use upr_core::{Key, SubjectId};

use crate::backup::BackupError;
use crate::engine::{EngineError, Fault};

/// What a failure means; the number is the exit code of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Class {
    /// The answer is no: refused, denied, invalid. The state is the one before.
    No = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// It could not be found out or done. The state is the one before.
    CouldNot = 3,
    /// Begun, and neither completed nor undone.
    Begun = 4,
}

impl Class {
    /// The exit code of a command that ends so.
    #[must_use]
    pub const fn exit_code(self) -> u8 {
        self as u8
    }
}

/// What every error of this crate can tell beside its sentence.
pub trait Failure: std::error::Error {
    /// A stable word for scripts, such as `no-schema`.
    fn code(&self) -> &'static str;

    /// What it means for the caller.
    fn class(&self) -> Class;

    /// What to do, one sentence each; may be empty.
    fn hints(&self) -> Vec<String>;
}

/// A store that cannot be opened, read or written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Another program holds the lock.
    #[error("the database `{place}` is locked by another program")]
    Locked {
        /// Where the store is.
        place: String,
    },
    /// The time that was allowed is over; what was begun is rolled back.
    #[error("the database `{place}` did not answer in the time that was allowed")]
    Late {
        /// Where the store is.
        place: String,
    },
    /// File, folder or role may only be read.
    #[error("the database `{place}` may only be read")]
    ReadOnly {
        /// Where the store is.
        place: String,
    },
    /// No room left.
    #[error("there is no room left on the disk of the database `{place}`")]
    Full {
        /// Where the store is.
        place: String,
    },
    /// The file is something else.
    #[error("the file `{place}` is not a database")]
    NotADatabase {
        /// Where the store is.
        place: String,
    },
    /// The file is damaged.
    #[error("the database `{place}` is damaged: {detail}")]
    Damaged {
        /// Where the store is.
        place: String,
        /// The database's own words.
        detail: String,
    },
    /// It cannot be opened or reached.
    #[error("the database `{place}` cannot be opened: {detail}")]
    Unreachable {
        /// Where the store is.
        place: String,
        /// The database's own words.
        detail: String,
    },
    /// This build has no engine for it.
    #[error("the database `{place}` needs PostgreSQL, which is not built in yet")]
    NotBuiltIn {
        /// Where the store is.
        place: String,
    },
    /// Nothing of ours is there.
    #[error("the database `{place}` has no schema yet")]
    NoSchema {
        /// Where the store is.
        place: String,
    },
    /// Its schema is older than what this program writes.
    #[error("the database `{place}` has schema version {found}, and this program needs {needed}")]
    OldSchema {
        /// Where the store is.
        place: String,
        /// The version found.
        found: i64,
        /// The version this program needs.
        needed: i64,
    },
    /// Its schema can only be read by newer programs.
    #[error(
        "the database `{place}` can be read by programs that know schema version {oldest_reader}, and this one knows {known}"
    )]
    NewSchema {
        /// Where the store is.
        place: String,
        /// The oldest version that a program must know.
        oldest_reader: i64,
        /// What this program knows.
        known: i64,
    },
    /// A migration that was applied has other statements now.
    #[error("migration {version} of the database `{place}` is not the one that this program knows")]
    ChangedMigration {
        /// Where the store is.
        place: String,
        /// Which migration.
        version: i64,
    },
    /// The store belongs to another environment.
    #[error("the database `{place}` belongs to the environment `{stored}`, not to `{asked}`")]
    Environment {
        /// Where the store is.
        place: String,
        /// What the store says.
        stored: String,
        /// What the caller said.
        asked: String,
    },
    /// A row that no program of ours wrote.
    #[error("the database `{place}` holds what does not belong there: {detail}")]
    Content {
        /// Where the store is.
        place: String,
        /// What and where.
        detail: String,
    },
    /// The store was opened to be read.
    #[error("the database `{place}` was opened to be read, not to be changed")]
    OpenedToRead {
        /// Where the store is.
        place: String,
    },
    /// Nobody would be left who holds a critical permission (rule 26).
    #[error(
        "nobody would be left who holds the critical permission `{permission}`; the last {}",
        last(holders)
    )]
    Critical {
        /// Which.
        permission: Key,
        /// Who holds it now, sorted; of many the first.
        holders: Vec<SubjectId>,
    },
    /// Whoever acts would give what it does not hold itself
    /// ([`acting_as`](crate::Store::acting_as)).
    #[error("`{subject}` cannot give what it does not hold: {}", List(missing))]
    Beyond {
        /// Who acts.
        subject: SubjectId,
        /// What is missing, sorted: `users.edit`, `users.*`, `users.edit in acme`.
        missing: Vec<String>,
    },
    /// The backup that comes first cannot be taken.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// Anything else that the database says.
    #[error("the database `{place}` refuses: {detail}")]
    Engine {
        /// Where the store is.
        place: String,
        /// The database's own words.
        detail: String,
    },
}

impl StoreError {
    /// Adds to an engine's error where it happened.
    pub(crate) fn at(place: &str, error: &EngineError) -> Self {
        let (place, detail) = (place.to_owned(), error.detail().to_owned());
        match error.fault() {
            Fault::Locked => Self::Locked { place },
            Fault::Late => Self::Late { place },
            Fault::ReadOnly => Self::ReadOnly { place },
            Fault::Full => Self::Full { place },
            Fault::NotADatabase => Self::NotADatabase { place },
            Fault::Damaged => Self::Damaged { place, detail },
            Fault::Unreachable => Self::Unreachable { place, detail },
            Fault::NoTable => Self::NoSchema { place },
            Fault::Content => Self::Content { place, detail },
            Fault::Constraint | Fault::Other => Self::Engine { place, detail },
        }
    }
}

impl Failure for StoreError {
    fn code(&self) -> &'static str {
        match self {
            Self::Locked { .. } => "locked",
            Self::Late { .. } => "late",
            Self::ReadOnly { .. } => "read-only",
            Self::Full { .. } => "disk-full",
            Self::NotADatabase { .. } => "not-a-database",
            Self::Damaged { .. } => "damaged",
            Self::Unreachable { .. } => "unreachable",
            Self::NotBuiltIn { .. } => "not-built-in",
            Self::NoSchema { .. } => "no-schema",
            Self::OldSchema { .. } => "old-schema",
            Self::NewSchema { .. } => "new-schema",
            Self::ChangedMigration { .. } => "changed-migration",
            Self::Environment { .. } => "environment",
            Self::Content { .. } => "content",
            Self::OpenedToRead { .. } => "opened-to-read",
            Self::Critical { .. } => "critical",
            Self::Beyond { .. } => "beyond",
            Self::Backup(error) => error.code(),
            Self::Engine { .. } => "database",
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::NoSchema { .. }
            | Self::OldSchema { .. }
            | Self::Critical { .. }
            | Self::Beyond { .. } => Class::No,
            Self::Environment { .. } => Class::Usage,
            Self::Backup(error) => error.class(),
            _ => Class::CouldNot,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Locked { .. } => "wait until the other program is done, or end it, and try again",
            Self::Late { .. } => "allow it more time, or try again when less is going on",
            Self::ReadOnly { .. } => {
                "give this user the right to write to the file and to its folder, or add `--dry-run`"
            }
            Self::Full { .. } => "make room and try again; nothing was changed",
            Self::NotADatabase { .. } => {
                "name the database with `--database sqlite:FILE`, or move the file away"
            }
            Self::Damaged { .. } => {
                "restore a backup, or check it with `sqlite3 FILE 'PRAGMA integrity_check'`"
            }
            Self::Unreachable { .. } => {
                "check that the folder exists and that this user may read it"
            }
            Self::NotBuiltIn { .. } => "use a `sqlite:` address",
            Self::NoSchema { .. } | Self::OldSchema { .. } => "run `upr migrate`",
            Self::NewSchema { .. } => "use the newer release of this program that wrote it",
            Self::ChangedMigration { .. } => {
                "use an unchanged release of this program; migrations are never edited"
            }
            Self::Environment { stored, .. } => {
                return vec![
                    format!("say `--env {stored}`, or name the database of your environment"),
                    "`upr migrate --adopt-environment` makes the database this environment's"
                        .to_owned(),
                ];
            }
            Self::Content { .. } => "mend or remove the row by SQL; it was not written by upr",
            Self::OpenedToRead { .. } => "open the store to write",
            Self::Beyond { .. } => {
                "let somebody do it who holds this, in the same scope and for as long"
            }
            Self::Critical { permission, .. } => {
                return vec![format!(
                    "let another active subject hold it first, everywhere and without an end: `upr grant SUBJECT --permission {permission}`"
                )];
            }
            Self::Backup(error) => return error.hints(),
            Self::Engine { .. } => return Vec::new(),
        };
        vec![hint.to_owned()]
    }
}

/// `is `ada``, or `are `ada` and `bob``.
fn last(holders: &[SubjectId]) -> String {
    let verb = if holders.len() == 1 { "is" } else { "are" };
    format!("{verb} {}", List(holders))
}

/// Several words as a sentence has them: `a`, `b` and `c`.
pub(crate) struct List<'a, T>(pub(crate) &'a [T]);

impl<T: fmt::Display> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More than these make a sentence unreadable.
        const SHOWN: usize = 5;
        let shown = self.0.len().min(SHOWN);
        let hidden = self.0.len() - shown;
        for (index, word) in self.0.iter().take(shown).enumerate() {
            let separator = match index {
                0 => "",
                _ if index + 1 == shown && hidden == 0 => " and ",
                _ => ", ",
            };
            write!(f, "{separator}`{word}`")?;
        }
        if hidden > 0 {
            write!(f, " and {hidden} more")?;
        }
        Ok(())
    }
}

use std::fmt;
use std::path::{Path, PathBuf};

use crate::error::{Class, Failure, List};

/// A backup that cannot be written or read. The store was not touched.
#[derive(Debug)]
pub struct BackupError {
    path: PathBuf,
    fault: Fault,
}

#[derive(Debug)]
enum Fault {
    Unwritable(String),
    Unreadable(String),
    Damaged {
        line: u64,
        problem: String,
    },
    Foreign(String),
    Newer {
        schema: i64,
        known: i64,
    },
    Nowhere,
    Absent {
        application: String,
        held: Vec<String>,
    },
    Unnamed {
        names: Vec<String>,
    },
}

impl BackupError {
    pub(crate) fn unwritable(path: &Path, error: &std::io::Error) -> Self {
        Self::new(path, Fault::Unwritable(error.to_string()))
    }

    pub(crate) fn unreadable(path: &Path, error: &std::io::Error) -> Self {
        Self::new(path, Fault::Unreadable(error.to_string()))
    }

    /// `line` counts from 1.
    pub(crate) fn damaged(path: &Path, line: u64, problem: impl Into<String>) -> Self {
        let problem = problem.into();
        Self::new(path, Fault::Damaged { line, problem })
    }

    pub(crate) fn foreign(path: &Path, problem: impl Into<String>) -> Self {
        Self::new(path, Fault::Foreign(problem.into()))
    }

    pub(crate) fn newer(path: &Path, schema: i64, known: i64) -> Self {
        Self::new(path, Fault::Newer { schema, known })
    }

    /// A protected store loses nothing without a backup, and nobody said where it goes.
    pub(crate) fn nowhere() -> Self {
        Self::new(Path::new(""), Fault::Nowhere)
    }

    /// It holds nothing of the application that is to be restored.
    pub(crate) fn absent(path: &Path, application: &str, held: &[String]) -> Self {
        let (application, held) = (application.to_owned(), held.to_owned());
        Self::new(path, Fault::Absent { application, held })
    }

    /// Several applications share the store, and nobody said which is meant.
    pub(crate) fn unnamed(path: &Path, names: Vec<String>) -> Self {
        Self::new(path, Fault::Unnamed { names })
    }

    fn new(path: &Path, fault: Fault) -> Self {
        let path = path.to_owned();
        Self { path, fault }
    }

    /// The file or folder in question; empty when none was named.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file could be read and is not what was written.
    #[must_use]
    pub fn is_damaged(&self) -> bool {
        matches!(self.fault, Fault::Damaged { .. } | Fault::Foreign(_))
    }

    /// What is wrong, without the file's name.
    #[must_use]
    pub fn problem(&self) -> String {
        match &self.fault {
            Fault::Unwritable(detail) | Fault::Unreadable(detail) => detail.clone(),
            Fault::Damaged { line, problem } => format!("line {line}: {problem}"),
            Fault::Foreign(problem) => problem.clone(),
            Fault::Newer { schema, known } => {
                format!("it has schema version {schema}, and this program knows {known}")
            }
            Fault::Nowhere => "no folder for backups is named".to_owned(),
            Fault::Absent { application, held } if held.is_empty() => {
                format!("it holds nothing of `{application}`")
            }
            Fault::Absent { application, held } => {
                format!("it holds nothing of `{application}`, but of {}", List(held))
            }
            Fault::Unnamed { names } => {
                format!("which application is meant, of {}?", List(names))
            }
        }
    }
}

impl fmt::Display for BackupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, problem) = (self.path.display(), self.problem());
        match &self.fault {
            Fault::Unwritable(_) => {
                write!(f, "cannot write the backup `{path}`: {problem}")
            }
            Fault::Unreadable(_) => write!(f, "cannot read the backup `{path}`: {problem}"),
            Fault::Damaged { .. } => write!(f, "the backup `{path}` is damaged: {problem}"),
            Fault::Foreign(_) => write!(f, "the file `{path}` is not a backup of upr: {problem}"),
            Fault::Newer { .. } => write!(f, "the backup `{path}` is of another schema: {problem}"),
            Fault::Absent { .. } | Fault::Unnamed { .. } => {
                write!(f, "the backup `{path}` is not restored: {problem}")
            }
            Fault::Nowhere => f.write_str(
                "the store is protected and loses nothing without a backup, and no folder for backups is named",
            ),
        }
    }
}

impl std::error::Error for BackupError {}

impl Failure for BackupError {
    fn code(&self) -> &'static str {
        match self.fault {
            Fault::Unwritable(_) => "backup-unwritable",
            Fault::Unreadable(_) => "backup-unreadable",
            Fault::Damaged { .. } => "backup-damaged",
            Fault::Foreign(_) => "not-a-backup",
            Fault::Newer { .. } => "backup-schema",
            Fault::Nowhere => "backup-nowhere",
            Fault::Absent { .. } => "backup-application",
            Fault::Unnamed { .. } => "application-unnamed",
        }
    }

    fn class(&self) -> Class {
        match self.fault {
            Fault::Newer { .. } | Fault::Absent { .. } => Class::No,
            Fault::Nowhere | Fault::Unnamed { .. } => Class::Usage,
            _ => Class::CouldNot,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self.fault {
            Fault::Unwritable(_) => {
                "make room, or name a folder that this user may write to with `backup.dir`; nothing was changed"
            }
            Fault::Unreadable(_) => "check that the file exists and that this user may read it",
            Fault::Damaged { .. } => {
                "use another backup; `upr backup list` shows which are whole. Nothing was changed"
            }
            Fault::Foreign(_) => "name a file that `upr backup create` wrote",
            Fault::Newer { .. } => "use the release of this program that wrote it",
            Fault::Absent { .. } => "`--all-applications` restores everything that it holds",
            Fault::Unnamed { .. } => {
                "name it with `application` in the settings, or restore all with `--all-applications`"
            }
            Fault::Nowhere => "name one with `backup.dir` in the settings",
        };
        vec![hint.to_owned()]
    }
}

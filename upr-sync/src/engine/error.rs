use std::error::Error;
use std::fmt;

/// What kind of thing went wrong in a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Fault {
    /// Another program holds the lock, and did so for longer than we wait.
    Locked,
    /// The time that was allowed is over.
    Late,
    /// The file, the folder or the role may only be read.
    ReadOnly,
    /// No room left on the disk.
    Full,
    /// The file is something else.
    NotADatabase,
    /// The file is damaged.
    Damaged,
    /// It cannot be opened or reached.
    Unreachable,
    /// A table is missing: there is no schema yet.
    NoTable,
    /// A rule of the schema was broken.
    Constraint,
    /// A column holds what does not belong there.
    Content,
    /// Anything else.
    Other,
}

/// What a database said, and what that means.
#[derive(Debug)]
pub struct EngineError {
    fault: Fault,
    detail: String,
}

impl EngineError {
    /// An error of this kind, in the database's own words.
    #[must_use]
    pub fn new(fault: Fault, detail: impl Into<String>) -> Self {
        Self {
            fault,
            detail: detail.into(),
        }
    }

    /// What kind it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        self.fault
    }

    /// The database's own words, in one line.
    #[must_use]
    pub fn detail(&self) -> &str {
        &self.detail
    }
}

impl fmt::Display for EngineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl Error for EngineError {}

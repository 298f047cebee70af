//! The answer when there is no answer.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Nothing can be decided at the moment, and why.
///
/// This is an outage (503 at the edge), never a denial and never a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    cause: Cause,
}

/// Handing it out allocates nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Cause {
    Fixed(&'static str),
    Told(Arc<str>),
}

impl Unavailable {
    /// The store has not been seen for too long.
    pub(super) const STALE: Self = Self {
        cause: Cause::Fixed("the store was last seen longer ago than `max_staleness` allows"),
    };

    /// There is no snapshot yet.
    pub(super) const UNREAD: Self = Self {
        cause: Cause::Fixed("the store has not been read yet"),
    };

    /// An outage with its `cause`, for the log: `the store cannot be read: …`.
    #[must_use]
    pub fn new(cause: &str) -> Self {
        Self {
            cause: Cause::Told(cause.into()),
        }
    }

    /// What went wrong. For logs and administrators; the caller is not told.
    #[must_use]
    pub fn cause(&self) -> &str {
        match &self.cause {
            Cause::Fixed(cause) => cause,
            Cause::Told(cause) => cause,
        }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cause = self.cause();
        write!(f, "permissions cannot be decided at the moment: {cause}")
    }
}

impl Error for Unavailable {}

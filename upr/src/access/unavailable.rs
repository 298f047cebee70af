//! The answer when there is no answer.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

/// Nothing can be decided at the moment, and why.
///
/// This is an outage (503 at the edge), never a denial and never a grant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unavailable {
    // Shared, so that handing it out allocates nothing.
    cause: Arc<str>,
}

impl Unavailable {
    /// An outage with its `cause`, for the log: `the store cannot be read: …`.
    #[must_use]
    pub fn new(cause: &str) -> Self {
        Self {
            cause: cause.into(),
        }
    }

    /// What went wrong. For logs and administrators; the caller is not told.
    #[must_use]
    pub fn cause(&self) -> &str {
        &self.cause
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "permissions cannot be decided at the moment: {}",
            self.cause
        )
    }
}

impl Error for Unavailable {}

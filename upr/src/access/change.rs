//! What changed in the store, so that a snapshot need not be made anew.

use std::error::Error;
use std::fmt;

use upr_core::{Key, RoleKey, SubjectId};

use super::facts::Facts;

/// What changed from one revision of a store to a later one: everything that was touched, as it is
/// now.
///
/// It may name more than what really changed. [`Snapshot::apply`](crate::access::Snapshot::apply)
/// turns it into the next snapshot, at a cost that does not depend on how many subjects there are.
/// Both revisions are of one store in one epoch: whoever follows a store loads everything when it
/// finds another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The revision that this is a change of: that of the snapshot it is applied to.
    pub after: u64,
    /// Subjects of which the row or any grant was written or removed.
    pub subjects: Vec<SubjectId>,
    /// Roles of which the row or any member was written or removed.
    pub roles: Vec<RoleKey>,
    /// Permissions whose row was written or removed.
    pub permissions: Vec<Key>,
    /// What is known now of those three, and of nobody else: the rows of the subjects with *all*
    /// their grants, the roles with *all* their members, the permissions. What was touched and
    /// does not stand here is gone. Its revision is the one that is reached.
    pub now: Facts,
}

/// Why a change was not applied. Everything has to be loaded instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GapError(Gap);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Gap {
    /// It is a change of another revision than the one that is there, if any is.
    Unordered { after: u64, there: Option<u64> },
    /// So many names have a number, most of which nothing uses any more.
    Worn { names: usize },
}

impl GapError {
    pub(super) fn unordered(after: u64, there: Option<u64>) -> Self {
        Self(Gap::Unordered { after, there })
    }

    pub(super) fn worn(names: usize) -> Self {
        Self(Gap::Worn { names })
    }
}

impl fmt::Display for GapError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Gap::Unordered {
                after,
                there: Some(there),
            } => write!(
                f,
                "a change of revision {after} does not follow on revision {there}"
            ),
            Gap::Unordered { after, there: None } => {
                write!(f, "a change of revision {after} does not follow on nothing")
            }
            Gap::Worn { names } => write!(
                f,
                "a snapshot that knows {names} scopes, roles and permissions is to be made anew"
            ),
        }
    }
}

impl Error for GapError {}

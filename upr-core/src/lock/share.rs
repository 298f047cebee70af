//! Whose lines a run speaks for, where several packages share a lock.
//!
//! A lock at a workspace's root has lines of every member. A run that sees one program knows nothing of packages that this
//! program does not use: it neither misses their keys nor takes them over.

use std::collections::BTreeSet;

use super::Lock;

/// Whose lines a run speaks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Share {
    /// Every line: the lock belongs to the program alone, or all members are looked at together.
    #[default]
    Whole,
    /// Every line but those of these packages, which the program does not use.
    Without(BTreeSet<String>),
}

impl Share {
    /// Whether the lines of `package` are spoken for.
    #[must_use]
    pub fn covers(&self, package: &str) -> bool {
        match self {
            Self::Whole => true,
            Self::Without(others) => !others.contains(package),
        }
    }
}

impl Lock {
    /// The lines for which `share` speaks.
    #[must_use]
    pub fn shared(&self, share: &Share) -> Self {
        let entries = self.entries();
        let own = entries.filter(|entry| share.covers(&entry.package));
        Self {
            entries: own
                .map(|entry| (entry.key.clone(), entry.clone()))
                .collect(),
        }
    }
}

//! What a check of the code against its lock found.
//!
//! Ids are stable: scripts, ignore lists and code-scanning services refer to them.

use std::fmt;

use serde_core::ser::SerializeMap;
use serde_core::{Serialize, Serializer};

use crate::key::Key;

/// The stable name of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum FindingId {
    /// UPR001: a published key is gone from the code.
    KeyRemoved,
    /// UPR002: a tombstoned key is declared again.
    KeyReused,
    /// UPR003: the lock does not record what the code declares.
    NotRecorded,
    /// UPR004: a deprecated key is still there in the version that was to be without it.
    RemovalOverdue,
    /// UPR005: a deprecated key is gone before the version that was to be without it.
    RemovedEarly,
    /// UPR006: a key is replaced by one that nobody declares.
    ReplacementMissing,
    /// UPR007: lines of the lock contradict each other.
    LockContradiction,
    /// UPR008: a crate with published keys is not linked.
    NotLinked,
    /// UPR009: two keys differ in nothing but case.
    CaseVariant,
}

/// What a finding means for the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Fails a check.
    Error,
    /// Is shown, and fails nothing.
    Warning,
}

impl FindingId {
    /// Such as `UPR001`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        self.parts().0
    }

    /// Such as `key-removed`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        self.parts().1
    }

    /// Only case variants across modules are warnings.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::CaseVariant => Severity::Warning,
            _ => Severity::Error,
        }
    }

    const fn parts(self) -> (&'static str, &'static str) {
        match self {
            Self::KeyRemoved => ("UPR001", "key-removed"),
            Self::KeyReused => ("UPR002", "key-reused"),
            Self::NotRecorded => ("UPR003", "not-recorded"),
            Self::RemovalOverdue => ("UPR004", "removal-overdue"),
            Self::RemovedEarly => ("UPR005", "removed-early"),
            Self::ReplacementMissing => ("UPR006", "replacement-missing"),
            Self::LockContradiction => ("UPR007", "lock-contradiction"),
            Self::NotLinked => ("UPR008", "not-linked"),
            Self::CaseVariant => ("UPR009", "case-variant"),
        }
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// One thing that is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub id: FindingId,
    /// About which key.
    pub key: Key,
    /// The state found, in one line.
    pub message: String,
    /// What to do, in one line.
    pub remedy: String,
    /// How much the change asks of the next version number.
    pub bump: Bump,
}

/// `{"id","name","key","message","remedy"}`.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(5))?;
        map.serialize_entry("id", self.id.code())?;
        map.serialize_entry("name", self.id.name())?;
        map.serialize_entry("key", &self.key)?;
        map.serialize_entry("message", &self.message)?;
        map.serialize_entry("remedy", &self.remedy)?;
        map.end()
    }
}

/// What SemVer asks of the next version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Bump {
    /// Nothing changed.
    None,
    /// Only texts changed.
    Patch,
    /// Something was added or deprecated.
    Minor,
    /// Something was taken away.
    Major,
}

impl Bump {
    /// `none`, `patch`, `minor` or `major`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Patch => "patch",
            Self::Minor => "minor",
            Self::Major => "major",
        }
    }
}

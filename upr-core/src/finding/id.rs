//! The rules: their ids, their names, and what each means for a build.

use std::fmt;

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
    /// UPR010: a tombstone is gone, or says something else than before.
    TombstoneChanged,
    /// UPR011: a role that code defined is gone.
    RoleRemoved,
    /// UPR012: a role takes from those who have it what they could do.
    RoleNarrowed,
    /// UPR013: the application has another name, and so owns nothing in the store.
    ApplicationRenamed,
    /// UPR014: the version number does not say what changed.
    VersionTooLow,
    /// UPR015: the lock has a condition for a key that the code does not show.
    ConditionUnseen,
    /// UPR016: an ignore entry has ended.
    IgnoreEnded,
    /// UPR017: an ignore entry matches nothing.
    IgnoreUnused,
}

/// What a finding means for the build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// Fails a check.
    Error,
    /// Is shown, and fails nothing.
    Warning,
}

impl Severity {
    /// `error` or `warning`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

/// Who raises findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// `upr lock --check`: code against lock.
    Lock,
    /// `upr diff`: a release against the one before.
    Diff,
}

impl FindingId {
    /// Every rule, by id.
    pub const ALL: [Self; 17] = [
        Self::KeyRemoved,
        Self::KeyReused,
        Self::NotRecorded,
        Self::RemovalOverdue,
        Self::RemovedEarly,
        Self::ReplacementMissing,
        Self::LockContradiction,
        Self::NotLinked,
        Self::CaseVariant,
        Self::TombstoneChanged,
        Self::RoleRemoved,
        Self::RoleNarrowed,
        Self::ApplicationRenamed,
        Self::VersionTooLow,
        Self::ConditionUnseen,
        Self::IgnoreEnded,
        Self::IgnoreUnused,
    ];

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

    /// What the rule guards, in a sentence or two.
    #[must_use]
    pub const fn help(self) -> &'static str {
        self.parts().2
    }

    /// The rule with this code, such as `UPR001`.
    #[must_use]
    pub fn find(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|id| id.code() == code)
    }

    /// What cannot take anything from anybody is a warning.
    #[must_use]
    pub const fn severity(self) -> Severity {
        match self {
            Self::CaseVariant
            | Self::VersionTooLow
            | Self::ConditionUnseen
            | Self::IgnoreEnded
            | Self::IgnoreUnused => Severity::Warning,
            _ => Severity::Error,
        }
    }

    /// Why no ignore entry may name the rule; `None` where one may.
    ///
    /// What an entry may silence is a decision that somebody can answer for. A lock that cannot be read would silence every
    /// other rule with it, and a retired key that comes back is refused by the macros and by every store, whatever is ignored.
    #[must_use]
    pub const fn never_ignored(self) -> Option<&'static str> {
        match self {
            Self::KeyReused => Some("no store takes a retired key back"),
            Self::LockContradiction => {
                Some("nothing else can be checked while the lock contradicts itself")
            }
            Self::IgnoreEnded | Self::IgnoreUnused => Some("it is about ignore entries themselves"),
            _ => None,
        }
    }

    /// The check that has to see the finding while an ignore entry for it is of use.
    pub(super) const fn home(self) -> Check {
        match self {
            Self::TombstoneChanged
            | Self::RoleRemoved
            | Self::RoleNarrowed
            | Self::ApplicationRenamed
            | Self::VersionTooLow => Check::Diff,
            _ => Check::Lock,
        }
    }

    const fn parts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::KeyRemoved => (
                "UPR001",
                "key-removed",
                "A published key is no longer declared, and no tombstone says so. Whoever holds it loses it.",
            ),
            Self::KeyReused => (
                "UPR002",
                "key-reused",
                "A retired key is declared again. A key is never used twice: old grants would get a new meaning.",
            ),
            Self::NotRecorded => (
                "UPR003",
                "not-recorded",
                "The lock does not record what the code declares, so nothing guards it yet.",
            ),
            Self::RemovalOverdue => (
                "UPR004",
                "removal-overdue",
                "A deprecated key is still declared in the version that was to be without it.",
            ),
            Self::RemovedEarly => (
                "UPR005",
                "removed-early",
                "A deprecated key is gone before the version until which it was promised.",
            ),
            Self::ReplacementMissing => (
                "UPR006",
                "replacement-missing",
                "A key is replaced by one that nobody declares, so that what is assigned has no place to go to.",
            ),
            Self::LockContradiction => (
                "UPR007",
                "lock-contradiction",
                "Lines of the lock contradict each other or themselves.",
            ),
            Self::NotLinked => (
                "UPR008",
                "not-linked",
                "A crate with published keys is not linked into the program; its permissions would be gone.",
            ),
            Self::CaseVariant => (
                "UPR009",
                "case-variant",
                "Two keys differ in nothing but the case of their letters.",
            ),
            Self::TombstoneChanged => (
                "UPR010",
                "tombstone-changed",
                "A tombstone is gone or points elsewhere, while stores have acted on what it said.",
            ),
            Self::RoleRemoved => (
                "UPR011",
                "role-removed",
                "A role that code defined is gone; stores keep it as it was, and nobody keeps it up to date.",
            ),
            Self::RoleNarrowed => (
                "UPR012",
                "role-narrowed",
                "A role holds less than before, so those who have it lose permissions at the next sync.",
            ),
            Self::ApplicationRenamed => (
                "UPR013",
                "application-renamed",
                "The application has another name. Keys and roles in a store belong to the old one.",
            ),
            Self::VersionTooLow => (
                "UPR014",
                "version-too-low",
                "The version number grew less than the changes ask for.",
            ),
            Self::ConditionUnseen => (
                "UPR015",
                "condition-unseen",
                "The lock has a `cfg` for a key that the code does not show; while it stands there, the key may vanish unnoticed.",
            ),
            Self::IgnoreEnded => (
                "UPR016",
                "ignore-ended",
                "An entry that ignored a finding has ended.",
            ),
            Self::IgnoreUnused => (
                "UPR017",
                "ignore-unused",
                "An entry ignores a finding that is not there.",
            ),
        }
    }
}

impl fmt::Display for FindingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_count_upwards_and_names_differ() {
        for (number, id) in FindingId::ALL.into_iter().enumerate() {
            assert_eq!(id.code(), format!("UPR{:03}", number + 1));
            assert_eq!(FindingId::find(id.code()), Some(id));
            assert!(id.help().ends_with('.'));
        }
        let mut names = FindingId::ALL.map(FindingId::name).to_vec();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), FindingId::ALL.len());
    }

    /// Those of the contract, word for word.
    #[test]
    fn published_ids_stay() {
        let published = "UPR001 key-removed, UPR002 key-reused, UPR003 not-recorded, UPR004 removal-overdue, \
                         UPR005 removed-early, UPR006 replacement-missing, UPR007 lock-contradiction, \
                         UPR008 not-linked, UPR009 case-variant";
        let ours: Vec<String> = FindingId::ALL[..9]
            .iter()
            .map(|id| format!("{} {}", id.code(), id.name()))
            .collect();
        assert_eq!(ours.join(", "), published);
    }
}

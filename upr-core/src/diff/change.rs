//! One change: what, about what, how much it asks for.

use serde_core::ser::SerializeMap;
use serde_core::{Serialize, Serializer};

use crate::finding::{About, Bump, Finding};
use crate::key::Key;

/// What a change means to those who hold permissions; the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// Somebody can lose what nobody announced.
    Breaking,
    /// Something is gone as it was announced.
    Retired,
    /// The end of something is announced, put off, moved up or called off.
    Deprecating,
    /// A key must always be held by somebody, or must no longer.
    Critical,
    /// There is more than before.
    Additive,
    /// Only what people read, or how it was declared.
    Metadata,
}

impl Class {
    /// Every class, the gravest first.
    pub const ALL: [Self; 6] = [
        Self::Breaking,
        Self::Retired,
        Self::Deprecating,
        Self::Critical,
        Self::Additive,
        Self::Metadata,
    ];

    /// Such as `breaking`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Breaking => "breaking",
            Self::Retired => "retired",
            Self::Deprecating => "deprecating",
            Self::Critical => "critical",
            Self::Additive => "additive",
            Self::Metadata => "metadata",
        }
    }
}

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum What {
    /// It is new.
    Added,
    /// It is gone.
    Removed,
    /// It is gone, and a tombstone says so.
    Retired,
    /// A tombstone is declared again.
    Revived,
    /// A tombstone is gone, or says something else.
    TombstoneChanged,
    /// It has another name.
    Renamed,
    /// Its end is announced.
    Deprecated,
    /// Its end is called off.
    Undeprecated,
    /// Its end is announced otherwise.
    DeprecationChanged,
    /// Somebody must always hold it.
    CriticalSet,
    /// Nobody has to hold it any more.
    CriticalUnset,
    /// It holds more.
    Widened,
    /// It holds less.
    Narrowed,
    /// Another decides what it holds.
    ModeChanged,
    /// It reads otherwise.
    Changed,
    /// It differs from another in nothing but case.
    CaseVariant,
}

impl What {
    /// Such as `critical-set`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Retired => "retired",
            Self::Revived => "revived",
            Self::TombstoneChanged => "tombstone-changed",
            Self::Renamed => "renamed",
            Self::Deprecated => "deprecated",
            Self::Undeprecated => "undeprecated",
            Self::DeprecationChanged => "deprecation-changed",
            Self::CriticalSet => "critical-set",
            Self::CriticalUnset => "critical-unset",
            Self::Widened => "widened",
            Self::Narrowed => "narrowed",
            Self::ModeChanged => "mode-changed",
            Self::Changed => "changed",
            Self::CaseVariant => "case-variant",
        }
    }
}

/// One thing that is not as it was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// What it means.
    pub class: Class,
    /// What happened.
    pub what: What,
    /// To what.
    pub about: About,
    /// The change in one line.
    pub message: String,
    /// What reads otherwise, and how it read.
    pub fields: Vec<Field>,
    /// What a role holds that it did not.
    pub gained: Vec<Key>,
    /// What a role held and does not.
    pub lost: Vec<Key>,
    /// How much it asks of the version number.
    pub bump: Bump,
    /// INVARIANT: an error if and only if the class is [`Class::Breaking`].
    pub finding: Option<Finding>,
}

impl Change {
    pub(super) fn new(
        class: Class,
        what: What,
        about: impl Into<About>,
        message: String,
        bump: Bump,
    ) -> Self {
        Self {
            class,
            what,
            about: about.into(),
            message,
            fields: Vec::new(),
            gained: Vec::new(),
            lost: Vec::new(),
            bump,
            finding: None,
        }
    }

    /// The change that a finding is about. One that only warns is of class `milder`.
    pub(super) fn of_finding(what: What, milder: Class, finding: Finding) -> Self {
        let class = if finding.is_error() {
            Class::Breaking
        } else {
            milder
        };
        Self {
            message: finding.message.clone(),
            about: finding.about.clone(),
            bump: finding.bump,
            finding: Some(finding),
            class,
            what,
            fields: Vec::new(),
            gained: Vec::new(),
            lost: Vec::new(),
        }
    }

    pub(super) fn with_fields(mut self, fields: Vec<Field>) -> Self {
        self.fields = fields;
        self
    }
}

/// `{"class","change","about","key","message","bump"}`; where there are some, `fields`, `gained`, `lost` and the finding's `id`.
impl Serialize for Change {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("class", self.class.as_str())?;
        map.serialize_entry("change", self.what.as_str())?;
        map.serialize_entry("about", self.about.kind())?;
        map.serialize_entry("key", self.about.key())?;
        map.serialize_entry("message", &self.message)?;
        map.serialize_entry("bump", self.bump.as_str())?;
        if !self.fields.is_empty() {
            map.serialize_entry("fields", &Fields(&self.fields))?;
        }
        if !self.gained.is_empty() {
            map.serialize_entry("gained", &self.gained)?;
        }
        if !self.lost.is_empty() {
            map.serialize_entry("lost", &self.lost)?;
        }
        if let Some(finding) = &self.finding {
            map.serialize_entry("id", finding.id.code())?;
        }
        map.end()
    }
}

/// Something that reads otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As catalogs call it, such as `label` or `removal_version`.
    pub name: &'static str,
    /// How it read; absent where it was not said.
    pub old: Option<String>,
    /// How it reads.
    pub new: Option<String>,
}

impl Field {
    /// The field, if it differs.
    pub(super) fn of<T: ToString + PartialEq>(
        name: &'static str,
        old: Option<T>,
        new: Option<T>,
    ) -> Option<Self> {
        (old != new).then(|| Self {
            name,
            old: old.map(|value| value.to_string()),
            new: new.map(|value| value.to_string()),
        })
    }
}

/// `{"label":["old","new"]}`, as plans show them.
struct Fields<'a>(&'a [Field]);

impl Serialize for Fields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for field in self.0 {
            map.serialize_entry(field.name, &[&field.old, &field.new])?;
        }
        map.end()
    }
}

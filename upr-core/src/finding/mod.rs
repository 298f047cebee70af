//! What a check of code, lock and releases found.
//!
//! Ids are stable: scripts, ignore entries and code-scanning services refer to them.
//!
//! | file | holds |
//! | --- | --- |
//! | `id.rs` | the rules: id, name, severity, help |
//! | `bump.rs` | what SemVer asks of the next version |
//! | `ignore.rs` | findings that somebody answers for, until a day |
//! | `sarif.rs` | findings for code-scanning services |

mod bump;
mod id;
mod ignore;
mod sarif;

use std::fmt;

use serde_core::ser::SerializeMap;
use serde_core::{Serialize, Serializer};

pub use self::bump::Bump;
pub use self::id::{Check, FindingId, Severity};
pub use self::ignore::{Day, Ignore, IgnoreError, Ignored, Sifted, sift};
pub use self::sarif::{Sarif, sarif};
use crate::key::{Key, ModuleKey, RoleKey};

/// One thing that is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Which rule.
    pub id: FindingId,
    /// Whether it fails the check; the rule's own severity unless this case is milder.
    pub level: Severity,
    /// What it is about.
    pub about: About,
    /// The state found, in one line.
    pub message: String,
    /// What to do, in one line.
    pub remedy: String,
    /// How much the change asks of the next version number.
    pub bump: Bump,
    /// Where to look, as far as it is known.
    pub place: Option<Place>,
}

impl Finding {
    /// A finding of the rule's own severity, without a place, that asks nothing of the next version.
    #[must_use]
    pub fn new(id: FindingId, about: impl Into<About>, message: String, remedy: String) -> Self {
        Self {
            id,
            level: id.severity(),
            about: about.into(),
            message,
            remedy,
            bump: Bump::None,
            place: None,
        }
    }

    /// The same, asking for a bump.
    #[must_use]
    pub fn asking(mut self, bump: Bump) -> Self {
        self.bump = bump;
        self
    }

    /// The same at another level.
    #[must_use]
    pub fn at_level(mut self, level: Severity) -> Self {
        self.level = level;
        self
    }

    /// Whether it fails the check.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.level == Severity::Error
    }

    /// The key that it is about.
    #[must_use]
    pub fn key(&self) -> &str {
        self.about.key()
    }
}

/// `{"id","name","key","message","remedy","about","level","place"}`; without a place, no `place`.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id.code())?;
        map.serialize_entry("name", self.id.name())?;
        map.serialize_entry("key", self.key())?;
        map.serialize_entry("message", &self.message)?;
        map.serialize_entry("remedy", &self.remedy)?;
        map.serialize_entry("about", self.about.kind())?;
        map.serialize_entry("level", self.level.as_str())?;
        if let Some(place) = &self.place {
            map.serialize_entry("place", place)?;
        }
        map.end()
    }
}

/// What a finding, or a change between two releases, is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum About {
    /// An application; its name.
    Application(String),
    /// A module.
    Module(ModuleKey),
    /// A permission.
    Permission(Key),
    /// A role that is defined in code.
    Role(RoleKey),
    /// An ignore entry; the id and the keys that it names.
    Ignore(String),
}

impl About {
    /// The key, or the name.
    #[must_use]
    pub fn key(&self) -> &str {
        match self {
            Self::Application(name) | Self::Ignore(name) => name,
            Self::Module(key) => key.as_str(),
            Self::Permission(key) => key.as_str(),
            Self::Role(key) => key.as_str(),
        }
    }

    /// `application`, `module`, `permission`, `role` or `ignore`.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Application(_) => "application",
            Self::Module(_) => "module",
            Self::Permission(_) => "permission",
            Self::Role(_) => "role",
            Self::Ignore(_) => "ignore",
        }
    }
}

impl fmt::Display for About {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl From<&Key> for About {
    fn from(key: &Key) -> Self {
        Self::Permission(key.clone())
    }
}

impl From<&ModuleKey> for About {
    fn from(key: &ModuleKey) -> Self {
        Self::Module(key.clone())
    }
}

impl From<&RoleKey> for About {
    fn from(key: &RoleKey) -> Self {
        Self::Role(key.clone())
    }
}

/// A line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file, as whoever found it was given it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

/// `{"file","line"}`.
impl Serialize for Place {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(2))?;
        map.serialize_entry("file", &self.file)?;
        map.serialize_entry("line", &self.line)?;
        map.end()
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

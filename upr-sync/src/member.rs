use std::fmt;

use serde::{Serialize, Serializer};
use upr_core::{Key, ModuleKey};

/// What a role holds: one permission, a whole module, or everything.
///
/// It displays, and stands in JSON, as `users.view`, `users.*` or `all`.
///
/// ```
/// use upr_sync::Member;
/// let module = Member::Module(upr_core::ModuleKey::parse("users")?);
/// assert_eq!(module.to_string(), "users.*");
/// # Ok::<(), upr_core::KeyError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// Everything, what is added later included.
    All,
    /// The actions of exactly this module, what is added later included.
    Module(ModuleKey),
    /// One permission.
    Permission(Key),
}

impl Member {
    /// Whether it is wider than `other` and holds it.
    ///
    /// ```
    /// use upr_sync::Member;
    /// let module = Member::Module(upr_core::ModuleKey::parse("users")?);
    /// let view = Member::Permission(upr_core::Key::parse("users.view")?);
    /// assert!(module.covers(&view) && Member::All.covers(&module) && !view.covers(&view));
    /// # Ok::<(), upr_core::KeyError>(())
    /// ```
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::All, Self::Module(_) | Self::Permission(_)) => true,
            (Self::Module(module), Self::Permission(key)) => key.module() == module.as_str(),
            _ => false,
        }
    }

    /// The columns `kind` and `member` of the tables.
    pub(crate) fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::All => ("all", ""),
            Self::Module(module) => ("module", module.as_str()),
            Self::Permission(key) => ("permission", key.as_str()),
        }
    }

    /// Reads the columns `kind` and `member` again.
    pub(crate) fn from_columns(kind: &str, member: &str) -> Result<Self, String> {
        match kind {
            "all" => Ok(Self::All),
            "module" => ModuleKey::parse(member)
                .map(Self::Module)
                .map_err(|error| error.to_string()),
            "permission" => Key::parse(member)
                .map(Self::Permission)
                .map_err(|error| error.to_string()),
            other => Err(format!("`{other}` is no kind of a role's member")),
        }
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::All => f.pad("all"),
            Self::Module(module) => f.pad(&format!("{module}.*")),
            Self::Permission(key) => key.fmt(f),
        }
    }
}

impl Serialize for Member {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

//! Why a wish about roles, grants or subjects cannot be fulfilled.

use thiserror::Error;
use upr_core::{Key, ModuleKey, RoleKey, SubjectId};

use crate::error::{Class, Failure, StoreError};
use crate::time;

/// A wish about roles, grants or subjects that was not fulfilled; nothing was changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WishError {
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nobody has this id.
    #[error("there is no subject `{subject}`")]
    UnknownSubject {
        /// The id.
        subject: SubjectId,
    },
    /// No permission has this key.
    #[error("there is no permission `{key}`")]
    UnknownPermission {
        /// The key.
        key: Key,
        /// Keys that look like it, the nearest first.
        nearest: Vec<String>,
    },
    /// No module has this key.
    #[error("there is no module `{key}`")]
    UnknownModule {
        /// The key.
        key: ModuleKey,
        /// Keys that look like it, the nearest first.
        nearest: Vec<String>,
    },
    /// No role has this key.
    #[error("there is no role `{key}`")]
    UnknownRole {
        /// The key.
        key: RoleKey,
        /// Keys that look like it, the nearest first.
        nearest: Vec<String>,
    },
    /// The permission is gone for ever.
    #[error("the permission `{key}` is retired")]
    Retired {
        /// The key.
        key: Key,
        /// The key that answers for it.
        replaced_by: Option<Key>,
    },
    /// The grant would be over already.
    #[error("a grant until {} would have ended already", time::shown(*until))]
    Ended {
        /// When it would end.
        until: upr_core::Timestamp,
    },
    /// The code decides what the role holds.
    #[error("the role `{key}` is managed by the code of `{application}`")]
    Managed {
        /// The role.
        key: RoleKey,
        /// Whose code.
        application: String,
    },
    /// The role is declared in code, and would come back.
    #[error("the role `{key}` is declared in the code of `{application}`")]
    Declared {
        /// The role.
        key: RoleKey,
        /// Whose code.
        application: String,
    },
    /// No code declares the role that is to become the code's.
    #[error("the code of `{application}` declares no role `{key}`")]
    Undeclared {
        /// The role.
        key: RoleKey,
        /// Whose code.
        application: String,
    },
    /// The code declares the role, and nobody has made it yet.
    #[error("there is no role `{key}` in the store to take over")]
    NotInStore {
        /// The role.
        key: RoleKey,
    },
    /// A role of this key is there, and it is another one.
    #[error("there is a role `{key}` already, and {difference}")]
    Exists {
        /// The role.
        key: RoleKey,
        /// How it differs from the wish.
        difference: String,
    },
    /// A text is too long or holds what cannot be shown.
    #[error("{problem}")]
    Text {
        /// Which, and why.
        problem: String,
    },
}

impl Failure for WishError {
    fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::UnknownSubject { .. } => "unknown-subject",
            Self::UnknownPermission { .. } => "unknown-permission",
            Self::UnknownModule { .. } => "unknown-module",
            Self::UnknownRole { .. } => "unknown-role",
            Self::Retired { .. } => "retired",
            Self::Ended { .. } => "ended",
            Self::Managed { .. } => "managed",
            Self::Declared { .. } => "declared",
            Self::Undeclared { .. } => "undeclared",
            Self::NotInStore { .. } => "not-in-store",
            Self::Exists { .. } => "exists",
            Self::Text { .. } => "text",
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::Text { .. } => Class::Usage,
            _ => Class::No,
        }
    }

    fn hints(&self) -> Vec<String> {
        let near = |words: &[String], otherwise: &str| match words {
            [] => otherwise.to_owned(),
            words => format!("did you mean `{}`?", words.join("` or `")),
        };
        let hint = match self {
            Self::Store(error) => return error.hints(),
            Self::UnknownSubject { subject } => {
                format!("run `upr user create {}`", quoted(subject.as_str()))
            }
            Self::UnknownPermission { nearest, .. } => {
                near(nearest, "declare it in code and run `upr sync`")
            }
            Self::UnknownModule { nearest, .. } => {
                near(nearest, "declare it in code and run `upr sync`")
            }
            Self::UnknownRole { key, nearest } => {
                near(nearest, &format!("run `upr role create {key}`"))
            }
            Self::Retired {
                replaced_by: Some(key),
                ..
            } => format!("use `{key}`"),
            Self::Retired { .. } => {
                "use another permission; a retired key never comes back".to_owned()
            }
            Self::Ended { .. } => "name a time that is still to come".to_owned(),
            Self::Managed { key, .. } => format!(
                "change it in the code and run `upr sync`, or work on a copy: `upr role copy {key} NEW`"
            ),
            Self::Declared { .. } => "remove it from the code and run `upr sync` first".to_owned(),
            Self::Undeclared { .. } => {
                "declare it with `upr::role!`, or leave it as it is".to_owned()
            }
            Self::NotInStore { .. } => "`upr sync` makes it".to_owned(),
            Self::Exists { key, .. } => {
                format!("choose another name, or look at `upr role show {key}`")
            }
            Self::Text { .. } => return Vec::new(),
        };
        vec![hint]
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./_-".contains(c);
    if !word.starts_with('-') && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

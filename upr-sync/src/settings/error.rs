//! Why settings cannot be used.

use std::path::PathBuf;

use super::Origin;
use crate::error::{Class, Failure};

/// Why settings cannot be used.
///
/// Everything but [`SettingsError::Unreadable`] is wrong configuration: someone has to write
/// something else.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The file is no TOML.
    #[error("{}:{line}: {message}", path.display())]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What the parser says.
        message: String,
    },
    /// A key that does not exist.
    #[error("{}:{line}: unknown key `{key}`", path.display())]
    UnknownKey {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The key as it stands there.
        key: String,
        /// What to write instead.
        hint: String,
    },
    /// A value that its key does not take.
    #[error("{origin}: `{key}` is {value}, expected {expected}")]
    BadValue {
        /// Where it stands.
        origin: Origin,
        /// The key.
        key: String,
        /// The value, in backticks where it is text.
        value: String,
        /// What the key takes.
        expected: String,
    },
    /// A variable whose value cannot be used.
    #[error("{variable} is {value}, expected {expected}")]
    BadVariable {
        /// The variable.
        variable: String,
        /// Its value, in backticks where it is text.
        value: String,
        /// What it takes.
        expected: String,
    },
    /// An entry of `[[ignore]]` that does not say everything.
    #[error("{origin}: this [[ignore]] has no `{key}`")]
    IgnoreWithout {
        /// Where it stands.
        origin: Origin,
        /// What it does not say.
        key: &'static str,
    },
    /// Keys of `users` without the table.
    #[error("{origin}: `users` names no table")]
    UsersWithoutTable {
        /// Where one of its keys stands.
        origin: Origin,
    },
}

impl Failure for SettingsError {
    fn code(&self) -> &'static str {
        match self {
            Self::Unreadable { .. } => "settings-unreadable",
            Self::Syntax { .. } => "settings-syntax",
            Self::UnknownKey { .. } => "settings-unknown-key",
            Self::BadValue { .. } => "settings-bad-value",
            Self::BadVariable { .. } => "settings-bad-variable",
            Self::IgnoreWithout { .. } => "settings-ignore-incomplete",
            Self::UsersWithoutTable { .. } => "settings-users-table",
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Unreadable { .. } => Class::CouldNot,
            _ => Class::Usage,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Unreadable { .. } => {
                vec!["Run 'upr init' to write a upr.toml, or name another with --config.".into()]
            }
            Self::Syntax { line, .. } => vec![format!("Correct line {line}; the file is TOML.")],
            Self::UnknownKey { hint, .. } => vec![hint.clone()],
            Self::BadValue { key, expected, .. } => {
                vec![format!("Set `{key}` to {expected}, or remove the line.")]
            }
            Self::BadVariable {
                variable, expected, ..
            } => vec![format!("Set {variable} to {expected}, or unset it.")],
            Self::IgnoreWithout { .. } => vec![
                "Say `id` (such as \"UPR004\"), `key`, `reason`, and `until` (such as \"2027-01-31\").".into(),
            ],
            Self::UsersWithoutTable { .. } => {
                vec!["Add `table = \"auth_users\"` (the application's own table).".into()]
            }
        }
    }
}

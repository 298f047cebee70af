//! Google Cloud's published permissions and predefined roles: real input at real size.
//!
//! `data/gcp/README.md` says where they come from.

mod catalog;
mod names;
mod package;

use std::error::Error;
use std::fmt;

use serde_json::Value;
use upr_core::key::{Key, KeyError, RoleKey};

pub use self::catalog::{Roles, catalog, lock};
pub use self::package::{Form, Package, PackageLock};

/// How many permissions there are.
pub const PERMISSIONS: usize = 13_652;
/// How many modules they stand in.
pub const MODULES: usize = 2_834;
/// How many predefined roles there are.
pub const ROLES: usize = 2_461;
/// The name of the generated application and of its package.
pub const APPLICATION: &str = "google-cloud";
/// The version of both.
pub const VERSION: &str = "1.0.0";

const PERMISSIONS_TXT: &str = include_str!("../../data/gcp/permissions.txt");
const INVALID_KEYS_TXT: &str = include_str!("../../data/gcp/invalid-keys.txt");
const ROLES_JSONL: &str = include_str!("../../data/gcp/roles.jsonl");

/// A predefined role.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Role {
    /// Such as `accessapproval.viewer`.
    pub key: RoleKey,
    /// One line for people.
    pub title: String,
    /// What it holds, as indices into [`permissions`].
    pub permissions: Vec<usize>,
}

/// Every key, in the order of the file, which is that of bytes.
///
/// # Errors
///
/// [`KeyError`] of the first line that upr's grammar refuses.
pub fn permissions() -> Result<Vec<Key>, KeyError> {
    PERMISSIONS_TXT.lines().map(Key::parse).collect()
}

/// The keys that Google publishes and upr's grammar refuses, one a line of the file.
pub fn invalid_keys() -> impl Iterator<Item = &'static str> {
    INVALID_KEYS_TXT.lines()
}

/// Every predefined role, in the order of the file.
///
/// # Errors
///
/// [`DataError`], which names the line.
pub fn roles() -> Result<Vec<Role>, DataError> {
    let lines = ROLES_JSONL.lines().enumerate();
    lines
        .map(|(index, line)| {
            read_role(line).map_err(|problem| DataError {
                line: index + 1,
                problem,
            })
        })
        .collect()
}

fn read_role(line: &str) -> Result<Role, String> {
    let value: Value = serde_json::from_str(line).map_err(|error| error.to_string())?;
    let text = |name: &str| {
        let text = value.get(name).and_then(Value::as_str);
        text.ok_or_else(|| format!("`{name}` is no text"))
    };
    let permissions = value.get("permissions").and_then(Value::as_array);
    let index = |value: &Value| value.as_u64().and_then(|index| usize::try_from(index).ok());
    let permissions = permissions.and_then(|list| list.iter().map(index).collect());
    Ok(Role {
        key: RoleKey::parse(text("key")?).map_err(|error| error.to_string())?,
        title: text("title")?.to_owned(),
        permissions: permissions.ok_or("`permissions` is no list of line numbers")?,
    })
}

/// A line of `roles.jsonl` that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataError {
    line: usize,
    problem: String,
}

impl fmt::Display for DataError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "roles.jsonl, line {}: {}", self.line, self.problem)
    }
}

impl Error for DataError {}

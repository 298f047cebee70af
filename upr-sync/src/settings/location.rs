//! Where the file is, where a value came from, and what its relative paths start at.

use std::fmt;
use std::path::{Path, PathBuf};

use crate::database::redact;

/// The name of the settings file.
pub const FILE_NAME: &str = "upr.toml";

/// Where a value comes from. It displays as a place that a person can go to.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Origin {
    /// The built-in default.
    Default,
    /// A line of the settings file.
    File {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
    },
    /// A variable of the environment.
    Variable(String),
    /// An option of the command line, or its like.
    Option(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("the default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Variable(name) => f.write_str(name),
            Self::Option(name) => f.write_str(name),
        }
    }
}

/// The address of a store as somebody wrote it. It may hold a password, which displaying it leaves
/// out; [`Database::parse`](crate::Database::parse) reads it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address(String);

impl std::ops::Deref for Address {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl From<String> for Address {
    fn from(address: String) -> Self {
        Self(address)
    }
}

impl From<&str> for Address {
    fn from(address: &str) -> Self {
        Self(address.to_owned())
    }
}

impl PartialEq<str> for Address {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Address {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redact(&self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

/// The nearest `upr.toml`: in `directory`, or above it as far as the root of the Git repository
/// that `directory` is in. Outside a repository only `directory` counts, so that a file in a
/// shared `/tmp` configures nobody.
pub(super) fn find(directory: &Path) -> Option<PathBuf> {
    let here = directory.join(FILE_NAME);
    if here.is_file() {
        return Some(here);
    }
    // The empty path is the current directory, but no absolute path can be made of it.
    let absolute = std::path::absolute(Path::new(".").join(directory)).ok()?;
    let project = absolute
        .ancestors()
        .find(|above| above.join(".git").exists())?;
    absolute
        .ancestors()
        .take_while(|above| above.starts_with(project))
        .map(|above| above.join(FILE_NAME))
        .find(|file| file.is_file())
}

/// `database` with the path of an SQLite URL that is relative made to start at `base`.
pub(super) fn resolve_database(database: &str, base: &Path) -> String {
    let Some(rest) = database.strip_prefix("sqlite:") else {
        return database.to_owned();
    };
    let rest = rest.strip_prefix("//").unwrap_or(rest);
    let in_memory = rest.starts_with(":memory:") || rest.is_empty();
    if base.as_os_str().is_empty() || in_memory || Path::new(rest).is_absolute() {
        return database.to_owned();
    }
    format!("sqlite:{}", base.join(rest).display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_paths_start_at_the_base() {
        let base = Path::new("/srv/app");
        for (url, resolved) in [
            ("sqlite:upr.db", "sqlite:/srv/app/upr.db"),
            ("sqlite://data/upr.db", "sqlite:/srv/app/data/upr.db"),
            ("sqlite:/var/upr.db", "sqlite:/var/upr.db"),
            ("sqlite:///var/upr.db", "sqlite:///var/upr.db"),
            ("sqlite::memory:", "sqlite::memory:"),
            ("postgres://db/main", "postgres://db/main"),
        ] {
            assert_eq!(resolve_database(url, base), resolved, "{url}");
        }
        assert_eq!(
            resolve_database("sqlite:upr.db", Path::new("")),
            "sqlite:upr.db"
        );
    }

    #[test]
    fn passwords_are_not_shown() {
        let address = Address::from("postgres://app:s3cr3t@db/main");
        let shown = format!("{address} {address:?}");
        assert!(
            !shown.contains("s3cr3t") && shown.contains("app@db"),
            "{shown}"
        );
        assert_eq!(address, "postgres://app:s3cr3t@db/main");
    }

    #[test]
    fn the_file_is_looked_for_up_to_the_repository_root() {
        let outside = tempfile::tempdir().unwrap();
        let project = outside.path().join("project");
        let deep = project.join("a/b");
        std::fs::create_dir_all(&deep).unwrap();
        std::fs::write(outside.path().join(FILE_NAME), "").unwrap();
        assert_eq!(find(&deep), None, "outside a repository only here counts");

        std::fs::create_dir(project.join(".git")).unwrap();
        assert_eq!(find(&deep), None, "not above the repository");

        std::fs::write(project.join(FILE_NAME), "").unwrap();
        assert_eq!(find(&deep), Some(project.join(FILE_NAME)));
        std::fs::write(deep.join(FILE_NAME), "").unwrap();
        assert_eq!(find(&deep), Some(deep.join(FILE_NAME)));
    }
}

//! Where the file is, where a value came from, and what its relative paths start at.

use std::fmt;
use std::path::{Path, PathBuf};

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

/// `url` with `***` in place of a password: between `:` and `@` of `scheme://user:password@host`,
/// and in a `password=` parameter.
pub(super) fn without_password(url: &str) -> String {
    let shown = match url.split_once("://") {
        Some((scheme, rest)) => {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, path) = rest.split_at(end);
            let authority = match authority.rsplit_once('@') {
                Some((user, host)) => match user.split_once(':') {
                    Some((name, _)) => format!("{name}:***@{host}"),
                    None => authority.to_owned(),
                },
                None => authority.to_owned(),
            };
            format!("{scheme}://{authority}{path}")
        }
        None => url.to_owned(),
    };
    let Some(at) = shown.find("password=") else {
        return shown;
    };
    let (before, after) = shown.split_at(at);
    let rest = after.find('&').map_or("", |end| after.split_at(end).1);
    format!("{before}password=***{rest}")
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
        for (url, shown) in [
            ("postgres://app:s3@db/main", "postgres://app:***@db/main"),
            ("postgres://a:p@ss@db:5432", "postgres://a:***@db:5432"),
            ("postgres://app@db/main", "postgres://app@db/main"),
            (
                "postgres://db/m?user=a&password=x&b=1",
                "postgres://db/m?user=a&password=***&b=1",
            ),
            ("sqlite:upr.db", "sqlite:upr.db"),
        ] {
            assert_eq!(without_password(url), shown, "{url}");
        }
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

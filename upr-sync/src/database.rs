//! Where a store is: a database's address, read and checked once.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::{Class, Failure};

/// The address of a store: `sqlite:FILE` or `postgres://user@host/database`.
///
/// It displays without a password.
///
/// ```
/// use upr_sync::Database;
/// let database: Database = "sqlite:upr.db".parse()?;
/// assert_eq!(database.to_string(), "sqlite:upr.db");
/// assert!("sqlite::memory:".parse::<Database>().is_err());
/// # Ok::<(), upr_sync::DatabaseError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Database(Kind);

#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Database {
    /// Reads an address.
    ///
    /// # Errors
    ///
    /// [`DatabaseError`] when it has another form, or names what cannot hold a store.
    pub fn parse(address: &str) -> Result<Self, DatabaseError> {
        let fail = |fault| {
            Err(DatabaseError {
                address: redact(address),
                fault,
            })
        };
        if let Some(rest) = address.strip_prefix("sqlite:") {
            let path = rest.strip_prefix("//").unwrap_or(rest);
            return match path {
                "" => fail(Fault::NoFile),
                ":memory:" => fail(Fault::Memory),
                _ if path.contains('?') => fail(Fault::Options),
                _ if path.contains('\0') => fail(Fault::Nul),
                _ => Ok(Self::sqlite(path)),
            };
        }
        if ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| address.starts_with(scheme))
        {
            return Ok(Self(Kind::Postgres(address.to_owned())));
        }
        fail(Fault::Scheme)
    }

    /// The store in an SQLite file.
    #[must_use]
    pub fn sqlite(path: impl AsRef<Path>) -> Self {
        Self(Kind::Sqlite(path.as_ref().to_owned()))
    }

    /// The file, where it is one.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match &self.0 {
            Kind::Sqlite(path) => Some(path),
            Kind::Postgres(_) => None,
        }
    }

    /// A relative file as seen from `folder`; settings are relative to where they stand.
    #[must_use]
    pub fn within(self, folder: &Path) -> Self {
        match self.0 {
            Kind::Sqlite(path) => Self(Kind::Sqlite(folder.join(path))),
            other @ Kind::Postgres(_) => Self(other),
        }
    }

    pub(crate) fn kind(&self) -> &Kind {
        &self.0
    }
}

impl FromStr for Database {
    type Err = DatabaseError;

    fn from_str(address: &str) -> Result<Self, DatabaseError> {
        Self::parse(address)
    }
}

impl fmt::Display for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Kind::Postgres(address) => f.write_str(&redact(address)),
        }
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Database({self})")
    }
}

/// Takes the password out of `scheme://user:password@host/…`, and what would break a line.
pub(crate) fn redact(address: &str) -> String {
    let shown = || {
        let (scheme, rest) = address.split_once("://")?;
        // Passwords may hold what separates; the last `@` before the path ends them.
        let (credentials, host) = rest.rsplit_once('@')?;
        let user = credentials
            .split_once(':')
            .map_or(credentials, |(user, _)| user);
        Some(format!("{scheme}://{user}@{host}"))
    };
    let text = shown().unwrap_or_else(|| address.to_owned());
    // Drivers take it as a parameter too.
    let text = match text.split_once("password=") {
        Some((before, after)) => {
            let rest = after.split_once('&').map_or("", |(_, rest)| rest);
            format!(
                "{before}password=***{}{rest}",
                if rest.is_empty() { "" } else { "&" }
            )
        }
        None => text,
    };
    text.chars()
        .take(200)
        .flat_map(|c| {
            if c.is_control() {
                c.escape_debug().collect()
            } else {
                vec![c]
            }
        })
        .collect()
}

/// An address that names no store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatabaseError {
    address: String,
    fault: Fault,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    Scheme,
    NoFile,
    Memory,
    Options,
    Nul,
}

impl fmt::Display for DatabaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { address, fault } = self;
        let problem = match fault {
            Fault::Scheme => "it starts neither with `sqlite:` nor with `postgres://`",
            Fault::NoFile => "it names no file",
            Fault::Memory => "a store in memory would be gone with the command that made it",
            Fault::Options => "options after `?` are not read",
            Fault::Nul => "a file's name cannot hold a NUL",
        };
        write!(f, "`{address}` is no address of a database: {problem}")
    }
}

impl Error for DatabaseError {}

impl Failure for DatabaseError {
    fn code(&self) -> &'static str {
        "database-address"
    }

    fn class(&self) -> Class {
        Class::Usage
    }

    fn hints(&self) -> Vec<String> {
        vec!["write `sqlite:upr.db` or `postgres://user@host/database`".to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_files() {
        for (address, path) in [
            ("sqlite:upr.db", "upr.db"),
            ("sqlite:/var/lib/upr.db", "/var/lib/upr.db"),
            ("sqlite:///var/lib/upr.db", "/var/lib/upr.db"),
            ("sqlite://upr.db", "upr.db"),
            ("sqlite:with space%20.db", "with space%20.db"),
        ] {
            assert_eq!(
                Database::parse(address).unwrap().path(),
                Some(Path::new(path)),
                "{address}"
            );
        }
    }

    #[test]
    fn other_texts_are_refused_with_the_reason() {
        for (address, problem) in [
            ("", "neither with `sqlite:`"),
            ("upr.db", "neither with `sqlite:`"),
            ("mysql://host/db", "neither with `sqlite:`"),
            ("sqlite:", "names no file"),
            ("sqlite://", "names no file"),
            ("sqlite::memory:", "in memory"),
            ("sqlite:upr.db?mode=rwc", "options after `?`"),
        ] {
            let error = Database::parse(address).unwrap_err();
            assert!(error.to_string().contains(problem), "{address}: {error}");
            assert_eq!(error.class(), Class::Usage);
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        for address in [
            "postgres://ada@host/db?password=s3cr3t&ssl=1",
            "postgres://ada:s3cr3t@host/db",
            "postgresql://ada:a@b:s3cr3t@host/db",
        ] {
            let database = Database::parse(address).unwrap();
            let shown = format!("{database} {database:?}");
            assert!(
                !shown.contains("s3cr3t") && shown.contains("ada@host/db"),
                "{shown}"
            );
        }
        let error = Database::parse("mysql://ada:s3cr3t@host/db")
            .unwrap_err()
            .to_string();
        assert!(!error.contains("s3cr3t"), "{error}");
    }

    #[test]
    fn settings_are_relative_to_their_folder() {
        let database = Database::parse("sqlite:upr.db")
            .unwrap()
            .within(Path::new("/srv/app"));
        assert_eq!(database.to_string(), "sqlite:/srv/app/upr.db");
    }
}

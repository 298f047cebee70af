//! Why fragments do not make a catalog.

use std::error::Error;
use std::fmt;

use super::Origin;
use crate::catalog::CatalogError;
use crate::key::KeyError;
use crate::text::one_line;

/// Everything that is wrong with the declarations of a program; at least one [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssembleError {
    problems: Vec<Problem>,
}

/// One thing that is wrong with the declarations of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Two modules have one key.
    DuplicateModule {
        /// The key of both.
        key: String,
        /// Where each stands.
        origins: Box<[Origin; 2]>,
    },
    /// Two permissions have one key.
    DuplicatePermission {
        /// The key of both.
        key: String,
        /// Where each stands.
        origins: Box<[Origin; 2]>,
    },
    /// Two roles have one key.
    DuplicateRole {
        /// The key of both.
        key: String,
        /// Where each stands.
        origins: Box<[Origin; 2]>,
    },
    /// Two places say what the program is.
    TwoPrograms {
        /// Where each stands.
        origins: Box<[Origin; 2]>,
    },
    /// Module and action together make no key.
    InvalidKey {
        /// The key as declared.
        key: String,
        /// What is wrong with it.
        reason: KeyError,
        /// Where it stands.
        origin: Box<Origin>,
    },
    /// A handler's module is not among the declarations.
    ModuleMissing {
        /// The action.
        action: String,
        /// The file that declares it.
        file: String,
        /// The line in that file.
        line: u32,
    },
    /// A permission or role refers to a declaration that is not there.
    Unresolved {
        /// The permission or role that refers.
        key: String,
        /// The id of what is not there.
        id: u64,
        /// Where it stands.
        origin: Box<Origin>,
    },
    /// `replaced_by` leads back to where it started.
    ReplacementCycle {
        /// A key on the circle.
        key: String,
        /// Where it stands.
        origin: Box<Origin>,
    },
    /// The embedded lock knows published keys that are not declared.
    NotLinked {
        /// The package that published them.
        package: String,
        /// The crate that published them.
        krate: String,
        /// The keys.
        keys: Vec<String>,
        /// Whether other declarations of the crate are there.
        is_linked: bool,
    },
    /// The whole breaks a rule of catalogs.
    Catalog(CatalogError),
}

impl AssembleError {
    pub(super) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The problems, in the order of what they concern.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl Problem {
    /// What to do about it: one sentence.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::DuplicateModule { key, .. } => format!(
                "declare `{key}` once and let the other crate use its constants, or give one of them another key"
            ),
            Self::DuplicatePermission { key, .. } => {
                format!("declare `{key}` once; a second handler guards with `#[upr::requires(…)]`")
            }
            Self::DuplicateRole { .. } => "give one of the roles another key".to_owned(),
            Self::TwoPrograms { .. } => {
                "call `upr::lock!()` or `upr::application!()` once, in the program".to_owned()
            }
            Self::InvalidKey { .. } => "shorten the name of the module or of the action".to_owned(),
            Self::ModuleMissing { .. } | Self::Unresolved { .. } => {
                "add the crate that declares it: it is not among what was read".to_owned()
            }
            Self::ReplacementCycle { .. } => {
                "let the last of them stand without `replaced_by`".to_owned()
            }
            Self::NotLinked { krate, is_linked: false, .. } => format!(
                "refer to the crate in the program (`use {krate} as _;`), or retire its keys: `upr lock retire`"
            ),
            Self::NotLinked { .. } => {
                "declare them again, or retire them: `upr lock retire`; a condition (`#[cfg]`) is recorded by `upr lock`".to_owned()
            }
            Self::Catalog(CatalogError::Revived(_)) => {
                "give it another name: a retired key is never used again".to_owned()
            }
            Self::Catalog(_) => "correct the declarations that it names".to_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            package,
            version,
            file,
            line,
            ..
        } = self;
        write!(f, "{file}:{line} (package `{package}` {version})")
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // What damaged bytes say is no reason for a message of several lines.
        f.write_str(&one_line(&Words(self).to_string()))
    }
}

/// What is wrong, with the texts as they were read.
struct Words<'a>(&'a Problem);

impl fmt::Display for Words<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Problem::DuplicateModule { key, origins } => twice(f, "module", key, origins),
            Problem::DuplicatePermission { key, origins } => twice(f, "permission", key, origins),
            Problem::DuplicateRole { key, origins } => twice(f, "role", key, origins),
            Problem::TwoPrograms { origins } => {
                let [a, b] = &**origins;
                write!(f, "two places say what the program is: {a} and {b}")
            }
            Problem::InvalidKey {
                key,
                reason,
                origin,
            } => write!(f, "`{key}` at {origin} is not a key: {reason}"),
            Problem::ModuleMissing { action, file, line } => {
                write!(
                    f,
                    "the module of the action `{action}` at {file}:{line} is not declared"
                )
            }
            Problem::Unresolved { key, id, origin } => write!(
                f,
                "`{key}` at {origin} refers to a declaration that is not there (id {id})"
            ),
            Problem::ReplacementCycle { key, origin } => {
                write!(
                    f,
                    "`replaced_by` of `{key}` at {origin} leads back to itself"
                )
            }
            Problem::NotLinked {
                package,
                krate,
                keys,
                is_linked,
            } => {
                let what = if *is_linked {
                    "no longer declares everything"
                } else {
                    "is not linked"
                };
                write!(
                    f,
                    "crate `{krate}` of package `{package}` {what}: its lock has {}",
                    Keys(keys)
                )
            }
            Problem::Catalog(error) => write!(f, "{error}"),
        }
    }
}

fn twice(f: &mut fmt::Formatter<'_>, what: &str, key: &str, origins: &[Origin; 2]) -> fmt::Result {
    let [a, b] = origins;
    write!(f, "{what} `{key}` is declared twice: at {a} and at {b}")
}

/// A few of many keys.
struct Keys<'a>(&'a [String]);

impl fmt::Display for Keys<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        for (position, key) in self.0.iter().take(SHOWN).enumerate() {
            let separator = if position == 0 { "" } else { ", " };
            write!(f, "{separator}`{key}`")?;
        }
        if self.0.len() > SHOWN {
            write!(f, " and {} more", self.0.len() - SHOWN)?;
        }
        Ok(())
    }
}

impl fmt::Display for AssembleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl Error for AssembleError {}

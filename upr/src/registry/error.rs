//! What can be wrong with the declarations that are linked into a program.

use std::error::Error;
use std::fmt;

/// Where a declaration stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    package: &'static str,
    version: &'static str,
    file: &'static str,
    line: u32,
}

impl Origin {
    pub(crate) fn new(
        package: &'static str,
        version: &'static str,
        file: &'static str,
        line: u32,
    ) -> Self {
        Self {
            package,
            version,
            file,
            line,
        }
    }

    /// The package, as its Cargo.toml names it.
    #[must_use]
    pub fn package(&self) -> &'static str {
        self.package
    }

    /// The version of the package.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// The source file, as the compiler was given it.
    #[must_use]
    pub fn file(&self) -> &'static str {
        self.file
    }

    /// The line in that file, from 1.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            package,
            version,
            file,
            line,
        } = self;
        write!(f, "{file}:{line} (package `{package}` {version})")
    }
}

/// One thing that is wrong with the declarations of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    /// Two modules have one key.
    DuplicateModule {
        /// The key of both.
        key: &'static str,
        /// Where each stands.
        origins: [Origin; 2],
    },
    /// Two permissions have one key.
    DuplicatePermission {
        /// The key of both.
        key: &'static str,
        /// Where each stands.
        origins: [Origin; 2],
    },
    /// Two roles have one key.
    DuplicateRole {
        /// The key of both.
        key: &'static str,
        /// Where each stands.
        origins: [Origin; 2],
    },
    /// Two keys differ only in case, in a module that does not say `allow_case_variants`.
    CaseVariants {
        /// The two keys.
        keys: [&'static str; 2],
        /// Where the second stands.
        origin: Origin,
    },
    /// Two keys have one id (or a key has the reserved id 0): one of them must be renamed before it is published.
    Collision {
        /// The keys; the same one twice for the reserved id.
        keys: [&'static str; 2],
    },
    /// A key is longer or has more segments than keys may, which only shows once module and action are joined.
    InvalidKey {
        /// The key as declared.
        key: &'static str,
        /// What is wrong with it.
        reason: String,
        /// Where it stands.
        origin: Origin,
    },
    /// `replaced_by` leads back to where it started.
    ReplacementCycle {
        /// A key on the circle.
        key: &'static str,
        /// Where it stands.
        origin: Origin,
    },
    /// The embedded lock knows published keys of a crate of which nothing is linked.
    NotLinked {
        /// The package that has the crate.
        package: &'static str,
        /// The crate that is missing.
        krate: &'static str,
        /// Its published keys, by id.
        keys: Vec<&'static str>,
    },
    /// The embedded lock knows published keys that a linked crate no longer declares.
    Vanished {
        /// The package that has the crate.
        package: &'static str,
        /// The crate that declared them.
        krate: &'static str,
        /// The keys that are gone, by id.
        keys: Vec<&'static str>,
    },
    /// A key is declared that the embedded lock holds as a tombstone.
    Revived {
        /// The key.
        key: &'static str,
        /// The version that retired it.
        retired: &'static str,
        /// Where it is declared.
        origin: Origin,
    },
    /// Two places say what the program is.
    TwoPrograms {
        /// Where each stands.
        origins: [Origin; 2],
    },
    /// A declaration refers to a permission or module that is not linked.
    Unresolved {
        /// The permission or role that refers.
        key: &'static str,
        /// Where it stands.
        origin: Origin,
    },
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
            Self::DuplicateRole { .. } => "give one of the roles another key".into(),
            Self::CaseVariants { .. } => {
                "rename one of them, or write `allow_case_variants` on the module".into()
            }
            Self::Collision { .. } => "rename one of them".into(),
            Self::InvalidKey { .. } => "shorten the name of the module or of the action".into(),
            Self::ReplacementCycle { .. } => {
                "let the last of them stand without `replaced_by`".into()
            }
            Self::NotLinked { krate, .. } => format!(
                "refer to the crate in the program (`use {krate} as _;`), or retire its keys: `upr lock retire`"
            ),
            Self::Vanished { .. } => {
                "declare them again, or retire them: `upr lock retire`; a condition (`#[cfg]`) is recorded by `upr lock`".into()
            }
            Self::Revived { .. } => "give it another name: a retired key is never used again".into(),
            Self::TwoPrograms { .. } => {
                "call `upr::lock!()` or `upr::application!()` once, in the program".into()
            },
            Self::Unresolved { .. } => {
                "link the crate that declares it with `use that_crate as _;`".into()
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DuplicateModule {
                key,
                origins: [a, b],
            } => {
                write!(f, "module `{key}` is declared twice: at {a} and at {b}")
            }
            Self::DuplicatePermission {
                key,
                origins: [a, b],
            } => {
                write!(f, "permission `{key}` is declared twice: at {a} and at {b}")
            }
            Self::DuplicateRole {
                key,
                origins: [a, b],
            } => {
                write!(f, "role `{key}` is declared twice: at {a} and at {b}")
            }
            Self::CaseVariants {
                keys: [a, b],
                origin,
            } => {
                write!(f, "`{a}` and `{b}` at {origin} differ only in case")
            }
            Self::Collision { keys: [a, b] } if a == b => {
                write!(f, "the id of `{a}` is the reserved 0")
            }
            Self::Collision { keys: [a, b] } => write!(f, "`{a}` and `{b}` have the same id"),
            Self::InvalidKey {
                key,
                reason,
                origin,
            } => {
                write!(f, "`{key}` at {origin} is not a key: {reason}")
            }
            Self::ReplacementCycle { key, origin } => {
                write!(
                    f,
                    "`replaced_by` of `{key}` at {origin} leads back to itself"
                )
            }
            Self::NotLinked {
                package,
                krate,
                keys,
            } => write!(
                f,
                "crate `{krate}` of package `{package}` is not linked, and {} published by it",
                Keys(keys)
            ),
            Self::Vanished {
                package,
                krate,
                keys,
            } => write!(
                f,
                "crate `{krate}` of package `{package}` no longer declares everything: {} published by it",
                Keys(keys)
            ),
            Self::Revived {
                key,
                retired,
                origin,
            } => {
                write!(
                    f,
                    "`{key}` was retired in {retired} and is declared again at {origin}"
                )
            }
            Self::TwoPrograms { origins: [a, b] } => {
                write!(f, "two places say what the program is: {a} and {b}")
            }
            Self::Unresolved { key, origin } => {
                write!(
                    f,
                    "`{key}` at {origin} refers to a declaration that is not linked"
                )
            }
        }
    }
}

/// A few of many keys, as the subject of "published".
struct Keys<'a>(&'a [&'static str]);

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
        f.write_str(if self.0.len() == 1 { " was" } else { " were" })
    }
}

/// Everything that is wrong with the declarations of a program; at least one [`Problem`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryError {
    problems: Vec<Problem>,
}

impl RegistryError {
    pub(crate) fn new(problems: Vec<Problem>) -> Self {
        Self { problems }
    }

    /// The problems, in the order of the keys they concern.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The whole message for a person: one problem a line, its remedy below it.
    #[must_use]
    pub fn report(&self) -> String {
        let mut report = String::from("the permissions of this program are not in order\n");
        for problem in &self.problems {
            report.push_str(&format!("  {problem}\n    {}\n", problem.remedy()));
        }
        report
    }
}

impl fmt::Display for RegistryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, problem) in self.problems.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{problem}")?;
        }
        Ok(())
    }
}

impl Error for RegistryError {}

use std::error::Error;
use std::fmt;
use std::time::Duration;

use thiserror::Error;
use upr::RegistryError;
use upr_core::catalog::CatalogError;

use crate::database::DatabaseError;
use crate::error::{Class, Failure, StoreError};
use crate::settings::Origin;
use crate::wish::WishError;

/// Why a program does not start.
///
/// [`report`](Self::report) is what a person should see: the reason, and the command that mends it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StartupError {
    /// What is linked into the program contradicts itself or its lock.
    #[error("{}", first(&self.problems()))]
    Registry(RegistryError),
    /// The settings give the application a name that is none.
    #[error("`application` ({origin}): {problem}")]
    Application {
        /// Where the name stands.
        origin: Origin,
        /// What is wrong with it.
        problem: CatalogError,
    },
    /// The audit key is no secret.
    #[error("the audit key is empty")]
    AuditKey,
    /// Tests may assume proofs in this program, which a protected environment does not allow.
    #[error(
        "this program was built with the feature `test` of upr, which lets it assume proofs, and the environment `{environment}` is protected"
    )]
    Assumes {
        /// The environment.
        environment: String,
    },
    /// The settings name no database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Code and store do not fit together.
    #[error("{}", first(errors))]
    Invalid {
        /// Where the store is.
        place: String,
        /// What is wrong, one sentence each.
        errors: Vec<String>,
        /// What mends it, one sentence each.
        remedies: Vec<String>,
    },
    /// `startup_timeout` is over. What was being done is rolled back.
    #[error("start-up was not done after {limit:?} (`startup_timeout`), when it was {step}")]
    TimedOut {
        /// The time that was allowed.
        limit: Duration,
        /// What it was doing.
        step: Step,
        /// Whether it waited for another program to release the database `place`.
        waited: bool,
        /// Where the store is.
        place: String,
    },
    /// The application could not say who its first subjects are.
    #[error("the first subjects could not be prepared: {0}")]
    Bootstrap(#[source] Box<dyn Error + Send + Sync>),
    /// The first subjects cannot be made.
    #[error("the first subjects could not be made: {0}")]
    FirstSubjects(#[source] WishError),
}

impl StartupError {
    /// Everything that is wrong, one sentence each; empty where the error itself says all.
    #[must_use]
    pub fn problems(&self) -> Vec<String> {
        match self {
            Self::Registry(error) => error.problems().iter().map(ToString::to_string).collect(),
            Self::Invalid { errors, .. } => errors.clone(),
            _ => Vec::new(),
        }
    }

    /// The whole message for a person, several lines without a last line break: what is wrong, one
    /// problem a line, and then what to do.
    #[must_use]
    pub fn report(&self) -> String {
        /// More than these hide what to do.
        const SHOWN: usize = 20;
        let mut problems = self.problems();
        let mut lines = vec![match self {
            Self::Registry(_) => "the permissions of this program contradict each other".to_owned(),
            Self::Invalid { place, .. } => {
                format!("the database `{place}` does not fit what this program declares")
            }
            other => other.to_string(),
        }];
        let hidden = problems.len().saturating_sub(SHOWN);
        problems.truncate(SHOWN);
        lines.extend(problems);
        if hidden > 0 {
            lines.push(format!("… and {hidden} more"));
        }
        lines.extend(self.hints());
        lines.join("\n  ")
    }
}

impl Failure for StartupError {
    fn code(&self) -> &'static str {
        match self {
            Self::Registry(_) => "registry",
            Self::Application { .. } => "application-invalid",
            Self::AuditKey => "audit-key-empty",
            Self::Assumes { .. } => "assumed-proofs",
            Self::Database(error) => error.code(),
            Self::Store(error) => error.code(),
            Self::Invalid { .. } => "drift",
            Self::TimedOut { .. } => "startup-timeout",
            Self::Bootstrap(_) => "bootstrap",
            Self::FirstSubjects(error) => error.code(),
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Registry(_) | Self::Invalid { .. } | Self::Assumes { .. } => Class::No,
            Self::Application { .. } | Self::AuditKey => Class::Usage,
            Self::Database(error) => error.class(),
            Self::Store(error) => error.class(),
            Self::TimedOut { .. } | Self::Bootstrap(_) => Class::CouldNot,
            Self::FirstSubjects(error) => error.class(),
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Registry(error) => {
                let mut hints: Vec<String> = Vec::new();
                for problem in error.problems() {
                    let remedy = problem.remedy();
                    if !hints.contains(&remedy) {
                        hints.push(remedy);
                    }
                }
                hints
            }
            Self::Application { .. } => {
                vec!["name the application as its package is named".to_owned()]
            }
            Self::AuditKey => {
                vec!["set UPR_AUDIT_KEY to the secret, or unset it".to_owned()]
            }
            Self::Assumes { .. } => {
                vec!["build it with `--release`, or without the feature `test`".to_owned()]
            }
            Self::Database(error) => error.hints(),
            Self::Store(error) => error.hints(),
            Self::Invalid { remedies, .. } => remedies.clone(),
            Self::TimedOut { waited, place, .. } => {
                let wait = format!(
                    "another program holds the lock of the database `{place}`: wait until it is done, or end it"
                );
                let more = "allow more time with `startup_timeout`".to_owned();
                if *waited {
                    vec![wait, more]
                } else {
                    vec![more]
                }
            }
            Self::Bootstrap(_) => {
                vec!["start without first subjects: DISABLE_BOOTSTRAP=true".to_owned()]
            }
            Self::FirstSubjects(error) => error.hints(),
        }
    }
}

/// What start-up does, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Step {
    /// Opening the database and looking at its schema.
    Opening,
    /// `auto_migrate`.
    Migrating,
    /// `auto_sync`.
    Syncing,
    /// `validate_on_startup`.
    Validating,
    /// `bootstrap`.
    Bootstrapping,
    /// Reading what decisions rest on.
    Reading,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opening => "opening the database",
            Self::Migrating => "bringing the schema up to date",
            Self::Syncing => "applying the plan",
            Self::Validating => "comparing code and database",
            Self::Bootstrapping => "making the first subjects",
            Self::Reading => "reading roles and grants",
        })
    }
}

/// The first of several sentences, and how many there are beside it.
fn first(sentences: &[String]) -> String {
    match sentences {
        [] => String::new(),
        [only] => only.clone(),
        [first, rest @ ..] => format!("{first} (and {} more)", rest.len()),
    }
}

//! What a build script finds wrong.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;

use upr_core::Finding;
use upr_core::fragment::AssembleError;
use upr_core::scan::ProgramError;

/// Why a build script refuses, with everything that was found at once.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildError {
    /// Not called from a build script: the variable that Cargo would set.
    NoBuildScript(&'static str),
    /// The sources cannot be read or followed.
    Sources(ProgramError),
    /// What the sources declare contradicts itself.
    Declarations(AssembleError),
    /// What the lock has against them.
    Findings(Vec<Finding>),
    /// There is no lock, and the build is strict.
    NoLock,
    /// The lock cannot be read.
    Lock {
        /// The lock.
        file: PathBuf,
        /// What is the matter with it.
        problem: String,
        /// What to do.
        remedy: String,
    },
    /// The registry of the build script refuses.
    Registry(String),
    /// No crate with permissions is linked into the build script.
    NothingLinked,
    /// A file cannot be written.
    Output {
        /// The file.
        file: PathBuf,
        /// What is the matter with it.
        problem: String,
    },
}

impl BuildError {
    /// One line for each thing that is wrong: the place if there is one, what, and what to do.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let one = |line: String| vec![line];
        match self {
            Self::NoBuildScript(variable) => one(format!(
                "`{variable}` is not set; call `upr::build` from a build script, which Cargo runs"
            )),
            Self::Sources(ProgramError::Scan(errors)) => errors
                .errors()
                .iter()
                .map(|error| format!("{error}; {}", error.remedy()))
                .collect(),
            Self::Sources(error) => one(error.to_string()),
            Self::Declarations(error) => error
                .problems()
                .iter()
                .map(|problem| format!("{problem}; {}", problem.remedy()))
                .collect(),
            Self::Findings(findings) => findings
                .iter()
                .map(|finding| format!("{}; {} ({})", finding.message, finding.remedy, finding.id))
                .collect(),
            Self::NoLock => one(
                "there is no `upr.lock` in the package's directory or at its workspace root; create it with `upr init`, record keys with `upr lock`, and commit it".to_owned(),
            ),
            Self::Lock { file, problem, remedy } => one(format!("`{}` cannot be read: {problem}; {remedy}", file.display())),
            Self::Registry(problem) => one(problem.replace('\n', " ")),
            Self::NothingLinked => one(
                "no crate with permissions is linked into the build script; add it to `[build-dependencies]` and name it in build.rs: `use permissions as _;`".to_owned(),
            ),
            Self::Output { file, problem } => one(format!("`{}` cannot be written: {problem}", file.display())),
        }
    }
}

impl From<ProgramError> for BuildError {
    fn from(error: ProgramError) -> Self {
        Self::Sources(error)
    }
}

impl From<AssembleError> for BuildError {
    fn from(error: AssembleError) -> Self {
        Self::Declarations(error)
    }
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lines().join("\n"))
    }
}

impl Error for BuildError {}

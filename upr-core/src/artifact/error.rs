//! Why a file gives no declarations.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::section::SectionError;

/// Why a file gives no declarations.
#[derive(Debug)]
pub struct ArtifactError {
    path: PathBuf,
    /// In an archive, the member that is meant.
    member: Option<String>,
    problem: ArtifactProblem,
}

/// What is wrong with a file.
#[derive(Debug)]
#[non_exhaustive]
pub enum ArtifactProblem {
    /// It cannot be read.
    Unreadable(io::Error),
    /// It is neither a program nor a library nor an object file, of any format that is known here.
    NotAnObject,
    /// It is one, and contradicts itself or ends too early; the text says where.
    Malformed(String),
    /// It declares nothing.
    NoSection,
    /// It holds code that is still to be compiled, for link-time optimisation.
    Bitcode,
    /// It is an archive that only names its members.
    Thin,
    /// The section is compressed.
    Compressed,
    /// The section does not hold what it should.
    Section(SectionError),
}

impl ArtifactError {
    pub(super) fn new(path: &Path, problem: ArtifactProblem) -> Self {
        Self {
            path: path.to_owned(),
            member: None,
            problem,
        }
    }

    pub(super) fn in_member(mut self, member: Option<String>) -> Self {
        self.member = member;
        self
    }

    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// In an archive, the member that is meant.
    #[must_use]
    pub fn member(&self) -> Option<&str> {
        self.member.as_deref()
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &ArtifactProblem {
        &self.problem
    }

    /// What to do about it, one sentence each.
    #[must_use]
    pub fn remedies(&self) -> Vec<&'static str> {
        match &self.problem {
            ArtifactProblem::Unreadable(error) if error.kind() == io::ErrorKind::NotFound => {
                vec!["build it first, and name it as it is called in the target directory"]
            }
            ArtifactProblem::Unreadable(_) => vec!["name a file that can be read"],
            ArtifactProblem::NotAnObject => vec![
                "name an executable, a library (.rlib, .a, .so, .dylib, .dll, .lib, .wasm) or an object file",
            ],
            ArtifactProblem::Malformed(_) => {
                vec!["build the file again, or take an undamaged copy"]
            }
            ArtifactProblem::NoSection => vec![
                "was it built with upr, and does it declare permissions?",
                "a crate that nothing refers to is not linked (`use billing as _;`), and `objcopy --remove-section` takes the section away",
            ],
            ArtifactProblem::Bitcode => vec![
                "read the program that is linked from it, or build it without link-time optimisation (`lto = false`)",
            ],
            ArtifactProblem::Thin => {
                vec![
                    "read the program that is linked from it, or make an archive that holds its members",
                ]
            }
            ArtifactProblem::Compressed => {
                vec!["take the compression away: `objcopy --decompress-sections FILE`"]
            }
            ArtifactProblem::Section(error) => vec![error.remedy()],
        }
    }
}

impl fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.path.display())?;
        if let Some(member) = &self.member {
            write!(f, " (member `{member}`)")?;
        }
        match &self.problem {
            ArtifactProblem::Unreadable(error) => write!(f, " cannot be read: {error}"),
            ArtifactProblem::NotAnObject => {
                f.write_str(" is neither a program nor a library nor an object file")
            }
            ArtifactProblem::Malformed(reason) => write!(f, " is damaged or incomplete: {reason}"),
            ArtifactProblem::NoSection => {
                f.write_str(" declares no permissions: it has no section `.upr`, or nothing in it")
            }
            ArtifactProblem::Bitcode => {
                f.write_str(" holds code that is still to be compiled, and no section `.upr`")
            }
            ArtifactProblem::Thin => {
                f.write_str(" is a thin archive: it names its members and does not hold them")
            }
            ArtifactProblem::Compressed => f.write_str(": the section `.upr` is compressed"),
            ArtifactProblem::Section(error) => write!(f, ": {error}"),
        }
    }
}

impl Error for ArtifactError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match &self.problem {
            ArtifactProblem::Unreadable(error) => Some(error),
            ArtifactProblem::Section(error) => Some(error),
            _ => None,
        }
    }
}

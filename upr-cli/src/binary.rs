//! Declarations in what was built: an executable or a library, read without running it.

use std::cell::OnceCell;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use upr_core::artifact::{self, ArtifactError, ArtifactProblem};
use upr_core::fragment::{AssembleError, Assembled, Problem, assemble};

use crate::declarations::contradictions;
use crate::failure::Failure;

/// A file that is read once, when it is first asked for.
#[derive(Debug)]
pub(crate) struct Binary {
    path: PathBuf,
    read: OnceCell<Assembled>,
}

impl Binary {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            read: OnceCell::new(),
        }
    }

    /// What it declares, under the name that it gives itself.
    pub(crate) fn read(&self) -> Result<&Assembled, Failure> {
        if let Some(read) = self.read.get() {
            return Ok(read);
        }
        let fragments = artifact::read(&self.path).map_err(|error| unread(&error))?;
        let assembled = assemble(fragments, None).map_err(|error| contradicts(&error))?;
        Ok(self.read.get_or_init(|| assembled))
    }
}

/// Why a file gives no declarations.
pub(crate) fn unread(error: &ArtifactError) -> Failure {
    let code = match error.problem() {
        ArtifactProblem::Unreadable(_) => "binary-unreadable",
        ArtifactProblem::NoSection => "binary-without-permissions",
        _ => "binary-invalid",
    };
    let failure = Failure::could_not(code, error.to_string());
    let failure = error.remedies().iter().fold(failure, Failure::remedy);
    match error.problem() {
        ArtifactProblem::NotAnObject if holds_json(error.path()) => {
            failure.remedy("name a catalog with --catalog FILE")
        }
        _ => failure,
    }
}

/// Whether somebody may have meant `--catalog`.
fn holds_json(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = File::open(path).and_then(|file| file.take(64).read_to_end(&mut start));
    read.is_ok() && start.trim_ascii_start().starts_with(b"{")
}

/// Why declarations that were read make no catalog.
pub(crate) fn contradicts(error: &AssembleError) -> Failure {
    let problems = error.problems();
    contradictions(
        problems.iter().map(ToString::to_string),
        problems.iter().map(Problem::remedy),
    )
}

//! Declarations in what was built: an executable or a library, read without running it.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use upr_core::Catalog;
use upr_core::artifact::{self, ArtifactError, ArtifactProblem};
use upr_core::finding::Place;
use upr_core::fragment::{AssembleError, Fragment, Problem, assemble, places, without_lock};
use upr_core::lock::Declared;

use crate::declarations::contradictions;
use crate::failure::Failure;

/// A file that is read once, when it is first asked for.
#[derive(Debug)]
pub(crate) struct Binary {
    path: PathBuf,
    fragments: OnceCell<Vec<Fragment>>,
}

impl Binary {
    pub(crate) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            fragments: OnceCell::new(),
        }
    }

    /// The registry as data, under the name that it gives itself.
    pub(crate) fn catalog(&self) -> Result<Catalog, Failure> {
        let assembled = assemble(self.fragments()?.to_vec(), None);
        Ok(assembled.map_err(|error| contradicts(&error))?.catalog)
    }

    /// Every key, as a lock wants to know it.
    pub(crate) fn declared(&self) -> Result<Vec<Declared>, Failure> {
        let assembled = assemble(without_lock(self.fragments()?.to_vec()), None);
        Ok(assembled.map_err(|error| contradicts(&error))?.declared)
    }

    /// Whether it embeds its lock, and so needs everything that stands there.
    pub(crate) fn embeds_lock(&self) -> Result<bool, Failure> {
        Ok(embeds_lock(self.fragments()?))
    }

    fn fragments(&self) -> Result<&[Fragment], Failure> {
        if let Some(fragments) = self.fragments.get() {
            return Ok(fragments);
        }
        let fragments = artifact::read(&self.path).map_err(|error| unread(&error))?;
        Ok(self.fragments.get_or_init(|| fragments))
    }

    /// Where its permissions are declared, by key.
    pub(crate) fn places(&self) -> Result<BTreeMap<String, Place>, Failure> {
        Ok(places(self.fragments()?))
    }
}

/// Whether a program among them embeds a lock with keys in it.
pub(crate) fn embeds_lock(fragments: &[Fragment]) -> bool {
    fragments.iter().any(|fragment| match fragment {
        Fragment::Program(program) => !program.locked.is_empty(),
        _ => false,
    })
}

/// The code of a library that is still to be compiled.
pub(crate) const BITCODE: &str = "binary-bitcode";

/// Why a file gives no declarations.
pub(crate) fn unread(error: &ArtifactError) -> Failure {
    let code = match error.problem() {
        ArtifactProblem::Unreadable(_) => "binary-unreadable",
        ArtifactProblem::NoSection => "binary-without-permissions",
        ArtifactProblem::Bitcode => BITCODE,
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

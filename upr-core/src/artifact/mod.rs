//! What was built, read without running it: executables, dynamic and static libraries, `.rlib` files, object files.
//!
//! The macros leave a record of each declaration in a [section] that linkers keep, also under `strip`,
//! `--gc-sections` and link-time optimisation. [`read`] finds it in ELF, Mach-O (one architecture or several), PE and COFF,
//! WebAssembly, and in each member of an archive. Nothing is mapped and nothing is run: the file is read by and by, and
//! one that contradicts itself is an error that says so.
//!
//! Behind the feature `artifact`.

mod error;
mod extract;
mod window;

use std::fs::{self, File};
use std::io;
use std::path::Path;

pub use self::error::{ArtifactError, ArtifactProblem};
use self::extract::{Extractor, Fault, Section};
use self::window::Input;
use crate::fragment::Fragment;
use crate::section;

/// The declarations in a file, in the order in which they stand there.
///
/// A program holds those of all crates that are linked into it. A library of Rust (`.rlib`) holds its own crate's alone;
/// [`assemble`](crate::fragment::assemble) takes those of several files together.
///
/// ```
/// use upr_core::artifact;
///
/// let error = artifact::read("Cargo.toml".as_ref()).unwrap_err();
/// assert_eq!(error.to_string(), "`Cargo.toml` is neither a program nor a library nor an object file");
/// ```
///
/// # Errors
///
/// [`ArtifactError`] when the file cannot be read, is of no known format, is damaged, or declares nothing.
pub fn read(path: &Path) -> Result<Vec<Fragment>, ArtifactError> {
    let mut fragments = Vec::new();
    for Section { member, bytes } in sections(path)? {
        let read = section::read(&bytes).map_err(|error| {
            ArtifactError::new(path, ArtifactProblem::Section(error)).in_member(member)
        })?;
        fragments.extend(read);
    }
    if fragments.is_empty() {
        return Err(ArtifactError::new(path, ArtifactProblem::NoSection));
    }
    Ok(fragments)
}

/// At least one section.
fn sections(path: &Path) -> Result<Vec<Section>, ArtifactError> {
    let input = open(path).map_err(|error| unreadable(path, error))?;
    let mut extractor = Extractor::new(&input);
    let done = extractor.run();
    if let Some(error) = input.failure() {
        return Err(unreadable(path, error));
    }
    if let Err(Fault { member, problem }) = done {
        return Err(ArtifactError::new(path, problem).in_member(member));
    }
    if extractor.sections.is_empty() {
        let problem = if extractor.has_bitcode {
            ArtifactProblem::Bitcode
        } else {
            ArtifactProblem::NoSection
        };
        return Err(ArtifactError::new(path, problem));
    }
    Ok(extractor.sections)
}

fn open(path: &Path) -> io::Result<Input> {
    // Opening a pipe would wait for somebody to write to it.
    let metadata = fs::metadata(path)?;
    if metadata.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    if !metadata.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok(Input::new(File::open(path)?, metadata.len()))
}

fn unreadable(path: &Path, error: io::Error) -> ArtifactError {
    ArtifactError::new(path, ArtifactProblem::Unreadable(error))
}

//! The folder of backups: putting a new one there, finding those that are there, removing old ones.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::error::BackupError;
use super::manifest::Manifest;
use super::read::{Verified, verify};
use crate::change::random_id;

/// What the names of backups end in.
pub(super) const EXTENSION: &str = "uprbak";

/// A file in a folder of backups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Found {
    /// The file.
    pub file: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// What it is, when it is whole.
    #[serde(flatten)]
    pub whole: Option<Summary>,
    /// What is wrong with it, when it is not.
    pub problem: Option<String>,
}

/// A whole backup in a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Summary {
    /// When it was taken.
    pub at: String,
    /// The sum over the whole file, as `sha256sum` says it.
    pub sha256: String,
    /// Why it was taken.
    pub reason: String,
    /// Whether it was taken to undo a restore with, and not to go back to.
    pub safety: bool,
    /// The revision that it holds.
    pub revision: u64,
    /// The store it was taken of.
    pub store: String,
    /// The environment of that store.
    pub environment: String,
    /// The applications whose keys and roles it holds.
    pub applications: Vec<String>,
}

impl From<Verified> for Summary {
    fn from(verified: Verified) -> Self {
        let Verified {
            sha256, manifest, ..
        } = verified;
        Self {
            safety: manifest.is_safety(),
            at: manifest.taken(),
            sha256,
            reason: manifest.reason,
            revision: manifest.revision,
            store: manifest.store,
            environment: manifest.environment,
            applications: manifest.applications,
        }
    }
}

/// The backups in `folder`, each read whole: the newest first, and those that are not whole last.
/// A folder that is not there holds none.
///
/// # Errors
///
/// [`BackupError`] when the folder cannot be read.
pub fn list(folder: &Path) -> Result<Vec<Found>, BackupError> {
    let mut found: Vec<Found> = files(folder)?
        .into_iter()
        .map(|(file, bytes)| match verify(&file) {
            Ok(verified) => Found {
                file,
                bytes,
                whole: Some(verified.into()),
                problem: None,
            },
            Err(error) => Found {
                file,
                bytes,
                whole: None,
                problem: Some(error.problem()),
            },
        })
        .collect();
    found.sort_by(|a, b| order(b).cmp(&order(a)));
    Ok(found)
}

/// By time and revision; of two that have both in common, by name, in which the later is longer.
fn order(found: &Found) -> (Option<(&str, u64)>, usize, &Path) {
    let whole = found.whole.as_ref();
    let age = whole.map(|whole| (whole.at.as_str(), whole.revision));
    let name = found.file.as_os_str().len();
    (age, name, &found.file)
}

/// What pruning did, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pruned {
    /// The files that stay, the newest first.
    pub kept: Vec<PathBuf>,
    /// The files that were removed, or would be.
    pub removed: Vec<PathBuf>,
}

/// Removes all but the newest `keep` backups of a store. The newest that is no safety backup stays
/// whatever happens, and so do files that are not whole, and backups of other stores (rule 41).
///
/// # Errors
///
/// [`BackupError`] when the folder cannot be read or a file cannot be removed.
pub fn prune(
    folder: &Path,
    store: &str,
    keep: usize,
    removes: bool,
) -> Result<Pruned, BackupError> {
    let mut pruned = Pruned {
        kept: Vec::new(),
        removed: Vec::new(),
    };
    let mut has_one_to_go_back_to = false;
    for found in list(folder)? {
        let Some(whole) = found.whole.filter(|whole| whole.store == store) else {
            continue;
        };
        let is_last_resort = !whole.safety && !has_one_to_go_back_to;
        has_one_to_go_back_to |= !whole.safety;
        if pruned.kept.len() < keep || is_last_resort {
            pruned.kept.push(found.file);
            continue;
        }
        if removes {
            fs::remove_file(&found.file)
                .map_err(|error| BackupError::unwritable(&found.file, &error))?;
        }
        pruned.removed.push(found.file);
    }
    Ok(pruned)
}

fn files(folder: &Path) -> Result<Vec<(PathBuf, u64)>, BackupError> {
    let unreadable = |error: io::Error| BackupError::unreadable(folder, &error);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(unreadable(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let entry = entry.map_err(unreadable)?;
        let path = entry.path();
        let is_one = path.extension().is_some_and(|found| found == EXTENSION);
        let Ok(metadata) = fs::metadata(&path) else {
            continue;
        };
        if is_one && metadata.is_file() {
            files.push((path, metadata.len()));
        }
    }
    Ok(files)
}

/// The name of a backup: `upr-20261120T103000Z-r42.uprbak`; of the second of that second and
/// revision, `upr-20261120T103000Z-r42-2.uprbak`.
fn name(manifest: &Manifest, number: u32) -> String {
    // `2026-11-20T10:30:00.123456Z` without what file systems mind.
    let moment: String = manifest
        .at
        .chars()
        .take_while(|c| *c != '.')
        .filter(|c| !matches!(c, '-' | ':'))
        .collect();
    let again = match number {
        1 => String::new(),
        _ => format!("-{number}"),
    };
    format!("upr-{moment}Z-r{}{again}.{EXTENSION}", manifest.revision)
}

/// A file that gets its name when it is whole, and is gone when it never is.
pub(super) struct Draft {
    folder: PathBuf,
    path: PathBuf,
    file: BufWriter<File>,
}

impl Draft {
    /// A new file in `folder`, which is made when it is not there; for nobody else to read.
    pub(super) fn create(folder: &Path) -> Result<Self, BackupError> {
        let fail = |path: &Path, error: &io::Error| BackupError::unwritable(path, error);
        create_folder(folder).map_err(|error| fail(folder, &error))?;
        let id = random_id().map_err(|error| fail(folder, &io::Error::other(error.to_string())))?;
        let path = folder.join(format!(".{id}.{EXTENSION}.tmp"));
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let file = options.open(&path).map_err(|error| fail(folder, &error))?;
        Ok(Self {
            folder: folder.to_owned(),
            path,
            file: BufWriter::with_capacity(1 << 16, file),
        })
    }

    pub(super) fn out(&mut self) -> &mut dyn Write {
        &mut self.file
    }

    /// Everything is on the disk; the file can be read back.
    pub(super) fn sync(&mut self) -> io::Result<()> {
        self.file.flush()?;
        self.file.get_ref().sync_all()
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Gives the file its name. A file that has that name already keeps it.
    pub(super) fn publish(self, manifest: &Manifest) -> io::Result<PathBuf> {
        let mut number = 1;
        let path = loop {
            let path = self.folder.join(name(manifest, number));
            match give_name(&self.path, &path) {
                Ok(()) => break path,
                Err(error) if error.kind() == ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error),
            }
        };
        #[cfg(unix)]
        File::open(&self.folder)?.sync_all()?;
        Ok(path)
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // It has its name by now, or is of no use; that it cannot be removed changes nothing.
        let _ = fs::remove_file(&self.path);
    }
}

/// Renaming would replace a file; linking refuses to.
fn give_name(draft: &Path, path: &Path) -> io::Result<()> {
    match fs::hard_link(draft, path) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Err(error),
        // A file system without links: what stands there is looked for instead.
        Err(_) if path.symlink_metadata().is_ok() => Err(ErrorKind::AlreadyExists.into()),
        Err(_) => fs::rename(draft, path),
    }
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk that is full in the middle: the file never gets a name, and what there is of it goes.
    #[test]
    fn a_draft_that_fails_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let mut draft = Draft::create(folder.path()).unwrap();
        draft.out().write_all(b"half of a backup").unwrap();
        draft.sync().unwrap();
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        assert_eq!(list(folder.path()).unwrap(), []);
        drop(draft);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_stands_there_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = Manifest {
            at: "2026-11-20T10:30:00.123456Z".to_owned(),
            revision: 42,
            ..Manifest::default()
        };
        let first = folder.path().join("upr-20261120T103000Z-r42.uprbak");
        fs::write(&first, "mine").unwrap();
        let draft = Draft::create(folder.path()).unwrap();
        let path = draft.publish(&manifest).unwrap();
        assert!(
            path.ends_with("upr-20261120T103000Z-r42-2.uprbak"),
            "{path:?}"
        );
        assert_eq!(fs::read_to_string(&first).unwrap(), "mine");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}

//! Backups: one file with every `upr_` table, independent of the database.
//!
//! A backup is JSON Lines: a manifest ([`Manifest`]), each row as an array, and a last line with
//! the number of rows and the sha256 over everything before it. Times are UTC to the microsecond
//! and truth values are `true` and `false`, so that what one database gave another can take. Rows
//! go through memory one by one, in both directions.
//!
//! A file has its name only once it is whole: it is written under another one, synced, read back,
//! and then named after its time and revision, in place of nothing.

mod error;
mod folder;
mod manifest;
mod read;
mod restore;
mod table;
mod write;

use std::path::{Path, PathBuf};

use serde::Serialize;

pub use self::error::BackupError;
pub use self::folder::{Found, Pruned, Summary, list, prune};
pub use self::manifest::{FORMAT, Manifest, Reason, Rows};
pub use self::read::{Verified, verify};
pub use self::restore::{Again, Counts, Fact, RestoreOptions, Restored, Table as TableDifference};

use self::folder::Draft;
use self::write::{WriteError, Written};
use crate::actor::Actor;
use crate::engine::{Begin, Session};
use crate::error::StoreError;
use crate::meta::Meta;
use crate::store::Store;

/// The schema whose rows are written and read.
pub(crate) const SCHEMA: i64 = 1;

/// A backup that was taken, read back, and is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Taken {
    /// The file.
    pub file: PathBuf,
    /// The sum over the whole file, as `sha256sum` says it.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// The revision that it holds.
    pub revision: u64,
    /// How many rows it holds.
    pub rows: u64,
}

impl Store {
    /// Takes a backup of the store as it is now into `folder`, which is made when it is not there,
    /// and reads it back. Nothing is locked: writers go on meanwhile.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read; [`StoreError::Backup`] when the file cannot
    /// be written, or is another when it is read back. No file is left behind then.
    pub fn backup(
        &self,
        folder: &Path,
        reason: Reason,
        actor: &Actor,
    ) -> Result<Taken, StoreError> {
        // It gets its name when what was read is known to be one state of the store.
        let drafted = self.read(Begin::Read, |session| {
            let meta = self.meta(session)?;
            self.draft_backup(session, &meta, folder, reason, actor)
        })?;
        drafted.publish()
    }

    /// How long a backup would be, in bytes. Reads everything, and writes nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read.
    pub fn backup_size(&self, reason: Reason, actor: &Actor) -> Result<u64, StoreError> {
        self.read(Begin::Read, |session| {
            let meta = self.meta(session)?;
            let manifest = Manifest::of(session, &meta, self.clock(), reason, actor)
                .map_err(|error| self.failure(&error))?;
            match write::write(session, &manifest, &mut std::io::sink()) {
                Ok(written) => Ok(written.bytes),
                Err(WriteError::Engine(error)) => Err(self.failure(&error)),
                Err(WriteError::Io(error)) => {
                    Err(BackupError::unwritable(Path::new(""), &error).into())
                }
            }
        })
    }

    /// A backup of what a transaction sees, read back; it has no name yet.
    pub(crate) fn draft_backup(
        &self,
        session: &mut dyn Session,
        meta: &Meta,
        folder: &Path,
        reason: Reason,
        actor: &Actor,
    ) -> Result<Drafted, StoreError> {
        let manifest = Manifest::of(session, meta, self.clock(), reason, actor)
            .map_err(|error| self.failure(&error))?;
        let unwritable = |error: &std::io::Error| BackupError::unwritable(folder, error);
        let mut draft = Draft::create(folder)?;
        let written = match write::write(session, &manifest, draft.out()) {
            Ok(written) => written,
            Err(WriteError::Engine(error)) => return Err(self.failure(&error)),
            Err(WriteError::Io(error)) => return Err(unwritable(&error).into()),
        };
        draft.sync().map_err(|error| unwritable(&error))?;
        let read = verify(draft.path())?;
        if (&read.sha256, read.bytes) != (&written.sha256, written.bytes) {
            let error = std::io::Error::other("read back, it is not what was written");
            return Err(unwritable(&error).into());
        }
        Ok(Drafted {
            draft,
            manifest,
            written,
        })
    }
}

/// A whole backup without a name, gone when it gets none.
pub(crate) struct Drafted {
    draft: Draft,
    manifest: Manifest,
    written: Written,
}

impl Drafted {
    pub(crate) fn publish(self) -> Result<Taken, StoreError> {
        let Self {
            draft,
            manifest,
            written,
        } = self;
        let folder = draft.folder().to_owned();
        let file = draft
            .publish(&manifest)
            .map_err(|error| BackupError::unwritable(&folder, &error))?;
        Ok(Taken {
            file,
            sha256: written.sha256,
            bytes: written.bytes,
            revision: manifest.revision,
            rows: manifest.rows(),
        })
    }
}

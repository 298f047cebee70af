//! What can be told of an SQLite file without opening it as a database.

use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, SystemTime};

use super::{EngineError, Fault};

const MAGIC: &[u8; 16] = b"SQLite format 3\0";

/// What the first bytes of a file say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// There is no file.
    Missing,
    /// There is a file, and nothing in it.
    Empty,
    /// A database that keeps a journal only while it writes.
    Journaled,
    /// A database with a write-ahead log.
    Logged,
}

impl Shape {
    pub(crate) fn of(path: &Path) -> Result<Self, EngineError> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound && folder_exists(path) => {
                return Ok(Self::Missing);
            }
            Err(error) => return Err(EngineError::new(Fault::Unreachable, error.to_string())),
        };
        let unreadable =
            |error: std::io::Error| EngineError::new(Fault::Unreachable, error.to_string());
        if file.metadata().map_err(unreadable)?.is_dir() {
            return Err(EngineError::new(Fault::Unreachable, "it is a folder"));
        }
        let mut head = Vec::with_capacity(20);
        file.by_ref()
            .take(20)
            .read_to_end(&mut head)
            .map_err(unreadable)?;
        match head.as_slice() {
            [] => Ok(Self::Empty),
            [magic @ .., _, _, 2, _] if magic == MAGIC => Ok(Self::Logged),
            [magic @ .., _, _, _, _] if magic == MAGIC => Ok(Self::Journaled),
            _ => Err(EngineError::new(
                Fault::NotADatabase,
                "it is no SQLite database",
            )),
        }
    }
}

fn folder_exists(path: &Path) -> bool {
    match path.parent() {
        None => false,
        Some(folder) if folder.as_os_str().is_empty() => true,
        Some(folder) => folder.is_dir(),
    }
}

/// What changes whenever somebody writes to the file or to its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Mark {
    file: Option<Stamp>,
    log: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    changed: Option<SystemTime>,
    node: (u64, u64),
}

impl Mark {
    pub(crate) fn of(path: &Path) -> Self {
        let file = fs::metadata(path).ok().map(|metadata| Stamp {
            bytes: metadata.len(),
            changed: metadata.modified().ok(),
            node: node(&metadata),
        });
        Self {
            file,
            log: fs::metadata(log_of(path)).map_or(0, |metadata| metadata.len()),
        }
    }

    /// As [`of`](Self::of), once the last change is so old that another one gets another time:
    /// file systems count in steps of some milliseconds.
    pub(crate) fn settled(path: &Path) -> Self {
        const STEP: Duration = Duration::from_millis(20);
        loop {
            let mark = Self::of(path);
            let changed = mark.file.as_ref().and_then(|stamp| stamp.changed);
            // A time in the future, by a clock that was set back, is not waited for.
            let age = changed.and_then(|changed| changed.elapsed().ok());
            match age.and_then(|age| STEP.checked_sub(age)) {
                Some(rest) if !rest.is_zero() => sleep(rest),
                _ => return mark,
            }
        }
    }

    /// Whether the path still names the file that it named then.
    pub(crate) fn is_same_file(&self, then: &Self) -> bool {
        let node = |mark: &Self| mark.file.as_ref().map(|stamp| stamp.node);
        node(self) == node(then)
    }

    /// Whether everything that was written stands in the file itself.
    pub(crate) fn log_is_empty(&self) -> bool {
        self.log == 0
    }
}

/// SQLite follows links: the log stands beside the file itself.
fn log_of(path: &Path) -> PathBuf {
    let mut log = fs::canonicalize(path)
        .unwrap_or_else(|_| path.to_owned())
        .into_os_string();
    log.push("-wal");
    log.into()
}

#[cfg(unix)]
fn node(metadata: &fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt;
    (metadata.dev(), metadata.ino())
}

#[cfg(not(unix))]
fn node(_: &fs::Metadata) -> (u64, u64) {
    (0, 0)
}

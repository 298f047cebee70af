//! Reading a backup: line by line, and trusting none before the last.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::Value as Json;

use super::error::BackupError;
use super::manifest::{FORMAT, Manifest};
use super::table::{Cell, Kind, TABLES, Table};
use super::write::last_line;
use crate::chain;
use crate::time;

/// No first line is longer: a file of another kind is not read into memory.
const MOST_OF_MANIFEST: u64 = 1 << 20;
/// No row is longer: the longest hold the plan of a large sync.
const MOST_OF_ROW: u64 = 1 << 28;

/// A backup that was read from its first byte to its last, and is whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verified {
    /// The file.
    pub file: PathBuf,
    /// The sum over the whole file, as `sha256sum` says it.
    pub sha256: String,
    /// Its length.
    pub bytes: u64,
    /// What it says about itself.
    #[serde(flatten)]
    pub manifest: Manifest,
}

/// Reads a backup whole and compares it with what it says about itself. Nothing is kept in memory.
///
/// # Errors
///
/// [`BackupError`] when it cannot be read, is no backup, was cut off or changed, and where.
pub fn verify(path: &Path) -> Result<Verified, BackupError> {
    let mut reader = Reader::open(path)?;
    while reader.next()?.is_some() {}
    Ok(Verified {
        file: path.to_owned(),
        sha256: chain::hex(&reader.hash.finalize()),
        bytes: reader.bytes,
        manifest: reader.manifest,
    })
}

/// The rows of a backup, one after the other.
pub(super) struct Reader {
    path: PathBuf,
    input: BufReader<File>,
    manifest: Manifest,
    hash: hmac_sha256::Hash,
    bytes: u64,
    line: u64,
    text: Vec<u8>,
    /// The table whose rows come now, and how many of it were read.
    table: usize,
    rows: u64,
}

impl Reader {
    /// Reads the manifest, and refuses what is no backup.
    pub(super) fn open(path: &Path) -> Result<Self, BackupError> {
        let unreadable = |error: std::io::Error| BackupError::unreadable(path, &error);
        let file = File::open(path).map_err(unreadable)?;
        if file.metadata().map_err(unreadable)?.is_dir() {
            let error = std::io::Error::other("it is a folder");
            return Err(unreadable(error));
        }
        let mut reader = Self {
            path: path.to_owned(),
            input: BufReader::with_capacity(1 << 16, file),
            manifest: Manifest::default(),
            hash: hmac_sha256::Hash::new(),
            bytes: 0,
            line: 0,
            text: Vec::new(),
            table: 0,
            rows: 0,
        };
        let is_whole = reader.read_line(MOST_OF_MANIFEST)?;
        if reader.text.is_empty() {
            return Err(BackupError::foreign(path, "it is empty"));
        }
        reader.manifest = manifest(path, &reader.text, is_whole)?;
        Ok(reader)
    }

    /// The next row and its table; `None` when the last line was read and everything is as it was
    /// written.
    pub(super) fn next(&mut self) -> Result<Option<(&'static Table, Vec<Cell>)>, BackupError> {
        while let (Some(table), Some(expected)) =
            (TABLES.get(self.table), self.manifest.tables.get(self.table))
        {
            if self.rows == expected.rows {
                (self.table, self.rows) = (self.table + 1, 0);
                continue;
            }
            self.rows += 1;
            if !self.read_line(MOST_OF_ROW)? {
                return Err(self.cut_off());
            }
            let name = table.name;
            let row = row(table, &self.text)
                .map_err(|problem| self.damaged(format!("no row of `{name}`: {problem}")))?;
            return Ok(Some((table, row)));
        }
        self.finish().map(|()| None)
    }

    fn finish(&mut self) -> Result<(), BackupError> {
        let sum = chain::hex(&self.hash.finalize());
        let expected = last_line(self.manifest.rows(), &sum);
        if !self.read_line(MOST_OF_MANIFEST)? {
            return Err(self.cut_off());
        }
        if self.text != expected.as_bytes() {
            let problem = "the sum over the lines before it is another: the file was changed";
            return Err(self.damaged(problem));
        }
        if self.read_line(MOST_OF_MANIFEST)? || !self.text.is_empty() {
            return Err(self.damaged("something stands behind the end"));
        }
        Ok(())
    }

    /// Reads a line with its end, into `text`; false when the file ends before the line does.
    fn read_line(&mut self, most: u64) -> Result<bool, BackupError> {
        self.text.clear();
        self.line += 1;
        let mut input = self.input.by_ref().take(most);
        input
            .read_until(b'\n', &mut self.text)
            .map_err(|error| BackupError::unreadable(&self.path, &error))?;
        self.bytes += self.text.len() as u64;
        self.hash.update(&self.text);
        Ok(self.text.ends_with(b"\n"))
    }

    fn cut_off(&self) -> BackupError {
        let bytes = self.bytes;
        self.damaged(format!("the file ends here, after {bytes} bytes"))
    }

    fn damaged(&self, problem: impl Into<String>) -> BackupError {
        BackupError::damaged(&self.path, self.line, problem)
    }
}

fn manifest(path: &Path, text: &[u8], is_whole: bool) -> Result<Manifest, BackupError> {
    let format = serde_json::from_slice::<Json>(text)
        .ok()
        .and_then(|json| json.get("format")?.as_str().map(str::to_owned));
    match format.as_deref() {
        Some(FORMAT) if is_whole => {}
        Some(other) if other != FORMAT && other.starts_with("upr.backup/") => {
            let problem = format!("its format is `{other}`, and this program knows `{FORMAT}`");
            return Err(BackupError::foreign(path, problem));
        }
        _ if text.starts_with(format!("{{\"format\":\"{FORMAT}\"").as_bytes()) => {
            let problem = if is_whole {
                "no manifest"
            } else {
                "the file ends within the manifest"
            };
            return Err(BackupError::damaged(path, 1, problem));
        }
        _ => {
            let problem = "it does not begin with a manifest";
            return Err(BackupError::foreign(path, problem));
        }
    }
    let manifest: Manifest = serde_json::from_slice(text)
        .map_err(|error| BackupError::damaged(path, 1, format!("no manifest: {error}")))?;
    admit(path, manifest)
}

/// Rows are read by the tables that this program knows; those of another schema are another's.
fn admit(path: &Path, manifest: Manifest) -> Result<Manifest, BackupError> {
    let known = super::SCHEMA;
    if manifest.schema != known {
        return Err(BackupError::newer(path, manifest.schema, known));
    }
    let is_as_known = manifest.tables.len() == TABLES.len()
        && manifest.tables.iter().zip(TABLES).all(|(found, table)| {
            found.table == table.name && found.columns == table.column_names()
        });
    if !is_as_known {
        let problem = "its tables are not those of its schema";
        return Err(BackupError::damaged(path, 1, problem));
    }
    if time::parse(&manifest.at).is_err() {
        return Err(BackupError::damaged(path, 1, "its time is none"));
    }
    Ok(manifest)
}

fn row(table: &Table, text: &[u8]) -> Result<Vec<Cell>, String> {
    let cells: Vec<Json> = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    if cells.len() != table.columns.len() {
        return Err(format!(
            "it has {} columns instead of {}",
            cells.len(),
            table.columns.len()
        ));
    }
    let columns = cells.into_iter().zip(table.columns);
    columns
        .map(|(cell, (name, kind))| {
            self::cell(cell, *kind).ok_or_else(|| format!("`{name}` holds something else"))
        })
        .collect()
}

fn cell(cell: Json, kind: Kind) -> Option<Cell> {
    match (kind, cell) {
        (Kind::Text, Json::String(text)) => Some(Cell::Text(text)),
        (Kind::Int, Json::Number(number)) => number.as_i64().map(Cell::Int),
        (Kind::Bool, Json::Bool(value)) => Some(Cell::Bool(value)),
        (Kind::Time | Kind::MaybeTime, Json::String(text)) => {
            time::parse(&text).ok().map(Cell::Time)
        }
        (Kind::MaybeTime, Json::Null) => Some(Cell::Null),
        _ => None,
    }
}

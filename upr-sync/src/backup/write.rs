//! Writing a backup: rows go from the database to the file one by one.

use std::io::{self, Write};

use serde_json::json;

use super::manifest::Manifest;
use super::table::{Kind, TABLES, Table};
use crate::chain;
use crate::engine::{EngineError, Fault, Row, Session};
use crate::time;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Written {
    /// Of the whole file, as `sha256sum` says it.
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
}

/// Why it was not.
#[derive(Debug)]
pub(crate) enum WriteError {
    Engine(EngineError),
    Io(io::Error),
}

impl From<EngineError> for WriteError {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// Writes the manifest, every row, and a last line with the sum over all before it.
pub(crate) fn write(
    session: &mut dyn Session,
    manifest: &Manifest,
    out: &mut dyn Write,
) -> Result<Written, WriteError> {
    let mut out = Summing {
        out,
        hash: hmac_sha256::Hash::new(),
        bytes: 0,
    };
    let mut line = serde_json::to_vec(manifest).map_err(io::Error::from)?;
    line.push(b'\n');
    out.write_all(&line)?;
    let mut rows = 0;
    for table in TABLES {
        rows += write_table(session, table, &mut out, &mut line)?;
    }
    let sum = chain::hex(&out.hash.finalize());
    out.write_all(last_line(rows, &sum).as_bytes())?;
    out.flush()?;
    Ok(Written {
        sha256: chain::hex(&out.hash.finalize()),
        bytes: out.bytes,
    })
}

/// The line that says that nothing is missing: how many rows, and the sum over every byte before.
pub(super) fn last_line(rows: u64, sum: &str) -> String {
    format!("{}\n", json!({"rows": rows, "sha256": sum}))
}

fn write_table(
    session: &mut dyn Session,
    table: &Table,
    out: &mut dyn Write,
    line: &mut Vec<u8>,
) -> Result<u64, WriteError> {
    let sql = format!(
        "SELECT {} FROM {} ORDER BY {}",
        table.column_list(),
        table.name,
        table.key_list()
    );
    let mut rows = 0;
    let mut failed = None;
    let read = session.query(&sql, &[], &mut |row| {
        line.clear();
        write_row(row, table, line)?;
        rows += 1;
        out.write_all(line).map_err(|error| {
            failed = Some(error);
            EngineError::new(Fault::Other, "the backup cannot be written")
        })
    });
    match (failed, read) {
        (Some(error), _) => Err(WriteError::Io(error)),
        (None, Err(error)) => Err(WriteError::Engine(error)),
        (None, Ok(())) => Ok(rows),
    }
}

/// One row as a JSON array: times in microseconds of UTC, truth values as such.
fn write_row(row: &dyn Row, table: &Table, line: &mut Vec<u8>) -> Result<(), EngineError> {
    for (index, (_, kind)) in table.columns.iter().enumerate() {
        line.push(if index == 0 { b'[' } else { b',' });
        match kind {
            Kind::Text => push_text(line, row.text(index)?),
            Kind::Int => line.extend_from_slice(row.int(index)?.to_string().as_bytes()),
            Kind::Bool => push_bool(line, row.bool(index)?),
            Kind::Time | Kind::MaybeTime => match row.time(index)? {
                Some(moment) => push_text(line, &time::stored(moment)),
                None if *kind == Kind::MaybeTime => line.extend_from_slice(b"null"),
                None => return Err(crate::store::misplaced("a time is missing")),
            },
        }
    }
    line.extend_from_slice(b"]\n");
    Ok(())
}

fn push_text(line: &mut Vec<u8>, text: &str) {
    // INVARIANT: a text always serialises, and a vector always takes it.
    let _ = serde_json::to_writer(line, text);
}

fn push_bool(line: &mut Vec<u8>, value: bool) {
    line.extend_from_slice(if value { b"true" } else { b"false" });
}

/// Sums what goes through.
struct Summing<'w> {
    out: &'w mut dyn Write,
    hash: hmac_sha256::Hash,
    bytes: u64,
}

impl Write for Summing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.hash.update(bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::actor::Actor;
    use crate::backup::Reason;
    use crate::engine::Begin;
    use crate::{Database, Migrate, Mode, Store, StoreError};

    /// Takes so many bytes, and then the disk is full.
    struct Full(usize);

    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.0 == 0 {
                return Err(io::ErrorKind::StorageFull.into());
            }
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_full_disk_is_told_wherever_it_fills_up() {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::sqlite(folder.path().join("upr.db"));
        let store = Store::open(&database, Mode::Create).unwrap();
        store.migrate(&Migrate::new("test")).unwrap();
        let written = |room: usize| {
            store.read(Begin::Read, |session| {
                let meta = store.meta(session)?;
                let actor = Actor::new("ada");
                let manifest = Manifest::of(session, &meta, store.clock(), Reason::Manual, &actor);
                let manifest = manifest.map_err(|error| store.failure(&error))?;
                Ok::<_, StoreError>(write(session, &manifest, &mut Full(room)))
            })
        };
        let whole = written(usize::MAX).unwrap().unwrap().bytes;
        for room in 0..usize::try_from(whole).unwrap() {
            let error = written(room).unwrap().unwrap_err();
            assert!(
                matches!(&error, WriteError::Io(error) if error.kind() == io::ErrorKind::StorageFull),
                "{room}: {error:?}"
            );
        }
    }
}

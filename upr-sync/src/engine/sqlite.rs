//! SQLite: one file, one writer, readers that never wait.
//!
//! Writers use a write-ahead log with full syncs. Readers create nothing: a file whose log is
//! empty is read as it stands, without locks, and read again in the ordinary way when it moved
//! meanwhile; so a read-only file in a read-only folder can be read, and reading leaves no trace.

use std::fmt;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use rusqlite::types::{ToSql, ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags};

use super::sqlite_file::{Mark, Shape};
use super::{
    Begin, EachRow, Engine, EngineError, Fault, Migration, Row, Seen, Session, Value, Version,
};
use crate::time;

const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "initial",
    oldest_reader: 1,
    sql: include_str!("../../migrations/sqlite/V1__initial.sql"),
}];

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opening {
    /// Reads, and creates nothing.
    Read,
    /// Reads again and again, and is told when others write, which takes the files beside a log.
    /// Where they cannot be made, as [`Read`](Self::Read).
    Follow,
    /// Writes to a file that is there.
    Write,
    /// Writes, and makes the file when it is not there.
    Create,
}

/// One connection to one file.
pub(crate) struct Sqlite {
    connection: Connection,
    path: PathBuf,
    place: String,
    opening: Opening,
    wait: Duration,
    deadline: Option<Instant>,
    /// The file when it was opened, and whether that was without locks.
    mark: Mark,
    unlocked: bool,
    opened: u64,
    statements: u64,
}

impl Sqlite {
    /// Opens `path`; a writer waits up to `wait` for another one.
    pub(crate) fn open(path: &Path, opening: Opening, wait: Duration) -> Result<Self, EngineError> {
        let Connected {
            connection,
            mark,
            unlocked,
        } = connect(path, opening, wait)?;
        // A file that goes while it is open is not made again.
        let opening = if opening == Opening::Create {
            Opening::Write
        } else {
            opening
        };
        Ok(Self {
            connection,
            mark,
            path: path.to_owned(),
            place: path.display().to_string(),
            opening,
            wait,
            deadline: None,
            unlocked,
            opened: 1,
            statements: 0,
        })
    }

    /// An unlocked connection keeps pages of the file as it was, and a file that another was put
    /// in the place of would be read, and written, for ever by those who have it open.
    fn reopen_if_moved(&mut self) -> Result<(), EngineError> {
        if self.has_moved() {
            let connected = connect(&self.path, self.opening, self.patience())?;
            self.connection = connected.connection;
            self.mark = connected.mark;
            self.unlocked = connected.unlocked;
            self.opened += 1;
        }
        Ok(())
    }

    fn has_moved(&self) -> bool {
        let now = Mark::of(&self.path);
        if self.unlocked {
            now != self.mark
        } else {
            !now.is_same_file(&self.mark)
        }
    }

    /// How long another writer is waited for, now.
    fn patience(&self) -> Duration {
        match self.deadline {
            None => self.wait,
            Some(deadline) => deadline.saturating_duration_since(Instant::now()),
        }
    }

    fn run(&mut self, sql: &str) -> Result<(), EngineError> {
        in_time(self.deadline)?;
        self.statements += 1;
        self.connection
            .execute_batch(sql)
            .map_err(|error| explain(&error))
    }

    fn prepare(&mut self, sql: &str) -> Result<CachedStatement<'_>, EngineError> {
        in_time(self.deadline)?;
        self.statements += 1;
        self.connection
            .prepare_cached(sql)
            .map_err(|error| explain(&error))
    }
}

impl fmt::Debug for Sqlite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sqlite")
            .field("place", &self.place)
            .field("opening", &self.opening)
            .field("unlocked", &self.unlocked)
            .finish_non_exhaustive()
    }
}

impl Engine for Sqlite {
    fn place(&self) -> &str {
        &self.place
    }

    fn migrations(&self) -> &'static [Migration] {
        MIGRATIONS
    }

    fn end_at(&mut self, deadline: Instant) {
        self.deadline = Some(deadline);
    }

    fn begin(&mut self, begin: Begin) -> Result<(), EngineError> {
        self.reopen_if_moved()?;
        if self.deadline.is_some() {
            in_time(self.deadline)?;
            // SQLite counts in whole milliseconds, and must not give up before the time is over.
            let patience = self.patience() + Duration::from_millis(1);
            self.connection
                .busy_timeout(patience)
                .map_err(|error| explain(&error))?;
        }
        match begin {
            Begin::Statement => Ok(()),
            Begin::Read => self.run("BEGIN"),
            Begin::Write => loop {
                // The lock on the whole file is a lock on the revision row too.
                self.run("BEGIN IMMEDIATE")?;
                if !self.has_moved() {
                    return Ok(());
                }
                self.rollback();
                self.reopen_if_moved()?;
            },
        }
    }

    fn commit(&mut self) -> Result<(), EngineError> {
        self.run("COMMIT")
    }

    fn rollback(&mut self) -> Seen {
        if !self.connection.is_autocommit() {
            // A failed rollback leaves a connection that can only be dropped; SQLite then rolls
            // back by itself at the next opening.
            self.statements += 1;
            let _ = self.connection.execute_batch("ROLLBACK");
        }
        if self.has_moved() {
            Seen::Moved
        } else {
            Seen::Whole
        }
    }

    fn version(&mut self) -> Result<Option<Version>, EngineError> {
        self.reopen_if_moved()?;
        if self.unlocked {
            return Ok(None);
        }
        let mut number = 0;
        self.query("PRAGMA data_version", &[], &mut |row| {
            number = row.int(0)?;
            Ok(())
        })?;
        let opened = self.opened;
        Ok(Some(Version { opened, number }))
    }

    fn statements(&self) -> u64 {
        self.statements
    }
}

impl Session for Sqlite {
    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, EngineError> {
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, values)?;
        let touched = statement.raw_execute().map_err(|error| explain(&error))?;
        Ok(u64::try_from(touched).unwrap_or(u64::MAX))
    }

    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: EachRow<'_>,
    ) -> Result<(), EngineError> {
        let deadline = self.deadline;
        let mut statement = self.prepare(sql)?;
        bind(&mut statement, values)?;
        let mut rows = statement.raw_query();
        while let Some(row) = rows.next().map_err(|error| explain(&error))? {
            in_time(deadline)?;
            each(&SqliteRow(row))?;
        }
        Ok(())
    }

    fn insert_many(
        &mut self,
        table: &str,
        columns: &[&str],
        values: &[Value<'_>],
    ) -> Result<(), EngineError> {
        if values.is_empty() {
            return Ok(());
        }
        let marks = vec!["?"; columns.len()].join(", ");
        let sql = format!(
            "INSERT INTO {table} ({}) VALUES ({marks})",
            columns.join(", ")
        );
        let deadline = self.deadline;
        let mut statement = self.prepare(&sql)?;
        for row in values.chunks(columns.len().max(1)) {
            in_time(deadline)?;
            bind(&mut statement, row)?;
            statement.raw_execute().map_err(|error| explain(&error))?;
        }
        Ok(())
    }

    fn has_schema(&mut self) -> Result<bool, EngineError> {
        let mut found = false;
        let sql =
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'upr_schema_history'";
        self.query(sql, &[], &mut |_| {
            found = true;
            Ok(())
        })?;
        Ok(found)
    }

    fn script(&mut self, sql: &str) -> Result<(), EngineError> {
        self.run(sql)
    }
}

fn in_time(deadline: Option<Instant>) -> Result<(), EngineError> {
    match deadline {
        Some(deadline) if Instant::now() >= deadline => Err(EngineError::new(
            Fault::Late,
            "the time that was allowed is over",
        )),
        _ => Ok(()),
    }
}

struct Connected {
    connection: Connection,
    mark: Mark,
    unlocked: bool,
}

fn connect(path: &Path, opening: Opening, wait: Duration) -> Result<Connected, EngineError> {
    let shape = Shape::of(path)?;
    match (opening, shape) {
        // Nothing is there, and reading creates nothing: an empty store that no file holds.
        (Opening::Read | Opening::Follow, Shape::Missing) => {
            let mark = Mark::of(path);
            let connection = Connection::open_in_memory().map_err(|error| explain(&error))?;
            Ok(Connected {
                connection,
                mark,
                unlocked: true,
            })
        }
        (Opening::Read, shape) => open_to_read(path, shape, wait),
        (Opening::Follow, shape) => {
            open_locked(path, wait).or_else(|_| open_to_read(path, shape, wait))
        }
        (Opening::Write, Shape::Missing) => {
            Err(EngineError::new(Fault::NoTable, "the file does not exist"))
        }
        (Opening::Write | Opening::Create, _) => {
            let connection = open_to_write(path, opening, wait)?;
            Ok(Connected {
                connection,
                mark: Mark::of(path),
                unlocked: false,
            })
        }
    }
}

/// How files are opened to be read.
const READING: OpenFlags = OpenFlags::SQLITE_OPEN_READ_ONLY
    .union(OpenFlags::SQLITE_OPEN_NO_MUTEX)
    .union(OpenFlags::SQLITE_OPEN_URI);

/// In the ordinary way: others who write are noticed, and the files beside a log are made.
fn open_locked(path: &Path, wait: Duration) -> Result<Connected, EngineError> {
    let mark = Mark::of(path);
    let connection =
        Connection::open_with_flags(plain(path), READING).map_err(|error| explain(&error))?;
    read_through(connection, mark, wait)
}

fn read_through(
    connection: Connection,
    mark: Mark,
    wait: Duration,
) -> Result<Connected, EngineError> {
    connection
        .busy_timeout(wait)
        .map_err(|error| explain(&error))?;
    probe(&connection, &mark)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(Connected {
        connection,
        mark,
        unlocked: false,
    })
}

fn open_to_read(path: &Path, shape: Shape, wait: Duration) -> Result<Connected, EngineError> {
    let mut mark = Mark::of(path);
    // Where files have no nodes, a file put in the place of another might not be noticed.
    let mut unlocked = cfg!(unix) && shape == Shape::Logged && mark.log_is_empty();
    if unlocked {
        mark = Mark::settled(path);
        unlocked = mark.log_is_empty();
    }
    if !unlocked {
        let connection =
            Connection::open_with_flags(plain(path), READING).map_err(|error| explain(&error))?;
        return read_through(connection, mark, wait);
    }
    let address = format!("{}?mode=ro&immutable=1", uri(path));
    let connection =
        Connection::open_with_flags(address, READING).map_err(|error| explain(&error))?;
    connection
        .busy_timeout(wait)
        .map_err(|error| explain(&error))?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(Connected {
        connection,
        mark,
        unlocked,
    })
}

/// Who may not write to the folder can read the log only while somebody else has it open.
fn probe(connection: &Connection, mark: &Mark) -> Result<(), EngineError> {
    let asked = connection.query_row("PRAGMA schema_version", [], |_| Ok(()));
    asked.map_err(|error| match explain(&error) {
        error if error.fault() == Fault::Unreachable && !mark.log_is_empty() => EngineError::new(
            Fault::Unreachable,
            "what stands in its log (`-wal`) can only be read by who may write to the folder",
        ),
        error => error,
    })
}

fn open_to_write(path: &Path, opening: Opening, wait: Duration) -> Result<Connection, EngineError> {
    let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    if opening == Opening::Create {
        flags |= OpenFlags::SQLITE_OPEN_CREATE;
    }
    let opened = Connection::open_with_flags(plain(path), flags);
    let connection = opened.map_err(|error| explain(&error))?;
    if connection
        .is_readonly("main")
        .map_err(|error| explain(&error))?
    {
        return Err(EngineError::new(
            Fault::ReadOnly,
            "the file may only be read",
        ));
    }
    connection
        .busy_timeout(wait)
        .map_err(|error| explain(&error))?;
    connection.set_prepared_statement_cache_capacity(64);
    use_log(&connection, wait)?;
    connection
        .execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;")
        .map_err(|error| explain(&error))?;
    Ok(connection)
}

/// SQLite does not wait for others when it changes the kind of journal, so we do.
fn use_log(connection: &Connection, wait: Duration) -> Result<(), EngineError> {
    let deadline = Instant::now() + wait;
    loop {
        let mode = connection
            .query_row("PRAGMA journal_mode = WAL", [], |row| {
                row.get::<_, String>(0)
            })
            .map_err(|error| explain(&error));
        match mode {
            Ok(mode) if mode.eq_ignore_ascii_case("wal") => return Ok(()),
            Ok(mode) => {
                let detail = format!("the file system allows only the journal `{mode}`");
                return Err(EngineError::new(Fault::Other, detail));
            }
            Err(error) if error.fault() == Fault::Locked && Instant::now() < deadline => {
                sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error),
        }
    }
}

/// A path that SQLite cannot take for an address, even if its name starts with `file:`.
fn plain(path: &Path) -> PathBuf {
    Path::new(".").join(path)
}

/// `file:` and the path, with the characters that an address gives a meaning written as such.
fn uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri
}

struct Bound<'a>(Value<'a>);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Null => ToSqlOutput::Borrowed(ValueRef::Null),
            Value::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Int(number) => ToSqlOutput::Borrowed(ValueRef::Integer(number)),
            Value::Bool(value) => ToSqlOutput::Borrowed(ValueRef::Integer(value.into())),
            Value::Time(time) => ToSqlOutput::Owned(time::stored(time).into()),
        })
    }
}

fn bind(statement: &mut CachedStatement<'_>, values: &[Value<'_>]) -> Result<(), EngineError> {
    for (index, value) in values.iter().enumerate() {
        statement
            .raw_bind_parameter(index + 1, Bound(*value))
            .map_err(|error| explain(&error))?;
    }
    Ok(())
}

struct SqliteRow<'a, 'b>(&'a rusqlite::Row<'b>);

impl SqliteRow<'_, '_> {
    fn wrong(&self, column: usize, expected: &str) -> EngineError {
        let name = self.0.as_ref().column_name(column).map_or_else(
            |_| format!("column {column}"),
            |name| format!("column `{name}`"),
        );
        EngineError::new(Fault::Content, format!("{name} holds no {expected}"))
    }
}

impl Row for SqliteRow<'_, '_> {
    fn text(&self, column: usize) -> Result<&str, EngineError> {
        match self.0.get_ref(column) {
            Ok(value) => value.as_str().map_err(|_| self.wrong(column, "text")),
            Err(error) => Err(explain(&error)),
        }
    }

    fn int(&self, column: usize) -> Result<i64, EngineError> {
        match self.0.get_ref(column) {
            Ok(value) => value
                .as_i64()
                .map_err(|_| self.wrong(column, "whole number")),
            Err(error) => Err(explain(&error)),
        }
    }

    fn bool(&self, column: usize) -> Result<bool, EngineError> {
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.wrong(column, "truth value")),
        }
    }

    fn time(&self, column: usize) -> Result<Option<upr_core::Timestamp>, EngineError> {
        match self.0.get_ref(column) {
            Ok(ValueRef::Null) => Ok(None),
            Ok(value) => value
                .as_str()
                .ok()
                .and_then(|text| time::parse(text).ok())
                .map(Some)
                .ok_or_else(|| self.wrong(column, "time")),
            Err(error) => Err(explain(&error)),
        }
    }
}

fn explain(error: &rusqlite::Error) -> EngineError {
    let detail = error.to_string().replace('\n', " ");
    let fault = match error.sqlite_error_code() {
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Fault::Locked,
        Some(ErrorCode::ReadOnly) => Fault::ReadOnly,
        Some(ErrorCode::DiskFull) => Fault::Full,
        Some(ErrorCode::NotADatabase) => Fault::NotADatabase,
        Some(ErrorCode::DatabaseCorrupt) => Fault::Damaged,
        Some(ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => Fault::Unreachable,
        Some(ErrorCode::ConstraintViolation) => Fault::Constraint,
        _ if detail.contains("no such table") => Fault::NoTable,
        _ => Fault::Other,
    };
    EngineError::new(fault, detail)
}

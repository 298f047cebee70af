//! What a database must do for a store, in words that every database knows.
//!
//! Statements are portable SQL with `?1` style placeholders, which an engine translates if its
//! database writes them otherwise. What databases do differently stays behind [`Engine`]: how a
//! writer locks the one revision row, how times are stored, how many rows are inserted at once,
//! and how its own failures are told apart. Tables, triggers and views are each engine's own files.

mod error;
pub(crate) mod sqlite;
mod sqlite_file;

pub use self::error::{EngineError, Fault};

use std::fmt;
use std::time::Instant;

use upr_core::Timestamp;

/// A parameter of a statement.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// Nothing; only attributes may be absent, never parts of a key.
    Null,
    /// Text, compared by bytes.
    Text(&'a str),
    /// A whole number.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// A moment in UTC, to the microsecond.
    Time(Timestamp),
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a String> for Value<'a> {
    fn from(text: &'a String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for Value<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<Timestamp> for Value<'_> {
    fn from(time: Timestamp) -> Self {
        Self::Time(time)
    }
}

impl From<Option<Timestamp>> for Value<'_> {
    fn from(time: Option<Timestamp>) -> Self {
        time.map_or(Self::Null, Self::Time)
    }
}

/// One row of an answer. Columns count from 0.
pub trait Row {
    /// A text that is there.
    ///
    /// # Errors
    ///
    /// When the column holds something else.
    fn text(&self, column: usize) -> Result<&str, EngineError>;

    /// A whole number that is there.
    ///
    /// # Errors
    ///
    /// When the column holds something else.
    fn int(&self, column: usize) -> Result<i64, EngineError>;

    /// A truth value that is there.
    ///
    /// # Errors
    ///
    /// When the column holds something else.
    fn bool(&self, column: usize) -> Result<bool, EngineError>;

    /// A moment, or nothing.
    ///
    /// # Errors
    ///
    /// When the column holds something else.
    fn time(&self, column: usize) -> Result<Option<Timestamp>, EngineError>;
}

/// What is called for each row of an answer.
pub type EachRow<'a> = &'a mut dyn FnMut(&dyn Row) -> Result<(), EngineError>;

/// Statements, inside or outside of a transaction.
pub trait Session {
    /// Runs one statement; gives the number of rows it touched.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn execute(&mut self, sql: &str, values: &[Value<'_>]) -> Result<u64, EngineError>;

    /// Asks, and hands each row to `each`, in the order asked for.
    ///
    /// # Errors
    ///
    /// What the database says, or what `each` says.
    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: EachRow<'_>,
    ) -> Result<(), EngineError>;

    /// Inserts many rows at once: `values` holds them one after the other, `columns` wide.
    ///
    /// Table and columns are constants of this crate, never input.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn insert_many(
        &mut self,
        table: &str,
        columns: &[&str],
        values: &[Value<'_>],
    ) -> Result<(), EngineError>;

    /// Whether any migration was ever applied here.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn has_schema(&mut self) -> Result<bool, EngineError>;

    /// Runs a file of several statements without parameters; for migrations.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn script(&mut self, sql: &str) -> Result<(), EngineError>;
}

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Begin {
    /// One statement that reads; it needs no transaction of its own.
    Statement,
    /// Several statements that see one state.
    Read,
    /// The one writer: waits until it holds the revision row (rule 25).
    Write,
}

/// How a read ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// What was read is one state of the store.
    Whole,
    /// Somebody wrote meanwhile to a file that was read without locks: read again.
    Moved,
}

/// One connection to a store.
pub trait Engine: Session + fmt::Debug + Send {
    /// Where the store is, for messages; never with a password.
    fn place(&self) -> &str;

    /// The schema's own files, oldest first.
    fn migrations(&self) -> &'static [Migration];

    /// From this moment on everything but rolling back fails with [`Fault::Late`], also in the
    /// middle of an answer; what waits for a lock waits no longer.
    fn end_at(&mut self, deadline: Instant);

    /// Begins a transaction.
    ///
    /// # Errors
    ///
    /// [`Fault::Locked`] when another program holds the lock for longer than the time allowed.
    fn begin(&mut self, begin: Begin) -> Result<(), EngineError>;

    /// Ends a transaction that wrote.
    ///
    /// # Errors
    ///
    /// What the database says; the state is then the one before.
    fn commit(&mut self) -> Result<(), EngineError>;

    /// Ends a transaction or a read and leaves nothing of it. Never fails: what cannot be rolled
    /// back was not committed either.
    fn rollback(&mut self) -> Seen;

    /// A number that moves whenever another connection has written, or another store stands in the
    /// place of this one; `None` where the database cannot tell. What this connection writes moves
    /// nothing.
    ///
    /// # Errors
    ///
    /// What the database says.
    fn version(&mut self) -> Result<Option<Version>, EngineError>;

    /// How many statements were sent so far, `BEGIN` and `COMMIT` among them.
    fn statements(&self) -> u64;
}

/// Which writes of others a connection has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Version {
    /// Counts the stores that this connection was opened to.
    pub opened: u64,
    /// The database's own number.
    pub number: i64,
}

/// One step of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Counts from 1.
    pub version: i64,
    /// What it does, in a word.
    pub name: &'static str,
    /// The oldest version that a program must know to read and write a store that has this one.
    pub oldest_reader: i64,
    /// Its statements.
    pub sql: &'static str,
}

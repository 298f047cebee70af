//! The handle to a store: opening, reading and writing it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use upr_core::{SubjectId, Timestamp};

use crate::change::Unsealed;
use crate::database::{Database, Kind};
use crate::engine::sqlite::{Opening, Sqlite};
use crate::engine::{
    Begin, EachRow, Engine, EngineError, Fault, Migration, Seen, Session, Value, Version,
};
use crate::error::StoreError;

/// What a store is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// To read. Nothing is created, and a read-only file is enough.
    Read,
    /// To find out what writing would do. Everything that writes computes its answer and writes
    /// nothing; otherwise as [`Read`](Self::Read).
    DryRun,
    /// To write to a store that is there.
    Write,
    /// To write, and to make the file when there is none; for `migrate`.
    Create,
}

/// How long a writer waits for another before it says that the store is locked.
pub const PATIENCE: Duration = Duration::from_secs(10);

/// A store of roles and grants, open.
///
/// One store serves many threads, one after the other. Whatever is done through it is one
/// transaction, and either done or not.
///
/// ```
/// use upr_sync::{Database, Migrate, Mode, Store};
/// # let folder = tempfile::tempdir()?;
/// # let file = folder.path().join("upr.db");
/// let store = Store::open(&Database::sqlite(&file), Mode::Create)?;
/// assert!(store.migrate(&Migrate::new("development"))?.applied);
/// assert_eq!(store.status(None)?.total_permissions, 0);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Store {
    engine: Mutex<Box<dyn Engine>>,
    place: String,
    mode: Mode,
    environment: Option<String>,
    clock: fn() -> Timestamp,
    audit_key: Option<Vec<u8>>,
    backups: Option<PathBuf>,
    /// Whoever changes access through it, if that is a subject.
    pub(crate) acting: Option<SubjectId>,
    /// Called when something was written.
    told: Option<Told>,
    migrations: &'static [Migration],
    /// The newest schema version that this program knows.
    pub(crate) known: i64,
}

/// Who wants to know that something was written.
type Told = Box<dyn Fn() + Send + Sync>;

impl Store {
    /// Opens a store. A file that is not there is an empty store when it is only read.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be opened as `mode` wants.
    pub fn open(database: &Database, mode: Mode) -> Result<Self, StoreError> {
        Self::open_patiently(database, mode, PATIENCE)
    }

    /// As [`open`](Self::open), waiting up to `patience` for other writers.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_patiently(
        database: &Database,
        mode: Mode,
        patience: Duration,
    ) -> Result<Self, StoreError> {
        let place = database.to_string();
        let Kind::Sqlite(path) = database.kind() else {
            return Err(StoreError::NotBuiltIn { place });
        };
        let opening = match mode {
            Mode::Read | Mode::DryRun => Opening::Read,
            Mode::Write => Opening::Write,
            Mode::Create => Opening::Create,
        };
        let engine = Sqlite::open(path, opening, patience)
            .map_err(|error| StoreError::at(&path.display().to_string(), &error))?;
        Ok(Self::with_engine(Box::new(engine), mode))
    }

    /// Opens a store to look at it again and again.
    pub(crate) fn open_to_follow(database: &Database) -> Result<Self, StoreError> {
        let Kind::Sqlite(path) = database.kind() else {
            let place = database.to_string();
            return Err(StoreError::NotBuiltIn { place });
        };
        let engine = Sqlite::open(path, Opening::Follow, PATIENCE)
            .map_err(|error| StoreError::at(&path.display().to_string(), &error))?;
        Ok(Self::with_engine(Box::new(engine), Mode::Read))
    }

    pub(crate) fn with_engine(engine: Box<dyn Engine>, mode: Mode) -> Self {
        let migrations = engine.migrations();
        Self {
            place: engine.place().to_owned(),
            engine: Mutex::new(engine),
            mode,
            environment: None,
            clock: Timestamp::now,
            audit_key: None,
            backups: None,
            acting: None,
            told: None,
            migrations,
            known: migrations.last().map_or(0, |migration| migration.version),
        }
    }

    /// The environment this program runs in; a store of another one is refused (rule 43).
    #[must_use]
    pub fn in_environment(mut self, name: &str) -> Self {
        self.environment = Some(name.to_owned());
        self
    }

    /// Another clock; for tests.
    #[must_use]
    pub fn with_clock(mut self, clock: fn() -> Timestamp) -> Self {
        self.clock = clock;
        self
    }

    /// The key that seals the audit trail (`UPR_AUDIT_KEY`); without one it is chained, not sealed.
    #[must_use]
    pub fn with_audit_key(mut self, key: &[u8]) -> Self {
        self.audit_key = Some(key.to_owned());
        self
    }

    /// Gives up everything that is not done by then, and rolls it back.
    pub(crate) fn until(self, deadline: Instant) -> Self {
        self.engine().end_at(deadline);
        self
    }

    /// The folder for the backups that are taken before something is changed or removed
    /// ([`sync`](Self::sync), [`restore`](Self::restore)). Without one none are taken, and a
    /// protected store loses nothing (rule 41).
    #[must_use]
    pub fn with_backups(mut self, folder: &Path) -> Self {
        self.backups = Some(folder.to_owned());
        self
    }

    /// Calls `told` after each write that stays.
    pub(crate) fn telling(mut self, told: impl Fn() + Send + Sync + 'static) -> Self {
        self.told = Some(Box::new(told));
        self
    }

    /// What of others' writes it has seen; `None` where that cannot be told without reading.
    pub(crate) fn version(&self) -> Result<Option<Version>, StoreError> {
        let version = self.engine().version();
        version.map_err(|error| self.failure(&error))
    }

    /// Where it is, for messages.
    #[must_use]
    pub fn place(&self) -> &str {
        &self.place
    }

    /// What it was opened for.
    #[must_use]
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// How many statements were sent to the database since it was opened; for tests and benches.
    #[must_use]
    pub fn statements(&self) -> u64 {
        self.engine().statements()
    }

    pub(crate) fn environment(&self) -> Option<&str> {
        self.environment.as_deref()
    }

    pub(crate) fn audit_key(&self) -> Option<&[u8]> {
        self.audit_key.as_deref()
    }

    pub(crate) fn acting(&self) -> Option<&SubjectId> {
        self.acting.as_ref()
    }

    pub(crate) fn backups(&self) -> Option<&Path> {
        self.backups.as_deref()
    }

    pub(crate) fn clock(&self) -> Timestamp {
        (self.clock)()
    }

    pub(crate) fn failure(&self, error: &EngineError) -> StoreError {
        StoreError::at(&self.place, error)
    }

    pub(crate) fn unsealed(&self, unsealed: Unsealed) -> StoreError {
        match unsealed {
            Unsealed::Engine(error) => self.failure(&error),
            Unsealed::Critical(lost) => StoreError::Critical {
                permission: lost.permission,
                holders: lost.holders,
            },
        }
    }

    /// Reads in one state of the store. `body` may run again when a file that is read without
    /// locks moved meanwhile, so it starts from nothing each time.
    pub(crate) fn read<T, E: From<StoreError>>(
        &self,
        begin: Begin,
        mut body: impl FnMut(&mut dyn Session) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut engine = self.engine();
        loop {
            engine.begin(begin).map_err(|error| self.failure(&error))?;
            let open = Open(&mut **engine);
            let result = body(&mut *open.0);
            if open.0.rollback() == Seen::Whole {
                return result;
            }
        }
    }

    /// Writes, as the only one. What `body` answers with [`Verdict::Discard`] or an error leaves
    /// nothing behind. In a dry run it sees the store and writes nothing.
    pub(crate) fn write<T, E: From<StoreError>>(
        &self,
        mut body: impl FnMut(&mut dyn Session) -> Result<(Verdict, T), E>,
    ) -> Result<T, E> {
        match self.mode {
            Mode::Read => Err(StoreError::OpenedToRead {
                place: self.place.clone(),
            }
            .into()),
            Mode::DryRun => self.read(Begin::Read, |session| {
                body(&mut Dry(session)).map(|(_, value)| value)
            }),
            Mode::Write | Mode::Create => {
                let mut engine = self.engine();
                engine
                    .begin(Begin::Write)
                    .map_err(|error| self.failure(&error))?;
                let open = Open(&mut **engine);
                let (verdict, value) = body(&mut *open.0)?;
                if verdict == Verdict::Keep {
                    open.0.commit().map_err(|error| self.failure(&error))?;
                    drop(open);
                    drop(engine);
                    self.told.iter().for_each(|told| told());
                }
                Ok(value)
            }
        }
    }

    pub(crate) fn migrations(&self) -> &'static [Migration] {
        self.migrations
    }

    /// A thread that panicked left a transaction that was rolled back: the engine is as good as new.
    fn engine(&self) -> MutexGuard<'_, Box<dyn Engine>> {
        self.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("place", &self.place)
            .field("mode", &self.mode)
            .field("environment", &self.environment)
            .finish_non_exhaustive()
    }
}

/// Whether a transaction stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    Keep,
    Discard,
}

/// A transaction that is rolled back unless it was committed, also by an early `?`.
struct Open<'a>(&'a mut dyn Engine);

impl Drop for Open<'_> {
    fn drop(&mut self) {
        self.0.rollback();
    }
}

/// A session that reads, and writes nothing.
pub(crate) struct Dry<'a>(pub(crate) &'a mut dyn Session);

impl Session for Dry<'_> {
    fn execute(&mut self, _: &str, _: &[Value<'_>]) -> Result<u64, EngineError> {
        Ok(0)
    }

    fn query(
        &mut self,
        sql: &str,
        values: &[Value<'_>],
        each: EachRow<'_>,
    ) -> Result<(), EngineError> {
        self.0.query(sql, values, each)
    }

    fn insert_many(&mut self, _: &str, _: &[&str], _: &[Value<'_>]) -> Result<(), EngineError> {
        Ok(())
    }

    fn has_schema(&mut self) -> Result<bool, EngineError> {
        self.0.has_schema()
    }

    fn script(&mut self, _: &str) -> Result<(), EngineError> {
        Ok(())
    }
}

/// A column that holds what no program of ours wrote.
pub(crate) fn misplaced(detail: impl Into<String>) -> EngineError {
    EngineError::new(Fault::Content, detail)
}

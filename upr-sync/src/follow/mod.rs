//! Keeping an [`Access`] up to date with a store that others change too.
//!
//! One connection only looks: it asks the database for a number that moves whenever somebody else
//! has written, and reads when it has moved. No transaction of it stays open.

mod changed;

use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use upr::access::{Access, Look, Unavailable};

use self::changed::Since;
use crate::database::Database;
use crate::engine::{Begin, EngineError, Version};
use crate::error::StoreError;
use crate::meta::Meta;
use crate::settings::{OnStale, Settings};
use crate::store::{Mode, Store};

/// How a store is followed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Follow {
    /// How long to wait between two looks at the store.
    pub interval: Duration,
    /// How long decisions may rest on what was last read.
    pub max_staleness: Duration,
    /// What becomes of decisions past that.
    pub on_stale: OnStale,
}

impl Follow {
    /// Ten looks a second, each of which costs some microseconds while nothing happens; the rest as
    /// the settings say.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            interval: Duration::from_millis(100),
            max_staleness: settings.max_staleness,
            on_stale: settings.on_stale,
        }
    }
}

/// Puts in force whatever changes in a store, as soon as it has.
///
/// A thread of its own looks at the store in short intervals, so that a change by another program,
/// `upr grant` on a command line say, is in force within one of them. What is written through a
/// store that [`open`](Self::open) gave is in force when the call that wrote it returns. Either way
/// only what changed is read; where that cannot be told (another store, another epoch, a gap in the
/// trail, a very large change) everything is.
///
/// While the store cannot be read for longer than `max_staleness`, all decisions are
/// [`Unavailable`](upr::access::Unavailable). Those who ask find that out by themselves, so it
/// holds also where the thread hangs or is gone.
///
/// A file that was put in the place of another is noticed at the next look. The follower lives as
/// long as its access is asked: dropping it ends its thread, and then, unless settings say to serve
/// what is stale, all decisions are [`Unavailable`](upr::access::Unavailable). No revocation would
/// ever come into force otherwise, and nobody would notice.
#[derive(Debug)]
pub struct Follower {
    shared: Arc<Shared>,
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

struct Shared {
    database: Database,
    environment: String,
    audit_key: Option<Vec<u8>>,
    follow: Follow,
    access: Access,
    /// Held while reading, so that what was read earlier never replaces what was read later.
    reader: Mutex<Reader>,
}

/// The connection that looks, and what it has seen.
#[derive(Default)]
struct Reader {
    store: Option<Store>,
    /// The database's own number when it was last looked at.
    seen: Option<Version>,
    /// What is in force.
    position: Option<Position>,
    /// How often everything was read, and how often only what had changed.
    loads: Loads,
}

/// How a follower came by what it knows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Loads {
    /// How often everything was read.
    pub whole: u64,
    /// How often only what had changed was.
    pub changes: u64,
}

/// Which state of which store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    store: String,
    epoch: String,
    revision: u64,
}

impl Follower {
    /// Reads the store and starts to follow it.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be read now: there is nothing to decide from.
    pub fn start(
        database: &Database,
        environment: &str,
        follow: Follow,
    ) -> Result<Self, StoreError> {
        let first = Store::open(database, Mode::Read)?.in_environment(environment);
        Self::start_with(database, environment, follow, None, &first)
    }

    /// As [`start`](Self::start), reading `first`, a store that is open already, before it follows;
    /// what is written through [`open`](Self::open) is sealed with the key.
    pub(crate) fn start_with(
        database: &Database,
        environment: &str,
        follow: Follow,
        audit_key: Option<Vec<u8>>,
        first: &Store,
    ) -> Result<Self, StoreError> {
        let access = Access::unavailable("the store has not been read yet");
        let refuses = follow.on_stale == OnStale::Refuse;
        access.limit_staleness(refuses.then_some(follow.max_staleness));
        let shared = Arc::new(Shared {
            database: database.clone(),
            environment: environment.to_owned(),
            audit_key,
            follow,
            access,
            reader: Mutex::new(Reader::default()),
        });
        shared.load_first(first)?;
        let (stop, stopped) = channel();
        let follower = Arc::clone(&shared);
        let thread = thread::spawn(move || {
            let _fuse = Fuse(&follower);
            while stopped.recv_timeout(follower.follow.interval) == Err(RecvTimeoutError::Timeout) {
                follower.look();
            }
        });
        Ok(Self {
            shared,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The handle that is kept up to date.
    #[must_use]
    pub fn access(&self) -> Access {
        self.shared.access.clone()
    }

    /// Opens the store that is followed, to read or to write. What is written through it is in
    /// force when the call that writes returns.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be opened as `mode` wants.
    pub fn open(&self, mode: Mode) -> Result<Store, StoreError> {
        let shared = Arc::downgrade(&self.shared);
        Ok(self.shared.open(mode)?.telling(move || {
            if let Some(shared) = shared.upgrade() {
                shared.look();
            }
        }))
    }

    /// Waits until the store's `revision`, or a later one, is in force here; it looks at once.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when it is not so within `timeout`, or nothing can be decided (rule 27).
    pub fn at_least(&self, revision: u64, timeout: Duration) -> Result<(), Unavailable> {
        self.shared.look();
        self.shared.access.at_least(revision, timeout)
    }

    /// How often everything was read so far, and how often only what had changed.
    #[must_use]
    pub fn loads(&self) -> Loads {
        lock(&self.shared.reader).loads
    }

    /// Looks at the store now, and puts in force what it finds before it returns.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read; what was in force stays so.
    pub fn refresh(&self) -> Result<(), StoreError> {
        self.shared.refresh()
    }

    /// How long ago the store was last found to be what is in force.
    #[must_use]
    pub fn staleness(&self) -> Duration {
        self.shared.access.staleness()
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        // Hanging up is what the thread waits for.
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A thread that panicked follows no more either.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn open(&self, mode: Mode) -> Result<Store, StoreError> {
        let store = Store::open(&self.database, mode)?.in_environment(&self.environment);
        Ok(match &self.audit_key {
            Some(key) => store.with_audit_key(key),
            None => store,
        })
    }

    /// The first read, of a store that is open already.
    fn load_first(&self, first: &Store) -> Result<(), StoreError> {
        let look = Look::begin();
        let position = first.position()?;
        lock(&self.reader).load(&self.access, first, position)?;
        self.access.confirm(look);
        Ok(())
    }

    fn refresh(&self) -> Result<(), StoreError> {
        let mut reader = lock(&self.reader);
        let look = Look::begin();
        // A store that cannot be read is opened anew next time.
        let store = match reader.store.take() {
            Some(store) => store,
            None => Store::open_to_follow(&self.database)?.in_environment(&self.environment),
        };
        reader.reach(&self.access, &store)?;
        reader.store = Some(store);
        self.access.confirm(look);
        self.access.mark_available();
        Ok(())
    }

    /// One look. A failure is the log's and, past the time allowed, everybody's.
    fn look(&self) {
        let Err(error) = self.refresh() else { return };
        let stale = self.access.staleness();
        tracing::warn!(target: "upr", %error, ?stale, "The store cannot be read");
        if stale > self.follow.max_staleness && self.follow.on_stale == OnStale::Refuse {
            self.access.mark_unavailable(&error.to_string());
        }
    }
}

impl Reader {
    /// Puts the store's present state in force, reading no more than it must.
    fn reach(&mut self, access: &Access, store: &Store) -> Result<(), StoreError> {
        // Before anything is read: who writes meanwhile moves the number again.
        let version = store.version()?;
        if version.is_some() && version == self.seen && self.position.is_some() {
            return Ok(());
        }
        let since = match &self.position {
            Some(position) => store.since(position)?,
            None => Since::Unknown(store.position()?),
        };
        match since {
            Since::Nothing => {}
            Since::Unknown(position) => self.load(access, store, position)?,
            Since::Change(change, position) => match access.apply(*change) {
                Ok(()) => {
                    self.loads.changes += 1;
                    self.position = Some(position);
                }
                Err(_) => self.load(access, store, position)?,
            },
        }
        self.seen = version;
        Ok(())
    }

    fn load(
        &mut self,
        access: &Access,
        store: &Store,
        position: Position,
    ) -> Result<(), StoreError> {
        let snapshot = store.snapshot()?;
        // Someone may have written between the two: the snapshot knows which revision it is.
        let revision = snapshot.revision();
        access.replace(snapshot);
        self.loads.whole += 1;
        self.position = Some(Position {
            revision,
            ..position
        });
        Ok(())
    }
}

/// Blows when the following thread ends, for whatever reason: nobody would notice any more how stale
/// the access is.
struct Fuse<'a>(&'a Shared);

impl Drop for Fuse<'_> {
    fn drop(&mut self) {
        if self.0.follow.on_stale == OnStale::Refuse {
            self.0
                .access
                .mark_unavailable("the store is followed no more");
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("database", &self.database)
            .field("follow", &self.follow)
            .finish_non_exhaustive()
    }
}

/// A thread that panicked left a value that was written whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Which state of which store this is, in one query.
    pub(crate) fn position(&self) -> Result<Position, StoreError> {
        self.read(Begin::Statement, |session| {
            let meta = self.meta(session)?;
            Position::of(&meta).map_err(|error| self.failure(&error))
        })
    }
}

impl Position {
    fn of(meta: &Meta) -> Result<Self, EngineError> {
        Ok(Self {
            store: meta.store_id().to_owned(),
            epoch: meta.epoch().to_owned(),
            revision: meta.revision()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use upr::access::{Facts, Snapshot};

    use super::*;

    fn shared(on_stale: OnStale) -> Shared {
        let mut follow = Follow::new(&Settings::strict("test"));
        follow.on_stale = on_stale;
        Shared {
            database: Database::sqlite("nowhere.db"),
            environment: "test".to_owned(),
            audit_key: None,
            follow,
            access: Access::new(Snapshot::compile(Facts::default())),
            reader: Mutex::new(Reader::default()),
        }
    }

    #[test]
    fn the_end_of_the_thread_is_an_outage() {
        for (on_stale, is_outage) in [(OnStale::Refuse, true), (OnStale::Serve, false)] {
            let shared = shared(on_stale);
            let following = thread::scope(|scope| {
                let thread = scope.spawn(|| {
                    let _fuse = Fuse(&shared);
                    panic!("as if there were a mistake");
                });
                thread.join()
            });
            assert!(following.is_err());
            assert_eq!(shared.access.snapshot().is_err(), is_outage);

            let calm = self::shared(on_stale);
            drop(Fuse(&calm));
            assert_eq!(calm.access.snapshot().is_err(), is_outage);
        }
    }
}

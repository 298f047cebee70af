//! Keeping an [`Access`] up to date with a store that others change too.

use std::borrow::Borrow;
use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use upr::access::{Access, Snapshot};

use crate::database::Database;
use crate::engine::Begin;
use crate::error::StoreError;
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
    /// A look a second, and the rest as the settings say.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            interval: Duration::from_secs(1),
            max_staleness: settings.max_staleness,
            on_stale: settings.on_stale,
        }
    }
}

/// Reads a store again whenever it has changed, and puts what it read in force.
///
/// A thread of its own looks at the revision in short intervals, so that a change by another
/// program, `upr grant` on a command line say, is in force within one of them. A program that
/// changes the store itself calls [`refresh`](Self::refresh) and waits for nothing. While the store
/// cannot be read for longer than `max_staleness`, all decisions are
/// [`Unavailable`](upr::access::Unavailable).
///
/// Each look opens the store anew: a file that was put in the place of another is noticed.
/// The follower lives as long as its access is asked: dropping it ends its thread, and then, unless
/// settings say to serve what is stale, all decisions are [`Unavailable`](upr::access::Unavailable).
/// No revocation would ever come into force otherwise, and nobody would notice.
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
    /// What is in force. Held while loading, so that what was read earlier never replaces what was
    /// read later.
    loaded: Mutex<Option<Position>>,
    /// When the store was last found to be what is in force.
    reached: Mutex<Instant>,
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
        let shared = Arc::new(Shared {
            database: database.clone(),
            environment: environment.to_owned(),
            audit_key,
            follow,
            access: Access::unavailable("the store has not been read yet"),
            loaded: Mutex::new(None),
            reached: Mutex::new(Instant::now()),
        });
        shared.load(|| Ok(first))?;
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

    /// Opens the store that is followed, to read or to write.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when it cannot be opened as `mode` wants.
    pub fn open(&self, mode: Mode) -> Result<Store, StoreError> {
        self.shared.open(mode)
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
        self.shared.staleness()
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

    fn refresh(&self) -> Result<(), StoreError> {
        self.load(|| self.open(Mode::Read))
    }

    fn load<S: Borrow<Store>>(
        &self,
        open: impl FnOnce() -> Result<S, StoreError>,
    ) -> Result<(), StoreError> {
        let mut loaded = lock(&self.loaded);
        let asked = Instant::now();
        let store = open()?;
        let store = store.borrow();
        let position = store.position()?;
        if loaded.as_ref() != Some(&position) {
            let facts = store.facts()?;
            // Someone may have written between the two: the facts know which revision they are.
            let position = Position {
                revision: facts.revision,
                ..position
            };
            self.access.replace(Snapshot::compile(facts));
            *loaded = Some(position);
        }
        *lock(&self.reached) = asked;
        self.access.mark_available();
        Ok(())
    }

    /// One look of the thread. A failure is the log's and, past the time allowed, everybody's.
    fn look(&self) {
        let Err(error) = self.refresh() else { return };
        let stale = self.staleness();
        tracing::warn!(target: "upr", %error, ?stale, "The store cannot be read");
        if stale > self.follow.max_staleness && self.follow.on_stale == OnStale::Refuse {
            self.access.mark_unavailable(&error.to_string());
        }
    }

    fn staleness(&self) -> Duration {
        lock(&self.reached).elapsed()
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
            Ok(Position {
                store: meta.store_id().to_owned(),
                epoch: meta.epoch().to_owned(),
                revision: meta.revision().map_err(|error| self.failure(&error))?,
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use upr::access::Facts;

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
            loaded: Mutex::new(None),
            reached: Mutex::new(Instant::now()),
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

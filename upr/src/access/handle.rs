//! The snapshot that is in force, shared by everything that asks.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use upr_core::{Key, SubjectId, Timestamp};

use super::cache;
use super::change::{Change, GapError};
use super::decision::Decision;
use super::explain::Explanation;
use super::look::{Freshness, Look};
use super::snapshot::Snapshot;
use super::subject::Subject;
use super::subject_ref::SubjectRef;
use super::unavailable::Unavailable;
use crate::Permission;

/// Answers checks from the [`Snapshot`] that is in force.
///
/// A clone is another handle to the same: whoever follows the store [applies](Self::apply) what
/// changes, or [replaces](Self::replace) the snapshot, and all handles answer from the new one: a
/// check that begins after either has returned never rests on what was before. Who asks takes no
/// lock, and is not held up by who changes.
///
/// While the store cannot be read for too long, everything answers [`Unavailable`]: the follower
/// [says so](Self::mark_unavailable), and should it be hung or gone, those who ask find out by
/// themselves ([`limit_staleness`](Self::limit_staleness)).
///
/// ```
/// use upr::access::{Access, Snapshot, Facts};
///
/// let access = Access::unavailable("the store has not been read yet");
/// assert!(access.check_key("ada", "tickets.close", "").is_err());
///
/// access.replace(Snapshot::compile(Facts::default()));
/// assert!(access.check_key("ada", "tickets.close", "")?.is_denied());
/// # Ok::<(), upr::access::Unavailable>(())
/// ```
#[derive(Clone, Debug)]
pub struct Access {
    shared: Arc<Shared>,
}

/// What all clones of a handle have in common.
pub(super) struct Shared {
    /// Moves with every change of `state`, and when somebody notices that it is stale.
    generation: AtomicU64,
    freshness: Freshness,
    state: Mutex<State>,
    /// Rung at every change of `state`.
    changed: Condvar,
    /// Held while the next snapshot is made, so that nothing that others change is lost.
    changing: Mutex<()>,
}

#[derive(Debug)]
struct State {
    /// Kept through an outage: when it ends at the same revision, nothing has to be loaded.
    snapshot: Option<Arc<Snapshot>>,
    outage: Option<Unavailable>,
}

/// What questions are answered from.
pub(super) type Current = Result<Arc<Snapshot>, Unavailable>;

impl State {
    fn current(&self) -> Current {
        match (&self.outage, &self.snapshot) {
            (None, Some(snapshot)) => Ok(Arc::clone(snapshot)),
            (Some(outage), _) => Err(outage.clone()),
            (None, None) => Err(Unavailable::UNREAD),
        }
    }
}

impl Access {
    /// A handle that answers from `snapshot`.
    #[must_use]
    pub fn new(snapshot: Snapshot) -> Self {
        Self::with(State {
            snapshot: Some(Arc::new(snapshot)),
            outage: None,
        })
    }

    /// A handle that answers [`Unavailable`] until it is given a snapshot.
    #[must_use]
    pub fn unavailable(cause: &str) -> Self {
        Self::with(State {
            snapshot: None,
            outage: Some(Unavailable::new(cause)),
        })
    }

    fn with(state: State) -> Self {
        let shared = Shared {
            generation: AtomicU64::new(0),
            freshness: Freshness::new(),
            state: Mutex::new(state),
            changed: Condvar::new(),
            changing: Mutex::new(()),
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Looks `id` up, once for many checks: at the beginning of a request, say.
    ///
    /// Whether there is such a subject and whether it is active is for its checks to find. The way
    /// to it is remembered; when something changes, its checks find it anew, so that they answer as
    /// [`check`](Self::check) does, however long it is kept.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when nothing can be decided at the moment: an outage, not a denial.
    pub fn subject(&self, id: impl Into<Arc<str>>) -> Result<Subject, Unavailable> {
        Subject::resolve(self, id.into())
    }

    /// Decides whether `subject` may do `permission` in `scope` (`""` is everywhere).
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when nothing can be decided at the moment: an outage, not a denial.
    pub fn check<'a>(
        &self,
        subject: impl Into<SubjectRef<'a>>,
        permission: Permission,
        scope: &str,
    ) -> Result<Decision, Unavailable> {
        self.check_id(subject, permission.id(), scope)
    }

    /// Decides as [`check`](Self::check) does, about a key that is known only at run time. A text
    /// that is no key at all is an unknown one: denied.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn check_key<'a>(
        &self,
        subject: impl Into<SubjectRef<'a>>,
        key: &str,
        scope: &str,
    ) -> Result<Decision, Unavailable> {
        let subject = subject.into();
        self.ask(|snapshot| snapshot.check_key(subject, key, scope))
    }

    /// Decides as [`check`](Self::check) does, about the permission with this id (FNV-1a 64 of its key).
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn check_id<'a>(
        &self,
        subject: impl Into<SubjectRef<'a>>,
        id: u64,
        scope: &str,
    ) -> Result<Decision, Unavailable> {
        self.check_ref(subject.into(), id, scope)
    }

    /// All of a check in one place, compiled once.
    fn check_ref(
        &self,
        subject: SubjectRef<'_>,
        id: u64,
        scope: &str,
    ) -> Result<Decision, Unavailable> {
        self.ask(|snapshot| snapshot.check_ref(subject, id, scope))
    }

    /// Says why [`check_key`](Self::check_key) answers as it does.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn explain<'a>(
        &self,
        subject: impl Into<SubjectRef<'a>>,
        key: &str,
        scope: &str,
    ) -> Result<Explanation, Unavailable> {
        let snapshot = self.snapshot()?;
        Ok(snapshot.explain_at(subject, key, scope, Timestamp::now()))
    }

    /// Every permission that `subject` holds in `scope`, in the order of keys.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn permissions_of<'a>(
        &self,
        subject: impl Into<SubjectRef<'a>>,
        scope: &str,
    ) -> Result<Vec<Key>, Unavailable> {
        let snapshot = self.snapshot()?;
        Ok(snapshot.permissions_of_at(subject, scope, Timestamp::now()))
    }

    /// Every subject that holds `key` in `scope`, in the order of ids.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn subjects_with(&self, key: &str, scope: &str) -> Result<Vec<SubjectId>, Unavailable> {
        let snapshot = self.snapshot()?;
        Ok(snapshot.subjects_with_at(key, scope, Timestamp::now()))
    }

    /// The snapshot in force, for several questions about one revision.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, Unavailable> {
        self.shared.judge()?;
        cache::ask(&self.shared, Current::clone)
    }

    /// Waits until the store's `revision`, or a later one, is in force here.
    ///
    /// Who changes access gets the revision of the change; when this has returned, checks of every
    /// handle rest on it. It blocks the thread: asynchronous callers use `spawn_blocking`.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when it is not so within `timeout`.
    pub fn at_least(&self, revision: u64, timeout: Duration) -> Result<(), Unavailable> {
        self.shared.wait(revision, timeout)
    }

    /// Puts a snapshot in force for every handle, and ends an outage.
    ///
    /// It is taken as the newest whatever its revision, since a store that was restored or
    /// exchanged may count from elsewhere: who loads and replaces does it one at a time.
    pub fn replace(&self, snapshot: Snapshot) {
        let _changing = lock(&self.shared.changing);
        self.shared.put(snapshot);
    }

    /// Puts what changed in force for every handle, and ends an outage.
    ///
    /// # Errors
    ///
    /// [`GapError`] when the snapshot in force is not the one that this is a change of, or there is
    /// none: load everything and [replace](Self::replace) it. What was in force stays so.
    pub fn apply(&self, change: Change) -> Result<(), GapError> {
        let _changing = lock(&self.shared.changing);
        let snapshot = lock(&self.shared.state).snapshot.clone();
        let snapshot = snapshot.ok_or_else(|| GapError::unordered(change.after, None))?;
        self.shared.put(snapshot.apply(change)?);
        Ok(())
    }

    /// Makes every handle answer [`Unavailable`] until a snapshot is [put](Self::replace) in force
    /// or [`mark_available`](Self::mark_available) is called. `cause` is for the log.
    pub fn mark_unavailable(&self, cause: &str) {
        let outage = Unavailable::new(cause);
        self.shared.change(|state| state.outage = Some(outage));
    }

    /// Ends an outage without a new snapshot: the store was asked, and nothing has changed. A
    /// handle that never had a snapshot stays unavailable.
    pub fn mark_available(&self) {
        if lock(&self.shared.state).outage.is_some() {
            self.shared.change(|state| state.outage = None);
        }
    }

    /// Says that the store, when `look` began or later, was in the state that is in force. From
    /// then on counts how [stale](Self::staleness) it is.
    pub fn confirm(&self, look: Look) {
        if self.shared.freshness.confirm(look) {
            // Whoever waits may have found it too long ago; under the lock, nobody misses the ring.
            drop(lock(&self.shared.state));
            self.shared.changed.notify_all();
        }
    }

    /// How long ago the store was last [seen](Self::confirm) to be what is in force; at first, how
    /// long ago the handle was made.
    #[must_use]
    pub fn staleness(&self) -> Duration {
        self.shared.freshness.staleness(Look::begin())
    }

    /// Lets everything answer [`Unavailable`] while the store was last [seen](Self::confirm) longer
    /// ago than `limit`; `None`, as at first, is for ever.
    ///
    /// Whoever asks judges that by the clock: [`check`](Self::check) and its like at each call, a
    /// [`Subject`] when it is made, and once anybody has noticed, at each of its checks. So nobody
    /// has to watch over who follows the store.
    pub fn limit_staleness(&self, limit: Option<Duration>) {
        self.shared.freshness.limit(limit);
    }

    /// The number of the state that is in force, to see whether it has changed.
    #[inline]
    pub(super) fn generation(&self) -> u64 {
        self.shared.generation()
    }

    #[inline]
    pub(super) fn ask<T>(&self, question: impl Fn(&Snapshot) -> T) -> Result<T, Unavailable> {
        self.shared.judge()?;
        cache::ask(&self.shared, |current| match current {
            Ok(snapshot) => Ok(question(snapshot)),
            Err(outage) => Err(outage.clone()),
        })
    }
}

impl Shared {
    #[inline]
    pub(super) fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// The state that is in force, and its number.
    pub(super) fn fetch(&self) -> (u64, Current) {
        let state = lock(&self.state);
        // What is counted up without the lock only makes others fetch once more.
        (self.generation(), state.current())
    }

    #[inline]
    fn judge(&self) -> Result<(), Unavailable> {
        if self.freshness.is_stale(Look::begin) {
            return Err(self.stale());
        }
        Ok(())
    }

    #[cold]
    fn stale(&self) -> Unavailable {
        if self.freshness.notice() {
            self.generation.fetch_add(1, Ordering::AcqRel);
        }
        let outage = lock(&self.state).outage.clone();
        outage.unwrap_or(Unavailable::STALE)
    }

    fn put(&self, snapshot: Snapshot) {
        let mut snapshot = Some(Arc::new(snapshot));
        self.change(|state| {
            std::mem::swap(&mut state.snapshot, &mut snapshot);
            state.outage = None;
        });
        // A large snapshot takes a while to be freed; nobody waits for that.
        drop(snapshot);
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        let mut state = lock(&self.state);
        change(&mut state);
        self.generation.fetch_add(1, Ordering::AcqRel);
        drop(state);
        self.changed.notify_all();
    }

    fn wait(&self, revision: u64, timeout: Duration) -> Result<(), Unavailable> {
        let start = Instant::now();
        let mut state = lock(&self.state);
        loop {
            let outage = match state.current() {
                Err(outage) => outage,
                Ok(snapshot) if snapshot.revision() < revision => {
                    Unavailable::new(&format!("revision {revision} is not in force yet"))
                }
                Ok(_) if self.freshness.is_stale(Look::begin) => {
                    self.freshness.notice();
                    Unavailable::STALE
                }
                Ok(_) => return Ok(()),
            };
            let left = timeout.saturating_sub(start.elapsed());
            if left.is_zero() {
                return Err(outage);
            }
            let waited = self.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
    }
}

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("state", &*lock(&self.state))
            .finish_non_exhaustive()
    }
}

/// A panic under a lock of ours cannot leave a state half written: it is replaced whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

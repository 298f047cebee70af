//! The snapshot that is in force, shared by everything that asks.

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use upr_core::{Key, SubjectId, Timestamp};

use super::change::{Change, GapError};
use super::decision::Decision;
use super::explain::Explanation;
use super::snapshot::Snapshot;
use super::unavailable::Unavailable;
use crate::Permission;

/// Answers checks from the [`Snapshot`] that is in force.
///
/// A clone is another handle to the same: whoever follows the store
/// [replaces](Self::replace) the snapshot, and all handles answer from the new one. While the store
/// cannot be read for too long, the follower [says so](Self::mark_unavailable), and everything
/// answers [`Unavailable`].
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
    state: Arc<RwLock<State>>,
}

#[derive(Debug)]
struct State {
    /// Kept through an outage: when it ends at the same revision, nothing has to be loaded.
    snapshot: Option<Arc<Snapshot>>,
    outage: Option<Unavailable>,
}

impl State {
    fn snapshot(&self) -> Result<&Arc<Snapshot>, Unavailable> {
        match (&self.outage, &self.snapshot) {
            (None, Some(snapshot)) => Ok(snapshot),
            (Some(outage), _) => Err(outage.clone()),
            (None, None) => Err(Unavailable::new("the store has not been read yet")),
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
        Self {
            state: Arc::new(RwLock::new(state)),
        }
    }

    /// Decides whether `subject` may do `permission` in `scope` (`""` is everywhere).
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when nothing can be decided at the moment: an outage, not a denial.
    pub fn check(
        &self,
        subject: &str,
        permission: Permission,
        scope: &str,
    ) -> Result<Decision, Unavailable> {
        self.ask(|snapshot| snapshot.check(subject, permission, scope))
    }

    /// Decides as [`check`](Self::check) does, about a key that is known only at run time. A text
    /// that is no key at all is an unknown one: denied.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn check_key(
        &self,
        subject: &str,
        key: &str,
        scope: &str,
    ) -> Result<Decision, Unavailable> {
        self.ask(|snapshot| snapshot.check_key(subject, key, scope))
    }

    /// Decides as [`check`](Self::check) does, about the permission with this id (FNV-1a 64 of its key).
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn check_id(&self, subject: &str, id: u64, scope: &str) -> Result<Decision, Unavailable> {
        self.ask(|snapshot| snapshot.check_id(subject, id, scope))
    }

    /// Says why [`check_key`](Self::check_key) answers as it does.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn explain(
        &self,
        subject: &str,
        key: &str,
        scope: &str,
    ) -> Result<Explanation, Unavailable> {
        Ok(self
            .snapshot()?
            .explain_at(subject, key, scope, Timestamp::now()))
    }

    /// Every permission that `subject` holds in `scope`, in the order of keys.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn permissions_of(&self, subject: &str, scope: &str) -> Result<Vec<Key>, Unavailable> {
        Ok(self
            .snapshot()?
            .permissions_of_at(subject, scope, Timestamp::now()))
    }

    /// Every subject that holds `key` in `scope`, in the order of ids.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn subjects_with(&self, key: &str, scope: &str) -> Result<Vec<SubjectId>, Unavailable> {
        Ok(self
            .snapshot()?
            .subjects_with_at(key, scope, Timestamp::now()))
    }

    /// The snapshot in force, for several questions about one revision.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn snapshot(&self) -> Result<Arc<Snapshot>, Unavailable> {
        self.read().snapshot().cloned()
    }

    /// Puts a snapshot in force for every handle, and ends an outage.
    ///
    /// It is taken as the newest whatever its revision, since a store that was restored or
    /// exchanged may count from elsewhere: who loads and replaces does it one at a time.
    pub fn replace(&self, snapshot: Snapshot) {
        let next = State {
            snapshot: Some(Arc::new(snapshot)),
            outage: None,
        };
        let previous = std::mem::replace(&mut *self.write(), next);
        // A large snapshot takes a while to be freed; nobody waits for that.
        drop(previous);
    }

    /// Puts what changed in force for every handle, and ends an outage.
    ///
    /// # Errors
    ///
    /// [`GapError`] when the snapshot in force is not the one that this is a change of, or there is
    /// none: load everything and [replace](Self::replace) it. What was in force stays so.
    pub fn apply(&self, change: Change) -> Result<(), GapError> {
        let current = self.read().snapshot.clone().unwrap_or_default();
        self.replace(current.apply(change)?);
        Ok(())
    }

    /// Makes every handle answer [`Unavailable`] until a snapshot is [put](Self::replace) in force
    /// or [`mark_available`](Self::mark_available) is called. `cause` is for the log.
    pub fn mark_unavailable(&self, cause: &str) {
        self.write().outage = Some(Unavailable::new(cause));
    }

    /// Ends an outage without a new snapshot: the store was asked, and nothing has changed. A
    /// handle that never had a snapshot stays unavailable.
    pub fn mark_available(&self) {
        self.write().outage = None;
    }

    fn ask<T>(&self, question: impl FnOnce(&Snapshot) -> T) -> Result<T, Unavailable> {
        self.read().snapshot().map(|snapshot| question(snapshot))
    }

    fn read(&self) -> RwLockReadGuard<'_, State> {
        // A panic in here cannot leave a state half written: it is replaced whole.
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

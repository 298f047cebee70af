//! A subject that was looked up, for several checks.

use std::fmt;
use std::sync::Arc;

use upr_core::{Key, Timestamp};

use super::decision::{Decision, Reason};
use super::grants::Grants;
use super::handle::Access;
use super::refusal::Refusal;
use super::snapshot::Snapshot;
use super::table::{Payload, Record};
use super::unavailable::Unavailable;
use crate::proof::Expression;
use crate::{Granted, Permission};

/// One subject, looked up once for many checks. [`Access::subject`] makes it.
///
/// ```
/// # use upr::access::{Access, Facts, Snapshot, Unavailable};
/// /// User accounts.
/// #[upr::module(crud)]
/// pub struct Users;
///
/// # fn request(access: &Access) -> Result<(), Unavailable> {
/// let ada = access.subject("ada")?;
/// if ada.check(Users::VIEW, "acme")?.is_allowed() {
///     let may_edit = ada.check(Users::UPDATE, "acme")?.is_allowed();
///     # assert!(!may_edit);
/// }
/// # Ok(())
/// # }
/// # request(&Access::new(Snapshot::compile(Facts::default()))).unwrap();
/// ```
#[derive(Clone)]
pub struct Subject {
    access: Access,
    id: Arc<str>,
    /// Which state of the handle the rest was found in.
    generation: u64,
    snapshot: Arc<Snapshot>,
    grants: Result<Payload, Reason>,
}

impl Subject {
    pub(super) fn resolve(access: &Access, id: Arc<str>) -> Result<Self, Unavailable> {
        // The number first: a change in between only makes the checks look again.
        let generation = access.generation();
        let snapshot = access.snapshot()?;
        let grants = snapshot.record_of((&id).into()).map(Record::keep);
        Ok(Self {
            access: access.clone(),
            id,
            generation,
            snapshot,
            grants,
        })
    }

    /// The id of the subject.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Decides whether the subject may do `permission` in `scope` (`""` is everywhere).
    ///
    /// It allocates nothing, takes no lock and does no input or output; a clock is read only when
    /// a grant that ends would decide.
    ///
    /// # Errors
    ///
    /// [`Unavailable`] when nothing can be decided at the moment: an outage, not a denial.
    pub fn check(&self, permission: Permission, scope: &str) -> Result<Decision, Unavailable> {
        self.check_id(permission.id(), scope)
    }

    /// Decides as [`check`](Self::check) does, about a key that is known only at run time. A text
    /// that is no key at all is an unknown one: denied.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn check_key(&self, key: &str, scope: &str) -> Result<Decision, Unavailable> {
        self.ask(|snapshot, grants| {
            let permission = snapshot.permissions.answering(key);
            snapshot.decide_of(|| grants, permission, scope, Timestamp::now)
        })
    }

    /// Decides as [`check`](Self::check) does, about the permission with this id (FNV-1a 64 of its key).
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn check_id(&self, id: u64, scope: &str) -> Result<Decision, Unavailable> {
        self.ask(|snapshot, grants| decide(snapshot, grants, id, scope))
    }

    /// Decides whether the subject may do every one of `permissions`, at one revision: the first
    /// denial, or allowed. Of none at all it is denied, like everything that no grant allows.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn check_all(
        &self,
        permissions: &[Permission],
        scope: &str,
    ) -> Result<Decision, Unavailable> {
        self.fold(permissions, scope, Decision::is_denied)
    }

    /// Decides whether the subject may do at least one of `permissions`, at one revision: the first
    /// that is allowed, or the last denial. Of none at all it is denied.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn check_any(
        &self,
        permissions: &[Permission],
        scope: &str,
    ) -> Result<Decision, Unavailable> {
        self.fold(permissions, scope, Decision::is_allowed)
    }

    /// Checks what `E` asks for and gives the proof that it passed, as [`Access::require`] does.
    ///
    /// # Errors
    ///
    /// [`Refusal::Denied`] when the check is denied, [`Refusal::Unavailable`] when nothing can be
    /// decided at the moment.
    pub fn require<E: Expression>(
        &self,
        scope: impl Into<Arc<str>>,
    ) -> Result<Granted<E>, Refusal> {
        self.access.require(Arc::clone(&self.id), scope)
    }

    /// Every permission that the subject holds in `scope`, in the order of keys.
    ///
    /// # Errors
    ///
    /// [`Unavailable`], as [`check`](Self::check).
    pub fn permissions(&self, scope: &str) -> Result<Vec<Key>, Unavailable> {
        self.ask(|snapshot, _| snapshot.permissions_of_at(&self.id, scope, Timestamp::now()))
    }

    /// The decisions in their order, up to the first that `ends` it.
    fn fold(
        &self,
        permissions: &[Permission],
        scope: &str,
        ends: impl Fn(Decision) -> bool,
    ) -> Result<Decision, Unavailable> {
        self.ask(|snapshot, grants| {
            let mut decision = Decision::new(Reason::NoGrant);
            for permission in permissions {
                decision = decide(snapshot, grants, permission.id(), scope);
                if ends(decision) {
                    break;
                }
            }
            decision
        })
    }

    #[inline]
    fn ask<T>(
        &self,
        question: impl Fn(&Snapshot, Result<Grants<'_>, Reason>) -> T,
    ) -> Result<T, Unavailable> {
        if self.generation == self.access.generation() {
            let grants = match &self.grants {
                Ok(grants) => Ok(Grants(grants.words())),
                Err(reason) => Err(*reason),
            };
            return Ok(question(&self.snapshot, grants));
        }
        self.access
            .ask(|snapshot| question(snapshot, snapshot.grants_of((&self.id).into())))
    }
}

#[inline]
fn decide(
    snapshot: &Snapshot,
    grants: Result<Grants<'_>, Reason>,
    id: u64,
    scope: &str,
) -> Decision {
    let permission = snapshot.permissions.answering_id(id);
    snapshot.decide_of(|| grants, permission, scope, Timestamp::now)
}

/// Whoever logs a request must not log who may do what.
impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

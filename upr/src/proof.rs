//! Proofs: values that exist only because a check passed.
//!
//! The type names the expression that was checked, by number, so one permission is one type whatever path names
//! it. Write the type with [`granted!`](crate::granted); the macros add it to handlers. Who asks and how is
//! not decided here: an expression evaluates itself against any question.

#[cfg(test)]
mod tests;
mod tuples;

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::Permission;
use crate::private::fnv1a;

/// The proof that a subject passed the check of `E` in a scope.
///
/// There is no constructor outside upr: it is handed out by a passed check (as an extractor, or by
/// `Access::require`), so a function that takes one cannot be called unchecked.
///
/// ```standalone_crate
/// /// User accounts.
/// #[upr::module(crud)]
/// pub struct Users;
///
/// fn erase(granted: &upr::granted!(Users::DELETE)) -> String {
///     format!("erased by {}", granted.subject())
/// }
/// ```
///
/// ```compile_fail
/// # #[upr::module(crud)]
/// # pub struct Users;
/// let forged: upr::granted!(Users::DELETE) = upr::Granted::new("ada".into(), "".into(), Users::DELETE);
/// ```
pub struct Granted<E: Expression> {
    subject: Arc<str>,
    scope: Arc<str>,
    passed: E::Passed,
    expression: PhantomData<fn() -> E>,
}

impl<E: Expression> Granted<E> {
    /// The one constructor: `passed` comes from [`Expression::evaluate`].
    pub(crate) fn new(subject: Arc<str>, scope: Arc<str>, passed: E::Passed) -> Self {
        Self {
            subject,
            scope,
            passed,
            expression: PhantomData,
        }
    }

    /// The id of the subject that passed.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// The scope it passed in; empty is everywhere.
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// The permission that let it pass: of `any` the first that is held, of `all` the first that is written.
    #[must_use]
    pub fn permission(&self) -> Permission {
        E::first(&self.passed)
    }

    /// A proof without a check, everywhere: to call a handler from a unit test.
    ///
    /// It exists under the feature `test` and with debug assertions only; a program that has it says so in
    /// [`CAN_ASSUME`].
    ///
    /// # Panics
    /// When the registry contradicts itself or lacks a permission that the proof names.
    #[cfg(all(feature = "test", debug_assertions))]
    #[must_use]
    #[expect(
        clippy::panic,
        reason = "documented: a test that cannot go on has failed"
    )]
    pub fn assume(subject: &str) -> Self {
        let registry = crate::Registry::global();
        let verdict =
            E::evaluate(&mut |id| Ok::<_, std::convert::Infallible>(registry.find_id(id)));
        match verdict {
            Ok(Verdict::Passed(passed)) => Self::new(subject.into(), "".into(), passed),
            Ok(Verdict::Lacking(id)) => panic!("no permission with the id {id:#018x} is linked"),
            Err(never) => match never {},
        }
    }

    /// Turns a part into an `any` that contains it.
    ///
    /// ```standalone_crate
    /// # #[upr::module(crud)]
    /// # pub struct Users;
    /// fn list(_: upr::granted!(any(Users::VIEW, Users::UPDATE))) {}
    /// fn edit(granted: upr::granted!(Users::UPDATE)) {
    ///     list(granted.widen());
    /// }
    /// ```
    #[must_use]
    pub fn widen<W, Position>(self) -> Granted<W>
    where
        W: Alternative<E, Position>,
    {
        let passed = W::passed_by(&self.passed);
        Granted::new(self.subject, self.scope, passed)
    }
}

impl<E: Expression> Clone for Granted<E> {
    fn clone(&self) -> Self {
        Self {
            subject: Arc::clone(&self.subject),
            scope: Arc::clone(&self.scope),
            passed: self.passed.clone(),
            expression: PhantomData,
        }
    }
}

impl<E: Expression> fmt::Debug for Granted<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Granted")
            .field("subject", &self.subject)
            .field("scope", &self.scope)
            .field("passed", &self.passed)
            .finish()
    }
}

/// Whether this program was built so that tests may assume proofs (feature `test`, with debug assertions). A protected
/// environment refuses it.
pub const CAN_ASSUME: bool = cfg!(all(feature = "test", debug_assertions));

/// The explicit "nobody is asked": what `#[upr::public]` adds to a handler.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Public;

impl Public {
    /// Makes one, for callers other than a web framework.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }
}

/// One permission, by its [`id`](Permission::id). Never made: it only stands in types.
#[derive(Debug)]
pub struct P<const ID: u64>(Never);

/// At least one of a tuple of expressions. Never made: it only stands in types.
#[derive(Debug)]
pub struct Any<Parts>(Never, PhantomData<Parts>);

/// Every one of a tuple of expressions. Never made: it only stands in types.
#[derive(Debug)]
pub struct All<Parts>(Never, PhantomData<Parts>);

#[derive(Debug)]
enum Never {}

/// What a [`Granted`] can prove: a permission, or `any` or `all` of up to twelve expressions. Sealed.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is nothing that a proof of upr can be of",
    label = "neither a permission nor `any` or `all` of some",
    note = "write the type of a proof with `upr::granted!(Users::VIEW)`"
)]
pub trait Expression: sealed::Sealed + Sized + 'static {
    /// What is kept of a passed check: which permissions answered.
    #[doc(hidden)]
    type Passed: Clone + fmt::Debug + Send + Sync + 'static;

    /// Two expressions have the same signature exactly when they are written alike.
    #[doc(hidden)]
    const SIGNATURE: u64;

    /// Appends the ids of all permissions named, in written order.
    fn collect_ids(into: &mut Vec<u64>);

    /// Evaluates the expression from left to right, asking for no more than decides it.
    ///
    /// `ask` answers for one id: the permission when the subject holds it, `None` when it does not.
    ///
    /// # Errors
    /// What `ask` failed with. A failure is never taken for an answer.
    fn evaluate<U>(
        ask: &mut dyn FnMut(u64) -> Result<Option<Permission>, U>,
    ) -> Result<Verdict<Self>, U>;

    /// The permission that stands for a passed check.
    #[doc(hidden)]
    fn first(passed: &Self::Passed) -> Permission;
}

/// What came of evaluating an expression.
#[derive(Debug)]
pub enum Verdict<E: Expression> {
    /// It holds.
    Passed(E::Passed),
    /// It does not; the id is that of the first permission that was missing.
    Lacking(u64),
}

/// An `any` that contains `E` at a place that the compiler finds by itself. Sealed.
pub trait Alternative<E: Expression, Position>: Expression {
    #[doc(hidden)]
    fn passed_by(part: &E::Passed) -> Self::Passed;
}

/// The place of a part in its tuple. Never made: it only stands in types.
#[derive(Debug)]
pub struct At<const INDEX: usize>(Never);

impl<const ID: u64> Expression for P<ID> {
    type Passed = Permission;
    const SIGNATURE: u64 = fnv1a(&ID.to_le_bytes());

    fn collect_ids(into: &mut Vec<u64>) {
        into.push(ID);
    }

    fn evaluate<U>(
        ask: &mut dyn FnMut(u64) -> Result<Option<Permission>, U>,
    ) -> Result<Verdict<Self>, U> {
        Ok(ask(ID)?.map_or(Verdict::Lacking(ID), Verdict::Passed))
    }

    fn first(passed: &Permission) -> Permission {
        *passed
    }
}

mod sealed {
    use super::{All, Any, P};

    pub trait Sealed {}
    impl<const ID: u64> Sealed for P<ID> {}
    impl<Parts> Sealed for Any<Parts> {}
    impl<Parts> Sealed for All<Parts> {}
}

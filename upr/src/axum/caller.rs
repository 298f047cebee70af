//! Who is asking, and where: what a layer finds out before any guard runs.

use std::sync::Arc;

use http::HeaderValue;

use super::rejection::Rejection;
use crate::access::{Access, Denial, Refusal};
use crate::proof::Expression;
use crate::{Granted, ProblemDetails, Scope};

/// What guards need to know of a request: who is asking, in which scope, and whom to ask.
///
/// A layer puts it into the request's extensions. Handlers that do more than their guard says take
/// it as an extractor, behind their proof.
#[derive(Clone, Debug)]
pub struct Caller {
    access: Access,
    identity: Identity,
    scope: Result<Arc<str>, Arc<str>>,
    challenge: HeaderValue,
}

/// Who is asking, as far as the application could tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Identity {
    /// This subject. Whether it exists and is active is for the check to find.
    Subject(Arc<str>),
    /// Nobody is signed in.
    Anonymous,
    /// It could not be found out, and why. For the log.
    Unknown(Arc<str>),
}

impl Caller {
    /// A caller in the empty scope, checked by `access`.
    #[must_use]
    pub fn new(access: Access, identity: Identity) -> Self {
        let challenge = HeaderValue::from_static("Bearer");
        Self {
            access,
            identity,
            scope: Ok("".into()),
            challenge,
        }
    }

    /// The same caller in `scope`.
    #[must_use]
    pub fn in_scope(mut self, scope: &Scope) -> Self {
        self.scope = Ok(scope.as_str().into());
        self
    }

    /// The same caller, asking for a scope that cannot be one; guards answer 400. `cause` is told
    /// to the caller.
    #[must_use]
    pub fn in_bad_scope(mut self, cause: &str) -> Self {
        self.scope = Err(cause.into());
        self
    }

    /// The same caller, to be told by `challenge` how to sign in (`WWW-Authenticate`, which RFC 9110
    /// demands of every 401). It is `Bearer` unless set.
    #[must_use]
    pub fn challenged_by(mut self, challenge: HeaderValue) -> Self {
        self.challenge = challenge;
        self
    }

    /// The id of the subject that is signed in.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        match &self.identity {
            Identity::Subject(subject) => Some(subject),
            Identity::Anonymous | Identity::Unknown(_) => None,
        }
    }

    /// Who is asking.
    #[must_use]
    pub fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Where; empty is everywhere, `None` is a scope that cannot be one.
    #[must_use]
    pub fn scope(&self) -> Option<&str> {
        self.scope.as_deref().ok()
    }

    /// Whom to ask about more than the guard checked.
    #[must_use]
    pub fn access(&self) -> &Access {
        &self.access
    }

    /// Checks what `E` asks for, as a guard does, and logs it.
    ///
    /// # Errors
    ///
    /// [`Rejection`]: the response that a guard gives.
    pub fn require<E: Expression>(&self) -> Result<Granted<E>, Rejection> {
        let subject = match &self.identity {
            Identity::Subject(subject) => Arc::clone(subject),
            Identity::Anonymous => return Err(self.refused(&Refusal::Anonymous)),
            Identity::Unknown(cause) => {
                tracing::error!(target: "upr", %cause, "Caller could not be identified");
                return Err(Rejection::new(ProblemDetails::unavailable()));
            }
        };
        let scope = self.scope.clone().map_err(|cause| {
            tracing::debug!(target: "upr", %cause, "Request names no valid scope");
            Rejection::new(ProblemDetails::new(400, "Bad Request", &*cause))
        })?;
        let granted = self
            .access
            .require(subject, scope)
            .map_err(|r| self.refused(&r))?;
        tracing::debug!(
            target: "upr",
            subject = granted.subject(),
            permission = granted.permission().key(),
            scope = granted.scope(),
            decision = "allowed",
            "Permission check"
        );
        Ok(granted)
    }

    /// Logs a refusal with its reason, and makes the answer without it.
    fn refused(&self, refusal: &Refusal) -> Rejection {
        let rejection = Rejection::new(refusal.into());
        match refusal {
            Refusal::Anonymous => {
                tracing::debug!(target: "upr", decision = "anonymous", "Permission check");
                rejection.with_challenge(self.challenge.clone())
            }
            Refusal::Denied(denial) => {
                log_denial(denial);
                rejection
            }
            Refusal::Unavailable(outage) => {
                let cause = outage.cause();
                tracing::error!(target: "upr", cause, "Permissions cannot be checked");
                rejection
            }
        }
    }
}

fn log_denial(denial: &Denial) {
    let (subject, scope) = (denial.subject(), denial.scope());
    let permission = denial.permission().key();
    tracing::debug!(
        target: "upr", subject, permission, scope, decision = "denied", "Permission check"
    );
    tracing::warn!(
        target: "upr",
        subject,
        permission,
        scope,
        reason = denial.reason().as_str(),
        decision_id = denial.decision_id(),
        "Permission denied"
    );
}

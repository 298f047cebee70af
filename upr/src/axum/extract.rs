//! Guards: a proof is extracted by making it.

use std::convert::Infallible;
use std::future::{Future, ready};

use axum_core::extract::FromRequestParts;
use http::request::Parts;

use super::caller::Caller;
use super::rejection::Rejection;
use crate::proof::Expression;
use crate::{Granted, ProblemDetails, Public};

/// Runs the check. It is ready on its first poll and does no I/O.
impl<E, S> FromRequestParts<S> for Granted<E>
where
    E: Expression,
    S: Send + Sync,
{
    type Rejection = Rejection;

    fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> impl Future<Output = Result<Self, Rejection>> + Send {
        ready(caller(parts).and_then(Caller::require))
    }
}

/// Always succeeds: nobody is asked.
impl<S: Send + Sync> FromRequestParts<S> for Public {
    type Rejection = Infallible;

    fn from_request_parts(
        _: &mut Parts,
        _: &S,
    ) -> impl Future<Output = Result<Self, Infallible>> + Send {
        ready(Ok(Self::new()))
    }
}

/// Whoever is asking, signed in or not.
impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Rejection;

    fn from_request_parts(
        parts: &mut Parts,
        _: &S,
    ) -> impl Future<Output = Result<Self, Rejection>> + Send {
        ready(caller(parts).cloned())
    }
}

fn caller(parts: &Parts) -> Result<&Caller, Rejection> {
    parts.extensions.get().ok_or_else(|| {
        tracing::error!(
            target: "upr",
            method = %parts.method,
            path = parts.uri.path(),
            "No layer has put a `upr::axum::Caller` into the request: \
             add `upr_web::axum::IdentifyLayer` to the router"
        );
        Rejection::new(ProblemDetails::unavailable())
    })
}

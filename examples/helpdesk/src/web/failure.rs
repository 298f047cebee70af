//! How a handler fails: the same problem bodies (RFC 9457) that upr's guards answer with.

use std::fmt;

use axum::http::StatusCode;
use axum::http::header::WWW_AUTHENTICATE;
use axum::response::{IntoResponse, Response};
use upr::ProblemDetails;
use upr::axum::Rejection;

/// How to sign in, in the words of RFC 7617. Every 401 says it.
pub const CHALLENGE: &str = "Basic realm=\"helpdesk\", charset=\"UTF-8\"";

#[derive(Debug)]
pub enum Failure {
    /// Name and password do not belong together.
    WrongPassword,
    /// A check inside of a handler was not passed.
    Refused(Rejection),
    /// What was asked for is not there, or not in this scope.
    NotFound(String),
    /// The request is well formed and asks for what cannot be.
    Invalid(String),
    /// It contradicts what is there.
    Conflict(String),
    /// A request that could not be read.
    Unreadable(StatusCode, String),
    /// Something of ours is broken. The cause goes to the log, not to the caller.
    Internal(String),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let (status, detail) = match self {
            Self::WrongPassword => {
                let problem = ProblemDetails::new(401, "Unauthorized", "Wrong name or password.");
                return ([(WWW_AUTHENTICATE, CHALLENGE)], problem).into_response();
            }
            Self::Refused(rejection) => return rejection.into_response(),
            Self::NotFound(detail) => (StatusCode::NOT_FOUND, detail),
            Self::Invalid(detail) => (StatusCode::UNPROCESSABLE_ENTITY, detail),
            Self::Conflict(detail) => (StatusCode::CONFLICT, detail),
            Self::Unreadable(status, detail) => (status, detail),
            Self::Internal(cause) => {
                tracing::error!(%cause, "Request failed");
                let detail =
                    "Something is broken on our side. It has been written down.".to_owned();
                (StatusCode::INTERNAL_SERVER_ERROR, detail)
            }
        };
        let title = status.canonical_reason().unwrap_or("Error");
        ProblemDetails::new(status.as_u16(), title, detail).into_response()
    }
}

/// For the log.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongPassword => f.write_str("wrong name or password"),
            Self::Refused(rejection) => f.write_str(&rejection.problem().to_json()),
            Self::NotFound(text)
            | Self::Invalid(text)
            | Self::Conflict(text)
            | Self::Unreadable(_, text)
            | Self::Internal(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        Self::Refused(rejection)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Internal(error.to_string())
    }
}

/// A task that panicked.
impl From<tokio::task::JoinError> for Failure {
    fn from(error: tokio::task::JoinError) -> Self {
        Self::Internal(error.to_string())
    }
}

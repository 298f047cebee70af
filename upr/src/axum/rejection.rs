//! The answer of a guard that does not let a request through.

use axum_core::body::Body;
use axum_core::response::{IntoResponse, Response};
use http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};

use crate::ProblemDetails;

/// A problem, and for 401 the challenge that RFC 9110 (15.5.2) demands.
#[derive(Clone, Debug)]
pub struct Rejection {
    problem: ProblemDetails,
    challenge: Option<HeaderValue>,
}

impl Rejection {
    pub(super) fn new(problem: ProblemDetails) -> Self {
        Self {
            problem,
            challenge: None,
        }
    }

    pub(super) fn with_challenge(mut self, challenge: HeaderValue) -> Self {
        self.challenge = Some(challenge);
        self
    }

    /// What the caller is told.
    #[must_use]
    pub fn problem(&self) -> &ProblemDetails {
        &self.problem
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let mut response = self.problem.into_response();
        if let Some(challenge) = self.challenge {
            response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        response
    }
}

impl IntoResponse for ProblemDetails {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::from(self.to_json()));
        // A status that HTTP does not know can only be a mistake of the server.
        *response.status_mut() =
            StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let media_type = HeaderValue::from_static(Self::MEDIA_TYPE);
        response.headers_mut().insert(CONTENT_TYPE, media_type);
        response
    }
}

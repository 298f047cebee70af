//! JSON bodies whose errors are problems.

use axum::Json;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;

use super::failure::Failure;

/// The body of a request, read from JSON and checked.
///
/// As an extractor it comes last, behind the guard: who may not is never told what is wrong with
/// their JSON.
pub struct Body<T>(pub T);

/// What can be wrong with a body that is well-formed JSON of the right shape.
pub trait Checked {
    /// The first thing that is wrong, as a sentence.
    fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

impl<T, S> FromRequest<S> for Body<T>
where
    T: DeserializeOwned + Checked,
    S: Send + Sync,
{
    type Rejection = Failure;

    async fn from_request(request: Request, state: &S) -> Result<Self, Failure> {
        let Json(body) = Json::<T>::from_request(request, state)
            .await
            .map_err(|error| Failure::Unreadable(error.status(), error.body_text()))?;
        body.check()
            .map_err(|problem| Failure::Unreadable(StatusCode::UNPROCESSABLE_ENTITY, problem))?;
        Ok(Self(body))
    }
}

/// A text that people read: neither empty nor endless.
pub fn check_text(name: &str, text: &str, most: usize) -> Result<(), String> {
    match text.trim().chars().count() {
        0 => Err(format!("`{name}` is empty.")),
        count if count > most => Err(format!(
            "`{name}` has {count} characters, and at most {most} are allowed."
        )),
        _ => Ok(()),
    }
}

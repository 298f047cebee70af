//! The health document for machines: `GET /health`.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use upr_sync::{Health, HealthStatus};

/// A router that answers `GET /health` with what `observe` finds: 200, or 503 when the status is
/// `error`.
///
/// The document is pretty-printed, since monitors look for the text `"status": "healthy"`. It holds
/// counts only and needs no sign-in: put it outside of
/// [`IdentifyLayer`](crate::axum::IdentifyLayer), whose sign-in may be what is broken.
/// [`Health::observe`] asks a database, so `observe` runs it where a thread may wait.
pub fn health<S, F, Observing>(observe: F) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
    F: Fn() -> Observing + Clone + Send + Sync + 'static,
    Observing: Future<Output = Health> + Send,
{
    Router::new().route(
        "/health",
        get(move || async move { answer(&observe().await) }),
    )
}

fn answer(health: &Health) -> Response {
    let status = match health.status {
        HealthStatus::Healthy | HealthStatus::Warning => StatusCode::OK,
        HealthStatus::Error => StatusCode::SERVICE_UNAVAILABLE,
    };
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("application/json")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ];
    (status, headers, health.to_json()).into_response()
}

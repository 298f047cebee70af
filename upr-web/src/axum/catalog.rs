//! The catalog for frontends: `GET /api/v1/permissions/catalog/`.

use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use upr_core::Catalog;

use crate::etag;

/// A router that answers `GET /api/v1/permissions/catalog/` with `catalog`.
///
/// The body is made once. Its `ETag` is a hash of it, so that a client that has it is told 304. No
/// sign-in is needed: a catalog names what can be granted, and nobody it was granted to. Merge the
/// router elsewhere to guard it.
///
/// ```
/// use upr_core::Catalog;
///
/// // A program has its own: `upr::Registry::global().catalog()`.
/// let json = r#"{"version": "1.0", "format": "upr.catalog/1",
///     "application": {"name": "papers", "version": "1.0.0"}, "modules": []}"#;
/// let app: axum::Router = upr_web::axum::catalog(&Catalog::from_json(json)?);
/// assert!(app.has_routes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn catalog<S>(catalog: &Catalog) -> Router<S>
where
    S: Clone + Send + Sync + 'static,
{
    let body = catalog.to_json();
    let tag = etag::of(body.as_bytes());
    let document = Document {
        body: body.into(),
        tag,
    };
    Router::new().route(
        "/api/v1/permissions/catalog/",
        get(move |headers| document.answer(headers)),
    )
}

#[derive(Clone)]
struct Document {
    body: axum::body::Bytes,
    tag: String,
}

impl Document {
    async fn answer(self, headers: HeaderMap) -> Response {
        let lines = headers
            .get_all(IF_NONE_MATCH)
            .iter()
            .filter_map(|line| line.to_str().ok());
        let has_it = lines
            .into_iter()
            .any(|line| etag::is_named(&self.tag, line));
        // The catalog changes with each release: clients keep it, and ask each time.
        let validators = [(ETAG, self.tag.as_str()), (CACHE_CONTROL, "no-cache")];
        if has_it {
            return (StatusCode::NOT_MODIFIED, validators).into_response();
        }
        let media_type = [(CONTENT_TYPE, HeaderValue::from_static("application/json"))];
        (validators, media_type, self.body).into_response()
    }
}

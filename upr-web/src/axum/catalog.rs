//! The catalog for frontends: `GET /api/v1/permissions/catalog/` and its siblings.

use axum::Router;
use axum::body::Bytes;
use axum::http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH, VARY};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use upr::ProblemDetails;
use upr_core::Catalog;

use crate::accept::{self, Accepted};
use crate::etag;

/// A router that answers with `catalog`:
///
/// | path | gives |
/// | --- | --- |
/// | `GET /api/v1/permissions/catalog/` | catalog v1 |
/// | `GET /api/v2/permissions/catalog/` | catalog v2, which is flat |
/// | `GET /api/permissions/catalog/` | what `Accept` asks for, such as `application/vnd.upr.v2+json`; else v1. 406 for a version that does not exist |
///
/// The bodies are made once. The `ETag` is a hash of the body, so that a client that has it is told
/// 304. No sign-in is needed: a catalog names what can be granted, and nobody it was granted to.
/// Merge the router elsewhere to guard it.
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
    let v1 = Document::new(catalog.to_json());
    let v2 = Document::new(catalog.to_json_v2());
    let either = (v1.clone(), v2.clone());
    Router::new()
        .route(
            "/api/v1/permissions/catalog/",
            get(move |headers: HeaderMap| async move { v1.answer(&headers, JSON) }),
        )
        .route(
            "/api/v2/permissions/catalog/",
            get(move |headers: HeaderMap| async move { v2.answer(&headers, JSON) }),
        )
        .route(
            "/api/permissions/catalog/",
            get(move |headers: HeaderMap| async move { negotiate(&headers, &either) }),
        )
}

const JSON: &str = "application/json";
const V1: &str = "application/vnd.upr.v1+json";
const V2: &str = "application/vnd.upr.v2+json";

/// One version as it is sent.
#[derive(Clone)]
struct Document {
    body: Bytes,
    tag: String,
}

impl Document {
    fn new(body: String) -> Self {
        Self {
            tag: etag::of(body.as_bytes()),
            body: body.into(),
        }
    }

    fn answer(&self, headers: &HeaderMap, media_type: &'static str) -> Response {
        let mut tags = lines(headers, IF_NONE_MATCH);
        // The catalog changes with each release: clients keep it, and ask each time.
        let validators = [(ETAG, self.tag.as_str()), (CACHE_CONTROL, "no-cache")];
        if tags.any(|line| etag::is_named(&self.tag, line)) {
            return (StatusCode::NOT_MODIFIED, validators).into_response();
        }
        let media_type = [(CONTENT_TYPE, HeaderValue::from_static(media_type))];
        (validators, media_type, self.body.clone()).into_response()
    }
}

/// The version that `Accept` asks for. Every answer depends on it, a refusal too.
fn negotiate(headers: &HeaderMap, (v1, v2): &(Document, Document)) -> Response {
    let asked: Vec<&str> = lines(headers, ACCEPT).collect();
    let mut response = match accept::version(&asked) {
        Accepted::Default => v1.answer(headers, JSON),
        Accepted::Version(1) => v1.answer(headers, V1),
        Accepted::Version(2) => v2.answer(headers, V2),
        Accepted::Version(_) | Accepted::Nothing => not_acceptable(),
    };
    let vary = HeaderValue::from_static("accept");
    response.headers_mut().insert(VARY, vary);
    response
}

fn not_acceptable() -> Response {
    let detail = format!("The catalog is to be had as {JSON}, {V1} and {V2}.");
    ProblemDetails::new(406, "Not Acceptable", detail).into_response()
}

/// The lines of a header that are text; others ask for nothing that exists.
fn lines(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &str> {
    let lines = headers.get_all(name).into_iter();
    lines.filter_map(|line| line.to_str().ok())
}

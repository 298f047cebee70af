//! `GET /api/v1/permissions/catalog/`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request};
use axum::response::Response;
use tower::ServiceExt;
use upr_core::Catalog;

fn catalog() -> Catalog {
    let json = r#"{"version": "1.0", "format": "upr.catalog/1",
        "application": {"name": "papers", "version": "1.0.0"},
        "modules": [{"key": "papers", "permissions": [
            {"key": "papers.view", "action": "view", "kind": "crud"}]}]}"#;
    Catalog::from_json(json).unwrap()
}

async fn send(method: Method, tags: &[&str]) -> Response {
    let app: Router = upr_web::axum::catalog(&catalog());
    let mut request = Request::builder()
        .method(method)
        .uri("/api/v1/permissions/catalog/");
    for tag in tags {
        request = request.header("if-none-match", *tag);
    }
    app.oneshot(request.body(Body::empty()).unwrap())
        .await
        .unwrap()
}

async fn body(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn it_is_the_catalog_byte_for_byte() {
    let response = send(Method::GET, &[]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert_eq!(response.headers()["cache-control"], "no-cache");
    let body = body(response).await;
    assert_eq!(body, catalog().to_json());
    assert!(body.contains("\"papers.view\""));
}

#[tokio::test]
async fn a_client_that_has_it_is_told_so() {
    let first = send(Method::GET, &[]).await;
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    assert_eq!(tag.len(), 66);
    for tags in [
        vec![tag.as_str()],
        vec!["\"other\"", &tag],
        vec!["*"],
        vec![&format!("W/{tag}")],
    ] {
        let again = send(Method::GET, &tags).await;
        assert_eq!(again.status(), 304, "{tags:?}");
        assert_eq!(again.headers()["etag"], tag.as_str());
        assert_eq!(body(again).await, "");
    }
    assert_eq!(send(Method::GET, &["\"other\""]).await.status(), 200);
}

#[tokio::test]
async fn only_reading_is_answered() {
    let head = send(Method::HEAD, &[]).await;
    assert_eq!(head.status(), 200);
    assert_eq!(body(head).await, "");
    assert_eq!(send(Method::POST, &[]).await.status(), 405);
}

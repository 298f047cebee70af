//! `GET /api/v1/permissions/catalog/`, and what its siblings answer.

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
    let headers: Vec<(&str, &str)> = tags.iter().map(|tag| ("if-none-match", *tag)).collect();
    request(method, "/api/v1/permissions/catalog/", &headers).await
}

async fn request(method: Method, path: &str, headers: &[(&str, &str)]) -> Response {
    let app: Router = upr_web::axum::catalog(&catalog());
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
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

#[tokio::test]
async fn v2_has_a_path_of_its_own() {
    let response = request(Method::GET, "/api/v2/permissions/catalog/", &[]).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    assert!(!response.headers().contains_key("vary"));
    let tag = response.headers()["etag"].clone();
    assert_ne!(tag, send(Method::GET, &[]).await.headers()["etag"]);
    assert_eq!(body(response).await, catalog().to_json_v2());
    let has_it = [("if-none-match", tag.to_str().unwrap())];
    let again = request(Method::GET, "/api/v2/permissions/catalog/", &has_it).await;
    assert_eq!(again.status(), 304);
}

#[tokio::test]
async fn without_a_version_in_the_path_the_client_says_which() {
    let ask = async |accept: &[&str]| {
        let headers: Vec<(&str, &str)> = accept.iter().map(|line| ("accept", *line)).collect();
        request(Method::GET, "/api/permissions/catalog/", &headers).await
    };
    let v1 = catalog().to_json();
    let v2 = catalog().to_json_v2();
    for (accept, media_type, expected) in [
        (&[][..], "application/json", &v1),
        (&["*/*"], "application/json", &v1),
        (
            &["application/vnd.upr.v1+json"],
            "application/vnd.upr.v1+json",
            &v1,
        ),
        (
            &["application/vnd.upr.v2+json"],
            "application/vnd.upr.v2+json",
            &v2,
        ),
        (
            &["application/json;q=0.5", "application/vnd.upr.v2+json"],
            "application/vnd.upr.v2+json",
            &v2,
        ),
    ] {
        let response = ask(accept).await;
        assert_eq!(response.status(), 200, "{accept:?}");
        assert_eq!(response.headers()["content-type"], media_type, "{accept:?}");
        assert_eq!(response.headers()["vary"], "accept", "{accept:?}");
        assert_eq!(&body(response).await, expected, "{accept:?}");
    }
    let refused = ask(&["application/vnd.upr.v3+json"]).await;
    assert_eq!(refused.status(), 406);
    assert_eq!(refused.headers()["vary"], "accept");
    assert_eq!(
        refused.headers()["content-type"],
        "application/problem+json"
    );
    let problem: serde_json::Value = serde_json::from_str(&body(refused).await).unwrap();
    assert_eq!(problem["status"], 406);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("vnd.upr.v2+json")
    );
}

/// A cache that holds v2 must not be told that a client has v1.
#[tokio::test]
async fn the_tag_belongs_to_the_version_that_was_asked_for() {
    let path = "/api/permissions/catalog/";
    let v2 = ("accept", "application/vnd.upr.v2+json");
    let tag = request(Method::GET, path, &[v2]).await.headers()["etag"].clone();
    let has_it = ("if-none-match", tag.to_str().unwrap());
    let again = request(Method::GET, path, &[v2, has_it]).await;
    assert_eq!(again.status(), 304);
    assert_eq!(again.headers()["vary"], "accept");
    let other = request(Method::GET, path, &[has_it]).await;
    assert_eq!(other.status(), 200);
}

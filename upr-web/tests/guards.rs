//! What a guarded handler answers, to whom, and in which order; and what the log is told.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Request, StatusCode};
use axum::response::Response;
use axum::routing::{get, post};
use axum::{Json, Router};
use tower::ServiceExt;
use upr::access::{
    Access, Effect, Facts, GrantFact, PermissionFact, Snapshot, State, SubjectFact, Target,
};
use upr::axum::Caller;
use upr::{Scope, SubjectId};
use upr_web::axum::IdentifyLayer;

/// Papers.
#[upr::module(crud, actions(sign))]
struct Papers;

#[upr::requires(Papers::VIEW)]
async fn view() -> &'static str {
    "seen"
}

#[upr::requires(Papers::CREATE)]
async fn create(Json(paper): Json<Vec<u8>>) -> String {
    format!("{} bytes", paper.len())
}

#[upr::requires(any(Papers::DELETE, Papers::VIEW))]
async fn either(granted: upr::granted!(any(Papers::DELETE, Papers::VIEW))) -> String {
    format!(
        "{} by {} in {:?}",
        granted.permission(),
        granted.subject(),
        granted.scope()
    )
}

#[upr::requires(all(Papers::VIEW, Papers::SIGN))]
async fn both() -> &'static str {
    "both"
}

/// A proof that is compiled out must not take the check with it.
#[upr::requires(Papers::VIEW)]
async fn conditional(#[cfg(any())] _granted: upr::granted!(Papers::VIEW)) -> &'static str {
    "conditional"
}

/// A macro of the application may write handlers, whole bodies handed on.
macro_rules! handler {
    ($name:ident, $answer:ty, $body:block) => {
        #[upr::requires(Papers::VIEW)]
        async fn $name() -> $answer $body
    };
}
handler!(written, &'static str, { "written" });

/// A function of a type, with its own proof: there is no place for anything beside it.
struct Desk;

impl Desk {
    #[upr::requires(Papers::VIEW)]
    async fn associated(granted: upr::granted!(Papers::VIEW)) -> String {
        #[expect(dead_code, reason = "the body must not shadow what the check names")]
        struct Papers;
        granted.subject().to_owned()
    }
}

#[upr::public]
async fn open() -> &'static str {
    "open"
}

/// Says who is asking, whoever it is.
#[upr::public]
async fn me(caller: Caller) -> String {
    format!("{:?} in {:?}", caller.subject(), caller.scope())
}

/// Ada may view everywhere and sign in `acme`; everything else is denied.
fn access() -> Access {
    let permissions = upr::Registry::global()
        .iter()
        .map(|permission| PermissionFact {
            key: permission.key().parse().unwrap(),
            application: "test".into(),
            state: State::Active,
            alias_of: None,
            critical: false,
        })
        .collect();
    let grant = |key: &str, scope: &str| GrantFact {
        subject: SubjectId::parse("ada").unwrap(),
        target: Target::Permission(key.parse().unwrap()),
        scope: Scope::parse(scope).unwrap(),
        effect: Effect::Allow,
        expires_at: None,
    };
    Access::new(Snapshot::compile(Facts {
        permissions,
        subjects: vec![SubjectFact {
            id: SubjectId::parse("ada").unwrap(),
            active: true,
        }],
        grants: vec![grant("papers.view", ""), grant("papers.sign", "acme")],
        ..Facts::default()
    }))
}

/// The header `x-user` names the subject; `broken` is a sign-in that is out of order.
async fn identify(parts: Parts) -> Result<Option<SubjectId>, String> {
    // An identifying function may wait for something: the guard must not.
    tokio::task::yield_now().await;
    match parts
        .headers
        .get("x-user")
        .map(|value| value.to_str().unwrap())
    {
        None => Ok(None),
        Some("broken") => Err("the directory does not answer".to_owned()),
        Some(user) => Ok(Some(SubjectId::parse(user).unwrap())),
    }
}

fn scope(parts: &Parts) -> Result<Scope, String> {
    let named = parts
        .headers
        .get("x-scope")
        .map(|value| value.to_str().unwrap());
    Scope::parse(named.unwrap_or_default()).map_err(|error| error.to_string())
}

fn routes() -> Router {
    Router::new()
        .route("/view", get(view))
        .route("/create", post(create))
        .route("/either", get(either))
        .route("/both", get(both))
        .route("/conditional", get(conditional))
        .route("/written", get(written))
        .route("/associated", get(Desk::associated))
        .route("/open", get(open))
        .route("/me", get(me))
}

fn app(access: &Access) -> Router {
    routes().layer(IdentifyLayer::new(access.clone(), identify).scope(scope))
}

async fn send(app: Router, request: Request<Body>) -> (StatusCode, Response) {
    let response = app.oneshot(request).await.unwrap();
    (response.status(), response)
}

async fn ask(path: &str, user: &str, scope: &str) -> (StatusCode, String) {
    let mut request = Request::get(path);
    if !user.is_empty() {
        request = request.header("x-user", user);
    }
    let request = request
        .header("x-scope", scope)
        .body(Body::empty())
        .unwrap();
    let (status, response) = send(app(&access()), request).await;
    (status, text(response).await)
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20)
        .await
        .unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[tokio::test]
async fn a_guard_answers_one_of_four() {
    let table = [
        ("/view", "ada", "", 200),
        ("/view", "bob", "", 403),
        ("/view", "", "", 401),
        ("/view", "broken", "", 503),
        ("/conditional", "ada", "", 200),
        ("/conditional", "bob", "", 403),
        ("/conditional", "", "", 401),
        ("/written", "ada", "", 200),
        ("/written", "bob", "", 403),
        ("/associated", "ada", "", 200),
        ("/associated", "bob", "", 403),
        ("/both", "ada", "acme", 200),
        ("/both", "ada", "", 403),
        ("/both", "ada", "other", 403),
        ("/both", "", "acme", 401),
        ("/either", "ada", "", 200),
        ("/either", "bob", "", 403),
        ("/open", "", "", 200),
        ("/open", "broken", "", 200),
        ("/me", "broken", "", 200),
    ];
    for (path, user, scope, expected) in table {
        let (status, body) = ask(path, user, scope).await;
        assert_eq!(status, expected, "{path} {user} {scope}: {body}");
    }
}

#[tokio::test]
async fn a_handler_learns_who_passed_and_where() {
    assert_eq!(
        ask("/either", "ada", "acme").await.1,
        "papers.view by ada in \"acme\""
    );
    assert_eq!(
        ask("/me", "eve", "acme").await.1,
        "Some(\"eve\") in Some(\"acme\")"
    );
    assert_eq!(ask("/me", "", "").await.1, "None in Some(\"\")");
}

#[tokio::test]
async fn a_refusal_is_a_problem_without_its_reason() {
    let request = Request::get("/both")
        .header("x-user", "ada")
        .body(Body::empty())
        .unwrap();
    let (_, response) = send(app(&access()), request).await;
    assert_eq!(
        response.headers()["content-type"],
        "application/problem+json"
    );
    let body = text(response).await;
    let problem: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["type"], "about:blank");
    assert_eq!(problem["title"], "Forbidden");
    assert_eq!(problem["status"], 403);
    // Ada holds the first part: the second is what is missing.
    assert_eq!(problem["permission"], "papers.sign");
    assert_eq!(problem["decision_id"].as_str().unwrap().len(), 16);
    for secret in ["no-grant", "unknown-subject", "ada", "acme"] {
        assert!(!body.contains(secret), "{body}");
    }
    assert_eq!(
        ask("/view", "", "").await.1,
        r#"{"type":"about:blank","title":"Unauthorized","status":401,"detail":"Sign in first."}"#,
    );
}

#[tokio::test]
async fn a_401_carries_a_challenge() {
    let request = || Request::get("/view").body(Body::empty()).unwrap();
    let (_, response) = send(app(&access()), request()).await;
    assert_eq!(response.headers()["www-authenticate"], "Bearer");

    let challenge = HeaderValue::from_static("Basic realm=\"papers\"");
    let layer = IdentifyLayer::new(access(), identify).challenge(challenge.clone());
    let (_, response) = send(routes().layer(layer), request()).await;
    assert_eq!(response.headers()["www-authenticate"], challenge);

    let forbidden = Request::get("/view")
        .header("x-user", "bob")
        .body(Body::empty())
        .unwrap();
    let (_, response) = send(app(&access()), forbidden).await;
    assert!(response.headers().get("www-authenticate").is_none());
}

#[tokio::test]
async fn the_guard_comes_before_the_body() {
    let send_body = async |user: Option<&str>, body: &'static str| {
        let mut request = Request::post("/create").header("content-type", "application/json");
        if let Some(user) = user {
            request = request.header("x-user", user);
        }
        send(app(&access()), request.body(Body::from(body)).unwrap())
            .await
            .0
    };
    for body in ["not json", "[1, 2]", "", "{\"wrong\":\"shape\"}"] {
        assert_eq!(send_body(Some("ada"), body).await, 403, "{body}");
        assert_eq!(send_body(None, body).await, 401, "{body}");
        assert_eq!(send_body(Some("broken"), body).await, 503, "{body}");
    }
}

#[tokio::test]
async fn an_outage_is_503_until_it_ends() {
    let access = access();
    let app = app(&access);
    let view = || {
        Request::get("/view")
            .header("x-user", "ada")
            .body(Body::empty())
            .unwrap()
    };
    access.mark_unavailable("the disk is on fire");
    let (status, response) = send(app.clone(), view()).await;
    assert_eq!(status, 503);
    assert!(!text(response).await.contains("fire"));
    access.mark_available();
    assert_eq!(send(app, view()).await.0, 200);
}

#[tokio::test]
async fn a_missing_layer_is_503_and_the_log_names_it() {
    let log = Log::default();
    let request = Request::get("/view").body(Body::empty()).unwrap();
    let (status, _) = log.during(send(routes(), request)).await;
    assert_eq!(status, 503);
    let line = log.line_with("upr_web::axum::IdentifyLayer");
    assert!(line.contains("ERROR") && line.contains("/view"), "{line}");
}

#[tokio::test]
async fn a_scope_that_cannot_be_one_is_400_for_the_signed_in_only() {
    let long = "x".repeat(192);
    let (status, body) = ask("/view", "ada", &long).await;
    assert_eq!(status, 400);
    assert!(body.contains("192 bytes"), "{body}");
    assert_eq!(ask("/view", "", &long).await.0, 401);
    assert_eq!(ask("/open", "ada", &long).await.0, 200);
}

#[tokio::test]
async fn the_log_is_told_what_the_caller_is_not() {
    let log = Log::default();
    let request = Request::get("/view")
        .header("x-user", "bob")
        .body(Body::empty())
        .unwrap();
    let (_, response) = log.during(send(app(&access()), request)).await;
    let problem: serde_json::Value = serde_json::from_str(&text(response).await).unwrap();
    let line = log.line_with("Permission denied");
    for word in ["WARN", "upr:", "bob", "papers.view", "unknown-subject"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert!(
        line.contains(problem["decision_id"].as_str().unwrap()),
        "{line}"
    );

    let log = Log::default();
    let request = Request::get("/view")
        .header("x-user", "ada")
        .body(Body::empty())
        .unwrap();
    log.during(send(app(&access()), request)).await;
    let line = log.line_with("Permission check");
    for word in ["DEBUG", "upr:", "ada", "papers.view", "allowed"] {
        assert!(line.contains(word), "{word}: {line}");
    }
    assert!(!log.text().contains("Permission denied"));
}

#[tokio::test]
async fn a_check_by_hand_is_not_logged() {
    let log = Log::default();
    let access = access();
    log.during(async { drop(access.check("bob", Papers::VIEW, "")) })
        .await;
    assert_eq!(log.text(), "");
}

/// What `tracing` is told, as text.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    async fn during<T>(&self, work: impl Future<Output = T>) -> T {
        let log = self.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(tracing::Level::TRACE)
            .with_writer(move || log.clone())
            .finish();
        // Tests run on one thread each, so that the guard covers all of the work.
        let _guard = tracing::subscriber::set_default(subscriber);
        work.await
    }

    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }

    fn line_with(&self, words: &str) -> String {
        let text = self.text();
        let line = text.lines().find(|line| line.contains(words));
        assert!(line.is_some(), "no line with `{words}` in: {text}");
        line.unwrap().to_owned()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

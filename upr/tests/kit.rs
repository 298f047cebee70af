//! The kit for tests of applications, held to what it says.

#![cfg(all(test, feature = "test", feature = "axum"))]

use axum::Router;
use axum::routing::{get, post};
use upr::Timestamp;
use upr::access::{Effect, Reason, Target};

/// Papers.
#[upr::module(crud, actions(sign))]
struct Papers;

upr::role! {
    /// Whoever reads.
    READER = "reader", seeded, Papers::VIEW
}

#[test]
fn an_access_in_a_few_lines_decides_as_any_other() {
    let ended = Timestamp::EPOCH;
    let access = upr::test::access()
        .role("clerk", [Papers::VIEW, Papers::CREATE])
        .role_of_all("boss")
        .subject("newcomer")
        .allow_role("ada", "clerk")
        .allow_role("bob", "boss")
        .deny("bob", Papers::DELETE)
        .allow_role_in("cat", "reader", "acme")
        .allow_in("cat", Papers::SIGN, "acme")
        .deny_in("cat", Papers::VIEW, "secret")
        .inactive("dan")
        .allow("dan", Papers::VIEW)
        .grant(
            "eve",
            Target::Role("clerk".parse().unwrap()),
            "",
            Effect::Allow,
            Some(ended),
        )
        .build();
    let table = [
        ("ada", Papers::CREATE, "", Reason::Allowed),
        ("ada", Papers::SIGN, "", Reason::NoGrant),
        ("bob", Papers::SIGN, "acme", Reason::Allowed),
        ("bob", Papers::DELETE, "acme", Reason::Denied),
        ("cat", Papers::VIEW, "acme", Reason::Allowed),
        ("cat", Papers::SIGN, "", Reason::NoGrant),
        ("cat", Papers::VIEW, "secret", Reason::Denied),
        ("dan", Papers::VIEW, "", Reason::InactiveSubject),
        ("eve", Papers::VIEW, "", Reason::NoGrant),
        ("newcomer", Papers::VIEW, "", Reason::NoGrant),
        ("nobody", Papers::VIEW, "", Reason::UnknownSubject),
    ];
    for (subject, permission, scope, expected) in table {
        let decision = access.check(subject, permission, scope).unwrap();
        assert_eq!(
            decision.reason(),
            expected,
            "{subject} {permission} {scope:?}"
        );
    }
}

#[upr::requires(Papers::VIEW)]
async fn view() {}

#[upr::requires(all(any(Papers::VIEW, Papers::UPDATE), Papers::SIGN))]
async fn sign() {}

#[upr::public]
async fn open() {}

fn router() -> Router {
    Router::new()
        .route("/", get(view))
        .route("/{id}/sign", post(sign))
        .route("/open", get(open))
}

#[tokio::test]
async fn a_router_that_guards_as_listed_passes() {
    upr::denial_matrix!(router(), {
        GET "/" => Papers::VIEW,
        POST "/7/sign" => all(any(Papers::VIEW, Papers::UPDATE), Papers::SIGN),
    });
}

#[tokio::test]
async fn what_is_guarded_otherwise_is_listed_whole() {
    use std::marker::PhantomData;
    use upr::test::route;

    let routes = [
        // Guarded with less, with another, not at all, and not there.
        route(
            "POST",
            "/7/sign",
            PhantomData::<upr::granted!(Papers::SIGN)>,
        ),
        route("GET", "/", PhantomData::<upr::granted!(Papers::UPDATE)>),
        route("GET", "/open", PhantomData::<upr::granted!(Papers::VIEW)>),
        route("GET", "/gone", PhantomData::<upr::granted!(Papers::VIEW)>),
    ];
    let wrong = upr::test::denials(router(), &routes).await;
    assert_eq!(
        wrong,
        [
            "  POST /7/sign, with papers.sign, expects to be let in: 403",
            "  GET /, with papers.update, expects to be let in: 403",
            "  GET /open, anonymous, expects 401: 200",
            "  GET /open, without a grant, expects 403: 200",
            "  GET /gone, anonymous, expects 401: 404",
            "  GET /gone, without a grant, expects 403: 404",
        ]
    );
}

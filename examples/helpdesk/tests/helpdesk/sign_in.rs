//! Names, passwords and tokens.

use serde_json::json;

use crate::desk::{Answer, Desk};

fn with_token(desk: &Desk, token: &str, path: &str) -> Answer {
    desk.send(
        "GET",
        path,
        &[("Authorization", format!("Bearer {token}"))],
        None,
    )
}

fn sign_in(desk: &Desk, name: &str, password: &str) -> Answer {
    desk.post(
        "",
        "/sign-in",
        &json!({ "username": name, "password": password }),
    )
}

fn token(desk: &Desk, name: &str, password: &str) -> String {
    let answer = sign_in(desk, name, password);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()["token"].as_str().unwrap().to_owned()
}

#[test]
fn a_token_stands_for_name_and_password() {
    let desk = Desk::running();
    let token = token(&desk, "ada", "ada");
    assert_eq!(with_token(&desk, &token, "/users").status, 200);
    assert_eq!(with_token(&desk, &token[1..], "/users").status, 401);
    // Only its hash is in the database.
    let bytes = std::fs::read(desk.path("upr.db")).unwrap();
    let log = std::fs::read(desk.path("upr.db-wal")).unwrap_or_default();
    for file in [bytes, log] {
        assert!(
            !file
                .windows(token.len())
                .any(|window| window == token.as_bytes())
        );
    }
}

#[test]
fn whoever_cannot_sign_in_is_nobody() {
    let desk = Desk::running();
    for (name, password) in [("ada", "bob"), ("ada", ""), ("nobody", "nobody"), ("", "")] {
        let answer = sign_in(&desk, name, password);
        assert_eq!(
            (answer.status, answer.problem()["title"].as_str()),
            (401, Some("Unauthorized"))
        );
        assert!(answer.header("www-authenticate").is_some());
    }
    let with = |value: &str| {
        desk.send(
            "GET",
            "/users",
            &[("Authorization", value.to_owned())],
            None,
        )
        .status
    };
    for value in [
        "Basic",
        "Basic !!!",
        "Basic YWRh",
        "Digest ada",
        "Bearer ",
        "Bearer x",
        "basic YWRhOmJvYg==",
    ] {
        assert_eq!(with(value), 401, "{value}");
    }
    // The scheme's case does not count (RFC 9110, 11.1).
    assert_eq!(with("basic YWRhOmFkYQ=="), 200);
    assert_eq!(desk.ask("", "POST", "/sign-in", Some("[]")).status, 422);
}

#[test]
fn a_new_password_ends_sessions() {
    let desk = Desk::running();
    let old = token(&desk, "bob", "bob");
    let reset = desk.ask("ada", "POST", "/users/2/reset-password", None);
    assert_eq!(reset.status, 200);
    let password = reset.json()["password"].as_str().unwrap().to_owned();
    assert_eq!(with_token(&desk, &old, "/desks/berlin/tickets").status, 401);
    assert_eq!(sign_in(&desk, "bob", "bob").status, 401);
    let new = token(&desk, "bob", &password);
    assert_eq!(with_token(&desk, &new, "/desks/berlin/tickets").status, 200);
}

//! Changes of who may do what: from the command line, and from inside.

use serde_json::json;

use crate::desk::Desk;

#[test]
fn what_another_process_changes_is_in_force_soon() {
    let desk = Desk::running();
    assert_eq!(desk.get("dan", "/users").status, 403);
    desk.upr(&["grant", "4", "--role", "admin"]);
    desk.wait_for(200, "dan", "/users");
    desk.upr(&["revoke", "4", "--role", "admin"]);
    desk.wait_for(403, "dan", "/users");
    // A deny beats what a role allows.
    desk.upr(&["grant", "2", "--permission", "tickets.view", "--deny"]);
    desk.wait_for(403, "bob", "/desks/berlin/tickets/1");
    // Somebody always holds what is critical.
    let refused = desk.run(&["upr", "user", "deactivate", "1"]);
    let told = String::from_utf8(refused.stderr).unwrap();
    assert!(
        told.contains("`users.give_role`; the last is `1`"),
        "{told}"
    );
    assert_eq!(refused.status.code(), Some(1));
    desk.upr(&["grant", "5", "--role", "admin"]);
    desk.upr(&["user", "deactivate", "1"]);
    desk.wait_for(403, "ada", "/users");
}

#[test]
fn what_the_help_desk_changes_is_in_force_at_once() {
    let desk = Desk::running();
    let role = |method: &str, user: &str, role: &str| {
        let body = json!({ "role": role, "desk": "paris" }).to_string();
        desk.ask(user, method, "/users/4/roles", Some(&body))
    };
    assert_eq!(role("POST", "bob", "agent").status, 403);
    for _ in 0..3 {
        assert_eq!(role("POST", "ada", "agent").status, 204);
        assert_eq!(desk.get("dan", "/desks/paris/tickets").status, 200);
        assert_eq!(desk.get("dan", "/desks/berlin/tickets").status, 403);
        assert_eq!(role("DELETE", "ada", "agent").status, 204);
        assert_eq!(desk.get("dan", "/desks/paris/tickets").status, 403);
    }
    let unknown = role("POST", "ada", "agnet");
    assert_eq!(unknown.status, 422);
    assert!(
        unknown.problem()["detail"]
            .as_str()
            .unwrap()
            .contains("`agnet`")
    );
    assert_eq!(role("POST", "ada", "no role!").status, 422);
}

#[test]
fn a_new_user_may_nothing_until_told() {
    let desk = Desk::running();
    let new = json!({ "username": "kimberly", "email": "k@example.com", "password": "kimberly" });
    let created = desk.post("ada", "/users", &new);
    assert_eq!(created.status, 201);
    assert!(!created.body.contains("argon2"));
    let id = created.json()["id"].to_string();
    assert_eq!(desk.get("kimberly", "/desks/berlin/tickets").status, 403);
    let role = json!({ "role": "agent" });
    assert_eq!(
        desk.post("ada", &format!("/users/{id}/roles"), &role)
            .status,
        204
    );
    assert_eq!(desk.get("kimberly", "/desks/berlin/tickets").status, 200);
    let users = desk.upr(&["user", "list", "--json"]);
    assert!(users.contains("k@example.com"), "{users}");

    let again = desk.post("ada", "/users", &new);
    assert_eq!(
        (again.status, again.problem()["title"].as_str()),
        (409, Some("Conflict"))
    );
    let short = json!({ "username": "k", "email": "k@example.com", "password": "k" });
    assert_eq!(desk.post("ada", "/users", &short).status, 422);
}

#[test]
fn a_deactivated_user_is_nobody_and_comes_back() {
    let desk = Desk::running();
    assert_eq!(desk.get("bob", "/desks/berlin/tickets").status, 200);
    assert_eq!(
        desk.ask("ada", "POST", "/users/2/deactivate", None).status,
        200
    );
    assert_eq!(desk.get("bob", "/desks/berlin/tickets").status, 401);
    assert!(
        desk.run(&["upr", "check", "2", "tickets.view"])
            .status
            .code()
            == Some(1)
    );
    assert_eq!(
        desk.ask("ada", "POST", "/users/2/activate", None).status,
        200
    );
    assert_eq!(desk.get("bob", "/desks/berlin/tickets").status, 200);
    let email = r#"{"email": "bob@example.org"}"#;
    assert_eq!(
        desk.ask("ada", "PATCH", "/users/2", Some(email)).json()["email"],
        "bob@example.org"
    );
    assert_eq!(desk.ask("ada", "DELETE", "/users/2", None).status, 204);
    assert_eq!(desk.get("ada", "/users/2").status, 404);
    assert_eq!(desk.ask("ada", "DELETE", "/users/2", None).status, 404);
}

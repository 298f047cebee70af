//! 401, 403, 200 and 503, and which comes first.

use serde_json::json;

use crate::desk::Desk;

#[test]
fn the_three_lines_it_prints_do_what_they_say() {
    let desk = Desk::running();
    let lines: Vec<&str> = desk
        .printed
        .lines()
        .map(str::trim)
        .filter(|line| line.starts_with("curl "))
        .collect();
    let mut statuses = Vec::new();
    for line in &lines {
        let (command, comment) = line.split_once('#').unwrap();
        let words: Vec<&str> = command.split_whitespace().collect();
        let user = words
            .iter()
            .position(|word| *word == "-u")
            .map(|at| words[at + 1]);
        let (name, password) = user.map_or(("", ""), |user| user.split_once(':').unwrap());
        assert_eq!(name, password);
        let path = words
            .iter()
            .find_map(|word| word.strip_prefix("http://"))
            .unwrap();
        let (address, path) = path.split_at(path.find('/').unwrap());
        assert_eq!(address, desk.address());
        let status = desk.get(name, path).status;
        assert!(
            comment.trim().starts_with(&status.to_string()),
            "{line} is {status}"
        );
        statuses.push(status);
    }
    assert_eq!(statuses, [401, 403, 200]);
}

#[test]
fn a_refusal_is_a_problem() {
    let desk = Desk::running();
    let anonymous = desk.get("", "/users");
    assert_eq!(anonymous.problem()["title"], "Unauthorized");
    assert!(
        anonymous
            .header("www-authenticate")
            .unwrap()
            .starts_with("Basic realm=")
    );

    let denied = desk.get("bob", "/users");
    assert_eq!(denied.problem()["permission"], "users.view");
    assert_eq!(denied.problem()["decision_id"].as_str().unwrap().len(), 16);
    assert!(
        !denied.body.contains("grant"),
        "the reason is not the caller's: {}",
        denied.body
    );
    let again = desk.get("bob", "/users");
    assert_ne!(
        denied.problem()["decision_id"],
        again.problem()["decision_id"]
    );
}

#[test]
fn the_guard_comes_before_the_path_and_the_body() {
    let desk = Desk::running();
    // (who, status for nonsense): only who may is told what is wrong with it.
    for (user, expected) in [("", 401), ("bob", 403), ("ada", 400)] {
        let answer = desk.ask(user, "POST", "/users", Some("{ nonsense"));
        assert_eq!(answer.status, expected, "{user}");
        answer.problem();
    }
    for (user, expected) in [("", 401), ("dan", 403), ("ada", 400)] {
        assert_eq!(
            desk.get(user, "/desks/berlin/tickets/nonsense").status,
            expected,
            "{user}"
        );
    }
}

#[test]
fn any_takes_one_and_all_takes_both() {
    let desk = Desk::running();
    // bob holds tickets.view, amy reports.view, dan neither.
    for (user, expected) in [("bob", 200), ("amy", 200), ("dan", 403)] {
        assert_eq!(
            desk.get(user, "/desks/berlin/tickets").status,
            expected,
            "{user}"
        );
    }
    let merge =
        |user: &str| desk.post(user, "/desks/berlin/tickets/1/merge", &json!({ "into": 2 }));
    desk.upr(&["grant", "4", "--permission", "tickets.update"]);
    desk.upr(&["grant", "4", "--permission", "tickets.view"]);
    desk.wait_for(200, "dan", "/desks/berlin/tickets/1");
    // dan may update and not close: what is missing is named.
    let denied = merge("dan");
    assert_eq!(
        (denied.status, denied.problem()["permission"].as_str()),
        (403, Some("tickets.close"))
    );
    let merged = merge("bob");
    assert_eq!(merged.status, 200);
    assert!(
        merged.json()["body"]
            .as_str()
            .unwrap()
            .contains("Even the invoices.")
    );
    assert_eq!(
        desk.get("bob", "/desks/berlin/tickets/1").json()["status"],
        "closed"
    );
}

#[test]
fn a_store_that_is_out_of_reach_is_503_and_nothing_else() {
    let mut desk = Desk::new().with("UPR_MAX_STALENESS", "1s");
    desk.start();
    assert_eq!(desk.get("ada", "/users").status, 200);

    // The help desk's own connection goes on reading the file that was moved away; upr, which opens
    // the store anew, finds nonsense in its place.
    let (file, away) = (desk.path("upr.db"), desk.path("away.db"));
    std::fs::rename(&file, &away).unwrap();
    std::fs::write(&file, "nonsense").unwrap();
    let outage = desk.wait_for(503, "ada", "/users");
    assert_eq!(outage.problem()["title"], "Service Unavailable");
    assert!(!outage.body.contains("upr.db"), "{}", outage.body);
    assert_eq!(
        desk.get("bob", "/users").status,
        503,
        "nobody is denied by an outage"
    );
    assert_eq!(desk.get("", "/users").status, 401);
    assert_eq!(desk.get("", "/articles").status, 200);
    let health = desk.get("", "/health");
    assert_eq!(
        (health.status, health.json()["status"].as_str()),
        (503, Some("error"))
    );
    assert_eq!(health.json()["database"], "unreachable");

    std::fs::rename(&away, &file).unwrap();
    desk.wait_for(200, "ada", "/users");
    assert_eq!(desk.get("", "/health").status, 200);
}

#[test]
fn a_sign_in_that_is_out_of_order_is_503_and_leaves_public_pages_alone() {
    let desk = Desk::running();
    let database = rusqlite::Connection::open(desk.path("upr.db")).unwrap();
    database
        .execute_batch("ALTER TABLE auth_users RENAME TO hidden")
        .unwrap();
    desk.get("ada", "/users").problem();
    assert_eq!(desk.get("ada", "/users").status, 503);
    // Who does not say who they are is nobody, whatever is out of order.
    assert_eq!(desk.get("", "/users").status, 401);
    assert_eq!(desk.get("ada", "/articles").status, 200);
    let health = desk.get("", "/health").json();
    assert_eq!(
        (&health["status"], &health["services"]["auth"]),
        (&json!("error"), &json!("unavailable"))
    );
}

#[test]
fn a_draft_takes_more_than_an_article() {
    let desk = Desk::running();
    for (user, article, draft) in [("ada", 200, 200), ("bob", 200, 200), ("dan", 200, 403)] {
        assert_eq!(desk.get(user, "/articles/1").status, article, "{user}");
        assert_eq!(desk.get(user, "/articles/2").status, draft, "{user}");
    }
    let denied = desk.get("dan", "/articles/2");
    assert_eq!(denied.problem()["permission"], "articles.drafts.view");
    assert!(!denied.body.contains("Coffee"), "{}", denied.body);
}

/// A new password for an administrator would be an administrator's password.
#[test]
fn reception_gives_nobody_any_rights_not_even_its_own() {
    let desk = Desk::running();
    desk.upr(&["grant", "4", "--role", "reception"]);
    desk.wait_for(200, "dan", "/users");
    for path in ["/users/1/reset-password", "/users/1/deactivate"] {
        assert_eq!(desk.ask("dan", "POST", path, None).status, 403, "{path}");
    }
    let role = json!({ "role": "admin" });
    assert_eq!(desk.post("dan", "/users/4/roles", &role).status, 403);
}

//! Tickets, comments, articles, reports and settings do what they should, desk by desk.

use serde_json::{Value, json};

use crate::desk::Desk;

const BERLIN: &str = "/desks/berlin/tickets";
const PARIS: &str = "/desks/paris/tickets";

fn titles(list: &Value) -> Vec<&str> {
    list.as_array()
        .unwrap()
        .iter()
        .map(|ticket| ticket["title"].as_str().unwrap())
        .collect()
}

#[test]
fn whoever_works_at_one_desk_sees_one_desk() {
    let desk = Desk::running();
    assert_eq!(desk.get("bob", BERLIN).json().as_array().unwrap().len(), 2);
    assert_eq!(titles(&desk.get("bob", PARIS).json()), ["No coffee"]);
    // eve holds her role in berlin only.
    assert_eq!(desk.get("eve", BERLIN).json().as_array().unwrap().len(), 2);
    assert_eq!(desk.get("eve", PARIS).status, 403);
    assert_eq!(desk.get("eve", "/articles/1").status, 403);
    // Ticket 3 is in paris: with a proof for berlin there is none.
    let close = |id: u8| desk.ask("eve", "POST", &format!("{BERLIN}/{id}/close"), None);
    assert_eq!(close(3).status, 404);
    assert_eq!(close(1).json()["status"], "closed");
}

#[test]
fn a_deny_at_one_desk_holds_for_all_of_it() {
    let desk = Desk::running();
    let deny = [
        "grant", "2", "--role", "agent", "--scope", "paris", "--deny",
    ];
    desk.upr(&deny);
    desk.wait_for(403, "bob", PARIS);
    assert_eq!(desk.get("bob", BERLIN).status, 200);
    // No other spelling of the path gets around it.
    for path in [
        "/desks/par%69s/tickets",
        "/desks/Paris/tickets",
        "/desks//tickets",
    ] {
        let answer = desk.get("bob", path);
        assert_eq!(answer.status, 400, "{path}");
        assert!(
            answer.problem()["detail"]
                .as_str()
                .unwrap()
                .contains("desk's name")
        );
        assert_eq!(desk.get("", path).status, 401, "{path}");
    }
    for path in [
        "/./desks/paris/tickets",
        "/x/../desks/paris/tickets",
        "//desks/paris/tickets",
    ] {
        assert_eq!(desk.get("bob", path).status, 404, "{path}");
    }
}

#[test]
fn a_ticket_lives() {
    let desk = Desk::running();
    let new = json!({ "title": "Mouse", "body": "It squeaks." });
    let created = desk.post("dan", PARIS, &new);
    assert_eq!(created.status, 201);
    let ticket = created.json();
    assert_eq!(
        (&ticket["desk"], &ticket["reporter"]),
        (&json!("paris"), &json!("4"))
    );
    let path = format!("{PARIS}/{}", ticket["id"]);

    let changed = desk.ask("bob", "PATCH", &path, Some(r#"{"title": "Rodent"}"#));
    assert_eq!(
        (changed.status, &changed.json()["title"]),
        (200, &json!("Rodent"))
    );
    let assigned = desk.post("bob", &format!("{path}/assign"), &json!({ "assignee": 2 }));
    assert_eq!(assigned.json()["assignee"], "2");
    let nobody = desk.post("bob", &format!("{path}/assign"), &json!({ "assignee": 99 }));
    assert_eq!(
        (nobody.status, nobody.problem()["status"].as_u64()),
        (422, Some(422))
    );
    let escalated = desk.ask("bob", "POST", &format!("{path}/escalate"), None);
    assert_eq!(escalated.json()["priority"], 1);
    assert_eq!(
        titles(&desk.get("bob", PARIS).json()),
        ["Rodent", "No coffee"]
    );
    assert_eq!(
        desk.ask("bob", "POST", &format!("{path}/close"), None)
            .status,
        200
    );
    let twice = desk.ask("bob", "POST", &format!("{path}/close"), None);
    assert_eq!(
        (twice.status, twice.problem()["title"].as_str()),
        (409, Some("Conflict"))
    );
    assert_eq!(
        desk.ask("bob", "POST", &format!("{path}/reopen"), None)
            .json()["status"],
        "open"
    );

    assert_eq!(desk.ask("bob", "DELETE", &path, None).status, 403);
    assert_eq!(desk.ask("ada", "DELETE", &path, None).status, 204);
    assert_eq!(desk.get("bob", &path).status, 404);
    desk.get("bob", &path).problem();
    assert_eq!(desk.get("bob", "/nowhere").status, 404);
    desk.get("", "/nowhere").problem();
}

#[test]
fn what_is_wrong_with_a_body_is_said() {
    let desk = Desk::running();
    let table = [
        ("{", 400, "JSON"),
        ("{}", 422, "title"),
        (r#"{"title": " ", "body": "b"}"#, 422, "`title` is empty"),
        (
            r#"{"title": "t", "body": "b", "colour": "red"}"#,
            422,
            "colour",
        ),
        (r#"{"title": "t", "body": "b"}"#, 201, ""),
    ];
    for (body, status, word) in table {
        let answer = desk.ask("bob", "POST", BERLIN, Some(body));
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        if status != 201 {
            let problem = answer.problem();
            assert!(
                problem["detail"].as_str().unwrap().contains(word),
                "{problem}"
            );
        }
    }
    assert_eq!(
        desk.ask("bob", "PATCH", &format!("{BERLIN}/1"), Some("{}"))
            .status,
        422
    );
    let long = json!({ "title": "x".repeat(201), "body": "b" });
    assert_eq!(desk.post("bob", BERLIN, &long).status, 422);
}

#[test]
fn a_deprecated_permission_still_works() {
    let desk = Desk::running();
    let edit = |user: &str| {
        desk.post(
            user,
            "/desks/berlin/tickets/1/edit",
            &json!({ "title": "Edited" }),
        )
    };
    // The administrator holds everything, bob's role no longer names it.
    assert_eq!(edit("bob").status, 403);
    assert_eq!(edit("ada").json()["title"], "Edited");
}

#[test]
fn comments_are_a_module_of_their_own() {
    let desk = Desk::running();
    let path = "/desks/berlin/tickets/1/comments";
    assert_eq!(desk.get("dan", path).status, 403);
    let created = desk.post(
        "bob",
        path,
        &json!({ "body": "Have you tried turning it off?" }),
    );
    assert_eq!(created.status, 201);
    let comment = format!("{path}/{}", created.json()["id"]);
    assert_eq!(
        desk.ask("bob", "POST", &format!("{comment}/pin"), None)
            .status,
        204
    );
    assert_eq!(desk.get("bob", path).json()[0]["pinned"], true);
    assert_eq!(desk.ask("bob", "DELETE", &comment, None).status, 204);
    assert_eq!(desk.ask("bob", "DELETE", &comment, None).status, 404);
    assert_eq!(
        desk.post(
            "bob",
            "/desks/berlin/tickets/99/comments",
            &json!({ "body": "?" })
        )
        .status,
        404
    );
}

#[test]
fn articles_are_written_and_then_public() {
    let desk = Desk::running();
    let titles = |user: &str, path: &str| -> Vec<String> {
        let answer = desk.get(user, path).json();
        let articles = answer.as_array().unwrap().iter();
        articles
            .map(|article| article["title"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(titles("", "/articles"), ["Printing once"]);
    assert_eq!(titles("bob", "/drafts"), ["Coffee"]);
    assert_eq!(desk.get("", "/drafts").status, 401);
    assert_eq!(desk.get("dan", "/drafts").status, 403);
    assert_eq!(desk.get("dan", "/articles/1").status, 200);

    let text = json!({ "title": "Tea", "body": "Boil water." });
    let created = desk.post("bob", "/articles", &text);
    assert_eq!(created.status, 201);
    let path = format!("/articles/{}", created.json()["id"]);
    let better = json!({ "title": "Tea", "body": "Boil fresh water." }).to_string();
    assert_eq!(
        desk.ask("bob", "PUT", &path, Some(&better)).json()["body"],
        "Boil fresh water."
    );
    assert_eq!(
        desk.ask("bob", "POST", &format!("{path}/publish"), None)
            .status,
        200
    );
    assert_eq!(titles("", "/articles"), ["Printing once", "Tea"]);
    assert_eq!(
        desk.ask("bob", "POST", &format!("{path}/unpublish"), None)
            .status,
        200
    );
    assert_eq!(
        desk.ask("ada", "POST", "/articles/1/retract", None).json()["published"],
        false
    );
    assert_eq!(desk.ask("bob", "DELETE", &path, None).status, 204);
    assert_eq!(desk.get("bob", &path).status, 404);
}

#[test]
fn reports_count_and_settings_are_kept() {
    let desk = Desk::running();
    let rows = desk.get("amy", "/reports/desks").json();
    assert_eq!(rows[0], json!({ "name": "berlin", "open": 2, "closed": 0 }));
    assert_eq!(desk.get("amy", "/reports/workload").status, 200);
    let knowledge = desk.get("amy", "/reports/knowledge").json();
    assert_eq!(knowledge, json!({ "published": 1, "drafts": 1 }));
    let csv = desk.get("amy", "/desks/paris/tickets.csv");
    assert_eq!(csv.header("content-type"), Some("text/csv; charset=utf-8"));
    assert!(
        csv.body.contains("3,\"paris\",\"No coffee\",open,0\n"),
        "{}",
        csv.body
    );

    let set = |user: &str, name: &str| {
        desk.ask(
            user,
            "PUT",
            &format!("/settings/{name}"),
            Some(r#"{"value": "Moin"}"#),
        )
        .status
    };
    assert_eq!(
        (
            set("bob", "greeting"),
            set("ada", "greeting"),
            set("ada", "unknown")
        ),
        (403, 200, 404)
    );
    assert_eq!(
        desk.get("bob", "/settings").json(),
        json!({ "greeting": "Moin" })
    );
}

//! Tickets, comments, articles, reports and settings do what they should, desk by desk.

use serde_json::{Value, json};

use crate::desk::Desk;

fn desks(tickets: &Value) -> Vec<&str> {
    tickets
        .as_array()
        .unwrap()
        .iter()
        .map(|ticket| ticket["desk"].as_str().unwrap())
        .collect()
}

#[test]
fn whoever_works_at_one_desk_sees_one_desk() {
    let desk = Desk::running();
    assert_eq!(
        desks(&desk.get("bob", "/tickets").json()),
        ["berlin", "berlin", "paris"]
    );
    assert_eq!(desks(&desk.get("bob@paris", "/tickets").json()), ["paris"]);
    // eve holds her role in berlin only: everywhere and elsewhere she may nothing.
    assert_eq!(desk.get("eve", "/tickets").status, 403);
    assert_eq!(desk.get("eve@paris", "/tickets").status, 403);
    assert_eq!(
        desks(&desk.get("eve@berlin", "/tickets").json()),
        ["berlin", "berlin"]
    );
    // Ticket 3 is in paris: with a proof for berlin there is none.
    let close = |id: u8| desk.ask("eve@berlin", "POST", &format!("/tickets/{id}/close"), None);
    assert_eq!(close(3).status, 404);
    assert_eq!(close(1).json()["status"], "closed");
    // A desk that cannot be one is the request's fault, once it is known whose.
    let long = format!("eve@{}", "x".repeat(192));
    assert_eq!(desk.get(&long, "/tickets").status, 400);
    desk.get(&long, "/tickets").problem();
}

#[test]
fn a_ticket_lives() {
    let desk = Desk::running();
    let new = json!({ "title": "Mouse", "body": "It squeaks." });
    // Where the request names no desk, the ticket must.
    let answer = desk.post("dan", "/tickets", &new);
    assert_eq!(answer.status, 422);
    assert!(
        answer.problem()["detail"]
            .as_str()
            .unwrap()
            .contains("`desk`")
    );
    let created = desk.post("dan@paris", "/tickets", &new);
    assert_eq!(created.status, 201);
    let ticket = created.json();
    assert_eq!(
        (&ticket["desk"], &ticket["reporter"]),
        (&json!("paris"), &json!("4"))
    );
    let path = format!("/tickets/{}", ticket["id"]);

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
    assert_eq!(desk.get("bob", "/tickets").json()[0]["title"], "Rodent");
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
}

#[test]
fn what_is_wrong_with_a_body_is_said() {
    let desk = Desk::running();
    let table = [
        ("{", 400, "JSON"),
        ("{}", 422, "title"),
        (
            r#"{"title": " ", "body": "b", "desk": "d"}"#,
            422,
            "`title` is empty",
        ),
        (
            r#"{"title": "t", "body": "b", "desk": "d", "colour": "red"}"#,
            422,
            "colour",
        ),
        (r#"{"title": "t", "body": "b", "desk": "berlin"}"#, 201, ""),
    ];
    for (body, status, word) in table {
        let answer = desk.ask("bob", "POST", "/tickets", Some(body));
        assert_eq!(answer.status, status, "{body}: {answer:?}");
        if status != 201 {
            let problem = answer.problem();
            assert!(
                problem["detail"].as_str().unwrap().contains(word),
                "{problem}"
            );
        }
    }
    let other = r#"{"title": "t", "body": "b", "desk": "paris"}"#;
    assert_eq!(
        desk.ask("bob@berlin", "POST", "/tickets", Some(other))
            .status,
        422
    );
    assert_eq!(
        desk.ask("bob", "PATCH", "/tickets/1", Some("{}")).status,
        422
    );
    let long = json!({ "title": "x".repeat(201), "body": "b", "desk": "d" });
    assert_eq!(desk.post("bob", "/tickets", &long).status, 422);
}

#[test]
fn a_deprecated_permission_still_works() {
    let desk = Desk::running();
    let edit = |user: &str| desk.post(user, "/tickets/1/edit", &json!({ "title": "Edited" }));
    // The administrator holds everything, bob's role no longer names it.
    assert_eq!(edit("bob").status, 403);
    assert_eq!(edit("ada").json()["title"], "Edited");
}

#[test]
fn comments_are_a_module_of_their_own() {
    let desk = Desk::running();
    let path = "/tickets/1/comments";
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
        desk.post("bob", "/tickets/99/comments", &json!({ "body": "?" }))
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
    assert_eq!(
        desk.get("amy@paris", "/reports/desks")
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(desk.get("amy", "/reports/workload").status, 200);
    let knowledge = desk.get("amy", "/reports/knowledge").json();
    assert_eq!(knowledge, json!({ "published": 1, "drafts": 1 }));
    let csv = desk.get("amy", "/tickets.csv");
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

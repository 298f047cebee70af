//! What was changed, taken back, and so at a moment, as programs read it.

use serde_json::json;

use crate::project::Project;

/// Ada, who has the role agent, and what was done to get there.
fn busy(env: &str) -> Project {
    let project = Project::helpdesk();
    for line in [
        "migrate",
        "sync",
        "user create 42 --role agent",
        "role create lead users.view",
        "grant 42 --role lead --scope acme --reason 'ticket 4711'",
    ] {
        project
            .upr_with(&[("UPR_ENV", env), ("LOGNAME", "ada")], line)
            .exits(0);
    }
    project
}

#[test]
fn the_history_is_the_contracts_document() {
    let project = busy("development");
    let history = project.upr("history --limit 2 --json").exits(0).json();
    let changes = history["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2);
    let newest = &changes[0];
    for (name, value) in [
        ("number", json!(5)),
        ("by", json!("ada")),
        ("reason", json!("ticket 4711")),
        ("action", json!("grant")),
        ("subject", json!("42")),
        ("before", json!(null)),
        (
            "after",
            json!({"subject": "42", "role": "lead", "scope": "acme", "effect": "allow", "expires_at": null}),
        ),
    ] {
        assert_eq!(newest[name], value, "{name}");
    }
    assert_eq!(changes[1]["number"], 4);
    assert_eq!(changes[1]["facts"].as_array().unwrap().len(), 2);

    let of = project.upr("history --subject 42 --json").exits(0).json();
    let numbers: Vec<_> = of["changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|c| c["number"].clone())
        .collect();
    assert_eq!(numbers, [json!(5), json!(3)]);
    project
        .upr("history --subject 7")
        .exits(1)
        .says("there is no subject `7`");
    project.upr("history --limit 0").exits(2);
}

#[test]
fn an_undo_is_tried_and_carried_out() {
    let project = busy("development");
    let before = project.bytes();
    let tried = project.upr("undo 5 --dry-run --json").exits(0).json();
    assert_eq!(
        (&tried["applied"], &tried["changes"]),
        (&json!(false), &json!(1))
    );
    assert_eq!(project.bytes(), before);
    let undone = project
        .upr("undo 5 --json --reason 'the wrong one'")
        .exits(0)
        .json();
    for (name, value) in [
        ("applied", json!(true)),
        ("changes", json!(1)),
        ("revision", json!(6)),
        ("undone", json!(5)),
        ("ended", json!(0)),
    ] {
        assert_eq!(undone[name], value, "{name}");
    }
    assert_eq!(undone["facts"][0]["after"], json!(null));
    let last = project.upr("history --limit 1 --json").exits(0).json();
    assert_eq!(last["changes"][0]["reason"], "undo of 5: the wrong one");
    project.upr("check 42 users.view --scope acme").exits(1);

    let refused = project.upr("undo 5 --json").exits(1).json();
    assert_eq!(refused["error"]["code"], "rested-on");
    let refused = project.upr("undo 2 --dry-run --json").exits(1).json();
    assert_eq!(refused["error"]["code"], "not-undoable");
    let refused = project.upr("undo 99 --json").exits(1).json();
    assert_eq!(refused["error"]["code"], "unknown-change");
    project.upr("undo x").exits(2);
}

/// Rule 44: a protected environment wants to be named.
#[test]
fn a_protected_environment_wants_its_name() {
    let project = busy("production");
    let upr = |line: &str| project.upr_with(&[("UPR_ENV", "production")], line);
    upr("undo 5 --dry-run")
        .exits(1)
        .says("--confirm would be wanted");
    let refused = upr("undo 5 --json").exits(1).json();
    assert_eq!(refused["error"]["code"], "unconfirmed");
    upr("undo 5 --confirm staging")
        .exits(1)
        .says("say --confirm production");
    upr("undo 5 --confirm production --dry-run").exits(0);
    upr("undo 5 --confirm production")
        .exits(0)
        .prints("Undid 5 (grant): 1 change (revision 6).");
}

#[test]
fn an_explanation_of_the_past_is_a_document_too() {
    let project = busy("development");
    std::thread::sleep(std::time::Duration::from_millis(5));
    let then = upr_sync::time::stored(upr_core::Timestamp::now());
    std::thread::sleep(std::time::Duration::from_millis(5));
    project.upr("revoke 42 --role lead --scope acme").exits(0);
    let question = "explain 42 users.view --scope acme --json";
    let now = project.upr(question).exits(1).json();
    assert_eq!(
        (&now["reason"], &now["at"], &now["revision"]),
        (&json!("no-grant"), &json!(null), &json!(6))
    );
    let past = project
        .upr(&format!("{question} --at {then}"))
        .exits(0)
        .json();
    assert_eq!(
        (&past["decision"], &past["revision"]),
        (&json!("allowed"), &json!(5))
    );
    assert_eq!(past["path"][0]["key"], "lead");
    let early = project
        .upr(&format!("{question} --at 2001-01-01"))
        .exits(3)
        .json();
    assert_eq!(early["error"]["code"], "before-history");
    project.upr(&format!("{question} --at yesterday")).exits(2);
}

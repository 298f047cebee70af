//! `role adopt`: a role that was made by hand becomes the code's own.

use serde_json::json;

use crate::project::{CATALOG, Project};

/// A store in which somebody made `auditor` before the code declared it.
fn with_a_role_made_by_hand() -> Project {
    let project = Project::helpdesk();
    let without = CATALOG.replace("\"key\": \"auditor\"", "\"key\": \"inspector\"");
    project.write("upr-catalog.json", without);
    for line in [
        "migrate",
        "sync",
        "role create auditor users.update users.view",
        "user create 42 --role auditor",
        "user create 43",
        "grant 43 --role auditor --deny",
    ] {
        project.upr(line).exits(0);
    }
    let declared = CATALOG
        .replace(
            "{\"key\": \"auditor\"",
            "{\"key\": \"inspector\", \"label\": \"Inspector\", \"mode\": \"managed\", \
             \"permissions\": [\"tickets.view\", \"users.view\"]}, {\"key\": \"auditor\"",
        )
        .replace("1.4.0", "1.5.0");
    project.write("upr-catalog.json", declared);
    project
}

#[test]
fn a_role_made_by_hand_is_a_conflict_until_it_is_adopted() {
    let project = with_a_role_made_by_hand();
    insta::assert_snapshot!(project.transcript(&[
        "sync",
        "role adopt auditor --dry-run",
        "role adopt auditor",
        "role adopt auditor",
        "role adopt agend",
        "sync --dry-run --expect-loss 1",
    ]), @r#"
    $ upr sync
    Plan for helpdesk on upr.db (development)

    Change 1 role
      ~ inspector (nobody has it): label "Auditor" -> "Inspector"

    refused (conflict): role `auditor` was made in the store
      Give the key or role another name, take a role over with `upr role adopt KEY`, or set
      `application` to the one that owns it.
    Nothing was changed.
    [exit 1]
    $ upr role adopt auditor --dry-run
    auditor goes from the store to helpdesk (managed): the code decides what it holds
      it stays with 1 subject, and denied to 1 subject, who lose what it gains and may gain what it
          loses
      by the next sync gains tickets.view
      by the next sync loses users.update
    Would take the role auditor over from the store.
    $ upr role adopt auditor
    auditor goes from the store to helpdesk (managed): the code decides what it holds
      it stays with 1 subject, and denied to 1 subject, who lose what it gains and may gain what it
          loses
      by the next sync gains tickets.view
      by the next sync loses users.update
    Took the role auditor over from the store. Run 'upr sync' to set what it holds.
    $ upr role adopt auditor
    The role auditor is helpdesk's own already.
    $ upr role adopt agend
    error: the code of `helpdesk` declares no role `agend`
      Declare it with `upr::role!`, or leave it as it is.
    [exit 1]
    $ upr sync --dry-run --expect-loss 1
    Plan for helpdesk on upr.db (development)

    Change 2 roles
      ~ auditor (1 subject; 1 denied more)
          gains tickets.view
          loses users.update
      ~ inspector (nobody has it): label "Auditor" -> "Inspector"

    2 changes: 2 roles to change. Nothing was written.
    "#);
}

#[test]
fn who_gains_and_who_loses_is_said_to_programs_too() {
    let project = with_a_role_made_by_hand();
    let before = project.bytes();
    let dry = project
        .upr("role adopt auditor --dry-run --json")
        .exits(0)
        .json();
    assert_eq!(project.bytes(), before);
    let done = project.upr("role adopt auditor --json").exits(0).json();
    for (name, value) in [
        ("role", json!("auditor")),
        ("from", json!("")),
        ("to", json!("helpdesk")),
        ("mode", json!("managed")),
        ("subjects", json!(1)),
        ("denied", json!(1)),
        ("gains", json!([])),
        ("loses", json!([])),
        ("sync_adds", json!(["tickets.view"])),
        ("sync_removes", json!(["users.update"])),
        ("changes", json!(1)),
    ] {
        assert_eq!((&done[name], &dry[name]), (&value, &value), "{name}");
    }
    assert_eq!(
        (&dry["applied"], &done["applied"]),
        (&json!(false), &json!(true))
    );
    let again = project.upr("role adopt auditor --json").exits(0).json();
    assert_eq!(
        (&again["applied"], &again["changes"]),
        (&json!(false), &json!(0))
    );
    project.upr("check 42 users.update").exits(0);
}

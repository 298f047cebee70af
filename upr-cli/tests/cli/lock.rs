//! `lock`: recording, checking, retiring.

use serde_json::json;

use crate::project::{CATALOG, Project};

#[test]
fn a_key_from_its_first_release_to_its_tombstone() {
    let project = Project::helpdesk();
    insta::assert_snapshot!(project.transcript(&[
        "lock --check",
        "lock",
        "lock",
        "lock --check",
        "lock retire users.edit",
        "lock retire users.edit --force",
        "lock retire users.edit",
        "lock --check",
    ]), @r"
    $ upr lock --check
    error: upr.lock does not exist, so nothing guards 6 keys
      Run 'upr lock' and commit it.
    [exit 1]
    $ upr lock
    Recorded 6 new keys in upr.lock:
      tickets.close
      tickets.create
      tickets.view
      users.edit
      users.update
      users.view
    Commit upr.lock.
    $ upr lock
    upr.lock is up to date: 6 keys.
    $ upr lock --check
    upr.lock agrees with the code: 6 keys.
    $ upr lock retire users.edit
    error: `users.edit` is promised until version 2.0.0, and this is 1.4.0
      Wait for version 2.0.0, or pass `--force`.
    [exit 1]
    $ upr lock retire users.edit --force
    Retired users.edit in 1.4.0, replaced by users.update.
    Remove its declaration now if it still stands in the code.
    $ upr lock retire users.edit
    users.edit has been retired since 1.4.0, replaced by users.update.
    $ upr lock --check
    UPR002 key-reused users.edit: `users.edit` was retired in 1.4.0 and is declared again
           give it another name: a retired key is never used again
    1 error.
    [exit 1]
    ");
}

#[test]
fn findings_are_the_same_for_programs() {
    let project = Project::helpdesk();
    project.upr("lock").exits(0);
    let clean = project.upr("lock --check --json").exits(0).json();
    let nothing = json!({"findings": [], "bump": "none", "ignored": [], "conditional": []});
    assert_eq!(clean, nothing);

    project.write(
        "upr-catalog.json",
        CATALOG.replace("tickets.close", "tickets.closed"),
    );
    let found = project.upr("lock --check --json").exits(1).json();
    assert_eq!(found["bump"], "major");
    let ids: Vec<&str> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["UPR001", "UPR003"]);
    assert_eq!(found["findings"][0]["name"], "key-removed");
    assert_eq!(found["findings"][0]["key"], "tickets.close");
    let remedy = found["findings"][0]["remedy"].as_str().unwrap();
    assert!(
        remedy.contains("tickets.closed"),
        "names the likely rename: {remedy}"
    );
    assert_eq!(
        project.upr("lock --check --format json").exits(1).json(),
        found
    );
}

#[test]
fn recording_can_be_tried_and_keeps_what_is_there() {
    let project = Project::helpdesk();
    let dry = project.upr("lock --dry-run --json").exits(0).json();
    assert_eq!(dry["applied"], false);
    assert_eq!(dry["changes"], 6);
    assert!(!project.path("upr.lock").exists());
    let done = project.upr("lock --json").exits(0).json();
    assert_eq!(
        (done["applied"].as_bool(), done["changes"].as_u64()),
        (Some(true), Some(6))
    );

    let locked = project.read("upr.lock");
    project.write(
        "upr-catalog.json",
        CATALOG
            .replace("{\"key\": \"tickets.view\"}, ", "")
            .replace("\"tickets.view\", ", ""),
    );
    project
        .upr("lock")
        .exits(0)
        .says("'upr lock --check' names them");
    assert_eq!(
        project.read("upr.lock"),
        locked,
        "a vanished key stays recorded"
    );
}

/// A catalog tells neither packages nor conditions: the lock does, and loses none of them.
#[test]
fn what_a_catalog_does_not_tell_stays_as_it_is_recorded() {
    let project = Project::helpdesk();
    project.upr("lock").exits(0);
    let view = r#""key":"tickets.view","published":"1.4.0","#;
    let known = project
        .read("upr.lock")
        .replace(view, &format!(r#"{view}"cfg":"unix","#))
        .replace(
            r#""key":"tickets.close","published":"1.4.0","package":"helpdesk","crate":"helpdesk""#,
            r#""key":"tickets.close","published":"1.1.0","package":"tickets","crate":"tickets""#,
        );
    assert!(known.contains("cfg") && known.contains("\"tickets\""));
    project.write("upr.lock", &known);
    project.upr("lock --check").exits(0);
    project.upr("lock").exits(0).says("up to date");
    assert_eq!(project.read("upr.lock"), known);
    // Gone from the catalog, the condition may be off where it was made.
    project.write(
        "upr-catalog.json",
        CATALOG
            .replace("{\"key\": \"tickets.view\"}, ", "")
            .replace("\"tickets.view\", ", ""),
    );
    let sentence = "1 key under a condition that is off here waits for a build that has it";
    let check = project.upr("lock --check").exits(0).says(sentence);
    assert_eq!(check.stdout, "");
    let json = project.upr("lock --check --json").exits(0).json();
    assert_eq!(json["conditional"], json!(["tickets.view"]));
}

/// What a union merge leaves: lines twice, and in another order.
#[test]
fn recording_puts_lines_in_order() {
    let project = Project::helpdesk();
    project.upr("lock").exits(0);
    let clean = project.read("upr.lock");
    let mut lines: Vec<&str> = clean.lines().collect();
    lines[1..].reverse();
    lines.push(lines[3]);
    project.write("upr.lock", lines.join("\n") + "\n");
    project.upr("lock --check").exits(0);
    let dry = project.upr("lock --dry-run").exits(0);
    assert_eq!(dry.stdout, "Would put the lines of upr.lock in order.\n");
    let done = project.upr("lock --json").exits(0).json();
    assert_eq!(
        (done["applied"].as_bool(), done["changes"].as_u64()),
        (Some(true), Some(0))
    );
    assert_eq!(project.read("upr.lock"), clean);
}

#[test]
fn retiring_wants_a_known_key_and_a_known_replacement() {
    let project = Project::helpdesk();
    project
        .upr("lock retire users.edit")
        .exits(1)
        .says("upr.lock does not exist");
    project.upr("lock").exits(0);
    let before = project.bytes();
    project
        .upr("lock retire users.nothing")
        .exits(1)
        .says("is not in the lock");
    project.upr("lock retire users").exits(2);
    project
        .upr("lock retire users.view")
        .exits(1)
        .says("is not deprecated");
    project
        .upr("lock retire users.view --force --replaced-by users.gone")
        .exits(1);
    project
        .upr("lock retire users.view --force --replaced-by users.view")
        .exits(1);
    let dry = project
        .upr("lock retire users.view --force --dry-run --json")
        .exits(0)
        .json();
    assert_eq!(
        (dry["applied"].as_bool(), dry["changes"].as_u64()),
        (Some(false), Some(1))
    );
    assert_eq!(project.bytes(), before);
}

#[test]
fn a_lock_of_another_place_can_be_named() {
    let project = Project::helpdesk();
    project.upr("lock --file other.lock").exits(0);
    project.upr("lock --check --file other.lock").exits(0);
    assert!(!project.path("upr.lock").exists());
}

/// The manifest says the version of today; a program or catalog may be older.
#[test]
fn the_package_says_which_version_retires() {
    let project = Project::helpdesk();
    project.upr("lock").exits(0);
    project.write(
        "Cargo.toml",
        "[package]\nname = \"helpdesk\"\nversion = \"2.0.0\"\nedition = \"2024\"\n",
    );
    std::fs::create_dir(project.path("src")).unwrap();
    project.write("src/lib.rs", "");
    let retired = project.upr("lock retire users.edit --json").exits(0).json();
    assert_eq!(retired["retired"], "2.0.0");
    assert_eq!(retired["replaced_by"], "users.update");
}

//! `sync` where something would be lost: what refuses it, and what lets it pass.

use serde_json::{Value, json};

use crate::project::{CATALOG, Project};

/// A project whose store holds release 1.4.0, in an environment.
fn released(environment: &str) -> Project {
    let project = Project::helpdesk();
    project
        .upr(&format!("migrate --env {environment}"))
        .exits(0);
    project.upr(&format!("sync --env {environment}")).exits(0);
    project
}

fn without(key: &str, version: &str) -> String {
    CATALOG
        .replace(&format!(", {{\"key\": \"{key}\"}}"), "")
        .replace("1.4.0", version)
}

fn rules(plan: &Value) -> Vec<&str> {
    plan["refused"]
        .as_array()
        .unwrap()
        .iter()
        .map(|refused| refused["rule"].as_str().unwrap())
        .collect()
}

#[test]
fn keys_that_vanish_without_notice_are_refused_unless_they_are_meant() {
    let project = released("development");
    project.write("upr-catalog.json", without("tickets.close", "1.5.0"));
    let before = project.bytes();
    for line in ["sync", "sync --dry-run", "sync --check"] {
        let plan = project.upr(&format!("{line} --json")).exits(1).json();
        assert_eq!(rules(&plan), ["breaking"], "{line}");
        assert_eq!(plan["breaking"][0]["key"], "tickets.close");
        assert_eq!(plan["applied"], false);
        project
            .upr(line)
            .exits(1)
            .prints("refused (breaking)")
            .says("Nothing was changed.");
    }
    assert_eq!(project.bytes(), before);
    project.upr("sync --dry-run --allow-breaking").exits(0);
    let plan = project.upr("sync --allow-breaking --json").exits(0).json();
    assert_eq!(
        plan["orphan"],
        json!([{"key": "tickets.close", "assignments": 0}])
    );
    assert_eq!(plan["applied"], true);
    project.upr("sync").exits(0).prints("changes: 0");
}

#[test]
fn an_orphan_is_retired_only_when_asked_and_only_when_nothing_is_assigned() {
    let project = released("development");
    project.upr("user create 42").exits(0);
    project.upr("grant 42 --permission tickets.close").exits(0);
    project.write("upr-catalog.json", without("tickets.close", "1.5.0"));
    project.upr("sync --allow-breaking").exits(0);

    let kept = project.upr("sync --clean-orphans --json").exits(0).json();
    assert_eq!(kept["kept"], json!(["tickets.close"]));
    insta::assert_snapshot!(project.transcript(&["sync --clean-orphans"]), @r"
    $ upr sync --clean-orphans
    Plan for helpdesk on upr.db (development)

    Keep 1 permission, orphaned and still assigned
      = tickets.close

    In sync: nothing to do (changes: 0, revision 5).
    ");
    assert_eq!(kept["delete"], json!([]));
    project.upr("check 42 tickets.close").exits(0);

    project.upr("revoke 42 --permission tickets.close").exits(0);
    let gone = project.upr("sync --clean-orphans --json").exits(0).json();
    assert_eq!(gone["delete"], json!(["tickets.close"]));
    assert_eq!(
        project.upr("status --json").json()["orphaned_permissions"],
        0
    );
    project
        .upr("grant 42 --permission tickets.close")
        .exits(1)
        .says("is retired");
}

/// A tombstone with a replacement moves what is assigned; the old key stays answerable.
#[test]
fn a_retired_key_moves_to_its_replacement() {
    let project = released("development");
    project.upr("user create 42").exits(0);
    project
        .upr("grant 42 --permission users.edit --scope acme")
        .exits(0);
    let next = CATALOG.replace("1.4.0", "2.0.0");
    let (start, end) = next
        .split_once(",\n      {\"key\": \"users.edit\"")
        .unwrap();
    let (_, end) = end
        .split_once("\"replaced_by\": \"users.update\"}")
        .unwrap();
    let retired = "\"retired\": [{\"key\": \"users.edit\", \"retired\": \"2.0.0\", \
                   \"replaced_by\": \"users.update\"}],";
    let next = format!("{start}{end}").replacen('{', &format!("{{{retired}"), 1);
    project.write("upr-catalog.json", &next);
    insta::assert_snapshot!(project.transcript(&["sync"]), @r#"
    $ upr sync
    Plan for helpdesk on upr.db (development)

    Move the assignments of 1 permission to its replacement
      > users.edit -> users.update (1 assignment)
    Retire 1 permission
      - users.edit

    Applied 2 changes: 1 permission moved, 1 permission retired (revision 5).
    Backup of what was before: backups/upr-TIME-r4.uprbak
    "#);
    project.upr("check 42 users.update --scope acme").exits(0);
    project.upr("check 42 users.edit --scope acme").exits(0);
}

#[test]
fn a_retired_key_that_nothing_replaces_is_taken_away_only_when_asked() {
    let project = released("development");
    project.upr("user create 42").exits(0);
    project.upr("grant 42 --permission tickets.close").exits(0);
    let retired = "\"retired\": [{\"key\": \"tickets.close\", \"retired\": \"2.0.0\"}],";
    let next = without("tickets.close", "2.0.0").replacen('{', &format!("{{{retired}"), 1);
    project.write("upr-catalog.json", next);
    let before = project.bytes();
    assert_eq!(
        rules(&project.upr("sync --json").exits(1).json()),
        ["assigned"]
    );
    assert_eq!(project.bytes(), before);
    project
        .upr("sync --revoke-retired")
        .exits(0)
        .prints("tickets.close (1 assignment)");
    project.upr("check 42 tickets.close").exits(1);
}

#[test]
fn an_older_version_changes_nothing() {
    let project = released("production");
    let next = CATALOG
        .replace(
            "{\"key\": \"tickets.close\"}",
            "{\"key\": \"tickets.close\"}, {\"key\": \"tickets.merge\"}",
        )
        .replace("1.4.0", "1.5.0");
    project.write("upr-catalog.json", next);
    project.upr("sync --env production").exits(0);
    project.write("upr-catalog.json", CATALOG);
    let before = project.bytes();
    let plan = project.upr("sync --env production --json").exits(1).json();
    assert_eq!(rules(&plan), ["older"]);
    assert!(
        plan["refused"][0]["detail"]
            .as_str()
            .unwrap()
            .contains("1.5.0"),
        "{plan}"
    );
    project
        .upr("sync --env production")
        .exits(1)
        .prints("--allow-older");
    assert_eq!(project.bytes(), before);
    let line = "sync --env production --allow-older --allow-breaking --json";
    assert_eq!(project.upr(line).exits(0).json()["applied"], true);
}

#[test]
fn a_loss_of_many_wants_the_exact_number() {
    let project = released("development");
    let catalog = r#"{"version": "1.0", "format": "upr.catalog/1",
        "application": {"name": "helpdesk", "version": "2.0.0"},
        "modules": [{"key": "users", "permissions": [{"key": "users.view"}, {"key": "users.update"}]}]}"#;
    project.write("upr-catalog.json", catalog);
    let plan = project.upr("sync --allow-breaking --json").exits(1).json();
    assert_eq!(
        rules(&plan),
        ["mass-loss"],
        "a crate that was not linked is no decision"
    );
    project
        .upr("sync --allow-breaking --expect-loss 3")
        .exits(1);
    project
        .upr("sync --allow-breaking --expect-loss x")
        .exits(2);
    let plan = project
        .upr("sync --allow-breaking --expect-loss 4 --json")
        .exits(0)
        .json();
    assert_eq!(plan["orphan"].as_array().unwrap().len(), 4);
}

#[test]
fn a_protected_environment_wants_its_name_when_something_is_taken_away() {
    let project = released("production");
    project
        .upr("user create 42 --role auditor --env production")
        .exits(0);
    let next = CATALOG
        .replace("\"tickets.view\", \"users.view\"", "\"tickets.view\"")
        .replace("1.4.0", "1.5.0");
    project.write("upr-catalog.json", next);
    let sync = "sync --env production --expect-loss 1";
    let before = project.bytes();
    let error = project.upr(&format!("{sync} --json")).exits(1).json();
    assert_eq!(error["error"]["code"], "unconfirmed");
    assert!(
        error["error"]["remedy"]
            .as_str()
            .unwrap()
            .contains("--confirm production")
    );
    project.upr(&format!("{sync} --confirm staging")).exits(1);
    let dry = project
        .upr(&format!("{sync} --dry-run"))
        .exits(1)
        .says("--confirm would be wanted");
    assert!(
        dry.stdout.contains("auditor (1 subject)"),
        "names who is affected: {dry:?}"
    );
    assert_eq!(project.bytes(), before);
    project
        .upr(&format!("{sync} --dry-run --confirm production"))
        .exits(0);
    project
        .upr(&format!("{sync} --confirm production"))
        .exits(0)
        .prints("Applied 1 change");

    let next = CATALOG
        .replace("\"tickets.view\", \"users.view\"", "\"tickets.view\"")
        .replace(
            "{\"key\": \"tickets.close\"}",
            "{\"key\": \"tickets.close\"}, {\"key\": \"tickets.merge\"}",
        )
        .replace("1.4.0", "1.6.0");
    project.write("upr-catalog.json", next);
    project
        .upr("sync --env production")
        .exits(0)
        .prints("Applied 1 change");
}

#[test]
fn every_kind_of_change_has_its_line() {
    let project = released("development");
    project.write(
        "upr.toml",
        "[default]\nfail_on_breaking_changes = false\nmass_loss = { keys = 99, percent = 99 }\n",
    );
    project.upr("user create 42 --role agent").exits(0);
    let agent = "{\"key\": \"agent\", \"label\": \"Agent\", \"mode\": \"seeded\", \"modules\": \
                 [\"tickets\"]},";
    let next = without("tickets.close", "1.5.0")
        .replace(agent, "")
        .replace("{\"key\": \"tickets\",", "{\"key\": \"tickets\", \"label\": \"Cases\",")
        .replace(
            "{\"key\": \"users.view\"}",
            "{\"key\": \"users.view\", \"is_deprecated\": true, \"deprecation_message\": \"see tickets\"}",
        )
        .replace("\"label\": \"Auditor\"", "\"label\": \"Inspector\"");
    project.write("upr-catalog.json", next);
    let there = project.transcript(&["sync"]);
    project.write("upr-catalog.json", CATALOG.replace("1.4.0", "1.6.0"));
    let back = project.transcript(&["sync"]);
    insta::assert_snapshot!(format!("{there}{back}"), @r#"
    $ upr sync
    Plan for helpdesk on upr.db (development)

    Deprecate 1 permission
      ! users.view (1 assignment: role auditor)
    Mark 1 permission as orphaned: no longer declared, kept with what is assigned
      ? tickets.close (not assigned)
    Change 1 role
      ~ auditor (nobody has it): label "Auditor" -> "Inspector"
    Mark 1 role as orphaned: no longer declared, kept with the grants
      ? agent (1 subject)
    Update 1 module
      ~ tickets: label "Tickets" -> "Cases"
    Break programs that use 1 permission
      ! tickets.close: it is no longer declared and was never deprecated

    Applied 5 changes: 1 permission deprecated, 1 permission marked as orphaned, 1 role changed, 1 role
      marked as orphaned, 1 module changed (revision 4).
    Backup of what was before: backups/upr-TIME-r3.uprbak
    warning: Orphaned permission found: tickets.close
    $ upr sync
    Plan for helpdesk on upr.db (development)

    Update 1 permission
      ~ users.view
          deprecation_message "see tickets" -> ""
          is_deprecated true -> false
    Restore 1 permission
      + tickets.close
    Change 1 role
      ~ auditor (nobody has it): label "Inspector" -> "Auditor"
    Restore 1 role
      + agent (1 subject)
    Update 1 module
      ~ tickets: label "Cases" -> "Tickets"

    Applied 5 changes: 1 permission updated, 1 permission restored, 1 role changed, 1 role restored, 1
      module changed (revision 5).
    Backup of what was before: backups/upr-TIME-r4.uprbak
    "#);
}

/// Which version is the newest decides which is older: it is known also when nothing changed.
#[test]
fn a_version_that_changes_nothing_is_written_down() {
    for environment in ["development", "production"] {
        let project = released(environment);
        project.write("upr-catalog.json", CATALOG.replace("1.4.0", "1.6.0"));
        project
            .upr(&format!("sync --env {environment}"))
            .exits(0)
            .prints("changes: 0");
        let store = rusqlite::Connection::open(project.path("upr.db")).unwrap();
        let version: String = store
            .query_row(
                "SELECT value FROM upr_meta WHERE name = 'version:helpdesk'",
                [],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(version, "1.6.0", "{environment}");
    }
}

/// A forgotten `UPR_ENV` disarms nothing: the store knows what it is.
#[test]
fn a_protected_store_is_strict_whatever_the_settings_say() {
    let project = Project::helpdesk();
    project
        .upr_with(&[("UPR_PROTECTED", "true")], "migrate")
        .exits(0);
    project.upr("sync").exits(0);
    let catalog = CATALOG.replace(
        "{\"key\": \"users.view\"}",
        "{\"key\": \"users.view\", \"label\": \"See\"}",
    );
    project.write("upr-catalog.json", catalog);
    let strict = project.upr("validate --json").exits(1).json();
    assert_eq!(strict["differing"], json!(["users.view"]));

    let relaxed = Project::helpdesk();
    relaxed.upr("migrate").exits(0);
    relaxed.upr("sync").exits(0);
    relaxed.write("upr-catalog.json", project.read("upr-catalog.json"));
    relaxed.upr("validate").exits(0);
}

#[test]
fn what_another_application_owns_is_a_conflict() {
    let project = released("development");
    project.write(
        "upr-catalog.json",
        CATALOG.replace("\"helpdesk\"", "\"billing\""),
    );
    let before = project.bytes();
    let plan = project.upr("sync --json").exits(1).json();
    assert_eq!(rules(&plan).first(), Some(&"conflict"));
    project.upr("sync").exits(1).prints("helpdesk");
    assert_eq!(project.bytes(), before);
}

#[test]
fn two_syncs_at_once_end_in_one_and_the_same() {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    let children: Vec<_> = (0..4)
        .map(|_| {
            let mut command = project.command(["sync", "--json"]);
            command
                .stdout(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .collect();
    let plans: Vec<Value> = children
        .into_iter()
        .map(|child| {
            let output = child.wait_with_output().unwrap();
            assert_eq!(output.status.code(), Some(0));
            serde_json::from_slice(&output.stdout).unwrap()
        })
        .collect();
    let applied = plans.iter().filter(|plan| plan["applied"] == true).count();
    assert_eq!(applied, 1);
    assert!(
        plans
            .iter()
            .all(|plan| plan["revision"] == plans[0]["revision"])
    );
}

//! `migrate`, `sync`, `validate`, `status`: the store follows the code.

use serde_json::json;

use crate::project::{CATALOG, Project};

#[test]
fn from_nothing_to_in_sync() {
    let project = Project::helpdesk();
    insta::assert_snapshot!(project.transcript(&[
        "status",
        "migrate",
        "migrate",
        "validate",
        "sync --dry-run",
        "sync",
        "sync",
        "validate",
    ]), @r#"
    $ upr status
    error: the database `upr.db` has no schema yet
      Run `upr migrate`.
    [exit 1]
    $ upr migrate
    Created sqlite:upr.db: schema version 1, environment development.
    $ upr migrate
    sqlite:upr.db is up to date: schema version 1, environment development.
    $ upr validate
    error: Permission 'tickets.close' is defined in code but not in database.
    error: Permission 'tickets.create' is defined in code but not in database.
    error: Permission 'tickets.view' is defined in code but not in database.
    error: Permission 'users.edit' is defined in code but not in database.
    error: Permission 'users.update' is defined in code but not in database.
    error: Permission 'users.view' is defined in code but not in database.
    warning: Role 'agent' is defined in code but not in database.
    warning: Role 'auditor' is defined in code but not in database.
    Run 'upr sync' to synchronize.
    [exit 1]
    $ upr sync --dry-run
    Plan for helpdesk on upr.db (development)

    Create 6 permissions
      + tickets: close, create, view
      + users: edit, update, view
    Create 2 roles
      + agent: tickets.*
      + auditor: tickets.view, users.view

    8 changes: 6 permissions to create, 2 roles to create. Nothing was written.
    $ upr sync
    Plan for helpdesk on upr.db (development)

    Create 6 permissions
      + tickets: close, create, view
      + users: edit, update, view
    Create 2 roles
      + agent: tickets.*
      + auditor: tickets.view, users.view

    Applied 8 changes: 6 permissions created, 2 roles created (revision 2).
    $ upr sync
    In sync: nothing to do (changes: 0, revision 2).
    $ upr validate
    valid: the store holds what the code declares.
    "#);
}

#[test]
fn a_plan_says_the_same_to_programs() {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    let before = project.bytes();
    let dry = project.upr("sync --dry-run --json").exits(0).json();
    assert_eq!(dry["format"], "upr.plan/1");
    assert_eq!(dry["application"], "helpdesk");
    assert_eq!(dry["environment"], "development");
    assert_eq!(dry["from"], json!(null));
    assert_eq!(dry["create"].as_array().unwrap().len(), 6);
    assert_eq!(dry["applied"], false);
    assert_eq!(dry["refused"], json!([]));
    assert_eq!(project.bytes(), before, "a dry run writes nothing");
    assert_eq!(
        project.upr("sync --check --json").exits(1).json()["create"],
        dry["create"]
    );

    let done = project.upr("sync --json").exits(0).json();
    assert_eq!(done["applied"], true);
    for list in [
        "create",
        "update",
        "deprecate",
        "restore",
        "orphan",
        "move",
        "delete",
        "roles",
    ] {
        assert_eq!(done[list], dry[list], "{list}");
    }
    assert_eq!(done["changes"], dry["changes"]);
    let again = project.upr("sync --json").exits(0).json();
    assert_eq!(again["applied"], false);
    assert_eq!(again["changes"], 0);
    assert_eq!(again["revision"], done["revision"]);
    assert_eq!(again["from"], again["to"]);
    project.upr("sync --check").exits(0);
}

#[test]
fn the_next_release_is_a_plan_that_a_person_can_read() {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    project.upr("sync").exits(0);
    let next = CATALOG
        .replace(
            "{\"key\": \"tickets.close\"}",
            "{\"key\": \"tickets.merge\"}, {\"key\": \"tickets.split\"}",
        )
        .replace(
            "{\"key\": \"users.view\"}",
            "{\"key\": \"users.view\", \"label\": \"See\", \"critical\": true}",
        )
        .replace("\"tickets.view\", \"users.view\"", "\"tickets.view\"")
        .replace("1.4.0", "1.5.0");
    project.write("upr-catalog.json", next);
    insta::assert_snapshot!(project.transcript(&["sync --dry-run"]), @r#"
    $ upr sync --dry-run
    Plan for helpdesk on upr.db (development)

    Create 2 permissions
      + tickets: merge, split
    Widen 1 role that holds a whole module
      + agent (nobody has it): tickets.merge, tickets.split
    Update 1 permission
      ~ users.view
          critical false -> true
          label "View" -> "See"
    Mark 1 permission as orphaned: no longer declared, kept with what is assigned
      ? tickets.close (not assigned)
    Change 1 role
      ~ auditor (nobody has it)
          loses users.view
    Break programs that use 1 permission
      ! tickets.close: it is no longer declared and was never deprecated

    refused (breaking): permission `tickets.close` vanished without notice
      Declare the keys again, deprecate them first or retire them with `upr lock retire`;
      `--allow-breaking` lets this pass once.
    refused (mass-loss): 1 of 2 members would be taken from managed roles; confirm it with
        `--expect-loss 1`
      Check that every crate is linked; if the loss is meant, confirm it with `--expect-loss` and the
      exact number.
    Nothing was changed.
    [exit 1]
    "#);
}

#[test]
fn an_orphan_is_named_word_for_word() {
    let project = Project::helpdesk();
    project.write("upr.toml", "[default]\nfail_on_breaking_changes = false\n");
    project.upr("migrate").exits(0);
    project.upr("sync").exits(0);
    let without = CATALOG.replace(", {\"key\": \"tickets.close\"}", "");
    project.write("upr-catalog.json", without.replace("1.4.0", "1.5.0"));
    project
        .upr("sync")
        .exits(0)
        .says("Orphaned permission found: tickets.close");
    let found = project.upr("validate --json").exits(1).json();
    assert_eq!(found["orphaned"], json!(["tickets.close"]));
    assert_eq!(
        found["errors"],
        json!(["Orphaned permission found: tickets.close"])
    );
    project
        .upr("validate")
        .exits(1)
        .prints("Orphaned permission found: tickets.close");
}

#[test]
fn validation_names_what_is_missing_word_for_word() {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    let found = project.upr("validate --json").exits(1).json();
    assert_eq!(found["valid"], false);
    assert_eq!(found["missing"].as_array().unwrap().len(), 6);
    project
        .upr("validate")
        .exits(1)
        .prints("Permission 'tickets.view' is defined in code but not in database.")
        .prints("Run 'upr sync' to synchronize.");
    project.upr("sync").exits(0);
    let found = project.upr("validate --json").exits(0).json();
    assert_eq!(
        found,
        json!({"valid": true, "missing": [], "orphaned": [], "differing": [], "errors": [], "warnings": []})
    );
}

#[test]
fn reading_creates_nothing() {
    let project = Project::helpdesk();
    let before = project.bytes();
    for line in [
        "status",
        "validate",
        "sync",
        "sync --dry-run",
        "sync --check",
        "role list",
        "user list",
        "check 42 users.view",
        "who-can users.view",
        "permissions 42",
        "grant 42 --role agent",
        "grant 42 --role agent --dry-run",
    ] {
        project
            .upr(line)
            .exits(1)
            .says("has no schema yet")
            .says("Run `upr migrate`.");
        assert_eq!(
            project.upr(&format!("{line} --json")).exits(1).json()["error"]["code"],
            "no-schema"
        );
    }
    assert_eq!(
        project.upr("migrate --dry-run --json").exits(0).json()["applied"],
        false
    );
    assert_eq!(project.bytes(), before);
}

#[test]
fn status_counts() {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    let empty = project.upr("status --json").exits(0).json();
    assert_eq!(empty["total_permissions"], 0);
    assert_eq!(empty["last_sync"], json!(null));
    project.upr("sync").exits(0);
    project.upr("user create 42 --role agent").exits(0);
    project.upr("grant 42 --permission users.view").exits(0);
    let status = project.upr("status --json").exits(0).json();
    for (name, count) in [
        ("total_permissions", 6),
        ("active_permissions", 5),
        ("deprecated_permissions", 1),
        ("orphaned_permissions", 0),
        ("roles", 2),
        ("subjects", 1),
    ] {
        assert_eq!(status[name], count, "{name}");
    }
    assert_eq!(status["last_sync"]["version"], "1.4.0");
    assert!(
        status["fingerprint"]
            .as_str()
            .unwrap()
            .starts_with("sha256:")
    );
}

#[test]
fn the_store_remembers_its_environment() {
    let project = Project::helpdesk();
    project
        .upr("migrate --env production")
        .exits(0)
        .prints("environment production, protected");
    let before = project.bytes();
    for line in [
        "status",
        "sync",
        "migrate",
        "grant 1 --role agent",
        "validate",
    ] {
        project
            .upr(line)
            .exits(2)
            .says("belongs to the environment `production`");
    }
    assert_eq!(project.bytes(), before);
    project.upr("status --env production").exits(0);
    project
        .upr_with(&[("UPR_ENV", "production")], "status")
        .exits(0);
    let adopted = project
        .upr("migrate --adopt-environment --json")
        .exits(0)
        .json();
    assert_eq!(adopted["environment"], "development");
    project.upr("status").exits(0);
}

/// With a secret the audit trail can only be continued by those who know it; without one, anybody
/// can compute it again.
#[test]
fn the_audit_trail_is_sealed_with_a_secret() {
    let sealed = |key: &str| {
        let project = Project::helpdesk();
        let variables = [("UPR_AUDIT_KEY", key)];
        project.upr_with(&variables, "migrate").exits(0);
        let store = rusqlite::Connection::open(project.path("upr.db")).unwrap();
        let hash: String = store
            .query_row("SELECT hash FROM upr_change", [], |row| row.get(0))
            .unwrap();
        hash
    };
    assert_ne!(sealed("one"), sealed("two"));
    let project = Project::helpdesk();
    project
        .upr_with(&[("UPR_AUDIT_KEY", "")], "migrate")
        .exits(2)
        .says("UPR_AUDIT_KEY is empty");
    assert!(!project.path("upr.db").exists());
}

#[test]
fn a_plan_of_thousands_fits_a_screen() {
    let project = Project::helpdesk();
    let modules: Vec<String> = (0..1_000)
        .map(|module| {
            let permissions: Vec<String> = (0..10)
                .map(|action| format!("{{\"key\": \"service{module}.action{action}\"}}"))
                .collect();
            format!(
                "{{\"key\": \"service{module}\", \"permissions\": [{}]}}",
                permissions.join(",")
            )
        })
        .collect();
    project.write(
        "upr-catalog.json",
        format!(
            "{{\"format\": \"upr.catalog/1\", \"version\": \"1.0\", \"application\": {{\"name\": \
             \"cloud\", \"version\": \"1.0.0\"}}, \"modules\": [{}]}}",
            modules.join(",")
        ),
    );
    project.upr("migrate").exits(0);
    let plan = project
        .upr("sync --dry-run")
        .exits(0)
        .prints("Create 10,000 permissions");
    let lines: Vec<&str> = plan.stdout.lines().collect();
    assert!(lines.len() < 30, "{}", plan.stdout);
    assert!(
        lines.iter().all(|line| line.chars().count() <= 100),
        "{}",
        plan.stdout
    );
    assert!(
        plan.stdout
            .contains("9,900 more permissions in 990 more modules"),
        "{}",
        plan.stdout
    );
    let all = project.upr("sync --dry-run -v").exits(0);
    assert!(all.stdout.contains("service999"), "-v shows all");

    let missing = project.upr("validate").exits(1);
    assert!(missing.stdout.lines().count() < 30, "{}", missing.stdout);
    assert_eq!(
        project.upr("sync --json").exits(0).json()["changes"],
        10_000
    );
    assert_eq!(project.upr("sync --json").exits(0).json()["changes"], 0);
}

//! `sync --plan-out` and `apply`: a plan is saved, read by somebody, and applied if nothing moved.

use serde_json::{Value, json};

use crate::project::{CATALOG, Project};

fn next() -> String {
    CATALOG
        .replace(
            "{\"key\": \"tickets.close\"}",
            "{\"key\": \"tickets.close\"}, {\"key\": \"tickets.merge\"}",
        )
        .replace("\"tickets.view\", \"users.view\"", "\"tickets.view\"")
        .replace("1.4.0", "1.5.0")
}

/// A store of release 1.4.0, and the catalog of 1.5.0, which adds a key and takes one from a role.
fn released(environment: &str) -> Project {
    let project = Project::helpdesk();
    for command in ["migrate", "sync"] {
        project
            .upr(&format!("{command} --env {environment}"))
            .exits(0);
    }
    project.write("upr-catalog.json", next());
    project
}

/// `line` is refused for what `moved`, and says so to programs.
#[track_caller]
fn refused(project: &Project, line: &str, moved: &str) {
    let plan = project.upr(&format!("{line} --json")).exits(1).json();
    let word = |place: &str| plan.pointer(place).and_then(Value::as_str).unwrap();
    assert_eq!(word("/refused/0/rule"), "moved", "{plan}");
    let detail = word("/refused/0/detail");
    assert!(detail.contains(moved), "{moved}: {detail}");
    assert_eq!(plan.get("applied"), Some(&json!(false)));
}

const PLAN: &str = "sync --expect-loss 1 --plan-out plan.json";

#[test]
fn a_plan_is_saved_and_applied() {
    let project = released("development");
    // What only adds is applied without a backup, whose name would be another each time.
    let next = next().replace("\"tickets.view\"]", "\"tickets.view\", \"users.view\"]");
    project.write("upr-catalog.json", next);
    let lines = [
        "sync --plan-out plan.json",
        "apply plan.json",
        "apply plan.json",
    ];
    insta::assert_snapshot!(project.transcript(&lines), @r#"
    $ upr sync --plan-out plan.json
    Plan for helpdesk on upr.db (development)

    Create 1 permission
      + tickets: merge
    Widen 1 role that holds a whole module
      + agent (nobody has it): tickets.merge

    1 change: 1 permission to create. Nothing was written to the store.
    Saved the plan to plan.json; 'upr apply plan.json' applies it.
    $ upr apply plan.json
    Plan for helpdesk on upr.db (development)

    Create 1 permission
      + tickets: merge
    Widen 1 role that holds a whole module
      + agent (nobody has it): tickets.merge

    Applied 1 change: 1 permission created (revision 3).
    $ upr apply plan.json
    refused (moved): this is not the plan that was approved: permissions or roles in the store were
        changed after revision 2; nothing of it is left to do
      Make the plan anew, read it, and approve that one.
    Nothing was changed.
    [exit 1]
    "#);
}

#[test]
fn saving_a_plan_writes_the_file_and_nothing_else() {
    let project = released("development");
    let mut before = project.bytes();
    let shown = project.upr(&format!("{PLAN} --json")).exits(0).json();
    let mut after = project.bytes();
    assert!(after.remove("plan.json").is_some());
    before.remove("plan.json");
    assert_eq!(before, after);
    let mut file: Value = serde_json::from_str(&project.read("plan.json")).unwrap();
    assert_eq!(file["format"], "upr.plan/1");
    let file = file.as_object_mut().unwrap();
    file.remove("seal").unwrap();
    file.remove("store_fingerprint").unwrap();
    assert_eq!(Value::Object(file.clone()), shown);

    // A pipe carries it as well.
    let piped = project
        .upr("sync --expect-loss 1 --plan-out - --quiet")
        .exits(0);
    assert_eq!(piped.stdout, project.read("plan.json"));
    project.upr(&format!("{PLAN} --check")).exits(1);
    project.upr("sync --plan-out missing/plan.json").exits(1);
    project
        .upr("sync --expect-loss 1 --plan-out missing/plan.json")
        .exits(3)
        .says("cannot write missing/plan.json");
}

/// A plan that cannot be applied is not worth a file; the one that stands there stays.
#[test]
fn a_plan_that_is_refused_is_not_saved() {
    let project = released("development");
    project
        .upr("sync --plan-out plan.json")
        .exits(1)
        .prints("refused (mass-loss)");
    assert!(!project.path("plan.json").exists());
}

#[cfg(unix)]
#[test]
fn a_plan_is_saved_from_a_store_that_may_only_be_read() {
    use std::os::unix::fs::PermissionsExt;
    let project = released("development");
    let read_only = std::fs::Permissions::from_mode(0o444);
    std::fs::set_permissions(project.path("upr.db"), read_only).unwrap();
    project.upr(PLAN).exits(0);
    let writable = std::fs::Permissions::from_mode(0o644);
    std::fs::set_permissions(project.path("upr.db"), writable).unwrap();
    project.upr("apply plan.json").exits(0).prints("Applied");
}

#[test]
fn a_plan_is_refused_when_something_moved() {
    for (commands, moved) in [
        (
            vec!["sync --expect-loss 1"],
            "permissions or roles in the store were changed after revision 2",
        ),
        (
            vec!["role disallow agent tickets.*"],
            "permissions or roles in the store were changed after revision 2",
        ),
    ] {
        let project = released("development");
        project.upr(PLAN).exits(0);
        for command in commands {
            project.upr(command).exits(0);
        }
        let before = project.bytes();
        for line in ["apply plan.json", "apply plan.json --dry-run"] {
            project
                .upr(line)
                .exits(1)
                .prints("refused (moved)")
                .says("Nothing was changed.");
            refused(&project, line, moved);
        }
        assert_eq!(project.bytes(), before);
    }

    let project = released("development");
    project.upr(PLAN).exits(0);
    project.write("upr-catalog.json", next().replace("1.5.0", "1.5.1"));
    project.upr("apply plan.json --dry-run").exits(0);
    project.write(
        "upr-catalog.json",
        next().replace("tickets.merge", "tickets.join"),
    );
    refused(&project, "apply plan.json", "the registry is `sha256:");
    project.write("upr-catalog.json", next());
    project
        .upr_with(
            &[("UPR_FAIL_ON_BREAKING_CHANGES", "false")],
            "apply plan.json",
        )
        .exits(1)
        .prints("`fail_on_breaking_changes` has");
    project.upr("apply plan.json").exits(0);
}

#[test]
fn a_plan_is_for_one_store() {
    let project = released("development");
    project.upr(PLAN).exits(0);
    let other = released("development");
    other.write("plan.json", project.read("plan.json"));
    refused(&other, "apply plan.json", "the store is `");
    let production = released("production");
    production.write("plan.json", project.read("plan.json"));
    refused(
        &production,
        "apply plan.json --env production --confirm production",
        "the environment is `production`, and the plan is for `development`",
    );
    production.upr("apply plan.json").exits(2);
}

#[test]
fn a_file_that_is_no_plan_is_an_error_that_says_so() {
    let project = released("development");
    project.upr(PLAN).exits(0);
    let good = project.read("plan.json");
    for (bad, code, message) in [
        (
            good[..good.len() / 2].to_owned(),
            "plan-invalid",
            "it is no JSON document: EOF",
        ),
        ("plan".to_owned(), "plan-invalid", "it is no JSON document"),
        (
            CATALOG.to_owned(),
            "plan-format",
            "its format is `upr.catalog/1`",
        ),
        (
            good.replace("tickets.merge", "tickets.close"),
            "plan-edited",
            "it was changed after it was written",
        ),
    ] {
        project.write("bad.json", bad);
        let before = project.bytes();
        let error = project.upr("apply bad.json --json").exits(3).json();
        assert_eq!(error["error"]["code"], json!(code));
        let found = error["error"]["message"].as_str().unwrap();
        assert!(
            found.starts_with("bad.json: ") && found.contains(message),
            "{found}"
        );
        assert!(
            error["error"]["remedy"]
                .as_str()
                .unwrap()
                .contains("--plan-out")
        );
        assert_eq!(project.bytes(), before);
    }
    project
        .upr("apply none.json")
        .exits(3)
        .says("cannot read the plan none.json");
    project.upr("apply -").exits(3).says("standard input: ");
    project.upr("apply").exits(2);
}

#[test]
fn a_protected_environment_wants_its_name_for_a_saved_plan_too() {
    let project = released("production");
    project.upr(&format!("{PLAN} --env production")).exits(0);
    let before = project.bytes();
    let apply = "apply plan.json --env production";
    let error = project.upr(&format!("{apply} --json")).exits(1).json();
    assert_eq!(error["error"]["code"], "unconfirmed");
    project
        .upr(&format!("{apply} --dry-run"))
        .exits(1)
        .says("--confirm would be wanted");
    assert_eq!(project.bytes(), before);
    let plan = project
        .upr(&format!("{apply} --confirm production --json"))
        .exits(0)
        .json();
    let backup = plan["backup"].as_str().unwrap();
    assert!(
        project.path(backup).exists(),
        "taken before what is taken away: {backup}"
    );
    assert_eq!(
        (&plan["applied"], &plan["changes"]),
        (&json!(true), &json!(2))
    );
}

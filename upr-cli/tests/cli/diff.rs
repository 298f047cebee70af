//! `diff`: files against files, and against what a revision had.

use std::process::Command;

use serde_json::json;

use crate::project::{CATALOG, Project};

/// A project that is a Git repository with one commit of everything in it.
fn repository() -> Project {
    let project = Project::helpdesk();
    project.upr("lock").exits(0);
    git(&project, &["init", "--quiet", "--initial-branch=main"]);
    commit(&project, "1.4.0");
    project
}

/// Runs git as somebody, with nobody's configuration.
pub(crate) fn git(project: &Project, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(project.path(""))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.com")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.com")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?} {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn commit(project: &Project, message: &str) {
    git(project, &["add", "--all"]);
    git(project, &["commit", "--quiet", "--message", message]);
}

/// `users.view` is renamed, `tickets.merge` is new, and `users.edit` is gone as announced.
fn next(project: &Project) {
    let catalog = CATALOG
        .replace("1.4.0", "1.5.0")
        .replace("users.view", "users.show")
        .replace(
            "{\"key\": \"tickets.close\"}",
            "{\"key\": \"tickets.close\"}, {\"key\": \"tickets.merge\"}",
        );
    project.write("upr-catalog.json", catalog);
}

#[test]
fn what_changed_since_a_revision() {
    let project = repository();
    project
        .upr("diff git:HEAD")
        .exits(0)
        .prints("helpdesk 1.4.0 (git:HEAD:upr-catalog.json) -> helpdesk 1.4.0 (the code): nothing changed\n");
    next(&project);
    insta::assert_snapshot!(project.transcript(&["diff git:HEAD"]), @r"
    $ upr diff git:HEAD
    helpdesk 1.4.0 (git:HEAD:upr-catalog.json) -> helpdesk 1.5.0 (the code): 1 breaking, 4 additive

    UPR001 key-removed users.view: `users.view` is gone, and was never deprecated
           declare it again, deprecate it with `replaced_by`, or retire it: `upr lock retire users.view --force` (renamed to `users.show`?)
    UPR014 version-too-low helpdesk: from 1.4.0 to 1.5.0 is less than the changes ask for (major)
           release it as 2.0.0 or higher

    4 additive
      `tickets`: `merge` new
      `users`: `show` new
      role `agent` gains `tickets.merge`
      role `auditor` gains `users.show`

    The changes ask for a bump: major. 1.4.0 -> 1.5.0 is not enough; 2.0.0 is.
    [exit 1]
    ");
}

#[test]
fn programs_read_the_same() {
    let project = repository();
    next(&project);
    let found = project.upr("diff git:HEAD --json").exits(1).json();
    assert_eq!(found["bump"], "major");
    assert_eq!(found["breaking"], true);
    assert_eq!(
        found["old"],
        json!({
            "name": "git:HEAD:upr-catalog.json",
            "application": {"name": "helpdesk", "version": "1.4.0"},
        })
    );
    assert_eq!(
        found["version"],
        json!({
            "old": "1.4.0", "new": "1.5.0", "least": "2.0.0", "suffices": false,
        })
    );
    let ids: Vec<&str> = found["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| finding["id"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["UPR001", "UPR014"]);
    assert_eq!(found["findings"][1]["about"], "application");
    assert_eq!(found["findings"][1]["level"], "warning");
    assert_eq!(found["counts"]["additive"], 4);
    let added = json!({
        "class": "additive", "change": "added", "about": "permission", "key": "tickets.merge",
        "message": "`tickets.merge` is new", "bump": "minor",
    });
    assert!(found["changes"].as_array().unwrap().contains(&added));
    assert_eq!(
        project.upr("diff git:HEAD --format json").exits(1).json(),
        found
    );

    let comment = project.upr("diff git:HEAD --format markdown").exits(1);
    assert!(
        comment
            .stdout
            .starts_with("## Permissions: 1 finding breaks somebody\n"),
        "{comment:?}"
    );
    project
        .upr("diff git:HEAD --format markdown --json")
        .exits(2);
    let log = project.upr("diff git:HEAD --format sarif").exits(1).json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    assert_eq!(results.len(), 2);
    let line = 1 + project
        .read("upr.lock")
        .lines()
        .position(|line| line.contains("users.view"))
        .unwrap();
    let place = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "upr.lock");
    assert_eq!(place["region"]["startLine"], line);
}

#[test]
fn each_side_may_be_a_catalog_or_a_lock_of_anywhere() {
    let project = repository();
    next(&project);
    project.write("old.json", CATALOG);
    for line in [
        "diff old.json upr-catalog.json",
        "diff old.json",
        "diff git:HEAD:upr-catalog.json upr-catalog.json",
        "diff git:HEAD upr-catalog.json",
        "diff git:main",
    ] {
        let found = project.upr(&format!("{line} --json")).exits(1).json();
        assert_eq!(found["counts"]["breaking"], 1, "{line}");
        assert_eq!(found["counts"]["additive"], 4, "{line}");
    }
    // A lock knows no roles.
    for line in [
        "diff upr.lock upr-catalog.json",
        "diff git:HEAD:upr.lock",
        "diff git:HEAD --lock upr.lock",
    ] {
        let found = project.upr(&format!("{line} --json")).exits(1).json();
        assert_eq!(found["counts"]["breaking"], 1, "{line}");
        assert_eq!(found["version"], json!(null), "{line}");
    }
    project
        .upr("diff upr.lock upr.lock")
        .exits(0)
        .prints("nothing changed");
    // The lock is compared with the lock of the revision.
    let view = "tickets.view";
    let without: String = project
        .read("upr.lock")
        .lines()
        .filter(|line| !line.contains(view))
        .map(|line| format!("{line}\n"))
        .collect();
    project.write("upr.lock", without);
    project
        .upr("diff git:HEAD upr.lock")
        .exits(1)
        .prints("the line of `tickets.view` is gone from the lock");
}

#[test]
fn from_a_directory_within_and_without_a_catalog_the_lock_is_meant() {
    let project = repository();
    std::fs::create_dir_all(project.path("deep/er")).unwrap();
    let ran = Command::new(env!("CARGO_BIN_EXE_upr"))
        .args(["diff", "git:HEAD", "--json"])
        .current_dir(project.path("deep/er"))
        .output()
        .unwrap();
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    git(&project, &["rm", "--quiet", "--cached", "upr-catalog.json"]);
    git(
        &project,
        &["commit", "--quiet", "--message", "only the lock"],
    );
    project
        .upr("diff git:HEAD")
        .exits(0)
        .prints("git:HEAD:upr.lock -> helpdesk 1.4.0 (the code): nothing changed");
}

#[test]
fn what_cannot_be_compared_says_why_and_what_to_do() {
    let project = repository();
    let refused = |line: &str, code: i32, message: &str, remedy: &str| {
        project.upr(line).exits(code).says(message).says(remedy);
    };
    refused(
        "diff git:nowhere",
        3,
        "git knows no revision `nowhere`",
        "'git fetch'",
    );
    refused(
        "diff git:HEAD~7",
        3,
        "git knows no revision `HEAD~7`",
        "'git log'",
    );
    refused("diff git:", 2, "`` is no revision", "git:HEAD~1");
    refused(
        "diff git:HEAD:no.json",
        3,
        "there is no no.json at HEAD",
        "git:HEAD:PATH",
    );
    refused("diff HEAD~1", 3, "cannot read HEAD~1", "git:HEAD~1");
    refused("diff no.json", 3, "cannot read no.json", "git:REV");
    refused("diff upr.toml", 3, "upr.toml: line 1", "catalog");
    refused(
        "diff git:HEAD --lock /etc/upr.lock",
        2,
        "/etc/upr.lock is outside of the repository",
        "git:REV:PATH",
    );
    // No revision is ever an option.
    for name in ["git:--output=stolen", "git:-h", "git:--help:x"] {
        project
            .upr(&format!("diff {name}"))
            .exits(2)
            .says("is no revision");
    }
    assert!(!project.path("stolen").exists());

    let shallow = Project::empty();
    let from = format!("file://{}", project.path("").display());
    commit_again(&project);
    git(&shallow, &["clone", "--quiet", "--depth=1", &from, "clone"]);
    let clone = shallow.path("clone");
    let ran = Command::new(env!("CARGO_BIN_EXE_upr"))
        .args(["diff", "git:HEAD~1"])
        .current_dir(clone)
        .output()
        .unwrap();
    let said = String::from_utf8(ran.stderr).unwrap();
    assert_eq!(ran.status.code(), Some(3), "{said}");
    assert!(said.contains("`fetch-depth: 0`"), "{said}");

    let alone = Project::helpdesk();
    alone
        .upr("diff git:HEAD")
        .exits(3)
        .says("git finds no repository here")
        .says("compare with a file");
    project
        .upr_with(&[("PATH", "/nonexistent")], "diff git:HEAD")
        .exits(3)
        .says("cannot start git")
        .says("Install git");
}

fn commit_again(project: &Project) {
    project.write("notes.txt", "more");
    commit(project, "more");
}

#[test]
fn an_accepted_change_is_shown_and_fails_nothing() {
    let project = repository();
    project.write(
        "upr-catalog.json",
        CATALOG.replace("1.4.0", "2.0.0").replace(
            "\"permissions\": [\"tickets.view\", \"users.view\"]",
            "\"permissions\": [\"tickets.view\"]",
        ),
    );
    project.upr("diff git:HEAD").exits(1);
    let settings = project.read("upr.toml");
    let ignore = |until: &str| {
        let entry = format!(
            "{settings}\n[[ignore]]\nid = \"UPR012\"\nkey = \"auditor\"\nreason = \"agreed with the auditors\"\nuntil = \"{until}\"\n"
        );
        project.write("upr.toml", entry);
    };
    ignore("2999-12-31");
    project.upr("diff git:HEAD").exits(0).prints(
        "UPR012 role-narrowed auditor: ignored until 2999-12-31: agreed with the auditors\n",
    );
    let found = project.upr("diff git:HEAD --json").exits(0).json();
    assert_eq!(found["ignored"][0]["id"], "UPR012");
    assert_eq!(
        (&found["breaking"], &found["findings"]),
        (&json!(false), &json!([]))
    );
    let log = project.upr("diff git:HEAD --format sarif").exits(0).json();
    assert_eq!(
        log["runs"][0]["results"][0]["suppressions"][0]["kind"],
        "external"
    );

    ignore("2020-01-01");
    project
        .upr("diff git:HEAD")
        .exits(1)
        .prints("UPR016 ignore-ended UPR012 auditor: it was ignored until 2020-01-01");
    ignore("2999-12-31");
    project.write("upr-catalog.json", CATALOG);
    project
        .upr("diff git:HEAD")
        .exits(0)
        .prints("UPR017 ignore-unused UPR012 auditor: nothing was found that it would ignore");
    project
        .upr("lock --check")
        .exits(0)
        .says("agrees with the code: 6 keys.");
}

/// What stands under a condition may be in another build: it is no loss, and it is not passed over either.
#[test]
fn a_key_that_waits_for_its_condition_is_told() {
    let project = Project::helpdesk();
    project.upr("lock").exits(0);
    let lock = project.read("upr.lock");
    let line = "{\"key\":\"users.wink\",\"published\":\"1.0.0\",\"cfg\":\"windows\",\"package\":\"helpdesk\",\"crate\":\"helpdesk\"}\n";
    project.write("upr.lock", format!("{lock}{line}"));
    let ran = project.upr("diff upr.lock").exits(0);
    ran.says("1 key under a condition that is off here waits for a build that has it.");
    let found = project.upr("diff upr.lock --json").exits(0).json();
    assert_eq!(found["conditional"], serde_json::json!(["users.wink"]));
    assert_eq!(found["bump"], "none");
    // The line itself never goes.
    project.write("old.lock", format!("{lock}{line}"));
    project.write("upr.lock", &lock);
    let found = project.upr("diff old.lock upr.lock --json").exits(1).json();
    assert_eq!(found["conditional"], serde_json::json!([]));
}

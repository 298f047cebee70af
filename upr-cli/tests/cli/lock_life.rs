//! A key from its first release to the attempt to use it again; branches that meet; hands in the file.

use serde_json::Value;

use crate::diff::{commit, git};
use crate::project::Project;

/// The catalog of a release, from lines of `key` or `key: what is said of its end`.
fn release(project: &Project, version: &str, keys: &[&str]) {
    let permissions: Vec<String> = keys
        .iter()
        .map(|line| match line.split_once(": ") {
            None => format!("{{\"key\": \"{line}\"}}"),
            Some((key, end)) => format!(
                "{{\"key\": \"{key}\", \"is_deprecated\": true, \"deprecation_message\": \"it goes\", {end}}}"
            ),
        })
        .collect();
    let catalog = format!(
        "{{\"format\": \"upr.catalog/1\", \"application\": {{\"name\": \"helpdesk\", \"version\": \"{version}\"}},
          \"modules\": [{{\"key\": \"users\", \"permissions\": [{}]}}]}}",
        permissions.join(", ")
    );
    project.write("upr-catalog.json", catalog);
    // The manifest says which version retires.
    project.write(
        "Cargo.toml",
        format!("[package]\nname = \"helpdesk\"\nversion = \"{version}\"\nedition = \"2024\"\n[lib]\npath = \"lib.rs\"\n"),
    );
    project.write("lib.rs", "");
}

fn ids(project: &Project, line: &str) -> Vec<String> {
    let found: Value = project.upr(line).json();
    let findings = found
        .get("findings")
        .and_then(Value::as_array)
        .unwrap()
        .iter();
    findings
        .map(|finding| {
            ["id", "key"]
                .map(|name| finding.get(name).and_then(Value::as_str).unwrap())
                .join(" ")
        })
        .collect()
}

const EDIT: &str = "users.edit: \"removal_version\": \"2.0.0\", \"replaced_by\": \"users.update\"";

#[test]
fn published_deprecated_due_retired_and_never_again() {
    let project = Project::helpdesk();
    release(&project, "1.0.0", &["users.edit", "users.view"]);
    project.upr("lock").exits(0);

    release(&project, "1.1.0", &[EDIT, "users.update", "users.view"]);
    assert_eq!(
        ids(&project, "lock --check --json"),
        ["UPR003 users.edit", "UPR003 users.update"]
    );
    project.upr("lock").exits(0);
    assert!(project.read("upr.lock").contains(
        r#"{"key":"users.edit","published":"1.0.0","deprecated":"1.1.0","remove_in":"2.0.0","replaced_by":"users.update","package":"helpdesk","crate":"helpdesk"}"#
    ));

    // Too early: neither retired nor removed.
    release(&project, "1.9.0", &["users.update", "users.view"]);
    project
        .upr("lock retire users.edit")
        .exits(1)
        .says("promised until version 2.0.0, and this is 1.9.0");
    assert_eq!(ids(&project, "lock --check --json"), ["UPR005 users.edit"]);

    // Due, and still there.
    release(&project, "2.0.0", &[EDIT, "users.update", "users.view"]);
    assert_eq!(ids(&project, "lock --check --json"), ["UPR004 users.edit"]);
    project.upr("lock retire users.edit").exits(0);
    assert_eq!(ids(&project, "lock --check --json"), ["UPR002 users.edit"]);
    release(&project, "2.0.0", &["users.update", "users.view"]);
    assert!(ids(&project, "lock --check --json").is_empty());
    let tombstone = r#"{"key":"users.edit","published":"1.0.0","retired":"2.0.0","replaced_by":"users.update","package":"helpdesk","crate":"helpdesk"}"#;
    assert!(project.read("upr.lock").contains(tombstone));

    // Never again, whoever asks.
    release(
        &project,
        "3.0.0",
        &["users.edit", "users.update", "users.view"],
    );
    project
        .upr("lock")
        .exits(0)
        .says("'upr lock --check' names them");
    assert!(project.read("upr.lock").contains(tombstone));
    assert_eq!(ids(&project, "lock --check --json"), ["UPR002 users.edit"]);
    let settings = project.read("upr.toml");
    project.write(
        "upr.toml",
        format!("{settings}\n[[ignore]]\nid = \"UPR002\"\nkey = \"users.edit\"\nreason = \"please\"\nuntil = \"2999-01-01\"\n"),
    );
    project
        .upr("lock --check")
        .exits(2)
        .says("UPR002 key-reused can not be ignored: no store takes a retired key back");
}

#[test]
fn branches_meet_by_union() {
    let project = Project::empty();
    git(&project, &["init", "--quiet", "--initial-branch=main"]);
    release(&project, "1.0.0", &["users.edit", "users.view"]);
    project.upr("init").exits(0);
    project.upr("lock").exits(0);
    commit(&project, "1.0.0");

    let branch = |name: &str, keys: &[&str]| {
        git(&project, &["checkout", "--quiet", "-b", name, "main"]);
        release(&project, "1.1.0", keys);
        project.upr("lock").exits(0);
        // The catalog is made anew after a merge; only the lock is merged.
        git(
            &project,
            &[
                "checkout",
                "--quiet",
                "main",
                "--",
                "upr-catalog.json",
                "Cargo.toml",
            ],
        );
        commit(&project, name);
    };
    branch("export", &["users.edit", "users.export", "users.view"]);
    branch("import", &["users.edit", "users.import", "users.view"]);
    git(&project, &["checkout", "--quiet", "main"]);
    git(&project, &["merge", "--quiet", "export", "-m", "export"]);
    git(&project, &["merge", "--quiet", "import", "-m", "import"]);
    release(
        &project,
        "1.1.0",
        &["users.edit", "users.export", "users.import", "users.view"],
    );
    assert!(
        ids(&project, "lock --check --json").is_empty(),
        "both sides are there"
    );
    commit(&project, "both");

    // One side deprecates what the other side calls otherwise: both lines stay, and both are named.
    let soon = "users.edit: \"removal_version\": \"2.0.0\"";
    let late = "users.edit: \"removal_version\": \"3.0.0\"";
    branch(
        "soon",
        &[soon, "users.export", "users.import", "users.view"],
    );
    branch(
        "late",
        &[late, "users.export", "users.import", "users.view"],
    );
    git(&project, &["checkout", "--quiet", "main"]);
    git(&project, &["merge", "--quiet", "soon", "-m", "soon"]);
    git(&project, &["merge", "--quiet", "late", "-m", "late"]);
    assert_eq!(ids(&project, "lock --check --json"), ["UPR007 users.edit"]);
    let ran = project.upr("lock --check").exits(1);
    assert!(
        ran.stdout
            .contains("upr.lock:3: `users.edit` contradicts line 2"),
        "{ran:?}"
    );
    project.upr("lock").exits(3).says("contradicts line 2");
    let lock = project.read("upr.lock");
    project.write(
        "upr.lock",
        lock.replacen(lock.lines().nth(1).unwrap(), "", 1),
    );
    project.upr("lock").exits(0);
    release(
        &project,
        "1.1.0",
        &[late, "users.export", "users.import", "users.view"],
    );
    project.upr("lock").exits(0);
    assert!(ids(&project, "lock --check --json").is_empty());
}

/// What hands take out of the file, the file cannot tell; the revision before can.
#[test]
fn hands_in_the_file_are_seen_by_one_of_the_two_checks() {
    let project = Project::helpdesk();
    release(&project, "2.0.0", &[EDIT, "users.update", "users.view"]);
    project.upr("lock").exits(0);
    project.upr("lock retire users.edit").exits(0);
    release(&project, "2.0.0", &["users.update", "users.view"]);
    git(&project, &["init", "--quiet"]);
    commit(&project, "2.0.0");
    let lock = project.read("upr.lock");
    let edited = |from: &str, to: &str| {
        let text = lock.replace(from, to);
        assert_ne!(text, lock);
        project.write("upr.lock", text);
    };

    let tombstone: &str = lock.lines().find(|line| line.contains("retired")).unwrap();
    edited(&format!("{tombstone}\n"), "");
    assert!(ids(&project, "lock --check --json").is_empty());
    assert_eq!(
        ids(&project, "diff git:HEAD upr.lock --json"),
        ["UPR010 users.edit"]
    );

    edited(r#""retired":"2.0.0","replaced_by":"users.update","#, "");
    assert_eq!(ids(&project, "lock --check --json"), ["UPR001 users.edit"]);
    assert_eq!(
        ids(&project, "diff git:HEAD upr.lock --json"),
        ["UPR002 users.edit"]
    );

    edited(
        r#""replaced_by":"users.update""#,
        r#""replaced_by":"users.view""#,
    );
    assert_eq!(
        ids(&project, "diff git:HEAD upr.lock --json"),
        ["UPR010 users.edit"]
    );

    edited(
        r#""replaced_by":"users.update""#,
        r#""replaced_by":"users.gone""#,
    );
    assert_eq!(ids(&project, "lock --check --json"), ["UPR006 users.edit"]);

    edited(
        r#""retired":"2.0.0","replaced_by":"users.update""#,
        r#""replaced_by":"users.update""#,
    );
    assert_eq!(ids(&project, "lock --check --json"), ["UPR007 users.edit"]);
    project
        .upr("lock --check")
        .exits(1)
        .prints("has a `replaced_by`, and is neither deprecated nor retired");
}

//! A lock that several members share, findings with their places, and releases compared with a revision of the repository.

use std::process::Command;

use serde_json::Value;

use super::host::{Host, module, program};

/// Two programs with `users` in common, each with a library of its own; one lock at the root.
fn services() -> Host {
    let host = Host::workspace();
    for name in ["users", "invoices", "tickets"] {
        host.package(name, name, "");
        host.source(
            &format!("{name}/src/lib.rs"),
            &[module(name, name)],
            "pub fn used() {}",
        );
    }
    for (name, library) in [("billing", "invoices"), ("desk", "tickets")] {
        let dependencies = format!(
            "[dependencies]\nusers = {{ path = \"../users\" }}\n{library} = {{ path = \"../{library}\" }}\n"
        );
        host.package(name, name, &dependencies);
        let code = format!("fn main() {{ users::used(); {library}::used() }}");
        host.source(&format!("{name}/src/main.rs"), &[module(name, name)], &code);
    }
    host.write("upr.lock", "{\"format\":\"upr.lock/1\"}\n");
    host.cargo_upr("", "lock --workspace").exits(0);
    host
}

fn findings(found: &Value) -> Vec<String> {
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

fn check(host: &Host, at: &str, line: &str, code: i32) -> Vec<String> {
    let ran = host
        .cargo_upr(at, &format!("lock --check --json {line}"))
        .exits(code);
    findings(&ran.json())
}

#[test]
fn each_program_answers_for_what_it_uses_of_a_shared_lock() {
    let host = services();
    let lock = host.read("upr.lock");
    assert_eq!(lock.lines().count(), 6, "{lock}");
    for member in ["billing", "desk", "users"] {
        assert!(check(&host, member, "", 0).is_empty(), "{member}");
        host.cargo_upr(member, "lock").exits(0);
        assert_eq!(
            host.read("upr.lock"),
            lock,
            "{member} leaves the lines of others alone"
        );
    }
    assert!(check(&host, "", "--workspace", 0).is_empty());

    // What a program uses and is not linked with is missed, by it and by nobody else.
    host.source(
        "desk/src/main.rs",
        &[module("desk", "desk")],
        "fn main() { users::used() }",
    );
    assert_eq!(check(&host, "desk", "", 1), ["UPR008 tickets.view"]);
    assert!(check(&host, "billing", "", 0).is_empty());

    // A program that embeds the lock promises all of it.
    let own = [
        module("billing", "billing"),
        program("billing", &["billing.view"]),
    ];
    host.source(
        "billing/src/main.rs",
        &own,
        "fn main() { users::used(); invoices::used() }",
    );
    assert_eq!(
        check(&host, "billing", "", 1),
        ["UPR008 desk.view", "UPR008 tickets.view"]
    );
}

#[test]
fn a_package_that_left_the_workspace_is_missed() {
    let host = services();
    std::fs::remove_dir_all(host.path("tickets")).unwrap();
    host.package(
        "desk",
        "desk",
        "[dependencies]\nusers = { path = \"../users\" }\n",
    );
    host.source(
        "desk/src/main.rs",
        &[module("desk", "desk")],
        "fn main() { users::used() }",
    );
    for (at, line) in [("desk", ""), ("billing", ""), ("", "--workspace")] {
        assert_eq!(check(&host, at, line, 1), ["UPR008 tickets.view"], "{at}");
    }
}

#[test]
fn a_key_that_moves_to_another_package_is_recorded_by_a_run_that_sees_both() {
    let host = services();
    // `accounts` takes over what `users` declared.
    host.package("accounts", "accounts", "");
    host.source(
        "accounts/src/lib.rs",
        &[module("accounts", "users")],
        "pub fn used() {}",
    );
    host.source("users/src/lib.rs", &[], "pub use accounts::used;");
    host.package(
        "users",
        "users",
        "[dependencies]\naccounts = { path = \"../accounts\" }\n",
    );
    let before = host.read("upr.lock");
    assert_eq!(check(&host, "desk", "", 1), ["UPR003 users.view"]);
    // The new owner alone cannot know whether the old one still declares it.
    host.cargo_upr("accounts", "lock")
        .exits(0)
        .says("1 line of other packages stay");
    assert_eq!(host.read("upr.lock"), before);
    host.cargo_upr("", "lock --workspace").exits(0);
    let after = host.read("upr.lock");
    assert_eq!(
        after,
        before.replace(
            "\"key\":\"users.view\",\"published\":\"1.4.0\",\"package\":\"users\",\"crate\":\"users\"",
            "\"key\":\"users.view\",\"published\":\"1.4.0\",\"package\":\"accounts\",\"crate\":\"accounts\"",
        )
    );
    for member in ["billing", "desk", "accounts"] {
        assert!(check(&host, member, "", 0).is_empty(), "{member}");
    }
}

/// Code-scanning services show a finding where they are told to.
#[test]
fn findings_point_at_the_line_of_the_lock_or_of_the_declaration() {
    let host = services();
    git(&host, &["init", "--quiet"]);
    let lock = host
        .read("upr.lock")
        .replace("invoices.view", "invoices.show");
    host.write("upr.lock", &lock);
    // Compilers name files from the workspace's root, wherever the command runs.
    host.write("src/lib.rs", "");
    let log = host
        .cargo_upr("billing", "lock --check --format sarif")
        .exits(1)
        .json();
    let results = log["runs"][0]["results"].as_array().unwrap();
    let places: Vec<String> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            let file = place["artifactLocation"]["uri"].as_str().unwrap();
            format!(
                "{} {file}:{}",
                result["ruleId"].as_str().unwrap(),
                place["region"]["startLine"]
            )
        })
        .collect();
    let line = 1 + lock
        .lines()
        .position(|line| line.contains("invoices.show"))
        .unwrap();
    assert_eq!(
        places,
        [
            format!("UPR001 upr.lock:{line}"),
            "UPR003 src/lib.rs:3".to_owned()
        ]
    );
    let found = host
        .cargo_upr("billing", "lock --check --json")
        .exits(1)
        .json();
    assert_eq!(found["findings"][1]["place"]["line"], 3);
    // A file that is not there points nobody anywhere.
    std::fs::remove_file(host.path("src/lib.rs")).unwrap();
    let found = host
        .cargo_upr("billing", "lock --check --json")
        .exits(1)
        .json();
    assert_eq!(found["findings"][1]["place"], Value::Null);
}

#[test]
fn the_build_is_compared_with_a_revision() {
    let host = services();
    git(&host, &["init", "--quiet"]);
    host.write(".gitignore", "target\n");
    git(&host, &["add", "--all"]);
    git(&host, &["commit", "--quiet", "--message", "1.4.0"]);
    let clean = host.cargo_upr("desk", "diff git:HEAD").exits(0);
    assert!(
        clean
            .stdout
            .contains("git:HEAD:upr.lock -> application (the code): nothing changed"),
        "{clean:?}"
    );
    let own = [module("desk", "desk"), module("desk", "calls")];
    host.source(
        "desk/src/main.rs",
        &own,
        "fn main() { users::used(); tickets::used() }",
    );
    let added = host
        .cargo_upr("desk", "diff git:HEAD --json")
        .exits(0)
        .json();
    assert_eq!(added["bump"], "minor");
    assert_eq!(added["changes"][0]["key"], "calls.view");
    // The rest of the workspace is as it was: nothing of it is missed.
    assert_eq!(added["changes"].as_array().unwrap().len(), 1);
    host.source(
        "tickets/src/lib.rs",
        &[module("tickets", "requests")],
        "pub fn used() {}",
    );
    let gone = host
        .cargo_upr("desk", "diff git:HEAD --json")
        .exits(1)
        .json();
    assert_eq!(findings(&gone), ["UPR001 tickets.view"]);
    let remedy = gone["findings"][0]["remedy"].as_str().unwrap();
    assert!(remedy.starts_with("declare it again"), "{remedy}");
}

fn git(host: &Host, arguments: &[&str]) {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(host.path(""))
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_NAME", "Ada")
        .env("GIT_AUTHOR_EMAIL", "ada@example.com")
        .env("GIT_COMMITTER_NAME", "Ada")
        .env("GIT_COMMITTER_EMAIL", "ada@example.com")
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?} {output:?}");
}

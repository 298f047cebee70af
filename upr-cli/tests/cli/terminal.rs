//! What differs when a person sits in front of it: questions and colours. `script` of util-linux
//! lends a terminal.

use std::io::Write;
use std::process::{Command, Stdio};

use crate::project::Project;

/// Runs `upr` on a terminal, typing `typed`; gives what the screen shows and the exit code. Nothing
/// where there is no `script`.
fn on_a_terminal(project: &Project, line: &str, typed: &str) -> Option<(String, i32)> {
    let upr = env!("CARGO_BIN_EXE_upr");
    let mut child = Command::new("script")
        .args([
            "--quiet",
            "--return",
            "--command",
            &format!("{upr} {line}"),
            "/dev/null",
        ])
        .current_dir(project.path(""))
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("TERM", "xterm-256color")
        .env("SHELL", "/bin/sh")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| println!("skipped: no `script` to lend a terminal ({error})"))
        .ok()?;
    child
        .stdin
        .take()
        .unwrap()
        .write_all(typed.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    Some((
        String::from_utf8(output.stdout).unwrap(),
        output.status.code().unwrap(),
    ))
}

#[test]
fn a_change_is_asked_about_once() {
    let project = Project::helpdesk();
    let Some((screen, code)) = on_a_terminal(&project, "migrate", "n\n") else {
        return;
    };
    assert_eq!(code, 1, "{screen}");
    assert!(
        screen.contains("Create sqlite:upr.db (development)? [y/N]"),
        "{screen}"
    );
    assert!(screen.contains("declined, nothing was changed"), "{screen}");
    assert!(!project.path("upr.db").exists());

    let (screen, code) = on_a_terminal(&project, "migrate", "y\n").unwrap();
    assert_eq!(code, 0, "{screen}");
    let (screen, code) = on_a_terminal(&project, "migrate", "").unwrap();
    assert!(
        code == 0 && !screen.contains("[y/N]"),
        "nothing to ask about: {screen}"
    );

    let (screen, code) = on_a_terminal(&project, "sync", "n\n").unwrap();
    assert_eq!(code, 1, "{screen}");
    assert!(screen.contains("tickets: close, create, view"), "{screen}");
    assert!(screen.contains("Apply this plan? [y/N]"), "{screen}");
    assert_eq!(project.upr("status --json").json()["total_permissions"], 0);
    let (screen, code) = on_a_terminal(&project, "sync", "yes\n").unwrap();
    assert!(code == 0 && screen.contains("Applied"), "{screen}");
    assert_eq!(
        screen.matches("tickets: close").count(),
        1,
        "shown once: {screen}"
    );
    assert_eq!(project.upr("status --json").json()["total_permissions"], 6);
}

#[test]
fn with_no_input_nothing_is_asked() {
    let project = Project::helpdesk();
    for line in [
        "migrate --no-input",
        "--no-input sync",
        "user create 42 --no-input",
    ] {
        let Some((screen, code)) = on_a_terminal(&project, line, "") else {
            return;
        };
        assert!(code == 0 && !screen.contains("[y/N]"), "{line}: {screen}");
    }
}

#[test]
fn a_wish_that_is_refused_or_already_so_is_not_asked_about() {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    project.upr("sync").exits(0);
    project.upr("user create 42 --role agent").exits(0);
    for (line, code) in [("grant 42 --role agent", 0), ("grant 7 --role agent", 1)] {
        let Some((screen, found)) = on_a_terminal(&project, line, "") else {
            return;
        };
        assert!(
            found == code && !screen.contains("[y/N]"),
            "{line}: {screen}"
        );
    }
    let (screen, code) = on_a_terminal(&project, "revoke 42 --role agent", "\n").unwrap();
    assert!(
        code == 1 && screen.contains("Revoke the role agent from 42"),
        "{screen}"
    );
    project.upr("check 42 tickets.view").exits(0);
}

#[test]
fn a_protected_environment_wants_its_name_typed() {
    let project = Project::helpdesk();
    project.upr("migrate --env production").exits(0);
    project.upr("sync --env production").exits(0);
    let next = crate::project::CATALOG
        .replace("\"tickets.view\", \"users.view\"", "\"tickets.view\"")
        .replace("1.4.0", "1.5.0");
    project.write("upr-catalog.json", next);
    let line = "sync --env production --expect-loss 1";
    let Some((screen, code)) = on_a_terminal(&project, line, "yes\n") else {
        return;
    };
    assert!(code == 1 && screen.contains("Type its name"), "{screen}");
    let (screen, code) = on_a_terminal(&project, line, "production\n").unwrap();
    assert!(code == 0 && screen.contains("Applied"), "{screen}");
}

#[test]
fn colours_and_tables_are_for_terminals() {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    project.upr("sync").exits(0);
    let Some((screen, _)) = on_a_terminal(&project, "role list", "") else {
        return;
    };
    assert!(
        screen.contains('\u{1b}') && screen.contains("ROLE"),
        "{screen}"
    );
    let (screen, _) = on_a_terminal(&project, "role list --json", "").unwrap();
    assert!(!screen.contains('\u{1b}'), "{screen}");

    let piped = project.upr("role list").exits(0);
    assert_eq!(
        piped.stdout.lines().next(),
        Some("agent\tAgent\thelpdesk (seeded)\ttickets.*\t0")
    );
    let piped = project.upr("sync --dry-run --catalog nothing").exits(3);
    assert!(!piped.stderr.contains('\u{1b}'));
}

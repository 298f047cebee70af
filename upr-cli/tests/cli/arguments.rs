//! Arguments: help, usage, global options, streams.

use std::ffi::OsString;
use std::process::Stdio;

use crate::project::Project;

#[test]
fn help_lists_every_command_and_the_exit_codes() {
    let help = Project::empty().upr("--help").exits(0);
    for word in [
        "init",
        "catalog",
        "lock",
        "completions",
        "--json",
        "Exit codes",
        "UPR_DATABASE",
    ] {
        assert!(help.stdout.contains(word), "{word}");
    }
    assert!(help.stdout.lines().all(|line| line.chars().count() <= 100));
    assert_eq!(help.stderr, "");
}

#[test]
fn wrong_usage_is_2_and_says_what_is_near() {
    let project = Project::empty();
    project.upr("").exits(2).says("Usage: upr");
    project.upr("catlog").exits(2).says("'catalog'");
    project.upr("catalog --format yaml").exits(2).says("json");
    project.upr("-q -v catalog").exits(2);
    let failure = project.upr("catlog --json").exits(2);
    assert_eq!(failure.stderr, "");
    let error = &failure.json()["error"];
    assert_eq!(error["code"], "usage");
    assert!(
        error["remedy"].as_str().unwrap().contains("catalog"),
        "{error}"
    );
    assert_eq!(
        project.upr("--json").exits(2).json()["error"]["message"],
        "no command was given"
    );
    assert!(project.files().is_empty());
}

#[test]
fn global_options_stand_before_or_after_the_command() {
    let project = Project::helpdesk();
    let before = project
        .upr("--catalog upr-catalog.json -q --env staging catalog")
        .exits(0);
    let after = project
        .upr("catalog --env staging -q --catalog upr-catalog.json")
        .exits(0);
    assert_eq!(before.stdout, after.stdout);
}

#[test]
fn a_leading_upr_is_passed_over() {
    Project::helpdesk()
        .upr("upr catalog")
        .exits(0)
        .prints("users.view");
}

#[test]
fn completions_are_for_a_shell() {
    let project = Project::empty();
    project.upr("completions bash").exits(0).prints("complete");
    project
        .upr("completions zsh")
        .exits(0)
        .prints("#compdef upr");
    assert_eq!(
        project.upr("completions fish --json").exits(0).json()["shell"],
        "fish"
    );
    project.upr("completions cmd").exits(2).says("bash");
}

#[cfg(unix)]
#[test]
fn arguments_that_are_no_text_do_not_panic() {
    use std::os::unix::ffi::OsStringExt;

    let project = Project::helpdesk();
    let broken = OsString::from_vec(vec![b'a', 0xff]);
    for line in [
        vec![broken.clone()],
        vec!["--env".into(), broken.clone(), "catalog".into()],
        vec!["lock".into(), "retire".into(), broken.clone()],
        vec!["catalog".into(), "--id".into(), broken.clone()],
    ] {
        project.run(&line, &[]).exits(2);
    }
    let catalog = ["--catalog".into(), broken, "catalog".into()];
    project
        .run(&catalog, &[])
        .exits(3)
        .says("cannot read the catalog");
}

/// `upr catalog | head -1`: the reader goes away before everything is written.
#[test]
fn a_broken_pipe_is_no_failure() {
    let project = Project::empty();
    let permissions: Vec<String> = (0..20_000)
        .map(|number| format!("{{\"key\": \"things.do{number}\"}}"))
        .collect();
    project.write(
        "upr-catalog.json",
        format!(
            "{{\"format\": \"upr.catalog/1\", \"version\": \"1.0\", \"application\": {{\"name\": \
             \"big\"}}, \"modules\": [{{\"key\": \"things\", \"permissions\": [{}]}}]}}",
            permissions.join(",")
        ),
    );
    let mut child = project
        .command(["catalog"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[cfg(target_os = "linux")]
#[test]
fn output_that_cannot_be_written_is_3_before_a_change_and_4_behind_one() {
    let project = Project::helpdesk();
    let onto_a_full_disk = |line: &[&str]| {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let output = project
            .command(line)
            .stdout(full)
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(
            message.contains("cannot write to standard output"),
            "{message}"
        );
        (output.status.code(), message)
    };
    assert_eq!(onto_a_full_disk(&["catalog"]).0, Some(3));
    project.upr("migrate").exits(0);
    assert_eq!(onto_a_full_disk(&["sync", "--dry-run"]).0, Some(3));
    let (code, message) = onto_a_full_disk(&["sync", "--json"]);
    assert_eq!(code, Some(4));
    assert!(
        message.contains("What was asked for is done"),
        "says what stands: {message}"
    );
    project.upr("sync --check").exits(0);
}

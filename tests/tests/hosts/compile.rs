//! Strict and strange packages compile, without a warning, and do what they say.

use std::fs;

use upr_tests::command::Ran;

use super::{Outcome, cargo, hosts};

const PACKAGES: [&str; 6] = [
    "host-strict",
    "host-strict-program",
    "host-edition-2021",
    "host-shadowed",
    "host-no-prelude",
    "host-shapes",
];

#[test]
fn lints_have_nothing_to_say() -> Outcome {
    let has_clippy = hosts()?.cargo(&["clippy", "--version"])?.code == Some(0);
    let command = if has_clippy { "clippy" } else { "check" };
    for features in [&["--all-targets"][..], &["--all-targets", "--all-features"]] {
        let ran = cargo(command, &PACKAGES, features)?.expect_code(0)?;
        assert!(!ran.stderr.contains("warning:"), "{}", ran.stderr);
    }
    Ok(())
}

/// Their unit tests look into the registry; their doc tests are what their users would write.
#[test]
fn their_own_tests_pass() -> Outcome {
    let ran = cargo("test", &PACKAGES, &[])?.expect_code(0)?;
    let passed = ran.stdout.matches("... ok\n").count();
    assert!(passed >= 9, "{ran:#?}");
    cargo("test", &["host-shapes"], &["--lib", "--all-features"])?.expect_code(0)?;
    Ok(())
}

#[test]
fn a_program_with_a_lock_starts_and_lists_what_it_declares() -> Outcome {
    let ran = cargo("run", &["host-strict-program"], &["--quiet"])?.expect_code(0)?;
    assert_eq!(
        ran.stdout,
        "archive.view\nreports.print\nreports.send\nreports.view\n"
    );
    Ok(())
}

/// Each constant stands on the page of its module, with its key, its label and its end.
#[test]
fn rustdoc_shows_key_label_and_deprecation() -> Outcome {
    let mut command = hosts()?.cargo_command(&["doc", "-p", "host-strict", "--no-deps"]);
    command.env("RUSTDOCFLAGS", "-D warnings");
    Ran::of(command)?.expect_code(0)?;
    let page = hosts()?.documentation("host_strict/struct.Accounts.html");
    let page = fs::read_to_string(page)?;
    for shown in [
        "More than one line may be said.",
        // A handler's constant does not know the key of its module, which the page shows.
        "The permissions of the module <code>accounts</code>.",
        "<code>reset_password</code>: Reset the password.",
        "Send a reset link and end all sessions.",
        "<code>accounts.listAll</code>: List all.",
        "use <code>update</code> instead",
        "Deprecated since 0.9.0",
    ] {
        assert!(page.contains(shown), "`{shown}` is not shown");
    }
    Ok(())
}

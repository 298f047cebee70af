//! What the compiler of one crate cannot see, the linker or the program's start does.

use upr_tests::command::Upr;

use super::{Outcome, cargo, hosts};

const SENTENCE: &str = "upr_permission_module_users_is_declared_more_than_once";

#[test]
fn two_crates_with_one_module_do_not_link() -> Outcome {
    for (command, target) in [
        ("build", &["--bin", "host-both"][..]),
        ("build", &["--lib"]),
        ("test", &["--test", "both", "--no-run"]),
    ] {
        let ran = cargo(command, &["host-both"], target)?.expect_code(101)?;
        assert!(
            ran.stderr.contains("linking with"),
            "{target:?}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains(SENTENCE), "{target:?}: {}", ran.stderr);
    }
    // Each by itself is sound, and so is all of it up to the linker.
    cargo("check", &["host-both"], &["--all-targets"])?.expect_code(0)?;
    Ok(())
}

#[test]
fn a_crate_that_is_tested_with_a_kit_that_needs_it_links() -> Outcome {
    let ran = cargo("test", &["host-cycle"], &["--lib"])?.expect_code(0)?;
    assert!(
        ran.stdout
            .contains("two_copies_of_one_declaration_are_one ... ok")
    );
    Ok(())
}

#[test]
fn one_crate_with_one_module_or_action_twice_does_not_check() -> Outcome {
    let ran = cargo("check", &["host-twice"], &["--features", "module"])?.expect_code(101)?;
    assert!(
        ran.stderr.contains("E0428") && ran.stderr.contains(SENTENCE),
        "{}",
        ran.stderr
    );
    names_both_files(&ran.stderr, "module");
    let ran = cargo("check", &["host-twice"], &["--features", "action"])?.expect_code(101)?;
    assert!(
        ran.stderr.contains("E0592") && ran.stderr.contains("EXPORT"),
        "{}",
        ran.stderr
    );
    names_both_files(&ran.stderr, "action");
    assert!(
        ran.stderr.contains("due to 1 previous error"),
        "{}",
        ran.stderr
    );
    Ok(())
}

fn names_both_files(message: &str, what: &str) {
    for file in ["first", "second"] {
        let file = format!("src/{file}_{what}.rs:");
        assert!(message.contains(&file), "{file} is not named in {message}");
    }
}

#[test]
fn a_crate_that_nobody_refers_to_stops_the_program() -> Outcome {
    cargo("build", &["host-aloof"], &[])?.expect_code(0)?;
    let directory = tempfile::tempdir()?;
    let program = Upr::new(hosts()?.program("host-aloof"), directory.path());
    for command in [
        &["catalog"][..],
        &["lock"],
        &["lock", "--check"],
        &["sync"],
        &["sync", "--dry-run"],
        &["validate"],
        &["serve"],
    ] {
        let ran = program.run(command)?;
        assert_eq!(ran.code, Some(1), "{command:?}: {ran:#?}");
        assert!(
            ran.stderr.contains("host_users_one"),
            "{command:?}: {ran:#?}"
        );
        assert!(
            ran.stderr.contains("use host_users_one as _;"),
            "{command:?}: {ran:#?}"
        );
    }
    assert_eq!(directory.path().read_dir()?.count(), 0, "nothing was made");
    Ok(())
}

#[test]
fn a_program_whose_lock_was_deleted_does_not_compile() -> Outcome {
    let ran = cargo("check", &["host-unlocked"], &[])?.expect_code(101)?;
    assert!(ran.stderr.contains("upr.lock"), "{}", ran.stderr);
    assert!(ran.stderr.contains("src/main.rs:"), "{}", ran.stderr);
    Ok(())
}

/// A handler learns its module's key at run time, and so the registry checks what they make together.
#[test]
fn what_only_the_whole_program_shows_is_wrong_stops_it() -> Outcome {
    let ran = cargo("run", &["host-crooked"], &["--quiet"])?.expect_code(0)?;
    let problems: Vec<&str> = ran
        .stdout
        .lines()
        .filter(|line| line.starts_with("  `"))
        .collect();
    let [long, upper, lower, ..] = problems.as_slice() else {
        return Err(ran.stdout.into());
    };
    assert!(
        long.contains(".is_too_long` at link/crooked/src/main.rs:"),
        "{long}"
    );
    assert!(
        long.ends_with("it has 194 bytes, and at most 191 are allowed"),
        "{long}"
    );
    assert!(upper.contains("`pages.PRINT` and `pages.Print`"), "{upper}");
    assert!(lower.contains("`pages.Print` and `pages.print`"), "{lower}");
    assert!(!ran.stdout.contains("books."), "{}", ran.stdout);
    Ok(())
}

//! Declarations in what a real compiler and a real linker leave, however small it was made.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;
use upr_core::artifact;
use upr_core::fragment::{Fragment, assemble};
use upr_tests::command::Upr;

use super::{Outcome, cargo};

/// Builds of one package under several options leave their files under one name.
fn alone() -> MutexGuard<'static, ()> {
    static ONE: Mutex<()> = Mutex::new(());
    ONE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a build of `host-shipped` left: the files of its library, or its program.
fn built(command: &[&str]) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let (command, rest) = command.split_first().ok_or("no command")?;
    let rest: Vec<&str> = ["--message-format=json"]
        .iter()
        .chain(rest)
        .copied()
        .collect();
    let ran = cargo(command, &["host-shipped"], &rest)?.expect_code(0)?;
    let mut files = Vec::new();
    for line in ran.stdout.lines() {
        let message: Value = serde_json::from_str(line)?;
        let told = |name: &str| {
            message
                .get(name)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        if told("reason") == "compiler-artifact" && told("manifest_path").contains("shipped") {
            let names = message.get("filenames").and_then(Value::as_array);
            let names = names.into_iter().flatten().filter_map(Value::as_str);
            files.extend(names.map(PathBuf::from));
        }
    }
    Ok(files)
}

/// The one that ends so; programs have no extension here.
fn only(files: &[PathBuf], extension: &str) -> Result<PathBuf, Box<dyn Error>> {
    let is_it = |file: &&PathBuf| file.extension().unwrap_or_default() == extension;
    let found = files.iter().find(is_it);
    Ok(found
        .ok_or_else(|| format!("no {extension:?} in {files:?}"))?
        .clone())
}

/// What a file declares, in an order that does not depend on its linker.
fn declared(path: &Path) -> Result<Vec<Fragment>, Box<dyn Error>> {
    let mut fragments = artifact::read(path)?;
    fragments.sort_by_key(|fragment| format!("{fragment:?}"));
    Ok(fragments)
}

fn of_the_library(fragments: &[Fragment]) -> Vec<Fragment> {
    let is_program = |fragment: &&Fragment| matches!(fragment, Fragment::Program(_));
    fragments
        .iter()
        .filter(|one| !is_program(one))
        .cloned()
        .collect()
}

/// The plain build that all others are measured by.
fn plain() -> Result<(PathBuf, Vec<Fragment>), Box<dyn Error>> {
    let program = only(&built(&["build"])?, "")?;
    let fragments = declared(&program)?;
    Ok((program, fragments))
}

#[test]
fn a_program_is_read_as_it_says_itself() -> Outcome {
    let _alone = alone();
    let (program, fragments) = plain()?;
    assert_eq!(fragments.len(), 6, "{fragments:#?}");
    let own = String::from_utf8(Command::new(&program).output()?.stdout)?;
    let read = assemble(fragments, None)?.catalog.to_json();
    assert_eq!(read, own);
    for key in [
        "users.view",
        "users.reset_password",
        "tickets.close",
        "tickets.look",
    ] {
        assert!(read.contains(&format!("\"{key}\"")), "{key} in {read}");
    }

    let upr = Upr::new(
        env!("CARGO_BIN_EXE_upr-under-test"),
        env!("CARGO_TARGET_TMPDIR"),
    );
    let program = program.to_str().ok_or("no text")?;
    let ran = upr.run(&["--binary", program, "catalog"])?.expect_code(0)?;
    assert_eq!(ran.stdout, own, "to the byte");
    Ok(())
}

#[test]
fn every_kind_of_library_holds_the_same() -> Outcome {
    let _alone = alone();
    let expected = of_the_library(&plain()?.1);
    assert_eq!(
        declared(&only(&built(&["build", "--lib"])?, "rlib")?)?,
        expected
    );
    for (kind, extension) in [("cdylib", "so"), ("dylib", "so"), ("staticlib", "a")] {
        let files = built(&["rustc", "--lib", "--crate-type", kind])?;
        assert_eq!(declared(&only(&files, extension)?)?, expected, "{kind}");
    }
    Ok(())
}

#[test]
fn what_is_compiled_in_is_what_is_there() -> Outcome {
    let _alone = alone();
    let files = built(&[
        "rustc",
        "--lib",
        "--features",
        "extra",
        "--crate-type",
        "rlib",
    ])?;
    let with = declared(&only(&files, "rlib")?)?;
    let exported = |fragment: &&Fragment| matches!(fragment, Fragment::Action(action) if action.body.name == "export");
    let export = with.iter().find(exported).ok_or("no tickets.export")?;
    let Fragment::Action(action) = export else {
        return Err("no action".into());
    };
    assert_eq!(action.body.cfg, ["feature = \"extra\""]);
    Ok(())
}

#[test]
fn strip_leaves_it() -> Outcome {
    let _alone = alone();
    let (program, expected) = plain()?;
    let folder = tempfile::tempdir()?;
    let stripped = folder.path().join("program");
    fs::copy(&program, &stripped)?;
    let done = Command::new("strip")
        .arg("--strip-all")
        .arg(&stripped)
        .status()?;
    assert!(done.success());
    assert!(fs::metadata(&stripped)?.len() < fs::metadata(&program)?.len());
    assert_eq!(declared(&stripped)?, expected);

    let files = built(&["rustc", "--lib", "--crate-type", "staticlib"])?;
    let library = folder.path().join("library.a");
    fs::copy(only(&files, "a")?, &library)?;
    let done = Command::new("strip")
        .arg("--strip-debug")
        .arg(&library)
        .status()?;
    assert!(done.success());
    assert_eq!(declared(&library)?, of_the_library(&expected));
    Ok(())
}

/// Fat link-time optimisation, for size, without unwinding, stripped by the compiler: the profile `shipped`.
#[test]
fn the_smallest_build_holds_the_same() -> Outcome {
    let _alone = alone();
    let expected = plain()?.1;
    let program = only(&built(&["build", "--profile", "shipped"])?, "")?;
    assert_eq!(declared(&program)?, expected);
    let own = String::from_utf8(Command::new(&program).output()?.stdout)?;
    assert_eq!(assemble(expected.clone(), None)?.catalog.to_json(), own);
    for (kind, extension) in [("cdylib", "so"), ("staticlib", "a")] {
        let files = built(&[
            "rustc",
            "--lib",
            "--profile",
            "shipped",
            "--crate-type",
            kind,
        ])?;
        let read = declared(&only(&files, extension)?)?;
        assert_eq!(read, of_the_library(&expected), "{kind}");
    }
    Ok(())
}

#[test]
fn linkers_that_collect_what_nobody_refers_to_keep_it() -> Outcome {
    let _alone = alone();
    let expected = plain()?.1;
    for linker in ["bfd", "gold"] {
        if Command::new(format!("ld.{linker}"))
            .arg("--version")
            .output()
            .is_err()
        {
            println!("skipped: there is no ld.{linker}");
            continue;
        }
        let linker = format!("link-arg=-fuse-ld={linker}");
        let files = built(&[
            "rustc",
            "--bin",
            "host-shipped",
            "--",
            "-C",
            &linker,
            "-C",
            "link-arg=-Wl,--gc-sections",
        ])?;
        assert_eq!(declared(&only(&files, "")?)?, expected, "{linker}");
    }
    Ok(())
}

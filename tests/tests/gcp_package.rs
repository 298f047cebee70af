//! The generated package of 13,652 permissions: compiled, locked, synced.
#![expect(
    clippy::indexing_slicing,
    reason = "JSON gives null for what is not there"
)]

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use upr_core::scan::{Cfg, Program};
use upr_tests::command::{Ran, Upr};
use upr_tests::gcp::{self, Form, Package, PackageLock, Roles};
use upr_tests::host::{self, Host};

type Outcome = Result<(), Box<dyn Error>>;

/// A package, written and built.
fn build(name: &str, form: Form, lock: PackageLock, command: &str) -> Result<Host, Box<dyn Error>> {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let directory = temporary.join(name);
    let package = Package {
        name,
        form,
        lock,
        permissions: &gcp::permissions()?,
        workspace: host::workspace(),
    };
    package.write(&directory)?;
    let host = Host::new(directory, temporary)?;
    host.cargo(&[command])?.expect_code(0)?;
    Ok(host)
}

#[test]
fn it_compiles_locks_and_syncs() -> Outcome {
    let host = build(
        gcp::APPLICATION,
        Form::Attribute,
        PackageLock::Empty,
        "build",
    )?;
    let program = Upr::new(host.program(gcp::APPLICATION), host.directory());
    declares_what_the_data_says(&program)?;
    scanned(&host)?;
    shipped(&host)?;
    records_every_key(&program)?;
    syncs(&program)?;

    // Built again, the program holds the lock of all keys, and finds them all linked.
    host.cargo(&["build"])?.expect_code(0)?;
    declares_what_the_data_says(&program)
}

fn declares_what_the_data_says(program: &Upr) -> Outcome {
    let catalog = program
        .run(&["catalog", "--format", "json"])?
        .expect_code(0)?;
    assert!(
        catalog.stdout == gcp::catalog(Roles::Left)?.to_json(),
        "the program's catalog is that of the data, to the byte"
    );
    Ok(())
}

/// The file that was built says what the data says, to the byte.
fn shipped(host: &Host) -> Outcome {
    let fragments = upr_core::artifact::read(&host.program(gcp::APPLICATION))?;
    let catalog = upr_core::fragment::assemble(fragments, None)?.catalog;
    assert!(
        catalog.to_json() == gcp::catalog(Roles::Left)?.to_json(),
        "the catalog of the artifact is that of the data, to the byte"
    );
    Ok(())
}

/// The sources say what the data says, to the byte, whatever the package is called.
fn scanned(host: &Host) -> Outcome {
    let cfg = Cfg::ask("rustc".as_ref(), None)?;
    let program = Program::new(host.directory(), cfg, "unknown").scan()?;
    let expected = gcp::catalog(Roles::Left)?;
    let catalog = program.assemble()?.catalog;
    let catalog = catalog.with_application(expected.application().clone())?;
    assert!(
        catalog.to_json() == expected.to_json(),
        "the catalog of the sources is that of the data, to the byte"
    );
    Ok(())
}

fn records_every_key(program: &Upr) -> Outcome {
    let ran = program
        .run(&["lock", "--check", "--json"])?
        .expect_code(1)?;
    let unrecorded = findings(&ran)?;
    let unrecorded = unrecorded.iter().filter(|id| *id == "UPR003");
    assert_eq!(unrecorded.count(), gcp::PERMISSIONS);

    program.run(&["lock"])?.expect_code(0)?;
    let lock = fs::read_to_string(program.directory().join("upr.lock"))?;
    assert!(
        lock == gcp::lock(&gcp::permissions()?, gcp::APPLICATION)?.to_text(),
        "every key is recorded"
    );

    let ran = program
        .run(&["lock", "--check", "--json"])?
        .expect_code(0)?;
    assert_eq!(
        findings(&ran)?,
        ["UPR009"; 5],
        "the pairs that differ in case"
    );
    Ok(())
}

/// The ids of what `lock --check` found.
fn findings(ran: &Ran) -> Result<Vec<String>, Box<dyn Error>> {
    let document = ran.json()?;
    let Some(findings) = document["findings"].as_array() else {
        return Err(format!("no findings in {}", ran.stdout).into());
    };
    let ids = findings.iter().map(|finding| finding["id"].as_str());
    let ids: Option<Vec<&str>> = ids.collect();
    let ids = ids.ok_or("a finding without an id")?;
    Ok(ids.into_iter().map(str::to_owned).collect())
}

fn syncs(program: &Upr) -> Outcome {
    let directory = tempfile::tempdir()?;
    let database: PathBuf = directory.path().join("upr.db");
    let database = format!("sqlite:{}", database.display());
    let program = program.clone().with(&["--database", &database]);
    program.run(&["migrate"])?.expect_code(0)?;
    let plan = program.run(&["sync", "--json"])?.expect_code(0)?.json()?;
    assert_eq!(
        plan["create"].as_array().map(Vec::len),
        Some(gcp::PERMISSIONS)
    );
    assert_eq!(plan["applied"], true);
    let plan = program.run(&["sync", "--json"])?.expect_code(0)?.json()?;
    assert_eq!(
        (&plan["changes"], &plan["applied"]),
        (&0.into(), &false.into())
    );
    let status = program.run(&["status", "--json"])?.expect_code(0)?.json()?;
    assert_eq!(status["active_permissions"], gcp::PERMISSIONS);
    Ok(())
}

/// Each permission on a handler of its own, the lock of all 13,652 checked in one compilation.
#[test]
fn it_compiles_with_handlers() -> Outcome {
    let host = build(
        "google-cloud-handlers",
        Form::Handlers,
        PackageLock::Recorded,
        "check",
    )?;
    scanned(&host)?;
    Ok(())
}

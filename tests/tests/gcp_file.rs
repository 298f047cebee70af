//! The real commands over Google's catalog as a file, at full size.

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Instant;

use serde_json::Value;
use tempfile::TempDir;
use upr_tests::command::{Ran, Upr};
use upr_tests::gcp::{self, Roles};

type Outcome = Result<(), Box<dyn Error>>;

/// A directory with the catalog, and the command that reads it and writes `upr.db` beside it.
fn prepare(roles: Roles) -> Result<(TempDir, Upr), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    fs::write(
        directory.path().join("gcp.json"),
        gcp::catalog(roles)?.to_json(),
    )?;
    let options = [
        "--catalog",
        "gcp.json",
        "--database",
        "sqlite:upr.db",
        "--no-input",
    ];
    let upr = Upr::new(env!("CARGO_BIN_EXE_upr-under-test"), directory.path()).with(&options);
    Ok((directory, upr))
}

fn keys(plan: &Value, part: &str) -> usize {
    plan[part].as_array().map_or(0, Vec::len)
}

#[test]
fn sync_creates_everything_once() -> Outcome {
    let (_directory, upr) = prepare(Roles::Left)?;
    upr.run(&["migrate"])?.expect_code(0)?;
    upr.run(&["sync", "--check"])?.expect_code(1)?;
    let before = status(&upr)?;
    assert_eq!(before["total_permissions"], 0, "a check writes nothing");

    let plan = upr.run(&["sync", "--json"])?.expect_code(0)?.json()?;
    assert_eq!(keys(&plan, "create"), gcp::PERMISSIONS);
    assert_eq!(plan["applied"], true);
    let after = status(&upr)?;
    assert_eq!(after["active_permissions"], gcp::PERMISSIONS);
    // Each writing transaction takes one revision.
    assert_eq!(
        after["revision"].as_u64(),
        before["revision"].as_u64().map(|old| old + 1)
    );

    let plan = upr.run(&["sync", "--json"])?.expect_code(0)?.json()?;
    assert_eq!(
        (&plan["changes"], &plan["applied"]),
        (&0.into(), &false.into())
    );
    assert_eq!(status(&upr)?["revision"], after["revision"]);
    upr.run(&["sync", "--check"])?.expect_code(0)?;
    Ok(())
}

/// Warnings, and errors where the mode is strict.
#[test]
fn validate_tells_of_the_pairs_that_differ_in_case() -> Outcome {
    let (_directory, upr) = prepare(Roles::Left)?;
    upr.run(&["migrate"])?.expect_code(0)?;
    upr.run(&["sync"])?.expect_code(0)?;
    for (strict, code, said, silent) in [
        ("true", 1, "errors", "warnings"),
        ("false", 0, "warnings", "errors"),
    ] {
        let upr = upr.clone().with_variable("UPR_STRICT_MODE", strict);
        let report = upr
            .run(&["validate", "--json"])?
            .expect_code(code)?
            .json()?;
        assert_eq!(report["valid"], code == 0);
        let pairs = report[said].as_array().ok_or("no list")?;
        assert_eq!(pairs.len(), 5, "{pairs:#?}");
        for pair in pairs {
            let text = pair.as_str().ok_or("no text")?;
            assert!(text.contains("networkservices.httpfilters."), "{text}");
            assert!(text.contains("networkservices.httpFilters."), "{text}");
        }
        assert_eq!(report[silent], serde_json::json!([]));
    }
    Ok(())
}

fn status(upr: &Upr) -> Result<Value, Box<dyn Error>> {
    upr.run(&["status", "--json"])?.expect_code(0)?.json()
}

/// 2,461 roles of the code with their 164,407 members, and nothing on the second run.
#[test]
fn sync_sets_the_roles_of_the_code() -> Outcome {
    let (_directory, upr) = prepare(Roles::Managed)?;
    upr.run(&["migrate"])?.expect_code(0)?;
    let plan = upr.run(&["sync", "--json"])?.expect_code(0)?.json()?;
    assert_eq!(keys(&plan, "roles"), gcp::ROLES);
    let added: usize = plan["roles"]
        .as_array()
        .ok_or("no roles")?
        .iter()
        .map(|role| keys(role, "add"))
        .sum();
    assert_eq!(added, 164_407);
    let plan = upr.run(&["sync", "--json"])?.expect_code(0)?.json()?;
    assert_eq!(plan["changes"], 0);

    // And they mean what they say.
    upr.run(&["user", "create", "ada", "--role", "accessapproval.viewer"])?
        .expect_code(0)?;
    upr.run(&["check", "ada", "accessapproval.requests.get"])?
        .expect_code(0)?;
    upr.run(&["check", "ada", "accessapproval.requests.approve"])?
        .expect_code(1)?;
    Ok(())
}

/// Every command that only reads, over a store that nobody may write.
#[test]
fn reading_needs_no_right_to_write_and_creates_nothing() -> Outcome {
    let (directory, upr) = prepare(Roles::Left)?;
    // Google's pairs that differ in case are errors where the mode is strict.
    let upr = upr.with_variable("UPR_STRICT_MODE", "false");
    let reads: [(&[&str], i32); 6] = [
        (&["sync", "--dry-run"], 0),
        (&["sync", "--check"], 0),
        (&["validate"], 0),
        (&["status"], 0),
        (&["role", "list"], 0),
        (&["user", "list"], 0),
    ];
    upr.run(&["migrate"])?.expect_code(0)?;
    upr.run(&["sync"])?.expect_code(0)?;
    let files = list(directory.path())?;
    // The file alone cannot be written; then the directory neither.
    for mode in [0o755, 0o555] {
        let reader = Reader::new(directory.path(), &upr, mode)?;
        for (command, code) in reads {
            let ran = reader.run(command)?;
            assert_eq!(ran.code, Some(code), "{command:?}, {mode:o}: {ran:#?}");
        }
        // It is the same answer that a writer gets, and a change is refused with an error.
        let json = reader.run(&["status", "--json"])?.expect_code(0)?.json()?;
        assert_eq!(json["active_permissions"], gcp::PERMISSIONS);
        let ran = reader.run(&["user", "create", "eve"])?;
        assert_eq!(ran.code, Some(3), "{ran:#?}");
        assert!(ran.stderr.contains("read"), "{ran:#?}");
    }
    assert_eq!(
        list(directory.path())?,
        files,
        "nothing was made, changed or removed"
    );
    Ok(())
}

/// Runs commands as somebody who may read a directory and its files, and no more.
struct Reader<'a> {
    directory: &'a Path,
    upr: &'a Upr,
}

impl<'a> Reader<'a> {
    fn new(directory: &'a Path, upr: &'a Upr, mode: u32) -> std::io::Result<Self> {
        use std::os::unix::fs::PermissionsExt as _;
        for entry in fs::read_dir(directory)? {
            fs::set_permissions(entry?.path(), fs::Permissions::from_mode(0o444))?;
        }
        fs::set_permissions(directory, fs::Permissions::from_mode(mode))?;
        Ok(Self { directory, upr })
    }

    fn run(&self, arguments: &[&str]) -> std::io::Result<Ran> {
        use std::os::unix::process::CommandExt as _;
        let mut command = self.upr.command(arguments);
        // Whoever is root may write everywhere; `nobody` may not.
        if is_root()? {
            command.uid(65_534).gid(65_534);
        }
        Ran::of(command)
    }
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        use std::os::unix::fs::PermissionsExt as _;
        // So that the directory can be removed.
        let _ = fs::set_permissions(self.directory, fs::Permissions::from_mode(0o755));
    }
}

fn is_root() -> std::io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(fs::metadata("/proc/self")?.uid() == 0)
}

/// The names and contents of a directory's files.
fn list(directory: &Path) -> std::io::Result<Vec<(String, Vec<u8>)>> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        files.push((
            entry.file_name().to_string_lossy().into_owned(),
            fs::read(entry.path())?,
        ));
    }
    files.sort();
    Ok(files)
}

#[test]
fn a_store_that_is_not_there_is_not_made_by_reading() -> Outcome {
    let (directory, upr) = prepare(Roles::Left)?;
    let files = list(directory.path())?;
    for command in [
        &["sync", "--dry-run"][..],
        &["sync", "--check"],
        &["validate"],
        &["status"],
        &["role", "list"],
    ] {
        let ran = upr.run(command)?;
        assert!(matches!(ran.code, Some(1 | 3)), "{command:?}: {ran:#?}");
        assert!(ran.stderr.contains("upr migrate"), "{command:?}: {ran:#?}");
    }
    assert_eq!(list(directory.path())?, files);
    Ok(())
}

/// One applies; the others wait, see it done, and do nothing.
#[test]
fn eight_syncs_at_once_apply_once() -> Outcome {
    let (_directory, upr) = prepare(Roles::Left)?;
    upr.run(&["migrate"])?.expect_code(0)?;
    let revision = status(&upr)?["revision"].as_u64().ok_or("no revision")?;
    let children: Vec<Child> = (0..8)
        .map(|_| {
            let mut command = upr.command(&["sync", "--json"]);
            command
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
        })
        .collect::<Result<_, _>>()?;
    let mut applied = 0;
    for child in children {
        let ran = Ran::from(child.wait_with_output()?).expect_code(0)?;
        let plan = ran.json()?;
        if plan["applied"] == true {
            applied += 1;
            assert_eq!(keys(&plan, "create"), gcp::PERMISSIONS);
        } else {
            assert_eq!(plan["changes"], 0, "{ran:#?}");
        }
    }
    assert_eq!(applied, 1);
    let after = status(&upr)?;
    assert_eq!(after["active_permissions"], gcp::PERMISSIONS);
    assert_eq!(after["revision"], revision + 1);
    Ok(())
}

/// Killed at any moment, a sync leaves all or nothing, and the next one completes it.
#[test]
fn a_killed_sync_leaves_all_or_nothing() -> Outcome {
    let (_directory, upr) = prepare(Roles::Left)?;
    upr.run(&["migrate"])?.expect_code(0)?;
    let revision = status(&upr)?["revision"].clone();
    // One whole run elsewhere tells how long there is something to interrupt.
    let whole = {
        let (_directory, other) = prepare(Roles::Left)?;
        other.run(&["migrate"])?.expect_code(0)?;
        let start = Instant::now();
        other.run(&["sync"])?.expect_code(0)?;
        start.elapsed()
    };
    let mut interrupted = 0;
    for step in 1..10 {
        let mut command = upr.command(&["sync"]);
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()?;
        std::thread::sleep(whole * step / 10);
        child.kill()?;
        child.wait()?;
        let found = status(&upr)?;
        if found["active_permissions"] == gcp::PERMISSIONS {
            break;
        }
        assert_eq!(found["total_permissions"], 0, "after {step} tenths");
        assert_eq!(found["revision"], revision, "after {step} tenths");
        interrupted += 1;
    }
    assert!(interrupted > 0, "no run was interrupted in {whole:?}");
    upr.run(&["sync"])?.expect_code(0)?;
    assert_eq!(status(&upr)?["active_permissions"], gcp::PERMISSIONS);
    upr.run(&["sync", "--check"])?.expect_code(0)?;
    Ok(())
}

/// A plan of one key costs what reading the catalog costs, not what writing it all again would.
#[test]
fn one_new_key_is_one_create() -> Outcome {
    let (directory, upr) = prepare(Roles::Left)?;
    upr.run(&["migrate"])?.expect_code(0)?;
    upr.run(&["sync"])?.expect_code(0)?;
    let path = directory.path().join("gcp.json");
    let mut catalog: Value = serde_json::from_str(&fs::read_to_string(&path)?)?;
    let added = serde_json::json!({"key": "zebra", "permissions": [{"key": "zebra.feed"}]});
    catalog["modules"]
        .as_array_mut()
        .ok_or("no modules")?
        .push(added);
    fs::write(&path, catalog.to_string())?;
    let plan = upr.run(&["sync", "--json"])?.expect_code(0)?.json()?;
    assert_eq!(plan["create"], serde_json::json!(["zebra.feed"]));
    assert_eq!((keys(&plan, "update"), keys(&plan, "orphan")), (0, 0));

    // Half of Google's permissions gone is no decision, but a mistake.
    let modules = catalog["modules"].as_array_mut().ok_or("no modules")?;
    modules.truncate(gcp::MODULES / 3);
    fs::write(&path, catalog.to_string())?;
    let ran = upr.run(&["sync", "--json"])?.expect_code(1)?;
    let plan = ran.json()?;
    assert_eq!(plan["applied"], false, "{}", ran.stderr);
    assert_eq!(status(&upr)?["active_permissions"], gcp::PERMISSIONS + 1);
    Ok(())
}

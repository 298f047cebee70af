//! Stores that are not what they should be: each with a clear word and a way out, none changed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use crate::project::Project;

const READING: [&str; 5] = [
    "status",
    "validate",
    "sync --dry-run",
    "role list",
    "check 1 users.view",
];
const WRITING: [&str; 3] = ["sync", "user create 1", "role create lead"];

#[test]
fn addresses_that_name_no_store() {
    let project = Project::helpdesk();
    for (address, problem) in [
        ("upr.db", "neither with `sqlite:` nor with `postgres://`"),
        (
            "mysql://root:secret@host/db",
            "neither with `sqlite:` nor with `postgres://`",
        ),
        ("sqlite:", "names no file"),
        ("sqlite::memory:", "gone with the command"),
    ] {
        for line in READING.iter().chain(&WRITING).chain(&["migrate"]) {
            let ran = project
                .upr(&format!("{line} --database {address}"))
                .exits(2)
                .says(problem);
            assert!(
                ran.stderr.contains("--database"),
                "names where it stands: {ran:?}"
            );
            assert!(!ran.stderr.contains("secret"), "{ran:?}");
        }
    }
    project
        .upr_with(&[("DATABASE_URL", "mysql://host/db")], "status")
        .exits(2)
        .says("DATABASE_URL: ");
    project.write("upr.toml", "[default]\ndatabase = \"upr.db\"\n");
    project.upr("status").exits(2).says("upr.toml:2: ");
    project.upr("catalog").exits(0);
}

#[test]
fn postgresql_is_not_built_in_yet() {
    let project = Project::helpdesk();
    let ran = project
        .upr("status --database postgres://app:secret@host/db")
        .exits(3);
    assert!(
        ran.stderr.contains("PostgreSQL") && !ran.stderr.contains("secret"),
        "{ran:?}"
    );
}

#[test]
fn files_that_are_no_database() {
    let project = Project::helpdesk();
    project.write(
        "upr.db",
        "This is a letter to my grandmother, and it is long enough.".repeat(50),
    );
    let before = project.bytes();
    for line in READING.iter().chain(&WRITING).chain(&["migrate"]) {
        let ran = project.upr(line).exits(3).says("is not a database");
        assert_eq!(ran.stdout, "", "{line}");
        assert_eq!(
            project.upr(&format!("{line} --json")).exits(3).json()["error"]["code"],
            "not-a-database"
        );
    }
    assert_eq!(project.bytes(), before);
}

#[test]
fn folders_that_are_not_there() {
    let project = Project::helpdesk();
    for line in WRITING.iter().chain(&["migrate"]) {
        let code = project
            .upr(&format!("{line} --database sqlite:no/such/upr.db"))
            .code;
        assert!([1, 3].contains(&code), "{line}: {code}");
    }
    project
        .upr("migrate --database sqlite:no/such/upr.db")
        .exits(3)
        .says("no/such/upr.db");
    assert!(!project.path("no").exists());
}

/// Root may write to what is read-only; what is asserted here is that reading needs no more.
#[test]
fn a_read_only_store_can_be_read() {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    project.upr("sync").exits(0);
    project.upr("user create 1 --role auditor").exits(0);
    let file = project.path("upr.db");
    fs::set_permissions(&file, Permissions::from_mode(0o444)).unwrap();
    fs::set_permissions(project.path("."), Permissions::from_mode(0o555)).unwrap();
    let before = project.bytes();
    for line in READING {
        project.upr(line).exits(0);
    }
    assert_eq!(project.bytes(), before);
    let refused = project.upr("user create 2");
    fs::set_permissions(project.path("."), Permissions::from_mode(0o755)).unwrap();
    // Permissions do not hold root back.
    if refused.code != 0 {
        refused.exits(3).says("may only be read");
        assert_eq!(project.bytes(), before);
    }
}

#[test]
fn a_store_that_another_program_holds() {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    let holder = rusqlite::Connection::open(project.path("upr.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    for line in READING {
        let code = project.upr(line).code;
        assert!(
            [0, 1].contains(&code),
            "reading does not wait: {line}: {code}"
        );
    }
    project
        .upr("user create 1")
        .exits(3)
        .says("is locked by another program");
    holder.execute_batch("ROLLBACK").unwrap();
    project.upr("user create 1").exits(0);
}

#[test]
fn a_store_of_a_newer_program() {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    let newer = rusqlite::Connection::open(project.path("upr.db")).unwrap();
    newer
        .execute_batch(
            "UPDATE upr_meta SET value = '999' WHERE name IN ('schema_version', 'oldest_reader');
             PRAGMA wal_checkpoint(TRUNCATE);",
        )
        .unwrap();
    drop(newer);
    let before = project.bytes();
    for line in READING.iter().chain(&WRITING).chain(&["migrate"]) {
        project
            .upr(line)
            .exits(3)
            .says("schema version 999")
            .says("newer release");
    }
    assert_eq!(project.bytes(), before);
}

#[test]
fn a_truncated_store() {
    let project = Project::helpdesk();
    project.upr("migrate").exits(0);
    project.upr("sync").exits(0);
    let bytes = fs::read(project.path("upr.db")).unwrap();
    project.write("upr.db", &bytes[..bytes.len() / 3]);
    for line in READING {
        let ran = project.upr(line);
        assert!([1, 3].contains(&ran.code), "{line}: {ran:?}");
        assert!(ran.stderr.contains("upr.db"), "{line}: {ran:?}");
    }
}

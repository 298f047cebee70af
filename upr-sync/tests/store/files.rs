//! Files that are something else, damaged, locked, newer, or only to be read.

use std::fs;
use std::time::Duration;

use upr_core::Catalog;
use upr_sync::{Class, Database, Failure, Migrate, Mode, Store, StoreError, ValidateOptions};

use crate::fresh::{Fresh, ada, catalog, module, subject, sync};

fn two() -> Catalog {
    catalog("1.0.0", &module("users", &["view", "edit"]), "")
}

#[test]
fn a_file_that_is_no_database_is_left_alone() {
    for content in [
        "hello",
        "a text that is much longer than the head of any database file",
    ] {
        let fresh = Fresh::empty();
        fs::write(fresh.path(), content).unwrap();
        for mode in [Mode::Read, Mode::DryRun, Mode::Write, Mode::Create] {
            let error = Store::open(&fresh.database(), mode).unwrap_err();
            assert!(
                matches!(error, StoreError::NotADatabase { .. }),
                "{mode:?}: {error:?}"
            );
            assert_eq!(error.class(), Class::CouldNot);
            assert!(
                error.to_string().ends_with("upr.db` is not a database"),
                "{error}"
            );
        }
        assert_eq!(fs::read_to_string(fresh.path()).unwrap(), content);
        assert_eq!(fresh.files(), ["upr.db"]);
    }
}

#[test]
fn a_folder_or_a_missing_folder_cannot_be_opened() {
    let fresh = Fresh::empty();
    let folder = fresh.path().parent().unwrap().to_owned();
    for path in [
        folder.clone(),
        folder.join("no/upr.db"),
        folder.join("upr.db/below"),
    ] {
        for mode in [Mode::Read, Mode::Write, Mode::Create] {
            let error = Store::open(&Database::sqlite(&path), mode).unwrap_err();
            assert!(
                matches!(error, StoreError::Unreachable { .. }),
                "{mode:?} {error:?}"
            );
            assert_eq!((error.class(), error.hints().len()), (Class::CouldNot, 1));
        }
    }
    assert!(fresh.files().is_empty());
}

#[test]
fn nothing_there_is_no_schema_yet_and_only_migrate_makes_a_file() {
    let fresh = Fresh::empty();
    let error = Store::open(&fresh.database(), Mode::Write).unwrap_err();
    assert!(matches!(error, StoreError::NoSchema { .. }), "{error:?}");
    assert_eq!(
        (error.class(), error.hints()),
        (Class::No, vec!["run `upr migrate`".to_owned()])
    );
    let store = fresh.open(Mode::DryRun);
    assert_eq!(store.schema().unwrap().version, None);
    let error = store
        .plan(&two(), &upr_sync::SyncOptions::default())
        .unwrap_err();
    assert!(matches!(error, StoreError::NoSchema { .. }), "{error:?}");
    let would = store.migrate(&Migrate::new("test")).unwrap();
    assert_eq!(
        (would.applied, would.changes, would.from, would.to),
        (false, 1, 0, 1)
    );
    assert!(fresh.files().is_empty());
}

#[test]
fn an_empty_file_is_an_empty_store() {
    let fresh = Fresh::empty();
    fs::write(fresh.path(), "").unwrap();
    let error = fresh.open(Mode::Read).status(None).unwrap_err();
    assert!(matches!(error, StoreError::NoSchema { .. }), "{error:?}");
    assert!(
        fresh
            .open(Mode::Create)
            .migrate(&Migrate::new("test"))
            .unwrap()
            .applied
    );
}

#[test]
fn a_lock_that_is_not_released_is_named() {
    let (fresh, store) = Fresh::store();
    sync(&store, &two());
    let holder = rusqlite::Connection::open(fresh.path()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let patience = Duration::from_millis(50);
    let late = Store::open_patiently(&fresh.database(), Mode::Write, patience).unwrap();
    let user = upr_sync::NewUser::new(subject("42"));
    let error = late.user_create(&user, &ada()).unwrap_err();
    assert_eq!((error.code(), error.class()), ("locked", Class::CouldNot));
    // Readers do not wait for writers.
    assert_eq!(late.status(None).unwrap().total_permissions, 2);
    assert_eq!(
        fresh
            .open(Mode::Read)
            .status(None)
            .unwrap()
            .total_permissions,
        2
    );
    holder.execute_batch("ROLLBACK").unwrap();
    assert!(late.user_create(&user, &ada()).unwrap().applied);
}

#[test]
fn a_reader_sees_what_a_writer_commits_while_it_stays_open() {
    let (fresh, store) = Fresh::store();
    drop(store);
    let reader = fresh.open(Mode::Read);
    assert_eq!(reader.status(None).unwrap().total_permissions, 0);
    let writer = fresh.open(Mode::Write);
    sync(&writer, &two());
    // The change stands in the log only, and then in the file only.
    assert_eq!(reader.status(None).unwrap().total_permissions, 2);
    drop(writer);
    assert_eq!(reader.status(None).unwrap().total_permissions, 2);
    let writer = fresh.open(Mode::Write);
    sync(
        &writer,
        &catalog("2.0.0", &module("users", &["view", "edit", "delete"]), ""),
    );
    drop(writer);
    assert_eq!(reader.status(None).unwrap().total_permissions, 3);
}

#[test]
fn a_reader_never_lags_however_fast_others_write() {
    let (fresh, store) = Fresh::store();
    drop(store);
    let reader = fresh.open(Mode::Read);
    for number in 1..40 {
        let writer = fresh.open(Mode::Write);
        let user = upr_sync::NewUser::new(subject(&number.to_string()));
        writer.user_create(&user, &ada()).unwrap();
        // Half of the time what was written stands in the log, half of the time in the file.
        let writer = (number % 2 == 0).then_some(writer);
        assert_eq!(reader.status(None).unwrap().subjects, number);
        drop(writer);
        assert_eq!(reader.status(None).unwrap().subjects, number);
    }
}

#[test]
fn what_was_left_in_the_log_by_a_crash_is_read() {
    let (fresh, store) = Fresh::store();
    sync(&store, &two());
    // A copy of file and log is what a machine that lost its power has.
    let copy = Fresh::empty();
    for end in ["", "-wal"] {
        let name = |fresh: &Fresh| format!("{}{end}", fresh.path().display());
        fs::copy(name(&fresh), name(&copy)).unwrap();
    }
    assert_eq!(
        copy.open(Mode::Read)
            .status(None)
            .unwrap()
            .total_permissions,
        2
    );
    drop(store);
}

#[test]
#[cfg(unix)]
fn a_read_only_file_is_read_and_not_written() {
    let (fresh, store) = Fresh::store();
    sync(&store, &two());
    drop(store);
    let folder = fresh.path().parent().unwrap().to_owned();
    for (path, mode) in [(fresh.path(), 0o444), (folder.clone(), 0o555)] {
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(mode);
        fs::set_permissions(path, permissions).unwrap();
    }
    let is_root = fs::write(folder.join("probe"), "").is_ok();
    let store = fresh.open(Mode::DryRun);
    assert_eq!(store.status(None).unwrap().total_permissions, 2);
    assert!(
        store
            .validate(&two(), &ValidateOptions::default())
            .unwrap()
            .valid
    );
    let next = catalog("2.0.0", &module("users", &["view", "edit", "delete"]), "");
    assert_eq!(
        store
            .plan(&next, &upr_sync::SyncOptions::default())
            .unwrap()
            .changes,
        1
    );
    let user = upr_sync::NewUser::new(subject("42"));
    let would = store.user_create(&user, &ada()).unwrap();
    assert_eq!((would.applied, would.changes), (false, 1));
    // Root may write to whatever it likes.
    if !is_root {
        let error = Store::open(&fresh.database(), Mode::Write).unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
        assert_eq!(fresh.files(), ["upr.db"]);
    }
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(folder, permissions).unwrap();
}

#[test]
#[cfg(unix)]
fn a_log_that_cannot_be_read_is_named_and_never_left_out() {
    let (fresh, store) = Fresh::store();
    sync(&store, &two());
    let copy = Fresh::empty();
    for end in ["", "-wal"] {
        let name = |fresh: &Fresh| format!("{}{end}", fresh.path().display());
        fs::copy(name(&fresh), name(&copy)).unwrap();
    }
    let folder = copy.path().parent().unwrap().to_owned();
    let allow = |mode: u32| {
        fs::set_permissions(&folder, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
    };
    allow(0o555);
    let is_root = fs::write(folder.join("probe"), "").is_ok();
    let result = Store::open(&copy.database(), Mode::Read).and_then(|store| store.status(None));
    allow(0o755);
    match result {
        Ok(status) => assert_eq!((is_root, status.total_permissions), (true, 2)),
        Err(error) => assert!(error.to_string().contains("log (`-wal`)"), "{error}"),
    }
    drop(store);
}

#[test]
fn a_store_that_is_only_read_refuses_to_be_written() {
    let (fresh, _store) = Fresh::store();
    let reader = fresh.open(Mode::Read);
    let user = upr_sync::NewUser::new(subject("42"));
    let error = reader.user_create(&user, &ada()).unwrap_err();
    assert_eq!(error.code(), "opened-to-read");
}

#[test]
fn a_file_that_was_cut_off_is_damaged() {
    let (fresh, store) = Fresh::store();
    sync(&store, &two());
    drop(store);
    let whole = fs::read(fresh.path()).unwrap();
    fs::write(fresh.path(), &whole[..whole.len() / 2]).unwrap();
    for mode in [Mode::Read, Mode::Write] {
        let result = Store::open(&fresh.database(), mode).and_then(|store| store.facts());
        let error = result.unwrap_err();
        assert!(
            matches!(error, StoreError::Damaged { .. }),
            "{mode:?}: {error:?}"
        );
        assert_eq!(error.class(), Class::CouldNot);
    }
}

#[test]
fn rule_13_only_a_schema_that_cannot_be_read_is_refused() {
    let (fresh, store) = Fresh::store();
    sync(&store, &two());
    fresh.sql("UPDATE upr_meta SET value = '7' WHERE name = 'schema_version'");
    assert_eq!(store.status(None).unwrap().total_permissions, 2);
    assert!(!store.migrate(&Migrate::new("test")).unwrap().applied);
    fresh.sql("UPDATE upr_meta SET value = '2' WHERE name = 'oldest_reader'");
    let error = store.status(None).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::NewSchema {
                oldest_reader: 2,
                known: 1,
                ..
            }
        ),
        "{error:?}"
    );
    let error = store.migrate(&Migrate::new("test")).unwrap_err();
    assert!(matches!(error, StoreError::NewSchema { .. }), "{error:?}");
    fresh.sql(
        "UPDATE upr_meta SET value = '0' WHERE name = 'schema_version';
         UPDATE upr_meta SET value = '0' WHERE name = 'oldest_reader';",
    );
    let error = store.status(None).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::OldSchema {
                found: 0,
                needed: 1,
                ..
            }
        ),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::No);
}

#[test]
fn an_edited_migration_is_noticed() {
    let (fresh, store) = Fresh::store();
    fresh.sql("UPDATE upr_schema_history SET checksum = 'sha256:00'");
    let error = store.migrate(&Migrate::new("test")).unwrap_err();
    assert!(
        matches!(error, StoreError::ChangedMigration { version: 1, .. }),
        "{error:?}"
    );
}

#[test]
fn rows_that_nobody_of_ours_wrote_are_errors_that_name_them() {
    for (sql, named) in [
        (
            "UPDATE upr_permission SET key = 'no key' WHERE key = 'users.view'",
            "`no key` is no permission key",
        ),
        (
            "UPDATE upr_permission SET label = x'ff00' WHERE key = 'users.view'",
            "column `label`",
        ),
        (
            "DELETE FROM upr_meta WHERE name = 'revision'",
            "has no line `revision`",
        ),
        (
            "UPDATE upr_meta SET value = 'x' WHERE name = 'revision'",
            "`revision` in `upr_meta` is no number: `x`",
        ),
        (
            "UPDATE upr_meta SET value = 'x' WHERE name = 'newest_time'",
            "`newest_time` in `upr_meta`",
        ),
    ] {
        let (fresh, store) = Fresh::store();
        sync(&store, &two());
        fresh.sql(sql);
        let next = catalog("2.0.0", &module("users", &["view"]), "");
        let errors = [
            store
                .plan(&next, &upr_sync::SyncOptions::default())
                .unwrap_err(),
            store
                .sync(&next, &upr_sync::SyncOptions::default(), &ada())
                .unwrap_err(),
        ];
        for error in errors {
            assert!(
                matches!(error, StoreError::Content { .. }),
                "{sql}: {error:?}"
            );
            assert!(error.to_string().contains(named), "{sql}: {error}");
            assert_eq!(error.class(), Class::CouldNot);
        }
    }
}

#[test]
fn other_tables_in_the_same_file_are_never_touched() {
    let fresh = Fresh::empty();
    fresh.sql("CREATE TABLE auth_users (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO auth_users VALUES (1, 'ada')");
    let store = fresh.open(Mode::Create);
    store.migrate(&Migrate::new("test")).unwrap();
    sync(&store, &two());
    assert_eq!(fresh.ask("SELECT name FROM auth_users"), "ada");
}

#[test]
fn paths_may_hold_what_addresses_give_a_meaning() {
    let fresh = Fresh::empty();
    let path = fresh.path().with_file_name("a b%20#ü&c.db");
    let store = Store::open(&Database::sqlite(&path), Mode::Create).unwrap();
    store.migrate(&Migrate::new("test")).unwrap();
    sync(&store, &two());
    drop(store);
    let store = Store::open(&Database::sqlite(&path), Mode::Read).unwrap();
    assert_eq!(store.status(None).unwrap().total_permissions, 2);
    assert_eq!(fresh.files(), ["a b%20#ü&c.db"]);
}

#[test]
#[cfg(unix)]
fn a_file_put_in_the_place_of_another_is_noticed_by_all_who_have_it_open() {
    let (fresh, writer) = Fresh::store();
    sync(&writer, &two());
    let reader = fresh.open(Mode::Read);
    assert_eq!(reader.status(None).unwrap().total_permissions, 2);
    let (other, store) = Fresh::store();
    sync(&store, &catalog("1.0.0", &module("other", &["view"]), ""));
    drop(store);
    for end in ["-wal", "-shm"] {
        fs::remove_file(format!("{}{end}", fresh.path().display())).unwrap();
    }
    fs::rename(other.path(), fresh.path()).unwrap();
    assert_eq!(reader.status(None).unwrap().total_permissions, 1);
    writer
        .user_create(&upr_sync::NewUser::new(subject("42")), &ada())
        .unwrap();
    assert_eq!(fresh.open(Mode::Read).status(None).unwrap().subjects, 1);
    // Nothing is made where the file was.
    for file in fresh.files() {
        fs::remove_file(fresh.path().with_file_name(file)).unwrap();
    }
    let error = writer.user_activate(&subject("42"), &ada()).unwrap_err();
    assert_eq!(error.code(), "no-schema");
    assert!(fresh.files().is_empty());
}

//! Backups as files: what is in them, where they go, and what is refused (rule 41).

use std::fs;
use std::path::{Path, PathBuf};

use upr_core::Catalog;
use upr_sync::backup::{self, Reason, Taken};
use upr_sync::{Failure, Migrate, Mode, NewUser, Store, StoreError, SyncOptions};

use crate::fresh::{Fresh, ada, catalog, key, module, subject, sync};

/// A store with something in each table that people fill.
fn filled() -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    sync(&store, &first());
    for id in ["ada", "böb", "it's \"c\"\\"] {
        let mut user = NewUser::new(subject(id));
        user.roles = vec![crate::fresh::role("support")];
        store.user_create(&user, &ada()).unwrap();
    }
    (fresh, store)
}

fn first() -> Catalog {
    let modules = module("users", &["view", "edit", "delete"]);
    let roles = r#", "roles": [{"key": "support", "mode": "managed", "permissions": ["users.view", "users.edit"]}]"#;
    catalog("1.0.0", &modules, roles)
}

/// The managed role loses a member: somebody loses something.
fn less() -> Catalog {
    let modules = module("users", &["view", "edit", "delete"]);
    let roles =
        r#", "roles": [{"key": "support", "mode": "managed", "permissions": ["users.view"]}]"#;
    catalog("1.1.0", &modules, roles)
}

fn confirmed() -> SyncOptions {
    SyncOptions {
        expect_loss: Some(1),
        ..SyncOptions::default()
    }
}

fn folder(fresh: &Fresh) -> PathBuf {
    fresh.path().with_file_name("backups")
}

fn take(fresh: &Fresh, store: &Store) -> Taken {
    store
        .backup(&folder(fresh), Reason::Manual, &ada())
        .unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_backup_holds_every_row_and_says_what_it_is() {
    let (fresh, store) = filled();
    let taken = take(&fresh, &store);
    let verified = backup::verify(&taken.file).unwrap();
    assert_eq!(
        (&verified.sha256, verified.bytes),
        (&taken.sha256, taken.bytes)
    );
    let manifest = verified.manifest;
    assert_eq!((manifest.revision, manifest.schema), (5, 1));
    assert_eq!(manifest.environment, "test");
    assert_eq!(manifest.applications, ["app"]);
    assert_eq!(
        (manifest.reason.as_str(), manifest.by.as_str()),
        ("manual", "ada")
    );
    assert_eq!(manifest.head, store.trail().unwrap().head);
    assert_eq!(manifest.store, store.schema().unwrap().store_id);
    for table in &manifest.tables {
        let counted = fresh.ask(&format!("SELECT COUNT(*) FROM {}", table.table));
        assert_eq!(counted, table.rows.to_string(), "{}", table.table);
    }
    let bytes = fs::read(&taken.file).unwrap();
    assert_eq!(bytes.len() as u64, taken.bytes);
    let text = String::from_utf8(bytes).unwrap();
    assert_eq!(text.lines().count() as u64, taken.rows + 2);
    assert!(
        text.contains(r#"["ada","","",true,"hand","",false,3,3]"#),
        "{text}"
    );
}

#[cfg(unix)]
#[test]
fn a_backup_is_named_after_time_and_revision_and_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt;
    let (fresh, store) = filled();
    let store = store.with_clock(|| upr_core::Timestamp::from_micros(4_000_000_000_123_456));
    let (one, two) = (take(&fresh, &store), take(&fresh, &store));
    let names = names(&folder(&fresh));
    let expected = [
        "upr-20961002T070640Z-r5-2.uprbak",
        "upr-20961002T070640Z-r5.uprbak",
    ];
    assert_eq!(names, expected);
    assert!(two.file.ends_with(expected[0]) && one.file.ends_with(expected[1]));
    for file in [&one.file, &two.file] {
        let mode = fs::metadata(file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    let mode = fs::metadata(folder(&fresh)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

/// What stands in the file that is read is what was taken, or it is refused, and the place is named.
#[test]
fn a_backup_that_was_cut_off_or_changed_is_refused() {
    let (fresh, store) = filled();
    let taken = take(&fresh, &store);
    let whole = fs::read(&taken.file).unwrap();
    let file = folder(&fresh).join("changed.uprbak");
    let refused = |bytes: &[u8], what: &str| {
        fs::write(&file, bytes).unwrap();
        let error = backup::verify(&file).expect_err(what);
        // A digit of the schema's version that changed makes it one that is not known.
        let is_unknown = error.code() == "backup-schema";
        assert!(error.is_damaged() || is_unknown, "{what}: {error}");
        let exit = if is_unknown { 1 } else { 3 };
        assert_eq!(error.class().exit_code(), exit, "{what}: {error}");
        error.to_string()
    };
    let ends = (0..whole.len())
        .step_by(97)
        .chain(whole.len() - 200..whole.len());
    for end in ends {
        refused(&whole[..end], &format!("the first {end} bytes"));
    }
    for place in (0..whole.len()).step_by(13) {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        refused(&bytes, &format!("another byte {place}"));
    }
    assert!(refused(b"", "nothing").contains("it is empty"));
    assert!(refused(&fs::read(fresh.path()).unwrap(), "a database").contains("not a backup"));
    assert!(refused(b"{\"a\":1}\n", "JSON").contains("does not begin with a manifest"));
    let half = refused(&whole[..whole.len() / 2], "half of it");
    assert!(
        half.contains("line ") && half.contains("ends here"),
        "{half}"
    );
    let longer = [whole.as_slice(), b"\n"].concat();
    assert!(refused(&longer, "a line more").contains("behind the end"));
}

/// As they stand behind one another, lines that a correct sum covers are still read one by one.
#[test]
fn a_backup_with_the_right_sum_and_wrong_rows_is_refused() {
    let (fresh, store) = filled();
    let taken = take(&fresh, &store);
    let text = fs::read_to_string(&taken.file).unwrap();
    for (from, to, problem) in [
        (
            r#"["ada","","",true,"#,
            r#"["ada","","",1,"#,
            "`active` holds something else",
        ),
        (
            r#"["ada","","",true,"#,
            r#"["ada","",true,"#,
            "it has 8 columns instead of 9",
        ),
        ("\"schema\":1", "\"schema\":2", "schema version 2"),
        (
            "\"table\":\"upr_grant\"",
            "\"table\":\"auth_users\"",
            "not those of its schema",
        ),
    ] {
        let changed = text.replacen(from, to, 1);
        assert_ne!(changed, text);
        let (body, _) = changed.trim_end().rsplit_once('\n').unwrap();
        let body = format!("{body}\n");
        let sum: String = hex(&hmac_sha256::Hash::hash(body.as_bytes()));
        let last = format!("{{\"rows\":{},\"sha256\":\"{sum}\"}}\n", taken.rows);
        fs::write(&taken.file, format!("{body}{last}")).unwrap();
        let error = backup::verify(&taken.file).unwrap_err().to_string();
        assert!(error.contains(problem), "{error}");
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn rule_41_a_sync_that_takes_something_away_is_backed_up_first() {
    let (fresh, store) = filled();
    let store = store.with_backups(&folder(&fresh));
    let before = store.status(None).unwrap().revision;
    let plan = store.sync(&less(), &confirmed(), &ada()).unwrap();
    assert!(plan.applied);
    let file = plan.backup.unwrap();
    let verified = backup::verify(&file).unwrap();
    assert_eq!(verified.manifest.reason, "before-sync");
    assert_eq!(verified.manifest.revision, before);
    let rows = fs::read_to_string(&file).unwrap();
    assert!(rows.contains(r#"["support","permission","users.edit"]"#));
}

#[test]
fn what_only_adds_takes_no_backup() {
    let fresh = Fresh::empty();
    let store = fresh.open(Mode::Create).with_backups(&folder(&fresh));
    store.migrate(&Migrate::new("test")).unwrap();
    assert_eq!(sync(&store, &first()).backup, None);
    assert_eq!(sync(&store, &first()).backup, None);
    let more = catalog(
        "1.0.1",
        &format!(
            "{}, {}",
            module("tickets", &["view"]),
            module("users", &["view", "edit", "delete", "export"])
        ),
        r#", "roles": [{"key": "support", "mode": "managed", "permissions": ["users.view", "users.edit"]}]"#,
    );
    assert_eq!(sync(&store, &more).backup, None);
    assert!(!folder(&fresh).exists());
    // A label is something that is changed.
    let renamed = more.to_json().replace("\"Export\"", "\"Take away\"");
    let renamed = Catalog::from_json(&strip_fingerprint(&renamed)).unwrap();
    assert!(sync(&store, &renamed).backup.is_some());
}

fn strip_fingerprint(json: &str) -> String {
    json.lines()
        .filter(|line| !line.contains("\"fingerprint\""))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn rule_41_a_sync_whose_backup_cannot_be_written_changes_nothing() {
    let (fresh, store) = filled();
    let blocked = folder(&fresh);
    fs::write(&blocked, "a file where a folder should be").unwrap();
    let store = store.with_backups(&blocked);
    let revision = store.status(None).unwrap().revision;
    let error = store.sync(&less(), &confirmed(), &ada()).unwrap_err();
    assert!(matches!(error, StoreError::Backup(_)), "{error}");
    assert_eq!(error.class().exit_code(), 3);
    assert_eq!(store.status(None).unwrap().revision, revision);
    let decision = store
        .check(
            &subject("ada"),
            &key("users.edit"),
            &crate::fresh::scope(""),
        )
        .unwrap();
    assert!(decision.is_allowed());
    // Nobody else is in the way: what failed is not still locked.
    fs::remove_file(&blocked).unwrap();
    assert!(store.sync(&less(), &confirmed(), &ada()).unwrap().applied);
}

#[test]
fn rule_41_a_protected_store_loses_nothing_without_a_backup() {
    let fresh = Fresh::empty();
    let store = fresh.open(Mode::Create);
    store
        .migrate(&Migrate::new("test").protected(true))
        .unwrap();
    sync(&store, &first());
    let error = store.sync(&less(), &confirmed(), &ada()).unwrap_err();
    assert_eq!(error.code(), "backup-nowhere");
    let store = store.with_backups(&folder(&fresh));
    let plan = store.sync(&less(), &confirmed(), &ada()).unwrap();
    assert!(plan.applied && plan.backup.is_some());
}

#[test]
fn rule_41_pruning_keeps_the_newest_to_go_back_to() {
    let (fresh, store) = filled();
    let folder = folder(&fresh);
    let oldest = take(&fresh, &store).file;
    let manual = take(&fresh, &store).file;
    let safety: Vec<PathBuf> = (0..3)
        .map(|_| {
            let taken = store.backup(&folder, Reason::BeforeRestore, &ada());
            taken.unwrap().file
        })
        .collect();
    let (_other, other) = filled();
    let of_another = other.backup(&folder, Reason::Manual, &ada()).unwrap().file;
    let broken = folder.join("broken.uprbak");
    fs::write(&broken, "half").unwrap();
    fs::write(folder.join("notes.txt"), "mine").unwrap();

    let id = store.schema().unwrap().store_id;
    let would = backup::prune(&folder, &id, 2, false).unwrap();
    assert_eq!(names(&folder).len(), 8);
    let pruned = backup::prune(&folder, &id, 2, true).unwrap();
    assert_eq!(would, pruned);
    assert_eq!(
        pruned.kept,
        [&safety[2], &safety[1], &manual].map(Clone::clone)
    );
    assert_eq!(pruned.removed, [&safety[0], &oldest].map(Clone::clone));
    let found = backup::list(&folder).unwrap();
    assert_eq!(found.len(), 5);
    assert!(found.iter().any(|found| found.file == of_another));
    let last = found.last().unwrap();
    assert_eq!((&last.file, last.whole.is_none()), (&broken, true));
    assert!(names(&folder).contains(&"notes.txt".to_owned()));
}

#[test]
fn no_folder_is_an_empty_list() {
    let fresh = Fresh::empty();
    assert_eq!(backup::list(&folder(&fresh)).unwrap(), []);
}

#[test]
fn a_store_that_may_only_be_read_is_backed_up() {
    let (fresh, store) = filled();
    drop(store);
    let elsewhere = tempfile::tempdir().unwrap();
    let files = fresh.files();
    let store = fresh.open(Mode::Read);
    let taken = store
        .backup(elsewhere.path(), Reason::Manual, &ada())
        .unwrap();
    assert_eq!(backup::verify(&taken.file).unwrap().manifest.revision, 5);
    assert_eq!(fresh.files(), files);
    assert_eq!(names(elsewhere.path()).len(), 1);
}

//! Restoring a backup: what comes back, what stays away, and what is never touched (rules 17, 40).

use std::fs;
use std::path::{Path, PathBuf};

use upr::access::{Effect, GrantFact, Target};
use upr_core::Catalog;
use upr_sync::backup::{self, Reason, RestoreOptions, Restored};
use upr_sync::{Failure, Member, Migrate, Mode, NewUser, Revoke, Store, SyncOptions};

use crate::fresh::{Fresh, ada, catalog, catalog_of, key, module, role, scope, subject, sync};

fn first() -> Catalog {
    let modules = [
        module("users", &["view", "edit", "delete"]),
        module("tickets", &["view", "close"]),
    ];
    let roles = r#", "roles": [{"key": "support", "mode": "seeded", "permissions": ["users.view"], "modules": ["tickets"]}]"#;
    catalog("1.0.0", &modules.join(", "), roles)
}

/// Three subjects: ada and bob in support, bob may edit in acme, eve may delete until far away.
fn filled() -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    fill(&store);
    (fresh, store)
}

fn fill(store: &Store) {
    sync(store, &first());
    for id in ["ada", "bob", "eve"] {
        store
            .user_create(&NewUser::new(subject(id)), &ada())
            .unwrap();
    }
    for id in ["ada", "bob"] {
        give(store, id, Target::Role(role("support")), "", Effect::Allow);
    }
    give(
        store,
        "bob",
        permission("users.edit"),
        "acme",
        Effect::Allow,
    );
    let mut grant = fact("eve", permission("users.delete"), "", Effect::Allow);
    grant.expires_at = Some(upr_sync::time::parse("2090-01-01").unwrap());
    store.grant(&grant, &ada()).unwrap();
    store
        .role_create(&role("local"), Some("Local"), &[Member::All], &ada())
        .unwrap();
}

fn permission(text: &str) -> Target {
    Target::Permission(key(text))
}

fn fact(id: &str, target: Target, scope: &str, effect: Effect) -> GrantFact {
    GrantFact {
        subject: subject(id),
        target,
        scope: self::scope(scope),
        effect,
        expires_at: None,
    }
}

fn give(store: &Store, id: &str, target: Target, scope: &str, effect: Effect) {
    store
        .grant(&fact(id, target, scope, effect), &ada())
        .unwrap();
}

fn take(store: &Store, id: &str, target: Target, scope: &str) {
    let revoke = Revoke {
        subject: subject(id),
        target,
        scope: Some(self::scope(scope)),
        effect: Effect::Allow,
    };
    store.revoke(&revoke, &ada()).unwrap();
}

fn may(store: &Store, id: &str, permission: &str, scope: &str) -> bool {
    store
        .check(&subject(id), &key(permission), &self::scope(scope))
        .unwrap()
        .is_allowed()
}

fn folder(fresh: &Fresh) -> PathBuf {
    fresh.path().with_file_name("backups")
}

fn back_up(fresh: &Fresh, store: &Store) -> PathBuf {
    let taken = store.backup(&folder(fresh), Reason::Manual, &ada());
    taken.unwrap().file
}

fn exact() -> RestoreOptions {
    RestoreOptions {
        exact: true,
        ..RestoreOptions::default()
    }
}

fn restore(store: &Store, file: &Path, options: &RestoreOptions) -> Restored {
    let restored = store.restore(file, options, &ada()).unwrap();
    assert_eq!(store.trail().unwrap().broken, None);
    restored
}

/// Every row of a table as text, without the columns that say which change set wrote it.
fn rows(fresh: &Fresh, table: &str) -> String {
    let columns = match table {
        "upr_module" => "key, application, label, description",
        "upr_permission" => {
            "key, application, module, label, description, kind, critical, state, deprecated, \
             deprecation_message, replaced_by, retired_in, alias_of"
        }
        "upr_role" => "key, application, label, description, mode, state",
        "upr_subject" => "id, username, email, active, origin, deactivated_by, kept",
        "upr_grant" => "subject, role, permission, scope, effect, expires_at, reason, actor, at",
        _ => "role, kind, member",
    };
    let columns = columns.replace(", ", ", '|', ");
    let sql = format!(
        "SELECT group_concat(line, char(10)) FROM (SELECT concat({columns}) AS line FROM {table} ORDER BY line)"
    );
    fresh.ask(&sql)
}

const TABLES: [&str; 7] = [
    "upr_module",
    "upr_permission",
    "upr_role",
    "upr_role_permission",
    "upr_role_offer",
    "upr_subject",
    "upr_grant",
];

fn content(fresh: &Fresh) -> Vec<String> {
    TABLES.iter().map(|table| rows(fresh, table)).collect()
}

/// Much of what can happen to a store in a week.
fn a_week(store: &Store) {
    let modules = [
        module("users", &["view", "edit", "delete", "export"]),
        module("tickets", &["view", "close"]),
        module("reports", &["view"]),
    ];
    let roles = r#", "roles": [{"key": "support", "label": "First line", "mode": "seeded",
        "permissions": ["users.view", "users.export"], "modules": ["tickets"]}]"#;
    sync(store, &catalog("1.1.0", &modules.join(", "), roles));
    store
        .user_create(&NewUser::new(subject("new")), &ada())
        .unwrap();
    give(
        store,
        "new",
        Target::Role(role("support")),
        "",
        Effect::Allow,
    );
    give(store, "ada", permission("reports.view"), "", Effect::Allow);
    take(store, "bob", permission("users.edit"), "acme");
    give(store, "ada", permission("tickets.close"), "", Effect::Deny);
    store.user_deactivate(&subject("eve"), &ada()).unwrap();
    store
        .role_disallow(
            &role("support"),
            &[Member::Permission(key("users.view"))],
            &ada(),
        )
        .unwrap();
    store
        .role_create(&role("extra"), None, &[Member::All], &ada())
        .unwrap();
}

#[test]
fn an_exact_restore_is_the_identity_by_content() {
    let (fresh, store) = filled();
    let before = content(&fresh);
    let file = back_up(&fresh, &store);
    a_week(&store);
    let week = content(&fresh);
    let later = back_up(&fresh, &store);
    assert!(
        before
            .iter()
            .zip(&week)
            .all(|(before, week)| before != week)
    );

    let revision = store.status(None).unwrap().revision;
    let epoch = fresh.ask("SELECT value FROM upr_meta WHERE name = 'epoch'");
    let restored = restore(&store, &file, &exact());
    assert_eq!(content(&fresh), before);
    assert!(restored.outcome.applied && restored.own && !restored.adopted);
    assert_eq!(restored.outcome.revision, revision + 1);
    assert_ne!(
        fresh.ask("SELECT value FROM upr_meta WHERE name = 'epoch'"),
        epoch
    );
    assert_eq!(fresh.ask("PRAGMA integrity_check"), "ok");
    assert_eq!(
        fresh.ask("SELECT COUNT(*) FROM pragma_foreign_key_check"),
        "0"
    );

    // Once more there is nothing to do, and back again is as it was.
    let again = restore(&store, &file, &exact());
    assert_eq!((again.outcome.changes, again.outcome.applied), (0, false));
    assert_eq!(again.outcome.revision, revision + 1);
    let forth = restore(&store, &later, &exact());
    assert_eq!(content(&fresh), week);
    assert_eq!(forth.outcome.revision, revision + 2);
    // What it did can be read in the history.
    let items =
        "SELECT COUNT(*) FROM upr_change_item WHERE number = (SELECT MAX(number) FROM upr_change)";
    assert!(fresh.ask(items).parse::<u32>().unwrap() > 5);
    let action = "SELECT action FROM upr_change ORDER BY number DESC LIMIT 1";
    assert_eq!(fresh.ask(action), "restore");
}

#[test]
fn rule_40_what_was_taken_away_since_stays_away_unless_exact() {
    let (fresh, store) = filled();
    let file = back_up(&fresh, &store);
    a_week(&store);
    let restored = restore(&store, &file, &RestoreOptions::default());
    // Revoked, deactivated, denied since: it stays so.
    assert!(!may(&store, "bob", "users.edit", "acme"));
    assert!(!may(&store, "eve", "users.delete", ""));
    assert!(!may(&store, "ada", "tickets.close", ""));
    assert!(!may(&store, "ada", "users.view", ""));
    // Given since: it goes.
    assert!(!may(&store, "ada", "reports.view", ""));
    assert!(!may(&store, "new", "tickets.view", ""));
    // The rest is as it was.
    assert!(may(&store, "bob", "tickets.close", ""));
    assert_eq!(restored.again.revocations, 2);
    assert_eq!(
        (restored.again.denials, restored.again.deactivations),
        (1, 1)
    );
    assert_eq!(
        restore(&store, &file, &RestoreOptions::default())
            .outcome
            .changes,
        0
    );

    let restored = restore(&store, &file, &exact());
    assert!(may(&store, "bob", "users.edit", "acme"));
    assert!(may(&store, "eve", "users.delete", ""));
    assert!(may(&store, "ada", "tickets.close", ""));
    assert!(may(&store, "ada", "users.view", ""));
    assert_eq!(restored.again, backup::Again::default());
}

/// An end that came nearer is a revocation too.
#[test]
fn rule_40_an_earlier_end_stays() {
    let (fresh, store) = filled();
    let file = back_up(&fresh, &store);
    let mut sooner = fact("eve", permission("users.delete"), "", Effect::Allow);
    sooner.expires_at = Some(upr_sync::time::parse("2080-01-01").unwrap());
    store.grant(&sooner, &ada()).unwrap();
    let end = "SELECT substr(expires_at, 1, 4) FROM upr_grant WHERE subject = 'eve'";
    let restored = restore(&store, &file, &RestoreOptions::default());
    assert_eq!(
        (restored.again.revocations, fresh.ask(end)),
        (1, "2080".to_owned())
    );
    restore(&store, &file, &exact());
    assert_eq!(fresh.ask(end), "2090");
}

/// What a sync takes away it takes from keys; a restore to before it gives it back.
#[test]
fn what_a_sync_took_away_comes_back() {
    let (fresh, store) = filled();
    let store = store.with_backups(&folder(&fresh));
    let retired = r#", "retired": [{"key": "users.edit", "retired": "2.0.0"}]"#;
    let modules = [
        module("users", &["view", "delete"]),
        module("tickets", &["view", "close"]),
    ];
    let roles = r#", "roles": [{"key": "support", "mode": "seeded", "permissions": ["users.view"], "modules": ["tickets"]}]"#;
    let next = catalog("2.0.0", &modules.join(", "), &format!("{roles}{retired}"));
    let options = SyncOptions {
        revoke_retired: true,
        expect_loss: Some(1),
        ..SyncOptions::default()
    };
    let plan = store.sync(&next, &options, &ada()).unwrap();
    assert!(plan.applied, "{plan:#?}");
    assert!(!may(&store, "bob", "users.edit", "acme"));
    let restored = restore(&store, &plan.backup.unwrap(), &RestoreOptions::default());
    assert!(may(&store, "bob", "users.edit", "acme"));
    // And the present was saved before it went.
    let saved = backup::verify(&restored.backup.unwrap()).unwrap();
    assert_eq!(saved.manifest.reason, "before-restore");
    assert!(saved.manifest.is_safety());
    // The program of then finds what it declares, and the next one goes on.
    assert_eq!(sync(&store, &first()).changes, 0);
    assert!(store.sync(&next, &options, &ada()).unwrap().applied);
}

/// What the restore takes from a seeded role, the next sync offers again (rule 20).
#[test]
fn rule_20_what_a_person_removed_from_a_seeded_role_stays_removed() {
    let (fresh, store) = filled();
    let file = back_up(&fresh, &store);
    a_week(&store);
    restore(&store, &file, &RestoreOptions::default());
    let modules = [
        module("users", &["view", "edit", "delete", "export"]),
        module("tickets", &["view", "close"]),
    ];
    let roles = r#", "roles": [{"key": "support", "mode": "seeded",
        "permissions": ["users.view", "users.export"], "modules": ["tickets"]}]"#;
    sync(&store, &catalog("1.2.0", &modules.join(", "), roles));
    let held = rows(&fresh, "upr_role_permission");
    assert!(held.contains("support|permission|users.export"), "{held}");
    assert!(!held.contains("support|permission|users.view"), "{held}");
}

/// Moving to another database: an empty store takes everything, and goes on from there.
#[test]
fn an_empty_store_takes_everything_and_its_history() {
    let (fresh, store) = filled();
    a_week(&store);
    let file = back_up(&fresh, &store);
    let elsewhere = Fresh::empty();
    let other = elsewhere.open(Mode::Create);
    other.migrate(&Migrate::new("other")).unwrap();
    let id = other.schema().unwrap().store_id;

    let dry = elsewhere.open(Mode::DryRun);
    let would = dry.restore(&file, &exact(), &ada()).unwrap();
    assert!(!would.outcome.applied && would.adopted);
    let restored = restore(&other, &file, &RestoreOptions::default());
    assert_eq!(restored.outcome.changes, would.outcome.changes);
    assert_eq!(content(&elsewhere), content(&fresh));
    let revision = store.status(None).unwrap().revision;
    assert_eq!(restored.outcome.revision, revision + 1);
    for (table, columns) in [
        ("upr_change", "number, at, reason, after, hash"),
        ("upr_change_item", "number, item, before, after"),
        ("upr_sync_run", "run_id, number, version, plan"),
    ] {
        let sql = format!(
            "SELECT group_concat(line, char(10)) FROM (SELECT concat({columns}) AS line FROM {table} \
             WHERE number <= {revision} ORDER BY line)"
        );
        assert_eq!(elsewhere.ask(&sql), fresh.ask(&sql), "{table}");
    }
    let schema = other.schema().unwrap();
    assert_eq!(
        (schema.environment.as_str(), &schema.store_id),
        ("other", &id)
    );
    for (who, what, place) in [("ada", "tickets.close", ""), ("bob", "tickets.close", "")] {
        assert_eq!(may(&other, who, what, place), may(&store, who, what, place));
    }
    // A backup of the store it came from is of its own past.
    give(
        &other,
        "bob",
        permission("users.edit"),
        "acme",
        Effect::Allow,
    );
    assert!(restore(&other, &file, &exact()).own);
    // The next one is an ordinary one: it holds something by now.
    assert_eq!(elsewhere.ask("PRAGMA integrity_check"), "ok");
}

#[test]
fn rule_17_another_application_of_the_store_is_left_alone() {
    let (fresh, store) = filled();
    let billing = |version: &str, actions: &[&str]| {
        let modules = module("bills", actions);
        let roles = r#", "roles": [{"key": "clerk", "mode": "managed", "modules": ["bills"]}]"#;
        catalog_of("billing", version, &modules, roles)
    };
    sync(&store, &billing("1.0.0", &["view"]));
    let file = back_up(&fresh, &store);
    a_week(&store);
    sync(&store, &billing("1.1.0", &["view", "pay"]));
    give(
        &store,
        "ada",
        Target::Role(role("clerk")),
        "",
        Effect::Allow,
    );
    give(
        &store,
        "bob",
        Target::Role(role("local")),
        "",
        Effect::Allow,
    );

    let error = store.restore(&file, &exact(), &ada()).unwrap_err();
    assert_eq!(error.code(), "application-unnamed");
    let of = |name: &str| RestoreOptions {
        application: Some(name.to_owned()),
        ..exact()
    };
    let error = store.restore(&file, &of("shop"), &ada()).unwrap_err();
    assert_eq!(
        (error.code(), error.class().exit_code()),
        ("backup-application", 1)
    );

    let restored = restore(&store, &file, &of("app"));
    assert_eq!(restored.application.as_deref(), Some("app"));
    assert!(
        may(&store, "bob", "users.edit", "acme"),
        "revoked since, and given back"
    );
    assert!(!may(&store, "ada", "reports.view", ""));
    assert!(
        may(&store, "ada", "bills.pay", ""),
        "the other application's"
    );
    assert!(may(&store, "bob", "bills.view", ""), "a role of nobody's");
    let subjects = rows(&fresh, "upr_subject");
    assert!(
        subjects.contains("new|") && subjects.contains("eve|||0"),
        "{subjects}"
    );

    let all = RestoreOptions {
        all_applications: true,
        ..exact()
    };
    restore(&store, &file, &all);
    assert!(!may(&store, "ada", "bills.pay", "") && !may(&store, "bob", "bills.view", ""));
    assert!(!rows(&fresh, "upr_subject").contains("new|"));
}

/// A backup of another store is restored all the same; since when is told by its time.
#[test]
fn a_backup_of_another_store_is_restored_with_what_was_decided_here() {
    let (there, source) = filled();
    let (_here, store) = filled();
    take(&store, "ada", Target::Role(role("support")), "");
    let file = back_up(&there, &source);
    take(&store, "bob", Target::Role(role("support")), "");
    let restored = restore(&store, &file, &RestoreOptions::default());
    assert!(!restored.own);
    assert!(may(&store, "ada", "users.view", ""), "taken away before it");
    assert!(!may(&store, "bob", "users.view", ""), "taken away after it");
}

#[test]
fn a_dry_run_tells_the_same_and_writes_nothing() {
    let (fresh, store) = filled();
    let file = back_up(&fresh, &store);
    a_week(&store);
    drop(store);
    let before = fs::read(fresh.path()).unwrap();
    let files = fresh.files();
    let dry = fresh.open(Mode::DryRun);
    let would = dry.restore(&file, &exact(), &ada()).unwrap();
    assert!(!would.outcome.applied && would.outcome.changes > 0);
    assert!(
        would
            .facts
            .iter()
            .any(|fact| fact.kind == "grant" && fact.subject == "bob")
    );
    drop(dry);
    assert_eq!(fs::read(fresh.path()).unwrap(), before);
    assert_eq!(fresh.files(), files);
    let did = restore(&fresh.open(Mode::Write), &file, &exact());
    assert_eq!(did.outcome.changes, would.outcome.changes);
    assert_eq!((did.difference, did.facts), (would.difference, would.facts));
}

#[test]
fn a_file_that_is_no_whole_backup_touches_nothing() {
    let (fresh, store) = filled();
    let file = back_up(&fresh, &store);
    a_week(&store);
    let revision = store.status(None).unwrap().revision;
    let store = store.with_backups(&folder(&fresh));
    let whole = fs::read(&file).unwrap();
    let mut contents: Vec<Vec<u8>> = (0..whole.len())
        .step_by(1024)
        .map(|end| whole[..end].to_vec())
        .collect();
    contents.push(fs::read(fresh.path()).unwrap());
    let mut flipped = whole.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 4;
    contents.push(flipped);
    for content in contents {
        fs::write(&file, content).unwrap();
        let error = store.restore(&file, &exact(), &ada()).unwrap_err();
        assert_eq!(error.class().exit_code(), 3, "{error}");
    }
    fs::remove_file(&file).unwrap();
    let error = store.restore(&file, &exact(), &ada()).unwrap_err();
    assert_eq!(
        (error.code(), error.class().exit_code()),
        ("backup-unreadable", 3)
    );
    assert_eq!(store.status(None).unwrap().revision, revision);
    assert_eq!(backup::list(&folder(&fresh)).unwrap(), []);
}

#[test]
fn rule_41_a_restore_whose_present_cannot_be_saved_changes_nothing() {
    let (fresh, store) = filled();
    let file = back_up(&fresh, &store);
    a_week(&store);
    let content_before = content(&fresh);
    let blocked = fresh.path().with_file_name("blocked");
    fs::write(&blocked, "").unwrap();
    let store = store.with_backups(&blocked);
    let error = store.restore(&file, &exact(), &ada()).unwrap_err();
    assert_eq!(error.code(), "backup-unwritable");
    assert_eq!(content(&fresh), content_before);
    // And the connection is as good as new.
    let store = store.with_backups(&folder(&fresh));
    assert!(restore(&store, &file, &exact()).outcome.applied);
}

/// More facts than are held in memory at once are one change set all the same.
#[test]
fn a_restore_of_thousands_is_one_change_set() {
    let (fresh, store) = filled();
    let file = back_up(&fresh, &store);
    fresh.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4321) \
         INSERT INTO upr_grant (subject, role, permission, scope, effect, actor, at, revision) \
         SELECT 'ada', '', 'users.view', 's' || i, 'allow', 'sql', '2026-01-01T00:00:00.000000Z', 1 FROM n",
    );
    let restored = restore(&store, &file, &exact());
    assert_eq!(restored.outcome.changes, 4321);
    let number = restored.outcome.revision;
    let items = format!(
        "SELECT concat(COUNT(*), ' ', MIN(item), ' ', MAX(item)) FROM upr_change_item WHERE number = {number}"
    );
    assert_eq!(fresh.ask(&items), "4321 1 4321");
    let row = format!("SELECT items FROM upr_change WHERE number = {number}");
    assert_eq!(fresh.ask(&row), "4321");
}

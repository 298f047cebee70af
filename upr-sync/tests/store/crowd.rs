//! Many at once, and some that are killed.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use upr_core::Catalog;
use upr_sync::{Database, MassLoss, Migrate, Mode, Store, SyncOptions};

use crate::fresh::{Fresh, ada, catalog, module};

const JOB: &str = "UPR_TEST_JOB";
const FILE: &str = "UPR_TEST_FILE";

/// What a process of its own does; the tests below start it.
#[test]
#[ignore = "started by other tests, in a process of its own"]
fn worker() {
    let file = std::env::var(FILE).unwrap();
    let database = Database::sqlite(file);
    match std::env::var(JOB).unwrap().as_str() {
        "migrate" => {
            let store = Store::open(&database, Mode::Create).unwrap();
            println!(
                "applied={}",
                store.migrate(&Migrate::new("test")).unwrap().applied
            );
        }
        "sync" => {
            let store = Store::open(&database, Mode::Write).unwrap();
            let plan = store
                .sync(&large(1), &SyncOptions::default(), &ada())
                .unwrap();
            println!("applied={}", plan.applied);
        }
        "alternate" => {
            let store = Store::open(&database, Mode::Write).unwrap();
            let options = lenient();
            for round in 0.. {
                let plan = store.sync(&large(round % 2), &options, &ada()).unwrap();
                assert_eq!(plan.refused, []);
                println!("synced={round}");
            }
        }
        "migrate and sync" => {
            let store = Store::open(&database, Mode::Create).unwrap();
            store.migrate(&Migrate::new("test")).unwrap();
            store
                .sync(&large(0), &SyncOptions::default(), &ada())
                .unwrap();
        }
        other => panic!("{other}"),
    }
}

fn start(fresh: &Fresh, job: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crowd::worker", "--ignored", "--nocapture"])
        .env(JOB, job)
        .env(FILE, fresh.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Two catalogs that differ in many ways.
fn large(variant: usize) -> Catalog {
    let actions: Vec<String> = (0..20 + variant).map(|n| format!("do_{n}")).collect();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let modules: Vec<String> = (0..40 + variant)
        .map(|n| module(&format!("m{n}"), &actions))
        .collect();
    let roles = format!(
        r#", "roles": [{{"key": "r", "label": "Role {variant}", "mode": "managed", "modules": ["m{variant}"]}}]"#
    );
    catalog("1.0.0", &modules.join(", "), &roles)
}

fn lenient() -> SyncOptions {
    SyncOptions {
        allow_breaking: true,
        allow_older: true,
        // The one member of the role is exchanged for another, and keys may go as they like.
        expect_loss: Some(1),
        mass_loss: MassLoss {
            keys: u32::MAX,
            percent: 100,
        },
        ..SyncOptions::default()
    }
}

/// How many of eight processes say that they did it.
fn eight(fresh: &Fresh, job: &str) -> usize {
    let children: Vec<Child> = (0..8).map(|_| start(fresh, job)).collect();
    let mut applied = 0;
    for child in children {
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(
            output.status.success(),
            "{said} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        applied += usize::from(said.contains("applied=true"));
    }
    applied
}

#[test]
fn of_eight_migrates_and_eight_syncs_at_once_one_applies() {
    let fresh = Fresh::empty();
    assert_eq!(eight(&fresh, "migrate"), 1);
    assert_eq!(eight(&fresh, "sync"), 1);
    assert_eq!(fresh.ask("PRAGMA integrity_check"), "ok");
    assert_eq!(fresh.ask("SELECT COUNT(*) FROM upr_schema_history"), "1");
    assert_eq!(fresh.ask("SELECT COUNT(*) FROM upr_sync_run"), "1");
    assert_eq!(
        fresh.ask("SELECT value FROM upr_meta WHERE name = 'revision'"),
        "2"
    );
}

#[test]
fn threads_that_share_a_store_take_turns() {
    let (_fresh, store) = Fresh::store();
    thread::scope(|scope| {
        for number in 0..8 {
            let store = &store;
            scope.spawn(move || {
                let id = crate::fresh::subject(&format!("user-{number}"));
                store
                    .user_create(&upr_sync::NewUser::new(id), &ada())
                    .unwrap();
            });
        }
    });
    assert_eq!(store.status(None).unwrap().subjects, 8);
    assert_eq!(store.status(None).unwrap().revision, 9);
}

/// A process that is killed leaves the state before or the state after, and the trail is whole.
#[test]
fn a_sync_that_is_killed_leaves_before_or_after() {
    let (fresh, store) = Fresh::store();
    store.sync(&large(0), &lenient(), &ada()).unwrap();
    drop(store);
    let mut seen = [0; 2];
    for round in 0_u64..50 {
        let mut child = start(&fresh, "alternate");
        // Sometimes after one sync, sometimes after more, and at any moment of the next.
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut syncs = 0;
        while syncs <= round % 3 {
            let mut line = String::new();
            if said.read_line(&mut line).unwrap() == 0 {
                let output = child.wait_with_output().unwrap();
                panic!(
                    "it ended by itself: {}",
                    String::from_utf8_lossy(&output.stderr)
                );
            }
            syncs += u64::from(line.contains("synced="));
        }
        thread::sleep(Duration::from_millis(round * 7 % 20));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = fresh.open(Mode::Write);
        let changes =
            [0, 1].map(|variant| store.plan(&large(variant), &lenient()).unwrap().changes);
        let state = changes.iter().position(|changes| *changes == 0);
        seen[state.unwrap_or_else(|| panic!("half a sync: {changes:?}"))] += 1;
        assert_eq!(store.trail().unwrap().broken, None);
    }
    assert_eq!(fresh.ask("PRAGMA integrity_check"), "ok");
    assert!(
        seen.iter().all(|count| *count > 0),
        "both outcomes were to be seen: {seen:?}"
    );
}

#[test]
fn a_migration_that_is_killed_leaves_before_or_after() {
    for round in 0_u64..30 {
        let fresh = Fresh::empty();
        let mut child = start(&fresh, "migrate and sync");
        thread::sleep(Duration::from_millis(round));
        child.kill().unwrap();
        child.wait().unwrap();
        let store = fresh.open(Mode::Create);
        let version = store.schema().unwrap().version;
        assert!(matches!(version, None | Some(1)), "{version:?}");
        assert_eq!(
            store.migrate(&Migrate::new("test")).unwrap().applied,
            version.is_none()
        );
        let changes = store
            .sync(&large(0), &SyncOptions::default(), &ada())
            .unwrap()
            .changes;
        // All of them, or the none that are left.
        assert!([0, 801].contains(&changes), "{changes}");
        assert_eq!(fresh.ask("PRAGMA integrity_check"), "ok");
    }
}

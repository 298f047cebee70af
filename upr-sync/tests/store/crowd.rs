//! Many at once, and some that are killed.
//!
//! `UPR_TEST_KILLS` says how many processes of each kind are killed; CI sets 200. Without it there
//! are fewer, spread over the same moments, and enough to see both outcomes.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use upr_core::Catalog;
use upr_sync::backup::{self, Reason, RestoreOptions};
use upr_sync::{Database, MassLoss, Migrate, Mode, NewUser, Store, SyncOptions};

use crate::fresh::{Fresh, ada, catalog, module, subject};

const JOB: &str = "UPR_TEST_JOB";
const FILE: &str = "UPR_TEST_FILE";
const KILLS: &str = "UPR_TEST_KILLS";

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
            println!("ready");
            let store = Store::open(&database, Mode::Create).unwrap();
            store.migrate(&Migrate::new("test")).unwrap();
            println!("migrated");
            store
                .sync(&large(0), &SyncOptions::default(), &ada())
                .unwrap();
            println!("synced");
        }
        "restore" => {
            let folder = backups(database.path().unwrap());
            let open = || Store::open(&database, Mode::Write).unwrap();
            // Each round adds to the history that a backup holds, so only some take one.
            let stores = [open(), open().with_backups(&folder.join("before"))];
            for round in 0.. {
                let file = folder.join(["small", "large"][round % 2]);
                let store = &stores[usize::from(round % 4 == 1)];
                store.restore(&file, &exact(), &ada()).unwrap();
                println!("restored={round}");
            }
        }
        "restore into nothing" => {
            let folder = backups(database.path().unwrap());
            let store = Store::open(&database, Mode::Create).unwrap();
            store.migrate(&Migrate::new("test")).unwrap();
            println!("ready");
            let file = folder.with_file_name("large");
            store.restore(&file, &exact(), &ada()).unwrap();
            println!("restored");
        }
        "back up and restore" => {
            let folder = backups(database.path().unwrap());
            let store = Store::open(&database, Mode::Write).unwrap();
            let full = store.backup(&folder, Reason::Manual, &ada()).unwrap();
            for file in [folder.join("small"), full.file.clone()] {
                let restored = store.restore(&file, &exact(), &ada()).unwrap();
                println!("changes={}", restored.outcome.changes);
            }
            let other = Database::sqlite(folder.join("other.db"));
            let other = Store::open(&other, Mode::Create).unwrap();
            other.migrate(&Migrate::new("test")).unwrap();
            assert!(other.restore(&full.file, &exact(), &ada()).unwrap().adopted);
            #[cfg(target_os = "linux")]
            println!("{}", std::fs::read_to_string("/proc/self/status").unwrap());
        }
        other => panic!("{other}"),
    }
}

fn backups(file: &Path) -> PathBuf {
    file.with_file_name("backups")
}

fn exact() -> RestoreOptions {
    RestoreOptions {
        exact: true,
        ..RestoreOptions::default()
    }
}

/// A backup under a name that tests know.
fn back_up(fresh: &Fresh, store: &Store, name: &str) -> PathBuf {
    let folder = backups(&fresh.path());
    let taken = store.backup(&folder, Reason::Manual, &ada()).unwrap();
    let file = folder.join(name);
    std::fs::rename(taken.file, &file).unwrap();
    file
}

/// Lets `user` have the first permission in so many scopes.
fn give(fresh: &Fresh, number: u32) {
    fresh.sql(&format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {number}) \
         INSERT INTO upr_grant (subject, role, permission, scope, effect, actor, at, revision) \
         SELECT 'user', '', 'm0.do_0', 'scope-' || i, 'allow', 'sql', '2026-01-01T00:00:00.000000Z', 1 FROM n"
    ));
}

/// Two backups of one store: `small`, and `large` with other permissions and so many grants.
fn two_backups(fresh: &Fresh, store: &Store, number: u32) -> [PathBuf; 2] {
    store.sync(&sized(0, 4, 5), &lenient(), &ada()).unwrap();
    store
        .user_create(&NewUser::new(subject("user")), &ada())
        .unwrap();
    let small = back_up(fresh, store, "small");
    store.sync(&sized(1, 4, 5), &lenient(), &ada()).unwrap();
    give(fresh, number);
    [small, back_up(fresh, store, "large")]
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

/// Rule 40 is one transaction: whoever dies in it leaves what was, or what was to be.
#[test]
fn a_restore_that_is_killed_leaves_before_or_after() {
    let (fresh, store) = Fresh::store();
    let files = two_backups(&fresh, &store, 100);
    drop(store);
    let mut seen = [0; 2];
    let mut span = Duration::ZERO;
    let mut saved = 0;
    for round in 0..kills(24) {
        // A history that grows would make each round slower than the one before.
        let place = Fresh::empty();
        std::fs::copy(fresh.path(), place.path()).unwrap();
        std::fs::create_dir(backups(&place.path())).unwrap();
        for file in &files {
            let name = file.file_name().unwrap();
            std::fs::copy(file, backups(&place.path()).join(name)).unwrap();
        }
        let mut child = start(&place, "restore");
        let mut said = BufReader::new(child.stdout.take().unwrap());
        hear(&mut said, "restored=", 1);
        let began = Instant::now();
        hear(&mut said, "restored=", 1 + round % 2);
        span = span.max(began.elapsed() / (1 + round % 2));
        thread::sleep(moment(round, span));
        kill(child);
        let store = place.open(Mode::DryRun);
        let changes = files.each_ref().map(|file| {
            let would = store.restore(file, &exact(), &ada()).unwrap();
            would.outcome.changes
        });
        let state = changes.iter().position(|changes| *changes == 0);
        seen[state.unwrap_or_else(|| panic!("half a restore: {changes:?}"))] += 1;
        assert_eq!(store.trail().unwrap().broken, None);
        assert_eq!(place.ask("PRAGMA integrity_check"), "ok");
        assert_eq!(
            place.ask("SELECT COUNT(*) FROM pragma_foreign_key_check"),
            "0"
        );
        // Whatever has the name of a backup is a whole one.
        let found = backup::list(&backups(&place.path()).join("before")).unwrap();
        assert!(found.iter().all(|found| found.whole.is_some()));
        saved += found.len();
    }
    assert!(
        seen.iter().all(|count| *count > 0) && saved > 0,
        "both outcomes were to be seen: {seen:?}, {saved}"
    );
}

#[test]
fn a_restore_into_nothing_that_is_killed_leaves_nothing_or_everything() {
    let (fresh, store) = Fresh::store();
    let [_, file] = two_backups(&fresh, &store, 100);
    drop(store);
    let mut seen = [0; 2];
    let mut span = None;
    for round in 0..=kills(24) {
        let place = Fresh::empty();
        std::fs::copy(&file, place.path().with_file_name("large")).unwrap();
        let mut child = start(&place, "restore into nothing");
        let mut said = BufReader::new(child.stdout.take().unwrap());
        hear(&mut said, "ready", 1);
        let began = Instant::now();
        match span {
            // How long it takes is measured once.
            None => {
                hear(&mut said, "restored", 1);
                span = Some(began.elapsed() * 2);
            }
            Some(span) => thread::sleep(moment(round, span)),
        }
        kill(child);
        let grants: u32 = place.ask("SELECT COUNT(*) FROM upr_grant").parse().unwrap();
        let permissions = place.ask("SELECT COUNT(*) FROM upr_permission");
        assert!(
            [(0, "0"), (100, "30")].contains(&(grants, permissions.as_str())),
            "{grants} {permissions}"
        );
        seen[usize::from(grants > 0)] += 1;
        let store = place.open(Mode::Write);
        assert_eq!(store.trail().unwrap().broken, None);
        assert_eq!(place.ask("PRAGMA integrity_check"), "ok");
        let restored = store.restore(&file, &exact(), &ada()).unwrap();
        assert_eq!(restored.outcome.applied, grants == 0);
    }
    assert!(
        seen.iter().all(|count| *count > 0),
        "both outcomes were to be seen: {seen:?}"
    );
}

/// Ten times the grants, and the same memory: rows go through it, and do not stay.
#[cfg(target_os = "linux")]
#[test]
fn memory_does_not_grow_with_the_store() {
    let peak = |number: u32| {
        let (fresh, store) = Fresh::store();
        two_backups(&fresh, &store, number);
        drop(store);
        let output = start(&fresh, "back up and restore")
            .wait_with_output()
            .unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let line = said
            .lines()
            .find(|line| line.starts_with("VmHWM:"))
            .unwrap();
        line.split_whitespace()
            .nth(1)
            .unwrap()
            .parse::<u64>()
            .unwrap()
    };
    let (few, many) = (peak(5_000), peak(50_000));
    // The grants alone are some 15 MB as values in memory.
    assert!(many < few + 6_000, "{few} kB, then {many} kB");
}

/// Two catalogs that differ in many ways.
fn large(variant: usize) -> Catalog {
    sized(variant, 40, 20)
}

fn sized(variant: usize, modules: usize, actions: usize) -> Catalog {
    let actions: Vec<String> = (0..actions + variant).map(|n| format!("do_{n}")).collect();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let modules: Vec<String> = (0..modules + variant)
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
                let id = subject(&format!("user-{number}"));
                store.user_create(&NewUser::new(id), &ada()).unwrap();
            });
        }
    });
    assert_eq!(store.status(None).unwrap().subjects, 8);
    assert_eq!(store.status(None).unwrap().revision, 9);
}

/// A follower that has seen a revision has seen everything that was written up to it: numbers are
/// taken in the order in which they are committed, also by processes that know nothing of each other.
#[test]
fn rule_25_numbers_are_taken_in_the_order_in_which_they_are_committed() {
    const WRITERS: u64 = 4;
    const EACH: u64 = 8;
    let (fresh, store) = Fresh::store();
    let began = store.status(None).unwrap();
    let last = began.revision + WRITERS * EACH;
    thread::scope(|scope| {
        for writer in 0..WRITERS {
            let own = fresh.open(Mode::Write);
            scope.spawn(move || {
                for number in 0..EACH {
                    let id = subject(&format!("user-{writer}-{number}"));
                    own.user_create(&NewUser::new(id), &ada()).unwrap();
                }
            });
        }
        let deadline = Instant::now() + Duration::from_secs(60);
        loop {
            let facts = store.facts().unwrap();
            let seen = facts.revision - began.revision;
            assert_eq!(facts.subjects.len() as u64, seen);
            if facts.revision == last {
                break;
            }
            assert!(Instant::now() < deadline, "{seen} of {}", WRITERS * EACH);
        }
    });
    let numbers =
        "SELECT COUNT(DISTINCT number) || ' ' || MIN(number) || ' ' || MAX(number) FROM upr_change";
    assert_eq!(fresh.ask(numbers), format!("{last} 1 {last}"));
    assert_eq!(store.trail().unwrap().broken, None);
}

/// How many processes of a kind are killed: as CI says, else as many as leave the tests quick.
fn kills(quick: u32) -> u32 {
    std::env::var(KILLS).map_or(quick, |kills| kills.parse().unwrap())
}

/// Moments that fill a span evenly, whatever their number: steps of the golden ratio.
fn moment(round: u32, span: Duration) -> Duration {
    span.mul_f64((f64::from(round) * 0.618_033_988_749_895).fract())
}

/// Waits until a process has said `word` so many times.
fn hear(said: &mut BufReader<ChildStdout>, word: &str, times: u32) {
    let mut heard = 0;
    while heard < times {
        let mut line = String::new();
        let read = said.read_line(&mut line).unwrap();
        assert!(read > 0, "it ended before it said `{word}`");
        heard += u32::from(line.contains(word));
    }
}

fn kill(mut child: Child) {
    child.kill().unwrap();
    child.wait().unwrap();
}

/// A process that is killed leaves the state before or the state after, and the trail is whole.
#[test]
fn a_sync_that_is_killed_leaves_before_or_after() {
    let (fresh, store) = Fresh::store();
    store.sync(&large(0), &lenient(), &ada()).unwrap();
    drop(store);
    let mut seen = [0; 2];
    let mut span = Duration::ZERO;
    for round in 0..kills(24) {
        let mut child = start(&fresh, "alternate");
        let mut said = BufReader::new(child.stdout.take().unwrap());
        // Sometimes after one sync, sometimes after more, and at any moment of the next.
        hear(&mut said, "synced=", 1);
        let began = Instant::now();
        hear(&mut said, "synced=", 1 + round % 2);
        span = span.max(began.elapsed() / (1 + round % 2));
        thread::sleep(moment(round, span));
        kill(child);
        let store = fresh.open(Mode::Write);
        let changes =
            [0, 1].map(|variant| store.plan(&large(variant), &lenient()).unwrap().changes);
        let state = changes.iter().position(|changes| *changes == 0);
        seen[state.unwrap_or_else(|| panic!("half a sync: {changes:?}"))] += 1;
        assert_eq!(store.trail().unwrap().broken, None);
        assert_eq!(fresh.ask("PRAGMA integrity_check"), "ok");
    }
    assert!(
        seen.iter().all(|count| *count > 0),
        "both outcomes were to be seen: {seen:?}"
    );
}

#[test]
fn a_migration_that_is_killed_leaves_before_or_after() {
    // How long it takes is measured once, so that the kills fall before, into and after it.
    let whole = Fresh::empty();
    let mut child = start(&whole, "migrate and sync");
    let mut said = BufReader::new(child.stdout.take().unwrap());
    hear(&mut said, "ready", 1);
    let began = Instant::now();
    hear(&mut said, "migrated", 1);
    let span = began.elapsed() * 2;
    hear(&mut said, "synced", 1);
    kill(child);
    let mut seen = [0; 2];
    for round in 0..kills(24) {
        let fresh = Fresh::empty();
        let mut child = start(&fresh, "migrate and sync");
        hear(
            &mut BufReader::new(child.stdout.take().unwrap()),
            "ready",
            1,
        );
        thread::sleep(moment(round, span));
        kill(child);
        let store = fresh.open(Mode::Create);
        let version = store.schema().unwrap().version;
        assert!(matches!(version, None | Some(1)), "{version:?}");
        seen[usize::from(version.is_some())] += 1;
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
        assert_eq!(store.trail().unwrap().broken, None);
        assert_eq!(fresh.ask("PRAGMA integrity_check"), "ok");
    }
    assert!(
        seen.iter().all(|count| *count > 0),
        "both outcomes were to be seen: {seen:?}"
    );
}

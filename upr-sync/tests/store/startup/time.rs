//! `startup_timeout`: locks that nobody releases, and work that takes too long.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use upr_sync::{Class, Failure, StartupError, Step};

use super::{revision, settings, start, users};
use crate::fresh::{Fresh, sync};

const FILE: &str = "UPR_TEST_FILE";
const SQL: &str = "UPR_TEST_SQL";

/// Takes a lock and hangs; the tests below start it in a process of its own.
#[test]
#[ignore = "started by other tests, in a process of its own"]
fn holder() {
    let file = std::env::var(FILE).unwrap();
    let connection = rusqlite::Connection::open(file).unwrap();
    connection
        .execute_batch(&std::env::var(SQL).unwrap())
        .unwrap();
    println!("held");
    std::thread::sleep(Duration::from_secs(600));
}

/// A process that holds a lock until it is killed.
struct Holder(Child);

impl Holder {
    fn start(fresh: &Fresh, sql: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "startup::time::holder",
                "--ignored",
                "--nocapture",
            ])
            .env(FILE, fresh.path())
            .env(SQL, sql)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let said = lines
            .map_while(Result::ok)
            .any(|line| line.contains("held"));
        assert!(said, "the lock was not taken");
        Self(child)
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

#[test]
fn rule_12_a_lock_that_nobody_releases_ends_the_start_in_time() {
    let limit = Duration::from_millis(400);
    for (sql, auto_sync, step) in [
        // A writer that hangs: readers are not held up, `auto_sync` is.
        (
            "BEGIN IMMEDIATE; CREATE TABLE other (id)",
            true,
            Step::Syncing,
        ),
        // One that lets nobody read either: what it wrote stands in the log.
        (
            "PRAGMA locking_mode = EXCLUSIVE; CREATE TABLE other (id); BEGIN EXCLUSIVE",
            false,
            Step::Opening,
        ),
    ] {
        let (fresh, store) = Fresh::store();
        sync(&store, &users("1.0.0", &["view"]));
        drop(store);
        let mut settings = settings(&fresh);
        settings.startup_timeout = limit;
        settings.auto_sync = auto_sync;
        let code = users("1.1.0", &["view", "edit"]);
        let holder = Holder::start(&fresh, sql);
        let since = Instant::now();
        let error = start(&settings, &code).unwrap_err();
        let took = since.elapsed();
        let is_it = matches!(
            &error,
            StartupError::TimedOut { waited: true, step: found, .. } if *found == step
        );
        assert!(is_it, "{sql}: {error:?}");
        assert!((limit..limit * 8).contains(&took), "{sql}: {took:?}");
        assert_eq!(
            (error.code(), error.class()),
            ("startup-timeout", Class::CouldNot)
        );
        assert_eq!(
            error.report(),
            format!(
                "start-up was not done after 400ms (`startup_timeout`), when it was {step}\n  \
                 another program holds the lock of the database `{}`: wait until it is done, or end it\n  \
                 allow more time with `startup_timeout`",
                fresh.path().display()
            )
        );
        drop(holder);
        // Nothing was half done, and nothing is left of the lock.
        assert_eq!(fresh.ask("PRAGMA integrity_check"), "ok");
        settings.auto_sync = true;
        settings.startup_timeout = Duration::from_secs(30);
        assert_eq!(
            start(&settings, &code)
                .unwrap()
                .synced
                .unwrap()
                .create
                .len(),
            1
        );
    }
}

#[test]
fn a_lock_that_is_released_in_time_is_waited_for() {
    let (fresh, _store) = Fresh::store();
    let mut settings = settings(&fresh);
    settings.auto_sync = true;
    let holder = Holder::start(&fresh, "BEGIN IMMEDIATE");
    let release = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(300));
        drop(holder);
    });
    let started = start(&settings, &users("1.0.0", &["view"])).unwrap();
    release.join().unwrap();
    assert!(started.synced.is_some());
}

/// With ever more time, one start after the other is cut off somewhere; what it had begun is rolled
/// back each time, until one has time enough.
#[test]
fn rule_12_at_the_timeout_the_transaction_is_rolled_back() {
    let (fresh, store) = Fresh::store();
    let modules: Vec<String> = (0..400)
        .map(|n| {
            let actions = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j"];
            crate::fresh::module(&format!("m{n}"), &actions)
        })
        .collect();
    let code = crate::fresh::catalog("1.0.0", &modules.join(", "), "");
    let before = revision(&fresh);
    let mut settings = settings(&fresh);
    settings.auto_sync = true;
    let (mut cut_off, mut was_done) = (0, false);
    for limit in (0..).map(|n| Duration::from_micros(300) * n * n) {
        settings.startup_timeout = limit;
        match start(&settings, &code) {
            Ok(started) => {
                assert_eq!(started.status.total_permissions, 4_000);
                break;
            }
            Err(StartupError::TimedOut { step, waited, .. }) => {
                assert!(!waited);
                let total = store.status(None).unwrap().total_permissions;
                if total == 0 {
                    assert_eq!(revision(&fresh), before);
                    cut_off += usize::from(step == Step::Syncing);
                } else {
                    // Cut off later, perhaps right behind the COMMIT: what was completed stays.
                    assert_eq!(total, 4_000);
                    assert!(was_done || step >= Step::Syncing, "{step:?}");
                    was_done = true;
                }
            }
            Err(other) => panic!("{other:?}"),
        }
    }
    assert!(cut_off > 3, "only {cut_off} were cut off in the middle");
    assert_eq!(fresh.ask("SELECT COUNT(*) FROM upr_sync_run"), "1");
    assert_eq!(store.trail().unwrap().broken, None);
}

//! How the program starts, and how it ends.

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::process::Output;
use std::time::{Duration, Instant};

use crate::desk::{Desk, PATIENCE};

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn files(desk: &Desk) -> usize {
    fs::read_dir(desk.path("")).unwrap().count()
}

#[test]
fn the_first_start_shows_its_plan_and_the_second_has_none() {
    let mut desk = Desk::running();
    for words in [
        "Create 35 permissions",
        "tickets: assign",
        "Create 6 roles",
        "revision",
    ] {
        assert!(desk.printed.contains(words), "{words}: {}", desk.printed);
    }
    assert!(desk.path("upr.db").exists());
    assert!(desk.terminate().success());

    desk.start();
    assert!(desk.printed.contains("changes: 0"), "{}", desk.printed);
    assert_eq!(
        desk.get("ada", "/users").json().as_array().unwrap().len(),
        5
    );
}

#[test]
fn without_bootstrap_there_is_nobody() {
    let mut desk = Desk::new().with("DISABLE_BOOTSTRAP", "true");
    desk.start();
    assert!(!desk.printed.contains("curl"), "{}", desk.printed);
    assert_eq!(desk.get("ada", "/users").status, 401);
    assert_eq!(
        desk.get("", "/articles").json().as_array().unwrap().len(),
        0
    );
    assert!(desk.upr(&["status"]).contains("subjects"));
    // The way in that is left: somebody with access to the machine.
    desk.upr(&["user", "create", "1", "--role", "admin"]);
}

#[test]
fn demo_users_are_made_once() {
    let mut desk = Desk::running();
    desk.upr(&["revoke", "2", "--role", "agent"]);
    assert!(desk.terminate().success());
    desk.start();
    assert_eq!(
        desk.get("bob", "/desks/berlin/tickets").status,
        403,
        "a start gives nothing back"
    );
}

#[test]
fn a_first_start_that_was_cut_off_is_finished_by_the_next() {
    let mut desk = Desk::running();
    assert!(desk.terminate().success());
    // The help desk's own tables are filled, upr's store knows nobody yet.
    let database = rusqlite::Connection::open(desk.path("upr.db")).unwrap();
    database
        .execute_batch("DELETE FROM upr_grant; DELETE FROM upr_subject;")
        .unwrap();
    drop(database);
    desk.start();
    assert_eq!(
        desk.get("ada", "/users").json().as_array().unwrap().len(),
        5
    );
    let tickets = desk.get("bob", "/desks/berlin/tickets").json();
    assert_eq!(tickets.as_array().unwrap().len(), 2);
}

#[test]
fn a_port_that_is_taken_changes_nothing() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let desk = Desk::new();
    let output = desk.run(&["--listen", &address]);
    assert_eq!(output.status.code(), Some(3));
    let message = error(&output);
    assert!(
        message.contains(&format!("something else listens on {address} already")),
        "{message}"
    );
    assert!(message.contains("--listen 127.0.0.1:3001"), "{message}");
    assert_eq!(files(&desk), 0);
}

#[test]
fn wrong_usage_is_exit_2() {
    let desk = Desk::new();
    for arguments in [
        &["--lisen", "x"][..],
        &["--listen"],
        &["--listen", "nonsense"],
        &["serve"],
    ] {
        let output = desk.run(arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?}: {}",
            error(&output)
        );
        assert!(error(&output).starts_with("error: "), "{arguments:?}");
    }
    assert_eq!(desk.run(&["--help"]).status.code(), Some(0));
    assert_eq!(files(&desk), 0);
}

#[test]
fn outside_of_development_nothing_is_done_by_itself() {
    let desk = Desk::new().with("UPR_ENV", "staging");
    let output = desk.run(&["--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(error(&output).contains("upr migrate"), "{}", error(&output));
    assert_eq!(files(&desk), 0);

    desk.upr(&["migrate"]);
    let output = desk.run(&["--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    desk.upr(&["sync", "--no-input"]);
    let mut desk = desk.with("DISABLE_BOOTSTRAP", "true");
    desk.start();
    assert_eq!(desk.get("ada", "/users").status, 401);
}

/// One permission that the program declares is gone, and one that it does not is marked.
fn drift(desk: &Desk) {
    let database = rusqlite::Connection::open(desk.path("upr.db")).unwrap();
    database
        .execute_batch(
            "INSERT INTO upr_permission SELECT 'users.old_action', application, module, 'Old', '', 'action', 0,
                 'orphan', 0, '', '', '', '', '', '', created, changed FROM upr_permission WHERE key = 'users.view';
             DELETE FROM upr_permission WHERE key = 'users.view';",
        )
        .unwrap();
}

#[test]
fn drift_in_production_is_refused_with_the_commands_that_mend_it() {
    let mut desk = Desk::new()
        .with("UPR_ENV", "production")
        .with("DISABLE_BOOTSTRAP", "true");
    desk.upr(&["migrate"]);
    desk.upr(&["sync", "--no-input"]);
    drift(&desk);
    let before = desk.upr(&["status", "--json"]);
    let output = desk.run(&["--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    let place = "upr.db";
    assert_eq!(
        error(&output),
        format!(
            "error: the database `{place}` does not fit what this program declares\n  \
             Permission 'users.view' is defined in code but not in database.\n  \
             Orphaned permission found: users.old_action\n  \
             Run 'upr sync' to synchronize.\n  \
             Run 'upr sync --clean-orphans' to retire orphans to which nothing is assigned, or declare them again.\n"
        )
    );
    assert!(output.stdout.is_empty(), "{output:?}");
    assert_eq!(desk.upr(&["status", "--json"]), before);

    desk.upr(&["sync", "--no-input"]);
    let output = desk.run(&["--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(1), "{}", error(&output));
    assert!(!error(&output).contains("users.view"), "{}", error(&output));
    desk.upr(&[
        "sync",
        "--clean-orphans",
        "--confirm",
        "production",
        "--no-input",
    ]);
    desk.start();
    assert_eq!(desk.get("ada", "/users").status, 401);
}

#[test]
fn drift_in_development_is_mended_by_the_next_start() {
    let mut desk = Desk::running();
    assert!(desk.terminate().success());
    let database = rusqlite::Connection::open(desk.path("upr.db")).unwrap();
    database
        .execute_batch("UPDATE upr_permission SET label = 'Hacked' WHERE key = 'users.view'")
        .unwrap();
    drop(database);
    desk.start();
    assert!(
        desk.printed.contains("Update 1 permission"),
        "{}",
        desk.printed
    );
    assert_eq!(desk.get("ada", "/users").status, 200);
}

#[test]
fn rule_43_a_store_of_production_is_not_opened_in_development() {
    let desk = Desk::new().with("UPR_ENV", "production");
    desk.upr(&["migrate"]);
    desk.upr(&["sync", "--no-input"]);
    for environment in ["development", "staging"] {
        let output = desk
            .command_with(&["--listen", "127.0.0.1:0"], "UPR_ENV", environment)
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", error(&output));
        assert!(
            error(&output).contains("belongs to the environment `production`"),
            "{}",
            error(&output)
        );
    }
}

#[test]
fn a_lock_that_is_not_released_ends_the_start() {
    let desk = Desk::new()
        .with("UPR_ENV", "staging")
        .with("UPR_STARTUP_TIMEOUT", "300ms")
        .with("UPR_AUTO_SYNC", "true");
    desk.upr(&["migrate"]);
    let holder = rusqlite::Connection::open(desk.path("upr.db")).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let output = desk.run(&["--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(3), "{}", error(&output));
    let message = error(&output);
    assert!(message.contains("`startup_timeout`"), "{message}");
    assert!(
        message.contains("another program holds the lock"),
        "{message}"
    );
}

#[test]
fn a_database_that_is_none_is_said_so() {
    let desk = Desk::new();
    fs::write(
        desk.path("upr.db"),
        "this is a poem, and no database, however long it gets",
    )
    .unwrap();
    let output = desk.run(&["--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(3), "{}", error(&output));
    assert!(
        error(&output).contains("not a database"),
        "{}",
        error(&output)
    );

    let desk = Desk::new().with("UPR_DATABASE", "postgres://nobody@localhost/none");
    let output = desk.run(&["--listen", "127.0.0.1:0"]);
    assert_eq!(output.status.code(), Some(3), "{}", error(&output));
    let desk = Desk::new().with("UPR_STRICT_MODE", "perhaps");
    assert_eq!(
        desk.run(&["--listen", "127.0.0.1:0"]).status.code(),
        Some(2)
    );
}

#[test]
fn whoever_never_finishes_asking_does_not_keep_it_from_ending() {
    let mut desk = Desk::running();
    let mut stream = std::net::TcpStream::connect(desk.address()).unwrap();
    stream
        .write_all(b"POST /sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 10\r\n\r\n{")
        .unwrap();
    // Until the handler waits for the rest of the body.
    std::thread::sleep(Duration::from_millis(300));
    let since = Instant::now();
    assert!(desk.terminate().success());
    let waited = since.elapsed();
    assert!(
        waited > Duration::from_secs(4),
        "{waited:?} is too short to finish a request"
    );
    assert!(waited < PATIENCE, "{waited:?}");
}

//! Whatever a file, an argument or a variable holds: an exit code that is documented, a message,
//! no panic, and a store that is what it was.

use std::error::Error;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use tempfile::TempDir;
use upr_core::{Catalog, Key, Lock};
use upr_tests::command::{Ran, Upr};
use upr_tests::corpus::variants;

type Outcome = Result<(), Box<dyn Error>>;

const CATALOG: &str = r#"{
  "version": "1.0",
  "format": "upr.catalog/1",
  "application": {"name": "helpdesk", "version": "1.4.0"},
  "modules": [
    {"key": "tickets", "permissions": [{"key": "tickets.view", "kind": "crud"}]},
    {"key": "users", "label": "Users", "description": "User accounts.", "permissions": [
      {"key": "users.edit", "label": "Edit", "is_deprecated": true,
       "deprecation_message": "use `update` instead", "deprecated_since": "1.1.0",
       "removal_version": "2.0.0", "replaced_by": "users.update"},
      {"key": "users.update", "critical": true}
    ]}
  ],
  "roles": [
    {"key": "support", "label": "Support", "mode": "seeded",
     "permissions": ["users.update"], "modules": ["tickets"]}
  ],
  "retired": [{"key": "users.old", "retired": "1.0.0", "replaced_by": "users.update"}]
}
"#;

const LOCK: &str = r#"{"format":"upr.lock/1"}
{"key":"tickets.view","published":"1.0.0","package":"helpdesk","crate":"helpdesk"}
{"key":"users.edit","published":"1.0.0","deprecated":"1.1.0","remove_in":"2.0.0","replaced_by":"users.update","cfg":"feature = \"extra\"","package":"helpdesk","crate":"helpdesk"}
{"key":"users.old","published":"1.0.0","retired":"1.0.0","replaced_by":"users.update","package":"helpdesk","crate":"helpdesk"}
{"key":"users.update","published":"1.0.0","package":"helpdesk","crate":"helpdesk"}
"#;

const SETTINGS: &str = r#"[default]
database = "sqlite:upr.db"
catalog = "upr-catalog.json"
application = "helpdesk"
strict_mode = true
orphan_action = "error"
startup_timeout = "30s"
mass_loss = { keys = 10, percent = 5 }
[default.backup]
dir = "backups"
keep = 10
[default.users]
table = "auth_users"
id = "id"
username = "username"
email = "email"
[env.production]
protected = true
"#;

/// A directory with the three files and a synced store.
fn prepare() -> Result<(TempDir, Upr), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let upr = Upr::new(env!("CARGO_BIN_EXE_upr-under-test"), directory.path());
    fs::write(directory.path().join("upr-catalog.json"), CATALOG)?;
    fs::write(directory.path().join("upr.lock"), LOCK)?;
    fs::write(directory.path().join("upr.toml"), SETTINGS)?;
    upr.run(&["migrate"])?.expect_code(0)?;
    upr.run(&["sync"])?.expect_code(0)?;
    upr.run(&["user", "create", "ada"])?.expect_code(0)?;
    Ok((directory, upr))
}

/// What holds of every run over broken input.
fn check(ran: &Ran, what: &str) {
    assert!(!ran.text().contains("panicked"), "{what}: {ran:#?}");
    assert!(matches!(ran.code, Some(0..=3)), "{what}: {ran:#?}");
    assert!(
        ran.code == Some(0) || !ran.text().trim().is_empty(),
        "{what}: {ran:#?}"
    );
}

/// Runs `commands` with every broken variant of a file in its place.
fn break_file(name: &str, good: &str, commands: &[&[&str]], each: usize) -> Outcome {
    let (directory, upr) = prepare()?;
    let path = directory.path().join(name);
    for (number, variant) in variants(good.as_bytes(), each).iter().enumerate() {
        fs::write(&path, variant)?;
        for command in commands {
            let ran = upr.run(command)?;
            check(&ran, &format!("{name}, variant {number}, {command:?}"));
            fs::write(&path, variant)?;
        }
    }
    // Nothing that was refused has harmed the store.
    fs::write(&path, good)?;
    upr.run(&["status"])?.expect_code(0)?;
    Ok(())
}

#[test]
fn broken_catalogs() -> Outcome {
    break_file(
        "upr-catalog.json",
        CATALOG,
        &[&["sync", "--dry-run", "--json"], &["validate"]],
        15,
    )
}

#[test]
fn broken_locks() -> Outcome {
    let commands: [&[&str]; 3] = [
        &["lock", "--check"],
        &["lock"],
        &["lock", "retire", "users.edit", "--force"],
    ];
    break_file("upr.lock", LOCK, &commands, 10)
}

#[test]
fn broken_settings() -> Outcome {
    break_file(
        "upr.toml",
        SETTINGS,
        &[&["status"], &["--env", "production", "validate"]],
        15,
    )
}

/// Many more of them through the readers themselves.
#[test]
fn the_readers_never_panic() {
    for variant in variants(CATALOG.as_bytes(), 3_000) {
        let text = String::from_utf8_lossy(&variant);
        if let Ok(catalog) = Catalog::from_json(&text) {
            let again = Catalog::from_json(&catalog.to_json());
            assert_eq!(
                again.as_ref(),
                Ok(&catalog),
                "what is read is written as it was read"
            );
        }
    }
    for variant in variants(LOCK.as_bytes(), 3_000) {
        let text = String::from_utf8_lossy(&variant);
        if let Ok(lock) = Lock::parse(&text) {
            assert_eq!(Lock::parse(&lock.to_text()).as_ref(), Ok(&lock));
        }
    }
    for variant in variants(b"compute.instances.create", 3_000) {
        let text = String::from_utf8_lossy(&variant);
        if let Ok(key) = Key::parse(&text) {
            assert_eq!(key.as_str(), text);
        }
    }
}

#[test]
fn broken_stores() -> Outcome {
    let (directory, upr) = prepare()?;
    let path = directory.path().join("upr.db");
    let good = fs::read(&path)?;
    assert!(good.starts_with(b"SQLite format 3"));
    for (number, variant) in variants(&good, 6).iter().enumerate() {
        for command in [
            &["status"][..],
            &["sync", "--json"],
            &["check", "ada", "users.update"],
        ] {
            remove_journals(directory.path())?;
            fs::write(&path, variant)?;
            let ran = upr.run(command)?;
            check(&ran, &format!("store, variant {number}, {command:?}"));
        }
    }
    Ok(())
}

fn remove_journals(directory: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.to_string_lossy();
        if name.ends_with("-wal") || name.ends_with("-shm") || name.ends_with("-journal") {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

/// What can stand where a store is expected, with what the command must answer.
#[test]
fn what_is_no_store_is_refused() -> Outcome {
    let (directory, upr) = prepare()?;
    fs::create_dir(directory.path().join("folder"))?;
    fs::write(
        directory.path().join("text.db"),
        "no database at all, though long enough for one. ".repeat(50),
    )?;
    fs::write(directory.path().join("empty.db"), "")?;
    let cases = [
        ("sqlite:absent.db", 1),
        ("sqlite:no/such/folder/upr.db", 3),
        ("sqlite:folder", 3),
        ("sqlite:text.db", 3),
        ("sqlite:empty.db", 1),
        ("sqlite:", 2),
        ("", 2),
        ("upr.db", 2),
        ("mysql://localhost/upr", 2),
        ("postgres://localhost/upr", 3),
        ("postgres://%zz", 3),
        ("://", 2),
    ];
    for (url, code) in cases {
        let ran = upr.run(&["--database", url, "status"])?;
        assert_eq!(ran.code, Some(code), "{url:?}: {ran:#?}");
        assert!(
            !ran.text().contains("panicked") && !ran.stderr.is_empty(),
            "{url:?}: {ran:#?}"
        );
    }
    Ok(())
}

#[test]
fn strange_arguments() -> Outcome {
    let (_directory, upr) = prepare()?;
    let long = "x".repeat(10_000);
    let before = upr.run(&["status", "--json"])?.expect_code(0)?.stdout;
    let strange = [
        "",
        " ",
        "-",
        "--",
        ".",
        "..",
        "a..b",
        "users/view",
        "users.",
        "\n",
        "\u{7}",
        "\u{202e}",
        "ü.ö",
        "💥",
        "'; DROP TABLE upr_permission; --",
        "%s%n",
        "*",
        "users.*",
        "users.viwe",
        "9223372036854775808",
        &long,
    ];
    for text in strange {
        let commands: [&[&str]; 14] = [
            &["check", "ada", "--", text],
            &["check", "--scope", text, "ada", "users.update"],
            &["check", "--", text, "users.update"],
            &["grant", "ada", "--permission", text, "--dry-run"],
            &["grant", "ada", "--role", text, "--dry-run"],
            &[
                "grant",
                "--dry-run",
                "--permission",
                "users.update",
                "--",
                text,
            ],
            &[
                "grant",
                "ada",
                "--permission",
                "users.update",
                "--until",
                text,
                "--dry-run",
            ],
            &["revoke", "ada", "--permission", text, "--dry-run"],
            &["role", "show", "--", text],
            &["lock", "retire", "--", text],
            &["--env", text, "status"],
            &["--config", text, "status"],
            &["--catalog", text, "validate"],
            &["--", text],
        ];
        for command in commands {
            let short: Vec<&str> = command
                .iter()
                .map(|part| part.get(..20).unwrap_or(part))
                .collect();
            check(&upr.run(command)?, &format!("{short:?}"));
        }
    }
    let after = upr.run(&["status", "--json"])?.expect_code(0)?.stdout;
    assert_eq!(after, before, "nothing was changed");
    Ok(())
}

/// On Unix an argument or a variable may be no UTF-8.
#[cfg(unix)]
#[test]
fn bytes_that_are_no_text() -> Outcome {
    use std::os::unix::ffi::OsStrExt as _;
    let (_directory, upr) = prepare()?;
    let bytes = OsStr::from_bytes(b"\xff\xfe");
    for arguments in [&["check", "ada"][..], &["--catalog"], &["--database"], &[]] {
        let mut command = upr.command(arguments);
        command.arg(bytes).arg("status");
        check(&Ran::of(command)?, &format!("{arguments:?}"));
    }
    for name in [
        "UPR_DATABASE",
        "UPR_ENV",
        "UPR_STRICT_MODE",
        "DATABASE_URL",
        "UPR_NO_SUCH_THING",
    ] {
        let mut command = upr.command(&["status"]);
        command.env(name, bytes);
        check(&Ran::of(command)?, name);
    }
    Ok(())
}

#[test]
fn variables_with_bad_values_are_wrong_usage() -> Outcome {
    let (_directory, upr) = prepare()?;
    let bad = [
        ("UPR_STRICT_MODE", "perhaps"),
        ("UPR_ORPHAN_ACTION", "explode"),
        ("UPR_STARTUP_TIMEOUT", "soon"),
        ("UPR_BACKUP__KEEP", "-1"),
        ("UPR_MASS_LOSS__PERCENT", "many"),
    ];
    for (name, value) in bad {
        let mut command = upr.command(&["status"]);
        command.env(name, value);
        let ran = Ran::of(command)?;
        assert_eq!(ran.code, Some(2), "{name}={value}: {ran:#?}");
        assert!(ran.stderr.contains(name), "{name} is named: {ran:#?}");
    }
    let mut command = upr.command(&["status"]);
    command.env("UPR_NO_SUCH_THING", "1");
    assert_eq!(
        Ran::of(command)?.code,
        Some(0),
        "unknown variables are ignored"
    );
    Ok(())
}

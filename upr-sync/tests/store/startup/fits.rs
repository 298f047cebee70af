//! Whether what is declared and what is stored fit together.

use tracing::Level;
use upr_sync::{Class, Failure, OrphanAction, StartupError, SyncOptions};

use super::{revision, settings, start, users};
use crate::fresh::{Fresh, ada, catalog, module, sync};
use crate::listen::listen;

#[test]
fn a_store_that_fits_is_served_from_and_not_written_to() {
    let (fresh, store) = Fresh::store();
    let code = users("1.0.0", &["view", "edit"]);
    sync(&store, &code);
    drop(store);
    let (before, files) = (revision(&fresh), fresh.files());
    let (started, heard) = listen(|| start(&settings(&fresh), &code).unwrap());
    assert_eq!(
        heard,
        [(Level::INFO, "Pre-startup tests passed".to_owned())]
    );
    assert_eq!(started.warnings, [""; 0]);
    assert_eq!(
        (started.status.total_permissions, started.schema.protected),
        (2, false)
    );
    assert_eq!(started.schema.environment, "test");
    assert_eq!(started.catalog.fingerprint(), code.fingerprint());
    assert!(started.access().snapshot().is_ok());
    drop(started);
    assert_eq!((revision(&fresh), fresh.files()), (before, files));
}

#[test]
fn drift_is_named_word_for_word_with_the_command_that_mends_it() {
    let (fresh, store) = Fresh::store();
    sync(&store, &users("1.0.0", &["view", "edit", "old_action"]));
    let next = users("2.0.0", &["view", "edit"]);
    let lenient = SyncOptions {
        allow_breaking: true,
        ..SyncOptions::default()
    };
    assert!(store.sync(&next, &lenient, &ada()).unwrap().applied);

    let newest = users("2.1.0", &["view", "edit", "new_action"]);
    let error = start(&settings(&fresh), &newest).unwrap_err();
    assert_eq!((error.code(), error.class()), ("drift", Class::No));
    assert_eq!(
        error.to_string(),
        "Permission 'users.new_action' is defined in code but not in database. (and 1 more)"
    );
    let report = error.report();
    let lines: Vec<&str> = report.lines().collect();
    assert_eq!(
        lines,
        [
            &format!(
                "the database `{}` does not fit what this program declares",
                fresh.path().display()
            ),
            "  Permission 'users.new_action' is defined in code but not in database.",
            "  Orphaned permission found: users.old_action",
            "  Run 'upr sync' to synchronize.",
            "  Run 'upr sync --clean-orphans' to retire orphans to which nothing is assigned, or declare them again.",
        ]
    );
    // The commands mend it.
    sync(&store, &newest);
    let clean = SyncOptions {
        clean_orphans: true,
        ..SyncOptions::default()
    };
    store.sync(&newest, &clean, &ada()).unwrap();
    start(&settings(&fresh), &newest).unwrap();
}

#[test]
fn thousands_of_problems_are_one_screen() {
    let (fresh, _store) = Fresh::store();
    let actions: Vec<String> = (0..3_000).map(|n| format!("do_{n}")).collect();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let error = start(&settings(&fresh), &users("1.0.0", &actions)).unwrap_err();
    assert_eq!(error.problems().len(), 3_000);
    let report = error.report();
    assert_eq!(report.lines().count(), 23, "{report}");
    assert!(report.contains("… and 2980 more\n  Run 'upr sync'"));
}

#[test]
fn strict_mode_decides_what_differing_texts_mean() {
    let (fresh, store) = Fresh::store();
    sync(&store, &users("1.0.0", &["view", "edit", "delete"]));
    let code = catalog(
        "1.1.0",
        r#"{"key": "users", "permissions": [{"key": "users.view", "label": "See"}, {"key": "users.edit"}, {"key": "users.delete"}]}"#,
        "",
    );
    let sentence = "Permission 'users.view' differs between code and database.";
    let mut settings = settings(&fresh);
    let error = start(&settings, &code).unwrap_err();
    assert_eq!(error.problems(), [sentence]);
    assert_eq!(error.hints(), ["Run 'upr sync' to synchronize."]);
    settings.strict_mode = false;
    assert_eq!(start(&settings, &code).unwrap().warnings, [sentence]);
    settings.strict_mode = true;
    settings.validate_on_startup = false;
    assert_eq!(start(&settings, &code).unwrap().warnings, [""; 0]);
}

#[test]
fn rule_9_an_older_registry_may_start_and_changes_nothing() {
    let (fresh, store) = Fresh::store();
    let first = users("1.0.0", &["view", "edit", "delete"]);
    let second = catalog(
        "1.1.0",
        r#"{"key": "users", "permissions": [{"key": "users.view", "label": "See"}, {"key": "users.edit"}, {"key": "users.delete"}]}"#,
        "",
    );
    sync(&store, &first);
    sync(&store, &second);
    let before = revision(&fresh);
    let mut settings = settings(&fresh);
    for strict_mode in [true, false] {
        settings.strict_mode = strict_mode;
        // Its plan would only update a label, which `auto_sync` applies for those who are not older.
        settings.auto_sync = true;
        let started = start(&settings, &first).unwrap();
        assert_eq!((started.synced, started.warnings), (None, vec![]));
        assert_eq!(revision(&fresh), before);
    }
    assert_eq!(
        fresh.ask("SELECT label FROM upr_permission WHERE key = 'users.view'"),
        "See"
    );
}

#[test]
fn rule_10_keys_that_a_later_sync_added_are_no_orphans() {
    let (fresh, store) = Fresh::store();
    let first = users("1.0.0", &["view", "edit"]);
    sync(&store, &first);
    sync(&store, &users("1.1.0", &["view", "edit", "export"]));
    let started = start(&settings(&fresh), &first).unwrap();
    assert_eq!(started.warnings, [""; 0]);
    // Nor does it matter that this very registry was never synced here: another binary, a hotfix.
    start(&settings(&fresh), &users("1.0.1", &["view"])).unwrap();
}

#[test]
fn rule_10_each_declared_key_must_be_in_the_store_and_a_replaced_one_is() {
    let (fresh, store) = Fresh::store();
    let first = users("1.0.0", &["view", "edit", "update", "drop", "delete"]);
    sync(&store, &first);
    let retired = |keys: &str| {
        catalog(
            "2.0.0",
            &module("users", &["view", "update", "delete"]),
            &format!(r#", "retired": [{keys}]"#),
        )
    };
    let replaced = r#"{"key": "users.edit", "retired": "2.0.0", "replaced_by": "users.update"}"#;
    let gone = r#"{"key": "users.drop", "retired": "2.0.0"}"#;
    sync(&store, &retired(&format!("{gone}, {replaced}")));
    // `users.edit` is answered by its replacement; nobody answers for `users.drop`.
    let error = start(&settings(&fresh), &first).unwrap_err();
    assert_eq!(
        error.problems(),
        ["Permission 'users.drop' is defined in code but not in database."]
    );
    fresh.sql("UPDATE upr_permission SET alias_of = 'users.delete' WHERE key = 'users.drop'");
    start(&settings(&fresh), &first).unwrap();
    fresh.sql("DELETE FROM upr_permission WHERE key = 'users.view'");
    let error = start(&settings(&fresh), &first).unwrap_err();
    assert_eq!(
        error.to_string(),
        "Permission 'users.view' is defined in code but not in database."
    );
}

#[test]
fn rule_10_orphan_action_decides_what_orphans_mean() {
    use OrphanAction::{Error, Ignore, Warn};
    let (fresh, store) = Fresh::store();
    let first = catalog(
        "1.0.0",
        r#"{"key": "users", "permissions": [{"key": "users.view"}, {"key": "users.edit"}, {"key": "users.delete"},
            {"key": "users.old", "is_deprecated": true, "deprecation_message": "soon"}, {"key": "users.gone"}]}"#,
        "",
    );
    sync(&store, &first);
    let next = users("2.0.0", &["view", "edit", "delete"]);
    let lenient = SyncOptions {
        allow_breaking: true,
        ..SyncOptions::default()
    };
    assert!(store.sync(&next, &lenient, &ada()).unwrap().applied);
    let [gone, old] = ["gone", "old"].map(|key| format!("Orphaned permission found: users.{key}"));
    for (orphan_action, strict_mode, errors, warnings) in [
        (Error, false, vec![&gone], vec![]),
        (Warn, true, vec![&gone], vec![]),
        (Warn, false, vec![], vec![&gone, &old]),
        (Ignore, true, vec![], vec![]),
    ] {
        let mut settings = settings(&fresh);
        (settings.orphan_action, settings.strict_mode) = (orphan_action, strict_mode);
        let (found, warned) = match start(&settings, &next) {
            Ok(started) => (vec![], started.warnings),
            Err(error) => (error.problems(), vec![]),
        };
        assert_eq!(
            (
                found.iter().collect::<Vec<_>>(),
                warned.iter().collect::<Vec<_>>()
            ),
            (errors, warnings),
            "{orphan_action:?} {strict_mode}"
        );
    }
}

#[test]
fn rule_14_a_binary_that_declares_a_part_may_start() {
    let (fresh, store) = Fresh::store();
    let roles =
        r#", "roles": [{"key": "support", "mode": "managed", "permissions": ["users.view"]}]"#;
    let modules = [module("users", &["view", "edit"]), module("jobs", &["run"])].join(", ");
    sync(&store, &catalog("1.0.0", &modules, roles));
    let worker = catalog("1.0.0", &module("jobs", &["run"]), "");
    let started = start(&settings(&fresh), &worker).unwrap();
    assert_eq!(started.warnings, [""; 0]);
    // What another application owns is a conflict, though.
    let other = crate::fresh::catalog_of("other", "1.0.0", &module("jobs", &["run"]), "");
    let error = start(&settings(&fresh), &other).unwrap_err();
    assert_eq!(
        error.problems()[0],
        "Permission 'jobs.run' belongs to application 'app'."
    );
}

#[test]
fn the_settings_name_the_application() {
    let (fresh, store) = Fresh::store();
    sync(&store, &users("1.0.0", &["view"]));
    let mut settings = settings(&fresh);
    settings.application = Some("app".to_owned());
    let code = crate::fresh::catalog_of("package", "1.0.0", &module("users", &["view"]), "");
    let started = start(&settings, &code).unwrap();
    assert_eq!(started.catalog.application().name, "app");
    settings.application = Some("no\nname".to_owned());
    let error = start(&settings, &code).unwrap_err();
    assert!(
        matches!(error, StartupError::Application { .. }),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::Usage);
    assert_eq!(error.to_string().lines().count(), 1);
}

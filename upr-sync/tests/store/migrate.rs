//! Schema and environment.

use upr_sync::{Actor, Class, Failure, Migrate, Mode, StoreError};

use crate::fresh::{Fresh, catalog, module, sync};

#[test]
fn a_second_migrate_does_nothing() {
    let fresh = Fresh::empty();
    let store = fresh.open(Mode::Create);
    let migrate = Migrate::new("test").by(Actor::new("ada"));
    let first = store.migrate(&migrate).unwrap();
    assert_eq!(
        (
            first.applied,
            first.changes,
            first.revision,
            first.from,
            first.to
        ),
        (true, 1, 1, 0, 1)
    );
    let second = store.migrate(&migrate).unwrap();
    assert_eq!(
        (
            second.applied,
            second.changes,
            second.revision,
            second.from,
            second.to
        ),
        (false, 0, 1, 1, 1)
    );
    assert_eq!(
        fresh.ask("SELECT applied_by FROM upr_schema_history"),
        "ada"
    );
    let schema = store.schema().unwrap();
    assert_eq!(
        (schema.version, schema.known, schema.environment.as_str()),
        (Some(1), 1, "test")
    );
    assert_eq!(schema.store_id.len(), 32);
}

#[test]
fn rule_43_another_environment_is_refused() {
    let (fresh, store) = Fresh::store();
    let error = store.migrate(&Migrate::new("production")).unwrap_err();
    assert!(matches!(error, StoreError::Environment { .. }), "{error:?}");
    assert_eq!((error.code(), error.class()), ("environment", Class::Usage));
    assert!(
        error
            .to_string()
            .ends_with("belongs to the environment `test`, not to `production`"),
        "{error}"
    );
    for mode in [Mode::Read, Mode::Write] {
        let store = fresh.open(mode).in_environment("production");
        assert_eq!(store.status(None).unwrap_err().class(), Class::Usage);
        let catalog = catalog("1.0.0", &module("users", &["view"]), "");
        let options = upr_sync::SyncOptions::default();
        assert_eq!(
            store.plan(&catalog, &options).unwrap_err().class(),
            Class::Usage
        );
    }
    assert!(
        fresh
            .open(Mode::Read)
            .in_environment("test")
            .status(None)
            .is_ok()
    );
}

#[test]
fn rule_43_an_environment_is_adopted_on_purpose() {
    let (fresh, store) = Fresh::store();
    let adopted = store
        .migrate(
            &Migrate::new("production")
                .adopt_environment(true)
                .protected(true),
        )
        .unwrap();
    assert_eq!(
        (adopted.applied, adopted.changes, adopted.protected),
        (true, 1, true)
    );
    let schema = fresh.open(Mode::Read).schema().unwrap();
    assert_eq!(
        (schema.environment.as_str(), schema.protected),
        ("production", true)
    );
}

#[test]
fn a_store_is_protected_until_it_is_adopted() {
    let (_fresh, store) = Fresh::store();
    assert!(
        store
            .migrate(&Migrate::new("test").protected(true))
            .unwrap()
            .applied
    );
    assert!(!store.migrate(&Migrate::new("test")).unwrap().applied);
    assert!(store.schema().unwrap().protected);
    assert!(
        store
            .migrate(&Migrate::new("test").adopt_environment(true))
            .unwrap()
            .applied
    );
    assert!(!store.schema().unwrap().protected);
}

#[test]
fn the_schema_is_open_to_old_libraries_and_other_tools() {
    let (fresh, store) = Fresh::store();
    sync(&store, &catalog("1.0.0", &module("users", &["view"]), ""));
    let strict =
        "SELECT COUNT(*) FROM sqlite_master WHERE sql LIKE '%STRICT%' OR sql LIKE '%GENERATED%'";
    assert_eq!(fresh.ask(strict), "0");
    assert_eq!(fresh.ask("PRAGMA journal_mode"), "wal");
    assert_eq!(fresh.ask("PRAGMA integrity_check"), "ok");
    let tables = "SELECT group_concat(name, ' ') FROM (SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name)";
    assert_eq!(
        fresh.ask(tables),
        "upr_change upr_change_item upr_grant upr_meta upr_module upr_pending upr_permission upr_role \
         upr_role_offer upr_role_permission upr_role_permission_list upr_schema_history upr_subject \
         upr_subject_permission upr_sync_run"
    );
}

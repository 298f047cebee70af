//! Which stores a program may use at all.

use upr_sync::settings::Settings;
use upr_sync::{Class, Failure, Migrate, Mode, Startup, StartupError, StoreError, startup};

use super::{settings, start, users};
use crate::fresh::{Fresh, sync};

#[test]
fn rule_13_without_a_schema_nothing_starts_and_nothing_is_created() {
    let fresh = Fresh::empty();
    let code = users("1.0.0", &["view"]);
    let mut settings = settings(&fresh);
    // Neither does it help to be allowed to sync, nor not to look.
    for validate_on_startup in [true, false] {
        settings.validate_on_startup = validate_on_startup;
        settings.auto_sync = true;
        let error = start(&settings, &code).unwrap_err();
        assert_eq!((error.code(), error.class()), ("no-schema", Class::No));
        assert_eq!(
            error.report(),
            format!(
                "the database `{}` has no schema yet\n  run `upr migrate`",
                fresh.path().display()
            )
        );
        assert!(fresh.files().is_empty());
    }
}

#[test]
fn rule_13_auto_migrate_makes_the_schema_of_this_environment() {
    for protected in [false, true] {
        let fresh = Fresh::empty();
        let code = users("1.0.0", &["view"]);
        let mut settings = settings(&fresh);
        settings.protected = protected;
        (settings.auto_migrate, settings.auto_sync) = (true, true);
        let started = start(&settings, &code).unwrap();
        let migrated = started.migrated.unwrap();
        assert_eq!((migrated.from, migrated.to), (0, 1));
        assert_eq!(
            (
                started.schema.environment.as_str(),
                started.schema.protected
            ),
            ("test", protected)
        );
        assert_eq!(started.status.total_permissions, 1);
        // The next start finds it done.
        let started = start(&settings, &code).unwrap();
        assert_eq!((started.migrated, started.synced), (None, None));
    }
}

#[test]
fn rule_13_only_a_schema_that_cannot_be_read_stops_a_start() {
    let (fresh, store) = Fresh::store();
    let code = users("1.0.0", &["view"]);
    sync(&store, &code);
    let mut settings = settings(&fresh);
    settings.auto_migrate = true;
    fresh.sql("UPDATE upr_meta SET value = '7' WHERE name = 'schema_version'");
    assert_eq!(start(&settings, &code).unwrap().schema.version, Some(7));
    fresh.sql("UPDATE upr_meta SET value = '2' WHERE name = 'oldest_reader'");
    let error = start(&settings, &code).unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("new-schema", Class::CouldNot)
    );
    fresh.sql(
        "UPDATE upr_meta SET value = '0' WHERE name = 'schema_version';
         UPDATE upr_meta SET value = '0' WHERE name = 'oldest_reader';",
    );
    settings.auto_migrate = false;
    let error = start(&settings, &code).unwrap_err();
    assert_eq!((error.code(), error.class()), ("old-schema", Class::No));
    assert_eq!(error.hints(), ["run `upr migrate`"]);
}

#[test]
fn rule_43_a_store_of_another_environment_is_refused_before_anything_is_done() {
    let (fresh, store) = Fresh::store();
    let code = users("1.0.0", &["view"]);
    sync(&store, &code);
    let mut settings = Settings::strict("production");
    settings.database = self::settings(&fresh).database;
    settings.protected = false;
    settings.validate_on_startup = false;
    (settings.auto_migrate, settings.auto_sync) = (true, true);
    let newer = users("1.1.0", &["view", "edit"]);
    let error = start(&settings, &newer).unwrap_err();
    assert!(
        matches!(error, StartupError::Store(StoreError::Environment { .. })),
        "{error:?}"
    );
    assert_eq!(error.class(), Class::Usage);
    assert!(error.hints()[0].contains("--env test"), "{error:?}");
    assert_eq!(store.status(None).unwrap().total_permissions, 1);
}

#[test]
fn rule_43_in_a_protected_store_what_the_settings_relax_is_void() {
    let fresh = Fresh::empty();
    let store = fresh.open(Mode::Create);
    store
        .migrate(&Migrate::new("test").protected(true))
        .unwrap();
    sync(&store, &users("1.0.0", &["view", "edit", "delete"]));
    fresh.sql("UPDATE upr_permission SET label = 'Hacked' WHERE key = 'users.view'");
    let mut relaxed = settings(&fresh);
    relaxed.strict_mode = false;
    let code = users("1.0.0", &["view", "edit", "delete"]);
    assert_eq!(
        start(&relaxed, &code).unwrap_err().problems(),
        ["Permission 'users.view' differs between code and database."]
    );
    relaxed.validate_on_startup = false;
    relaxed.auto_sync = true;
    let newer = users("1.1.0", &["view", "edit", "delete", "export"]);
    assert_eq!(
        start(&relaxed, &newer).unwrap_err().problems()[0],
        "Permission 'users.export' is defined in code but not in database."
    );
    sync(&store, &newer);
    let started = start(&relaxed, &newer).unwrap();
    assert!(started.settings.strict_mode && !started.settings.auto_sync);
    assert_eq!(
        started.warnings,
        [format!(
            "The database `{}` is protected: what the settings relax does not apply.",
            fresh.path().display()
        )]
    );
}

/// Run twice: once more with upr's feature `test`.
#[test]
fn proofs_that_can_be_assumed_start_nothing_in_a_protected_environment() {
    let code = users("1.0.0", &["view"]);
    for (store_is, settings_are) in [(false, false), (true, false), (true, true)] {
        let fresh = Fresh::empty();
        let store = fresh.open(Mode::Create);
        let migrate = Migrate::new("test").protected(store_is);
        store.migrate(&migrate).unwrap();
        sync(&store, &code);
        let mut settings = settings(&fresh);
        settings.protected = settings_are;
        let started = start(&settings, &code);
        assert_eq!(
            started.as_ref().err().map(Failure::code),
            (upr::proof::CAN_ASSUME && store_is).then_some("assumed-proofs")
        );
    }
}

#[test]
fn databases_that_are_none_are_said_so() {
    let fresh = Fresh::empty();
    let code = users("1.0.0", &["view"]);
    let mut settings = settings(&fresh);
    std::fs::write(fresh.path(), "a poem").unwrap();
    assert_eq!(
        start(&settings, &code).unwrap_err().code(),
        "not-a-database"
    );
    settings.database = "mysql://host/db".into();
    let error = start(&settings, &code).unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("database-address", Class::Usage)
    );
    settings.database = "postgres://host/db".into();
    assert_eq!(
        start(&settings, &code).unwrap_err().class(),
        Class::CouldNot
    );
}

#[test]
fn what_start_up_writes_is_sealed_with_the_audit_key() {
    let sealed = |key: Option<&[u8]>| {
        let fresh = Fresh::empty();
        let mut settings = settings(&fresh);
        (settings.auto_migrate, settings.auto_sync) = (true, true);
        let mut wishes = Startup::new();
        if let Some(key) = key {
            wishes = wishes.audit_key(key);
        }
        let code = users("1.0.0", &["view"]);
        let started = startup(&settings, &code, wishes).unwrap();
        let user = upr_sync::NewUser::new(crate::fresh::subject("42"));
        let later = started.follower.open(Mode::Write).unwrap();
        later.user_create(&user, &crate::fresh::ada()).unwrap();
        // Whoever knows the key finds the trail whole, and whoever does not finds it broken.
        let with_key = fresh.open(Mode::Read).with_audit_key(b"secret");
        with_key.trail().unwrap().broken.is_none()
    };
    let fresh = Fresh::empty();
    let wishes = Startup::new().audit_key(b"");
    let error = startup(&settings(&fresh), &users("1.0.0", &[]), wishes).unwrap_err();
    assert_eq!(
        (error.code(), error.class()),
        ("audit-key-empty", Class::Usage)
    );
    assert!(sealed(Some(b"secret")));
    assert!(!sealed(Some(b"another")));
    assert!(!sealed(None));
}

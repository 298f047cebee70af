//! The plain cases of reconciling.

use upr_sync::plan::Rule;
use upr_sync::{Mode, SyncOptions, ValidateOptions};

use crate::fresh::{Fresh, ada, catalog, module, sync};

#[test]
fn a_plan_applied_leaves_an_empty_plan_and_one_query() {
    let (_fresh, store) = Fresh::store();
    let catalog = catalog("1.0.0", &module("users", &["view", "edit"]), "");
    let plan = sync(&store, &catalog);
    assert_eq!(plan.changes, 2);
    assert!(plan.applied);
    let before = store.statements();
    let again = sync(&store, &catalog);
    assert_eq!(
        (again.changes, again.applied, store.statements() - before),
        (0, false, 1)
    );
    assert_eq!(again.revision, plan.revision);
}

#[test]
fn rule_18_a_row_changed_or_removed_by_hand_is_mended() {
    let (fresh, store) = Fresh::store();
    let catalog = catalog(
        "1.0.0",
        &module("users", &["view", "edit", "delete"]),
        r#", "roles": [{"key": "support", "mode": "managed", "permissions": ["users.view", "users.edit", "users.delete"]},
            {"key": "viewer", "mode": "managed", "permissions": ["users.view"]}, {"key": "guest", "mode": "managed"}]"#,
    );
    sync(&store, &catalog);
    for (sql, changes) in [
        (
            "UPDATE upr_permission SET label = 'Hacked' WHERE key = 'users.view'",
            1,
        ),
        ("DELETE FROM upr_permission WHERE key = 'users.edit'", 1),
        ("UPDATE upr_module SET label = 'Hacked'", 1),
        (
            "DELETE FROM upr_role_permission WHERE role = 'support' AND member = 'users.view'",
            1,
        ),
        (
            "UPDATE upr_role_permission SET member = 'users.edit' WHERE role = 'viewer'",
            1,
        ),
        (
            "UPDATE upr_role SET label = 'Hacked' WHERE key = 'guest'",
            1,
        ),
        ("DELETE FROM upr_role WHERE key = 'guest'", 1),
        ("DELETE FROM upr_module", 1),
    ] {
        fresh.sql(sql);
        let strict = store
            .validate(&catalog, &ValidateOptions::default())
            .unwrap();
        assert!(!strict.valid, "{sql}");
        assert_eq!(sync(&store, &catalog).changes, changes, "{sql}");
        let strict = store
            .validate(&catalog, &ValidateOptions::default())
            .unwrap();
        assert!(strict.valid, "{sql}: {strict:?}");
        let before = store.statements();
        assert_eq!(sync(&store, &catalog).changes, 0);
        assert_eq!(store.statements() - before, 1, "{sql}");
    }
}

#[test]
fn reading_creates_nothing() {
    let fresh = Fresh::empty();
    let store = fresh.open(Mode::Read);
    assert_eq!(
        store.status(None).unwrap_err().to_string(),
        format!(
            "the database `{}` has no schema yet",
            fresh.path().display()
        )
    );
    assert!(fresh.files().is_empty());
    let (fresh, store) = Fresh::store();
    let catalog = catalog("1.0.0", &module("users", &["view"]), "");
    sync(&store, &catalog);
    drop(store);
    assert_eq!(fresh.files(), ["upr.db"]);
    let store = fresh.open(Mode::DryRun);
    assert_eq!(store.status(None).unwrap().total_permissions, 1);
    assert!(
        store
            .validate(&catalog, &ValidateOptions::default())
            .unwrap()
            .valid
    );
    let plan = store
        .sync(
            &crate::fresh::catalog("2.0.0", &module("users", &["view", "edit"]), ""),
            &SyncOptions::default(),
            &ada(),
        )
        .unwrap();
    assert_eq!((plan.changes, plan.applied), (1, false));
    assert_eq!(fresh.files(), ["upr.db"]);
}

#[test]
fn vanished_keys_are_breaking_and_then_orphans() {
    let (_fresh, store) = Fresh::store();
    sync(
        &store,
        &catalog("1.0.0", &module("users", &["view", "edit", "delete"]), ""),
    );
    let next = catalog("1.1.0", &module("users", &["view", "edit"]), "");
    let refused = store.sync(&next, &SyncOptions::default(), &ada()).unwrap();
    assert_eq!(
        refused
            .refused
            .iter()
            .map(|refused| refused.rule)
            .collect::<Vec<_>>(),
        [Rule::Breaking]
    );
    let options = SyncOptions {
        allow_breaking: true,
        ..SyncOptions::default()
    };
    let plan = store.sync(&next, &options, &ada()).unwrap();
    assert!(plan.applied, "{plan:#?}");
    assert_eq!(plan.orphan.len(), 1);
    assert_eq!(store.status(None).unwrap().orphaned_permissions, 1);
}

#[test]
fn keys_that_differ_only_in_case_are_pointed_out_unless_their_modules_allow_it() {
    let (_fresh, store) = Fresh::store();
    for (first, second, found) in [(false, false, 1), (true, false, 1), (true, true, 0)] {
        let modules = format!(
            r#"{{"key": "filters", "allow_case_variants": {first}, "permissions": [{{"key": "filters.get"}}]}},
               {{"key": "Filters", "allow_case_variants": {second}, "permissions": [{{"key": "Filters.get"}}]}}"#
        );
        let catalog = catalog("1.0.0", &modules, "");
        let options = SyncOptions {
            allow_older: true,
            ..SyncOptions::default()
        };
        store.sync(&catalog, &options, &ada()).unwrap();
        for strict_mode in [false, true] {
            let options = ValidateOptions {
                strict_mode,
                ..ValidateOptions::default()
            };
            let validation = store.validate(&catalog, &options).unwrap();
            let texts = if strict_mode {
                &validation.errors
            } else {
                &validation.warnings
            };
            assert_eq!(texts.len(), found, "{first} {second} {validation:?}");
            assert_eq!(validation.valid, found == 0 || !strict_mode);
        }
    }
}

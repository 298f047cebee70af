//! Orphans, as validation and start-up judge them.

use upr_sync::ValidateOptions;

use super::{FOUR, ready, try_sync, users};
use crate::fresh::{catalog, key, sync};

#[test]
fn rule_10_orphans_are_errors_warnings_or_nothing() {
    use upr_sync::OrphanAction::{Error, Ignore, Warn};
    let first = catalog(
        "1.0.0",
        r#"{"key": "users", "permissions": [{"key": "users.view"}, {"key": "users.edit"}, {"key": "users.delete"},
            {"key": "users.old", "is_deprecated": true, "deprecation_message": "soon"}, {"key": "users.new_action"}]}"#,
        "",
    );
    let (fresh, store) = ready(&first);
    let next = users("2.0.0", &["view", "edit", "delete"], &[]);
    assert!(try_sync(&store, &next, |options| options.allow_breaking = true).applied);
    for (orphan_action, strict_mode, errors, warnings) in [
        (Error, false, 1, 1),
        (Error, true, 1, 1),
        (Warn, false, 0, 2),
        (Warn, true, 1, 1),
        (Ignore, true, 0, 0),
    ] {
        let validation = store
            .validate(
                &next,
                &ValidateOptions {
                    orphan_action,
                    strict_mode,
                },
            )
            .unwrap();
        let counts = (validation.errors.len(), validation.warnings.len());
        assert_eq!(
            counts,
            (errors, warnings),
            "{orphan_action:?} {strict_mode} {validation:?}"
        );
        assert_eq!(
            (validation.valid, validation.orphaned.len()),
            (errors == 0, 2)
        );
    }
    let validation = store.validate(&next, &ValidateOptions::default()).unwrap();
    assert_eq!(
        validation.errors,
        ["Orphaned permission found: users.new_action"]
    );
    assert_eq!(
        validation.warnings,
        ["Orphaned permission found: users.old"]
    );
    let more = users("2.1.0", &["view", "edit", "delete", "new_thing"], &[]);
    let validation = store
        .validate(
            &more,
            &ValidateOptions {
                orphan_action: Ignore,
                strict_mode: false,
            },
        )
        .unwrap();
    assert_eq!(
        validation.errors,
        ["Permission 'users.new_thing' is defined in code but not in database."]
    );
    let remedies: Vec<&str> = validation.remedies().collect();
    assert_eq!(remedies, ["Run 'upr sync' to synchronize."]);
    fresh.sql("INSERT INTO upr_permission SELECT 'users.by_hand', application, module, label, description, kind, critical, 'active', 0, '', '', '', '', '', '', created, changed FROM upr_permission WHERE key = 'users.view'");
    let validation = store
        .validate(
            &next,
            &ValidateOptions {
                orphan_action: Ignore,
                strict_mode: false,
            },
        )
        .unwrap();
    assert_eq!(
        validation.warnings,
        ["Permission 'users.by_hand' is in the database, and no sync put it there."]
    );
}

#[test]
fn rule_10_an_older_program_minds_neither_texts_nor_what_came_later() {
    let labelled = |version: &str, label: &str, more: &str| {
        catalog(
            version,
            &format!(
                r#"{{"key": "users", "label": "{label}", "permissions": [{{"key": "users.view", "label": "{label}"}} {more}]}}"#
            ),
            &format!(r#", "roles": [{{"key": "support", "label": "{label}", "mode": "managed"}}]"#),
        )
    };
    let old = labelled("1.0.0", "Old", "");
    let (fresh, store) = ready(&old);
    sync(
        &store,
        &labelled("1.1.0", "New", r#", {"key": "users.edit"}"#),
    );
    let strict = ValidateOptions::default();
    let validation = store.validate(&old, &strict).unwrap();
    assert!(validation.valid, "{validation:?}");
    assert_eq!(
        (
            validation.orphaned.as_slice(),
            validation.warnings.as_slice()
        ),
        ([].as_slice(), [].as_slice())
    );
    // Only what it declares has to be there.
    fresh.sql("DELETE FROM upr_permission WHERE key = 'users.view'");
    assert_eq!(
        store.validate(&old, &strict).unwrap().missing,
        [key("users.view")]
    );
}

/// Who had to go back may start: what the newer release brought is no mistake of the older one.
#[test]
fn rule_10_what_came_later_does_not_stop_the_release_that_was_gone_back_to() {
    let five = ["view", "edit", "update", "delete", "export"];
    let old = users("1.0.0", &FOUR, &[]);
    let (_fresh, store) = ready(&old);
    sync(&store, &users("1.1.0", &five, &[]));
    assert!(try_sync(&store, &old, |options| options.allow_older = true).applied);
    let validation = store.validate(&old, &ValidateOptions::default()).unwrap();
    assert!(validation.valid, "{validation:?}");
    assert_eq!(
        validation.warnings,
        ["Orphaned permission found: users.export"]
    );
    // The next release has to say what becomes of it.
    let next = users("1.2.0", &FOUR, &[]);
    sync(&store, &next);
    let validation = store.validate(&next, &ValidateOptions::default()).unwrap();
    assert_eq!(
        validation.errors,
        ["Orphaned permission found: users.export"]
    );
}

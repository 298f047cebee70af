//! Releases that are older, higher, or without what the last one had.

use upr_sync::plan::Rule;
use upr_sync::{SyncOptions, ValidateOptions};

use super::{FOUR, ready, rules, try_sync, users};
use crate::fresh::{catalog, key, sync};

#[test]
fn rule_11_what_was_announced_and_is_due_is_not_breaking() {
    let deprecated = |removal: &str| {
        catalog(
            "1.5.0",
            &format!(
                r#"{{"key": "users", "permissions": [{{"key": "users.view"}}, {{"key": "users.edit"}},
                {{"key": "users.old", "is_deprecated": true, "deprecation_message": "gone soon", "removal_version": {removal}}}]}}"#
            ),
            "",
        )
    };
    for (removal, version, is_breaking) in [
        ("null", "1.6.0", false),
        (r#""2.0.0""#, "1.6.0", true),
        (r#""2.0.0""#, "2.0.0", false),
        (r#""2.0.0""#, "2.0.0-rc.1", true),
    ] {
        let (_fresh, store) = ready(&deprecated(removal));
        let plan = try_sync(&store, &users(version, &["view", "edit"], &[]), |_| {});
        assert_eq!(
            plan.breaking.len(),
            usize::from(is_breaking),
            "{removal} {version}"
        );
        assert_eq!(plan.applied, !is_breaking);
    }
}

/// A release without the crate that the last one brought declares just what the one before did.
#[test]
fn rule_11_what_came_last_does_not_vanish_from_a_higher_version_without_notice() {
    let five = ["view", "edit", "update", "delete", "export"];
    let (_fresh, store) = ready(&users("1.0.0", &FOUR, &[]));
    sync(&store, &users("1.1.0", &five, &[]));
    let unlinked = users("1.2.0", &FOUR, &[]);
    let plan = try_sync(&store, &unlinked, |_| {});
    assert_eq!(rules(&plan), [Rule::Breaking]);
    assert_eq!(plan.breaking[0].key, key("users.export"));
    // The same declarations under a version that was applied before are a rollback.
    let back = users("1.0.0", &FOUR, &[]);
    let plan = try_sync(&store, &back, |options| options.allow_older = true);
    assert_eq!(
        (plan.breaking.as_slice(), plan.orphan.len()),
        ([].as_slice(), 1)
    );
    assert!(plan.applied);
}

#[test]
fn rule_9_an_older_registry_changes_nothing_unless_it_is_meant() {
    let (first, second) = (
        users("1.0.0", &FOUR, &[]),
        users(
            "1.1.0",
            &["view", "edit", "update", "delete", "export"],
            &[],
        ),
    );
    let (_fresh, store) = ready(&first);
    sync(&store, &second);
    let plan = try_sync(&store, &first, |_| {});
    assert_eq!((rules(&plan), plan.changes), (vec![Rule::Older], 0));
    assert_eq!(
        plan.refused[0].detail,
        "this is app 1.0.0, and app 1.1.0 was synced after it"
    );
    // A lower version that was never applied is another matter.
    let patch = users("1.0.1", &["view", "edit", "update", "import"], &[]);
    let plan = store.plan(&patch, &SyncOptions::default()).unwrap();
    assert_eq!(rules(&plan), [Rule::Breaking]);
    // It may start, though: its keys are there, and texts are no longer its business.
    assert!(
        store
            .validate(&first, &ValidateOptions::default())
            .unwrap()
            .valid
    );
    let back = try_sync(&store, &first, |options| options.allow_older = true);
    assert!(back.applied, "{:?}", back.refused);
    assert_eq!(back.orphan.len(), 1);
    assert_eq!(
        try_sync(&store, &second, |_| {}).restore,
        [key("users.export")]
    );
    // Without strict mode going back is implied.
    assert!(try_sync(&store, &first, |options| options.strict_mode = false).applied);
    // A higher version that goes back to the same declarations is not older.
    sync(&store, &second);
    let third = users("1.2.0", &FOUR, &[]);
    assert!(try_sync(&store, &third, |options| options.allow_breaking = true).applied);
}

#[test]
fn rule_9_a_higher_version_is_written_down_although_nothing_else_changed() {
    let (_fresh, store) = ready(&users("1.0.0", &FOUR, &[]));
    sync(
        &store,
        &users(
            "1.1.0",
            &["view", "edit", "update", "delete", "export"],
            &[],
        ),
    );
    let same = users(
        "2.0.0",
        &["view", "edit", "update", "delete", "export"],
        &[],
    );
    let plan = sync(&store, &same);
    assert_eq!((plan.changes, plan.applied), (0, false));
    assert_eq!(
        store.status(None).unwrap().last_sync.unwrap().version,
        "2.0.0"
    );
    assert_eq!(
        rules(&try_sync(&store, &users("1.9.0", &FOUR, &[]), |_| {})),
        [Rule::Older]
    );
}

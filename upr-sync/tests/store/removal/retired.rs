//! Retired keys: answered, cleaned, or waiting until nothing is assigned.

use upr::access::{Effect, GrantFact, State, Target};
use upr_sync::ValidateOptions;
use upr_sync::plan::Rule;

use super::{FOUR, give, may, ready, rules, try_sync, users};
use crate::fresh::{Fresh, ada, catalog_of, key, module, role, scope, subject, sync};

#[test]
fn rule_8_a_retired_key_is_answered_by_its_replacement() {
    let (fresh, store) = ready(&users("1.0.0", &FOUR, &[]));
    give(&store, "ada", "users.update", "", Effect::Allow, None);
    let old = users("1.0.0", &FOUR, &[]);
    let plan = sync(
        &store,
        &users(
            "2.0.0",
            &["view", "update", "delete"],
            &["users.edit>users.update"],
        ),
    );
    assert_eq!(
        (plan.delete.as_slice(), plan.moves.len()),
        ([key("users.edit")].as_slice(), 0)
    );
    assert!(may(&store, "ada", "users.edit", "acme"));
    assert_eq!(store.status(None).unwrap().total_permissions, 3);
    // The previous release goes on, since its key is there; it changes nothing.
    assert!(
        store
            .validate(&old, &ValidateOptions::default())
            .unwrap()
            .missing
            .is_empty()
    );
    assert_eq!(rules(&try_sync(&store, &old, |_| {})), [Rule::Older]);
    // It is granted no more, and never comes back.
    let grant = GrantFact {
        subject: subject("bob"),
        target: Target::Permission(key("users.edit")),
        scope: scope(""),
        effect: Effect::Allow,
        expires_at: None,
    };
    let error = store.grant(&grant, &ada()).unwrap_err();
    assert_eq!(upr_sync::Failure::hints(&error), ["use `users.update`"]);
    let revived = users("3.0.0", &FOUR, &[]);
    let plan = try_sync(&store, &revived, |options| options.allow_breaking = true);
    assert_eq!(
        (rules(&plan), plan.breaking.len()),
        (vec![Rule::Breaking], 1)
    );
    let remedy = plan.refused[0].remedy();
    assert_eq!(
        remedy,
        "give the permission another key, which nothing had before"
    );
    assert_eq!(
        fresh.ask("SELECT retired_in FROM upr_permission WHERE key = 'users.edit'"),
        "2.0.0"
    );
}

#[test]
fn rule_24_a_tombstone_without_replacement_waits_until_nothing_is_assigned() {
    let (_fresh, store) = ready(&users("1.0.0", &FOUR, &[]));
    give(&store, "ada", "users.edit", "", Effect::Allow, None);
    give(&store, "bob", "users.view", "", Effect::Allow, None);
    give(&store, "bob", "users.view", "a", Effect::Allow, None);
    // An inactive subject's grant is an assignment too (rule 22).
    store.user_deactivate(&subject("ada"), &ada()).unwrap();
    let next = users("2.0.0", &["view", "update", "delete"], &["users.edit"]);
    let plan = try_sync(&store, &next, |_| {});
    assert_eq!(rules(&plan), [Rule::Assigned]);
    assert_eq!(
        plan.refused[0].detail,
        "permission `users.edit` is retired without a replacement, and assigned by 1 grant"
    );
    let plan = try_sync(&store, &next, |options| options.revoke_retired = true);
    assert!(plan.applied, "{:?}", plan.refused);
    assert_eq!(
        (plan.revoke[0].assignments, plan.delete.as_slice()),
        (1, [key("users.edit")].as_slice())
    );
    store.user_activate(&subject("ada"), &ada()).unwrap();
    assert!(!may(&store, "ada", "users.edit", "") && may(&store, "bob", "users.view", ""));
    assert_eq!(store.facts().unwrap().grants.len(), 2);
}

/// Only hands can assign a key that is retired already.
#[test]
fn rule_24_retired_keys_in_use_are_refused_and_their_holders_named() {
    let (fresh, store) = ready(&users("1.0.0", &FOUR, &[]));
    let three = ["view", "update", "delete"];
    let tombstones = ["users.edit>users.update"];
    sync(&store, &users("2.0.0", &three, &tombstones));
    for permission in ["view", "update", "delete"] {
        let permission = format!("users.{permission}");
        give(&store, "bob", &permission, "", Effect::Allow, None);
        give(&store, "bob", &permission, "a", Effect::Allow, None);
    }
    store
        .role_create(&role("clerk"), None, &[], &ada())
        .unwrap();
    fresh.sql(
        "INSERT INTO upr_grant SELECT 'ada', '', 'users.edit', scope, effect, expires_at, reason, actor, at, revision \
         FROM upr_grant WHERE permission = 'users.view' AND scope = '';
         INSERT INTO upr_role_permission VALUES ('clerk', 'permission', 'users.edit');",
    );
    let next = users(
        "2.1.0",
        &["view", "update", "delete", "export"],
        &tombstones,
    );
    let plan = try_sync(&store, &next, |_| {});
    assert_eq!(rules(&plan), [Rule::Assigned]);
    assert_eq!(
        plan.refused[0].detail,
        "permission `users.edit` is retired, and assigned by 1 grant and held by the role `clerk`"
    );
    let plan = try_sync(&store, &next, |options| options.revoke_retired = true);
    assert!(plan.applied, "{:?}", plan.refused);
    assert_eq!(
        (plan.revoke[0].assignments, plan.is_destructive()),
        (2, true)
    );
    assert_eq!((store.facts().unwrap().grants.len(), plan.changes), (6, 2));
    assert_eq!(store.role_show(&role("clerk")).unwrap().members, []);
}

#[test]
fn rule_22_cleaning_retires_what_nobody_has_and_lists_the_rest() {
    let (fresh, store) = ready(&users(
        "1.0.0",
        &["view", "edit", "update", "delete", "export"],
        &[],
    ));
    give(&store, "ada", "users.edit", "", Effect::Allow, None);
    store.user_deactivate(&subject("ada"), &ada()).unwrap();
    let next = users("2.0.0", &["view", "update", "export"], &[]);
    let plan = try_sync(&store, &next, |options| options.allow_breaking = true);
    let orphans: Vec<(&str, u64)> = plan
        .orphan
        .iter()
        .map(|orphan| (orphan.key.as_str(), orphan.assignments))
        .collect();
    assert_eq!(orphans, [("users.delete", 0), ("users.edit", 1)]);
    let plan = try_sync(&store, &next, |options| options.clean_orphans = true);
    assert_eq!(
        (plan.delete.as_slice(), plan.kept.as_slice()),
        (
            [key("users.delete")].as_slice(),
            [key("users.edit")].as_slice()
        )
    );
    assert!(plan.applied);
    let again = try_sync(&store, &next, |options| options.clean_orphans = true);
    assert_eq!(
        (again.changes, again.applied, again.kept.len()),
        (0, false, 1)
    );
    // Nothing was done, so nothing is recorded.
    assert_eq!(fresh.ask("SELECT COUNT(*) FROM upr_sync_run"), "3");
}

#[test]
fn rule_15_uprs_own_permissions_belong_to_nobody_else() {
    let with = |name: &str, version: &str, own: &str| {
        catalog_of(
            name,
            version,
            &format!(
                "{}, {}",
                module("upr", &["view", "grant"]),
                module(own, &["view"])
            ),
            "",
        )
    };
    let (fresh, store) = Fresh::store();
    assert_eq!(
        sync(&store, &with("first", "1.0.0", "users")).create.len(),
        3
    );
    assert_eq!(
        sync(&store, &with("second", "1.0.0", "tickets")).create,
        [key("tickets.view")]
    );
    assert_eq!(store.status(None).unwrap().total_permissions, 2);
    let facts = store.facts().unwrap();
    let owner = |name: &str| {
        facts
            .permissions
            .iter()
            .find(|fact| fact.key == *name)
            .map(|fact| (fact.application.clone(), fact.state))
    };
    assert_eq!(owner("upr.grant"), Some(("upr".to_owned(), State::Active)));
    // An application that no longer carries them makes no orphans of them.
    assert_eq!(
        sync(
            &store,
            &catalog_of("first", "1.1.0", &module("users", &["view", "edit"]), "")
        )
        .orphan,
        []
    );
    // Those of a newer upr are left alone.
    fresh.sql("UPDATE upr_meta SET value = '999.0.0' WHERE name = 'version:upr'; UPDATE upr_permission SET label = 'Newer' WHERE module = 'upr'");
    let modules = [
        module("upr", &["view", "grant"]),
        module("tickets", &["view", "close"]),
    ];
    let plan = sync(
        &store,
        &catalog_of("second", "1.1.0", &modules.join(", "), ""),
    );
    assert_eq!(
        (plan.create.as_slice(), plan.changes),
        ([key("tickets.close")].as_slice(), 1)
    );
    assert_eq!(
        fresh.ask("SELECT COUNT(*) FROM upr_permission WHERE label = 'Newer'"),
        "2"
    );
    let plan = try_sync(&store, &with("upr", "1.0.0", "other"), |_| {});
    assert_eq!(rules(&plan), [Rule::Conflict]);
}

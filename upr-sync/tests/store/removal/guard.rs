//! The guard against mass loss.

use upr::access::Effect;
use upr_sync::Member;
use upr_sync::plan::Rule;

use super::{FOUR, give, ready, rules, try_sync, users};
use crate::fresh::{ada, catalog, key, module, role, sync};

#[test]
fn rule_24_revocations_are_counted_by_the_guard() {
    let (_fresh, store) = ready(&users("1.0.0", &FOUR, &[]));
    give(&store, "ada", "users.edit", "", Effect::Allow, None);
    let clerk = [Member::Permission(key("users.edit"))];
    store
        .role_create(&role("clerk"), None, &clerk, &ada())
        .unwrap();
    let next = users("2.0.0", &["view", "update", "delete"], &["users.edit"]);
    let plan = try_sync(&store, &next, |options| options.revoke_retired = true);
    assert_eq!(rules(&plan), [Rule::MassLoss]);
    let plan = try_sync(&store, &next, |options| {
        options.revoke_retired = true;
        options.expect_loss = Some(2);
    });
    assert!(plan.applied);
    assert_eq!(store.role_show(&role("clerk")).unwrap().members, []);
}

#[test]
fn rule_21_a_crate_that_was_not_linked_does_not_look_like_a_decision() {
    let actions: Vec<String> = (0..300).map(|number| format!("do_{number}")).collect();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let (_fresh, store) = ready(&users("1.0.0", &actions, &[]));
    let fewer = users("1.1.0", &actions[..284], &[]);
    assert_eq!(
        rules(&try_sync(&store, &fewer, |_| {})),
        [Rule::Breaking, Rule::MassLoss]
    );
    let allow = |loss: Option<u64>| {
        try_sync(&store, &fewer, |options| {
            options.allow_breaking = true;
            options.expect_loss = loss;
        })
    };
    let plan = allow(None);
    assert_eq!(
        plan.refused[0].detail,
        "16 of 300 permissions would be declared no longer; confirm it with `--expect-loss 16`"
    );
    let plan = allow(Some(15));
    assert_eq!(
        plan.refused[0].detail,
        "16 of 300 permissions would be declared no longer; 15 were expected, and it is 16"
    );
    assert!(allow(Some(16)).applied);
    // Tombstones are decisions, and cleaning does not get around the guard.
    let tombstones: Vec<String> = actions[200..284]
        .iter()
        .map(|action| format!("users.{action}"))
        .collect();
    let tombstones: Vec<&str> = tombstones.iter().map(String::as_str).collect();
    let mut retired = users("1.2.0", &actions[..200], &tombstones);
    assert!(try_sync(&store, &retired, |_| {}).applied);
    retired = users("1.3.0", &actions[..100], &tombstones);
    let plan = try_sync(&store, &retired, |options| {
        options.allow_breaking = true;
        options.clean_orphans = true;
    });
    assert_eq!(rules(&plan), [Rule::MassLoss]);
}

#[test]
fn rule_21_members_taken_from_managed_roles_are_counted_and_those_of_seeded_ones_are_not() {
    let modules = module("users", &FOUR);
    let roles = |mode: &str, permissions: &str| {
        format!(
            r#", "roles": [{{"key": "support", "mode": "{mode}", "permissions": [{permissions}]}}]"#
        )
    };
    let both = r#""users.view", "users.edit""#;
    let (_fresh, store) = ready(&catalog("1.0.0", &modules, &roles("managed", both)));
    let less = catalog("1.1.0", &modules, &roles("managed", r#""users.view""#));
    let plan = try_sync(&store, &less, |_| {});
    assert_eq!(rules(&plan), [Rule::MassLoss]);
    assert_eq!(
        plan.refused[0].detail,
        "1 of 2 members would be taken from managed roles; confirm it with `--expect-loss 1`"
    );
    assert!(try_sync(&store, &less, |options| options.expect_loss = Some(1)).applied);
    // What the code no longer offers to a seeded role stays in it, so nothing is lost.
    let (_fresh, store) = ready(&catalog("1.0.0", &modules, &roles("seeded", both)));
    let less = catalog("1.1.0", &modules, &roles("seeded", r#""users.view""#));
    assert_eq!(sync(&store, &less).changes, 0);
    assert_eq!(store.role_show(&role("support")).unwrap().members.len(), 2);
}

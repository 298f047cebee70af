//! Moves: what is assigned of a retired key goes to its replacement, in grants and in roles.

use upr::access::{Effect, GrantFact, Target};
use upr_sync::plan::Rule;
use upr_sync::{Member, NewUser, time};

use super::{FOUR, give, may, ready, rules, try_sync, users};
use crate::fresh::{ada, catalog, key, module, role, scope, subject, sync};

#[test]
fn rule_19_a_move_keeps_scope_effect_and_end_and_the_later_end_of_two() {
    let (_fresh, store) = ready(&users("1.0.0", &FOUR, &[]));
    give(
        &store,
        "ada",
        "users.edit",
        "acme",
        Effect::Allow,
        Some("2990-01-01"),
    );
    give(&store, "ada", "users.edit", "hooli", Effect::Deny, None);
    give(
        &store,
        "bob",
        "users.edit",
        "",
        Effect::Allow,
        Some("2990-01-01"),
    );
    give(
        &store,
        "bob",
        "users.update",
        "",
        Effect::Allow,
        Some("2980-01-01"),
    );
    give(
        &store,
        "bob",
        "users.edit",
        "x",
        Effect::Allow,
        Some("2980-01-01"),
    );
    give(&store, "bob", "users.update", "x", Effect::Allow, None);
    let clerk = [Member::Permission(key("users.edit"))];
    store
        .role_create(&role("clerk"), None, &clerk, &ada())
        .unwrap();
    let plan = sync(
        &store,
        &users(
            "2.0.0",
            &["view", "update", "delete"],
            &["users.edit>users.update"],
        ),
    );
    assert_eq!(
        (plan.moves[0].assignments, plan.moves[0].to.as_str()),
        (5, "users.update")
    );
    let facts = store.facts().unwrap();
    let found: Vec<String> = facts
        .grants
        .iter()
        .map(|grant| {
            assert_eq!(grant.target, Target::Permission(key("users.update")));
            let end = grant.expires_at.map_or("never".to_owned(), time::shown);
            format!(
                "{} {:?} {:?} {end}",
                grant.subject,
                grant.scope.as_str(),
                grant.effect
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            r#"ada "acme" Allow 2990-01-01T00:00:00Z"#,
            r#"ada "hooli" Deny never"#,
            r#"bob "" Allow 2990-01-01T00:00:00Z"#,
            r#"bob "x" Allow never"#,
        ]
    );
    assert_eq!(
        store.role_show(&role("clerk")).unwrap().members,
        [Member::Permission(key("users.update"))]
    );
    assert_eq!(store.trail().unwrap().broken, None);
}

#[test]
fn rule_19_chains_resolve_to_the_last_and_cycles_are_refused() {
    let (fresh, store) = ready(&users("1.0.0", &FOUR, &[]));
    give(&store, "ada", "users.view", "", Effect::Allow, None);
    let chain = ["users.view>users.edit", "users.edit>users.update"];
    let plan = sync(&store, &users("2.0.0", &["update", "delete"], &chain));
    assert_eq!(plan.moves[0].to, key("users.update"));
    for permission in ["users.view", "users.edit", "users.update"] {
        assert!(may(&store, "ada", permission, ""), "{permission}");
    }
    // What was retired before is answered by the replacement of its replacement.
    sync(
        &store,
        &users(
            "3.0.0",
            &["delete"],
            &[
                "users.view>users.edit",
                "users.edit>users.update",
                "users.update>users.delete",
            ],
        ),
    );
    assert!(may(&store, "ada", "users.view", "") && may(&store, "ada", "users.delete", ""));
    // The published view needs no chain to follow either.
    let view = "SELECT group_concat(permission, ' ') FROM (SELECT permission FROM upr_subject_permission WHERE subject = 'ada' ORDER BY permission)";
    assert_eq!(
        fresh.ask(view),
        "users.delete users.edit users.update users.view"
    );
    let (_fresh, store) = ready(&users("1.0.0", &FOUR, &[]));
    for tombstones in [
        &["users.view>users.edit", "users.edit>users.view"][..],
        &["users.view>users.gone"],
    ] {
        let plan = try_sync(
            &store,
            &users("2.0.0", &["update", "delete"], tombstones),
            |options| options.allow_breaking = true,
        );
        assert!(rules(&plan).contains(&Rule::Conflict), "{:?}", plan.refused);
    }
}

#[test]
fn rule_20_what_a_person_removed_stays_removed_through_a_move() {
    let seeded = |permissions: &str| {
        format!(
            r#", "roles": [{{"key": "support", "mode": "seeded", "permissions": [{permissions}]}}]"#
        )
    };
    let first = catalog(
        "1.0.0",
        &module("users", &FOUR),
        &seeded(r#""users.view", "users.edit""#),
    );
    for removed in [true, false] {
        let (_fresh, store) = ready(&first);
        if removed {
            store
                .role_disallow(
                    &role("support"),
                    &[Member::Permission(key("users.edit"))],
                    &ada(),
                )
                .unwrap();
        }
        let rest = format!(
            r#"{}, "retired": [{{"key": "users.edit", "retired": "2.0.0", "replaced_by": "users.update"}}]"#,
            seeded(r#""users.view", "users.update""#)
        );
        let second = catalog(
            "2.0.0",
            &module("users", &["view", "update", "delete"]),
            &rest,
        );
        sync(&store, &second);
        assert_eq!(sync(&store, &second).changes, 0);
        // Nor does it come back with a later release.
        let modules = module("users", &["view", "update", "delete", "export"]);
        let plan = sync(&store, &catalog("2.1.0", &modules, &rest));
        assert_eq!((plan.changes, plan.roles.as_slice()), (1, [].as_slice()));
        let members: Vec<String> = store
            .role_show(&role("support"))
            .unwrap()
            .members
            .iter()
            .map(ToString::to_string)
            .collect();
        let expected: &[&str] = if removed {
            &["users.view"]
        } else {
            &["users.update", "users.view"]
        };
        assert_eq!(members, expected, "removed: {removed}");
    }
}

#[test]
fn rule_20_what_a_move_brings_into_a_role_is_not_offered_to_it_too() {
    let seeded = |permissions: &str, rest: &str| {
        format!(
            r#", "roles": [{{"key": "support", "mode": "seeded", "permissions": [{permissions}]}}] {rest}"#
        )
    };
    let first = catalog(
        "1.0.0",
        &module("users", &FOUR),
        &seeded(r#""users.view""#, ""),
    );
    let (_fresh, store) = ready(&first);
    let edit = [Member::Permission(key("users.edit"))];
    store.role_allow(&role("support"), &edit, &ada()).unwrap();
    let rest = seeded(
        r#""users.view", "users.update""#,
        r#", "retired": [{"key": "users.edit", "retired": "2.0.0", "replaced_by": "users.update"}]"#,
    );
    let modules = module("users", &["view", "update", "delete"]);
    let plan = sync(&store, &catalog("2.0.0", &modules, &rest));
    assert_eq!(
        (plan.moves.len(), plan.roles.as_slice()),
        (1, [].as_slice())
    );
    let members = store.role_show(&role("support")).unwrap().members;
    assert_eq!(
        members,
        ["users.update", "users.view"].map(|text| Member::Permission(key(text)))
    );
}

#[test]
fn rule_19_what_is_held_or_denied_by_a_whole_module_is_carried_out_of_it() {
    let both = |version: &str, actions: &[&str], rest: &str| {
        let modules = format!(
            "{}, {}",
            module("users", actions),
            module("people", &["update", "view"])
        );
        catalog(version, &modules, rest)
    };
    let managed = |members: &str| {
        format!(
            r#", "roles": [{{"key": "boss", "mode": "managed", "permissions": [{members}], "modules": ["users"]}}]"#
        )
    };
    let tombstone = r#", "retired": [{"key": "users.edit", "retired": "2.0.0", "replaced_by": "people.update"}]"#;
    let (_fresh, store) = ready(&both("1.0.0", &FOUR, &managed("")));
    let all_of = |module: &str| Member::Module(upr_core::ModuleKey::parse(module).unwrap());
    store
        .role_create(&role("clerk"), None, &[all_of("users")], &ada())
        .unwrap();
    store
        .role_create(
            &role("both"),
            None,
            &[all_of("users"), all_of("people")],
            &ada(),
        )
        .unwrap();
    store
        .role_create(
            &role("named"),
            None,
            &[all_of("users"), Member::Permission(key("users.edit"))],
            &ada(),
        )
        .unwrap();
    let give_role = |who: &str, what: &str, at: &str, effect: Effect, end: Option<&str>| {
        let grant = GrantFact {
            subject: subject(who),
            target: Target::Role(role(what)),
            scope: scope(at),
            effect,
            expires_at: end.map(|end| time::parse(end).unwrap()),
        };
        store.grant(&grant, &ada()).unwrap();
    };
    give_role("ada", "clerk", "acme", Effect::Allow, Some("2990-01-01"));
    give_role("ada", "clerk", "hooli", Effect::Deny, None);
    give_role("ada", "boss", "hooli", Effect::Allow, None);
    give_role("bob", "both", "", Effect::Allow, None);
    give_role("bob", "named", "x", Effect::Allow, None);
    let pairs = |permission: &str| {
        let held = |who: &str, at: &str| may(&store, who, permission, at);
        [
            held("ada", ""),
            held("ada", "acme"),
            held("ada", "hooli"),
            held("bob", ""),
            held("bob", "x"),
        ]
    };
    let before = pairs("users.edit");
    assert_eq!(before, [false, true, false, true, true]);
    let next = both(
        "2.0.0",
        &["view", "update", "delete"],
        &format!("{}{tombstone}", managed("")),
    );
    let plan = sync(&store, &next);
    let json = serde_json::to_value(&plan.moves).unwrap();
    assert_eq!(json[0]["assignments"], 4);
    assert_eq!(
        json[0]["carried"],
        serde_json::json!([
            {"subject": "ada", "role": "boss", "scope": "hooli", "effect": "allow", "expires_at": null},
            {"subject": "ada", "role": "clerk", "scope": "acme", "effect": "allow", "expires_at": "2990-01-01T00:00:00Z"},
            {"subject": "ada", "role": "clerk", "scope": "hooli", "effect": "deny", "expires_at": null},
        ])
    );
    assert_eq!(
        (pairs("users.edit"), pairs("people.update")),
        (before, before)
    );
    assert_eq!(
        (
            may(&store, "ada", "people.view", "acme"),
            may(&store, "bob", "people.view", "x")
        ),
        (false, true)
    );
    let members: Vec<String> = store
        .role_show(&role("named"))
        .unwrap()
        .members
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(members, ["users.*", "people.update"]);
    assert_eq!(sync(&store, &next).changes, 0);
    assert_eq!(store.trail().unwrap().broken, None);
}

#[test]
fn rule_19_what_the_code_gives_a_role_itself_is_not_carried_too() {
    let modules = |actions: &[&str]| {
        format!(
            "{}, {}",
            module("users", actions),
            module("people", &["update"])
        )
    };
    let tombstone = r#", "retired": [{"key": "users.edit", "retired": "2.0.0", "replaced_by": "people.update"}]"#;
    for (mode, first, then) in [
        (
            "managed",
            r#""modules": ["users"]"#,
            r#""modules": ["users"], "permissions": ["people.update"]"#,
        ),
        (
            "seeded",
            r#""modules": ["users"]"#,
            r#""modules": ["users"], "permissions": ["people.update"]"#,
        ),
        // The code no longer means the whole module: that is its decision.
        (
            "managed",
            r#""modules": ["users"], "permissions": ["users.view"]"#,
            r#""permissions": ["users.view"]"#,
        ),
    ] {
        let role_text = |members: &str| {
            format!(r#", "roles": [{{"key": "boss", "mode": "{mode}", {members}}}]"#)
        };
        let (_fresh, store) = ready(&catalog("1.0.0", &modules(&FOUR), &role_text(first)));
        let mut user = NewUser::new(subject("ada"));
        user.roles.push(role("boss"));
        store.user_create(&user, &ada()).unwrap();
        let rest = format!("{}{tombstone}", role_text(then));
        let next = catalog("2.0.0", &modules(&["view", "update", "delete"]), &rest);
        let plan = try_sync(&store, &next, |options| options.expect_loss = Some(1));
        assert_eq!(
            (plan.refused.as_slice(), plan.moves.as_slice()),
            ([].as_slice(), [].as_slice()),
            "{then}"
        );
        assert_eq!(
            may(&store, "ada", "people.update", ""),
            then.contains("people.update"),
            "{then}"
        );
    }
}

//! How keys leave: orphans, tombstones, moves, and what is refused.

use upr::access::{Effect, GrantFact, State, Target};
use upr_core::Catalog;
use upr_sync::plan::{Plan, Rule};
use upr_sync::{Member, NewUser, Store, SyncOptions, ValidateOptions, time};

use crate::fresh::{Fresh, ada, catalog, catalog_of, key, module, role, scope, subject, sync};

fn ready(first: &Catalog) -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    sync(&store, first);
    for id in ["ada", "bob"] {
        store
            .user_create(&NewUser::new(subject(id)), &ada())
            .unwrap();
    }
    (fresh, store)
}

fn give(store: &Store, who: &str, what: &str, at: &str, effect: Effect, end: Option<&str>) {
    let grant = GrantFact {
        subject: subject(who),
        target: Target::Permission(key(what)),
        scope: scope(at),
        effect,
        expires_at: end.map(|end| time::parse(end).unwrap()),
    };
    store.grant(&grant, &ada()).unwrap();
}

fn may(store: &Store, who: &str, what: &str, at: &str) -> bool {
    store
        .check(&subject(who), &key(what), &scope(at))
        .unwrap()
        .is_allowed()
}

fn try_sync(store: &Store, catalog: &Catalog, change: impl FnOnce(&mut SyncOptions)) -> Plan {
    let mut options = SyncOptions::default();
    change(&mut options);
    store.sync(catalog, &options, &ada()).unwrap()
}

fn rules(plan: &Plan) -> Vec<Rule> {
    assert!(!plan.applied);
    plan.refused.iter().map(|refused| refused.rule).collect()
}

/// `users` with these actions, and tombstones as `old>new` or `old`.
fn users(version: &str, actions: &[&str], tombstones: &[&str]) -> Catalog {
    let retired: Vec<String> = tombstones
        .iter()
        .map(|tombstone| match tombstone.split_once('>') {
            Some((old, new)) => {
                format!(r#"{{"key": "{old}", "retired": "{version}", "replaced_by": "{new}"}}"#)
            }
            None => format!(r#"{{"key": "{tombstone}", "retired": "{version}"}}"#),
        })
        .collect();
    catalog(
        version,
        &module("users", actions),
        &format!(r#", "retired": [{}]"#, retired.join(", ")),
    )
}

const FOUR: [&str; 4] = ["view", "edit", "update", "delete"];

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

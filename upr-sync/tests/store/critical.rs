//! Somebody always holds what is critical (rule 26).

use std::path::PathBuf;

use upr::access::{Effect, GrantFact, Target};
use upr_core::{Catalog, Timestamp};
use upr_sync::backup::{Reason, RestoreOptions};
use upr_sync::plan::Rule;
use upr_sync::{
    Actor, Failure, Member, Mode, NewUser, Plan, Revoke, Store, StoreError, SyncOptions, WishError,
    time,
};

use crate::fresh::{Fresh, ada, catalog, key, role, scope, subject, sync};

/// The module `users`, with the critical `users.manage`.
const USERS: &str = r#"{"key": "users", "permissions": [
    {"key": "users.view"}, {"key": "users.manage", "critical": true}]}"#;
/// The code's own role, which holds it.
const OWNER: &str = r#", "roles": [{"key": "owner", "mode": "managed",
    "permissions": ["users.manage", "users.view"]}]"#;

fn released() -> Catalog {
    catalog("1.0.0", USERS, OWNER)
}

/// Ada, who holds the critical permission through a role, and Bob, who holds nothing.
fn held_by_ada(role_key: &str) -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    sync(&store, &released());
    let members = [Member::Permission(key("users.manage"))];
    store
        .role_create(&role("admin"), None, &members, &ada())
        .unwrap();
    let mut user = NewUser::new(subject("ada"));
    user.roles.push(role(role_key));
    store.user_create(&user, &ada()).unwrap();
    store
        .user_create(&NewUser::new(subject("bob")), &ada())
        .unwrap();
    (fresh, store)
}

fn given(id: &str, target: Target) -> GrantFact {
    GrantFact {
        subject: subject(id),
        target,
        scope: scope(""),
        effect: Effect::Allow,
        expires_at: None,
    }
}

fn manage() -> Target {
    Target::Permission(key("users.manage"))
}

fn admin() -> Target {
    Target::Role(role("admin"))
}

fn denied(id: &str, target: Target) -> GrantFact {
    GrantFact {
        effect: Effect::Deny,
        ..given(id, target)
    }
}

fn until_2099(id: &str, target: Target) -> GrantFact {
    GrantFact {
        expires_at: Some(time::parse("2099-01-01").unwrap()),
        ..given(id, target)
    }
}

fn revoked(id: &str, target: Target) -> Revoke {
    Revoke {
        subject: subject(id),
        target,
        scope: Some(scope("")),
        effect: Effect::Allow,
    }
}

type Wish = fn(&Store) -> Result<(), WishError>;

/// Each takes the permission from Ada, who has it through the role `admin`.
const WISHES: &[(&str, Wish)] = &[
    ("revoke", |store| {
        store.revoke(&revoked("ada", admin()), &ada()).map(drop)
    }),
    ("deny the permission", |store| {
        store.grant(&denied("ada", manage()), &ada()).map(drop)
    }),
    ("deny the role", |store| {
        store.grant(&denied("ada", admin()), &ada()).map(drop)
    }),
    ("deny another role that holds it", |store| {
        store
            .grant(&denied("ada", Target::Role(role("owner"))), &ada())
            .map(drop)
    }),
    ("deny until a time", |store| {
        let deny = GrantFact {
            expires_at: Some(time::parse("2099-01-01").unwrap()),
            ..denied("ada", manage())
        };
        store.grant(&deny, &ada()).map(drop)
    }),
    ("set an end", |store| {
        store.grant(&until_2099("ada", admin()), &ada()).map(drop)
    }),
    ("take it from the role", |store| {
        let members = [Member::Permission(key("users.manage"))];
        store
            .role_disallow(&role("admin"), &members, &ada())
            .map(drop)
    }),
    ("delete the role", |store| {
        store.role_delete(&role("admin"), &ada()).map(drop)
    }),
    ("deactivate", |store| {
        store.user_deactivate(&subject("ada"), &ada()).map(drop)
    }),
];

fn assert_refused(error: &WishError, what: &str) {
    assert_eq!(error.code(), "critical", "{what}: {error}");
    assert_eq!(
        error.to_string(),
        "nobody would be left who holds the critical permission `users.manage`; the last is `ada`",
        "{what}"
    );
    let hints = error.hints().join(" ");
    assert!(
        hints.contains("upr grant SUBJECT --permission users.manage"),
        "{hints}"
    );
}

#[test]
fn no_wish_takes_it_from_the_last_holder() {
    for (what, wish) in WISHES {
        let (fresh, store) = held_by_ada("admin");
        let before = store.facts().unwrap();
        assert_refused(&wish(&fresh.open(Mode::DryRun)).unwrap_err(), what);
        assert_refused(&wish(&store).unwrap_err(), what);
        assert_eq!(
            store.facts().unwrap(),
            before,
            "{what}: nothing was written"
        );
        assert_eq!(store.trail().unwrap().changes, before.revision, "{what}");
    }
}

#[test]
fn with_another_holder_everything_goes() {
    for (what, wish) in WISHES {
        let (fresh, store) = held_by_ada("admin");
        store.grant(&given("bob", manage()), &ada()).unwrap();
        wish(&fresh.open(Mode::DryRun)).unwrap_or_else(|error| panic!("{what}: {error}"));
        wish(&store).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

/// Who is inactive, denied, held back by a scope or by an end is no holder.
#[test]
fn who_only_seems_to_hold_it_does_not_count() {
    let everywhere = given("bob", manage());
    let in_acme = GrantFact {
        scope: scope("acme"),
        ..everywhere.clone()
    };
    let cases: [(&str, Vec<GrantFact>, bool); 5] = [
        ("in one scope", vec![in_acme], true),
        ("until a time", vec![until_2099("bob", manage())], true),
        ("inactive", vec![everywhere.clone()], false),
        (
            "denied",
            vec![everywhere.clone(), denied("bob", manage())],
            true,
        ),
        (
            "denied a role",
            vec![everywhere, denied("bob", admin())],
            true,
        ),
    ];
    for (what, grants, active) in cases {
        let (fresh, store) = held_by_ada("admin");
        for grant in grants {
            store.grant(&grant, &ada()).unwrap();
        }
        if !active {
            store.user_deactivate(&subject("bob"), &ada()).unwrap();
        }
        let wish = |store: &Store| store.revoke(&revoked("ada", admin()), &ada());
        assert_refused(&wish(&fresh.open(Mode::DryRun)).unwrap_err(), what);
        assert_refused(&wish(&store).unwrap_err(), what);
    }
}

#[test]
fn a_deny_in_another_scope_or_one_that_has_ended_takes_nothing() {
    let (_fresh, store) = held_by_ada("admin");
    let deny = GrantFact {
        scope: scope("acme"),
        ..denied("ada", manage())
    };
    store.grant(&deny, &ada()).unwrap();
    store
        .user_create(&NewUser::new(subject("cid")), &ada())
        .unwrap();
    store.grant(&given("cid", manage()), &ada()).unwrap();
    let soon = GrantFact {
        expires_at: Some(time::parse("2050-01-01").unwrap()),
        ..denied("cid", manage())
    };
    store.grant(&soon, &ada()).unwrap();
    let later = _fresh
        .open(Mode::Write)
        .with_clock(|| time::parse("2060-01-01").unwrap_or(Timestamp::EPOCH));
    later.revoke(&revoked("ada", admin()), &ada()).unwrap();
}

#[test]
fn from_none_anything_goes() {
    let (fresh, store) = Fresh::store();
    sync(&store, &released());
    let mut user = NewUser::new(subject("ada"));
    user.roles.push(role("owner"));
    store.user_create(&user, &ada()).unwrap();
    fresh.sql("UPDATE upr_subject SET active = 0, deactivated_by = 'hand' WHERE id = 'ada'");
    let owner = Target::Role(role("owner"));
    store.revoke(&revoked("ada", owner), &ada()).unwrap();
    store.grant(&denied("ada", manage()), &ada()).unwrap();
}

#[test]
fn a_role_that_is_denied_to_the_last_holder_may_not_gain_it() {
    for member in [
        Member::Permission(key("users.manage")),
        Member::Module("users".parse().unwrap()),
        Member::All,
    ] {
        let (fresh, store) = held_by_ada("owner");
        store
            .role_create(&role("banned"), None, &[], &ada())
            .unwrap();
        store
            .grant(&denied("ada", Target::Role(role("banned"))), &ada())
            .unwrap();
        let wish = |store: &Store| {
            store.role_allow(&role("banned"), std::slice::from_ref(&member), &ada())
        };
        let what = member.to_string();
        assert_refused(&wish(&fresh.open(Mode::DryRun)).unwrap_err(), &what);
        assert_refused(&wish(&store).unwrap_err(), &what);
    }
}

#[test]
fn wildcards_hold_it_too() {
    for member in [Member::All, Member::Module("users".parse().unwrap())] {
        let (_fresh, store) = held_by_ada("admin");
        store
            .role_create(&role("wide"), None, std::slice::from_ref(&member), &ada())
            .unwrap();
        let wide = Target::Role(role("wide"));
        store.grant(&given("bob", wide.clone()), &ada()).unwrap();
        store.revoke(&revoked("ada", admin()), &ada()).unwrap();
        let error = store.revoke(&revoked("bob", wide), &ada()).unwrap_err();
        assert!(error.to_string().ends_with("the last is `bob`"), "{error}");
        let members = std::slice::from_ref(&member);
        let error = store
            .role_disallow(&role("wide"), members, &ada())
            .unwrap_err();
        assert_eq!(error.code(), "critical");
    }
}

fn refused(plan: &Plan) -> Vec<(Rule, &str)> {
    let refused = plan.refused.iter();
    refused
        .map(|refused| (refused.rule, refused.detail.as_str()))
        .collect()
}

const REFUSED: &str =
    "nobody would be left who holds the critical permission `users.manage`; the last is `ada`";

/// Lets what is not about this pass.
fn lenient() -> SyncOptions {
    SyncOptions {
        expect_loss: Some(1),
        allow_breaking: true,
        clean_orphans: true,
        revoke_retired: true,
        ..SyncOptions::default()
    }
}

/// Releases that take it from the last holder of the code's own role.
fn losing() -> Vec<(&'static str, Catalog)> {
    let smaller =
        r#", "roles": [{"key": "owner", "mode": "managed", "permissions": ["users.view"]}]"#;
    let replaced =
        r#"{"key": "users", "permissions": [{"key": "users.view"}, {"key": "users.rule"}]}"#;
    let retired = r#", "roles": [{"key": "owner", "mode": "managed", "permissions": ["users.view"]}],
        "retired": [{"key": "users.manage", "retired": "2.0.0", "replaced_by": "users.rule"}]"#;
    vec![
        ("a managed role shrinks", catalog("2.0.0", USERS, smaller)),
        (
            "a replacement nobody holds",
            catalog("2.0.0", replaced, retired),
        ),
    ]
}

#[test]
fn no_sync_and_no_saved_plan_takes_it_from_the_last_holder() {
    for (what, losing) in losing() {
        let (fresh, store) = held_by_ada("owner");
        let backups = fresh.path().with_file_name("backups");
        let store = store.with_backups(&backups);
        let before = store.facts().unwrap();
        let (_, saved) = store.save_plan(&losing, &lenient()).unwrap();
        let dry = fresh.open(Mode::DryRun);
        for plan in [
            store.plan(&losing, &lenient()).unwrap(),
            dry.sync(&losing, &lenient(), &ada()).unwrap(),
            store.sync(&losing, &lenient(), &ada()).unwrap(),
            dry.apply_plan(&losing, &lenient(), &saved, &ada()).unwrap(),
            store
                .apply_plan(&losing, &lenient(), &saved, &ada())
                .unwrap(),
        ] {
            assert!(!plan.applied, "{what}");
            assert_eq!(refused(&plan), [(Rule::Critical, REFUSED)], "{what}");
        }
        assert_eq!(store.facts().unwrap(), before, "{what}");
        assert!(!backups.exists(), "{what}: no backup of what is not done");

        store.grant(&given("bob", manage()), &ada()).unwrap();
        let plan = store.sync(&losing, &lenient(), &ada()).unwrap();
        assert_eq!(refused(&plan), [], "{what}");
        assert!(plan.applied, "{what}");
    }
}

/// The move itself may take it: who is denied the replacement gets a permission that is denied.
#[test]
fn no_move_takes_it_from_the_last_holder() {
    let (_fresh, store) = Fresh::store();
    let old = r#"{"key": "users", "permissions": [{"key": "users.rule"}, {"key": "users.manage", "critical": true}]}"#;
    sync(&store, &catalog("1.0.0", old, ""));
    store
        .user_create(&NewUser::new(subject("ada")), &ada())
        .unwrap();
    store.grant(&given("ada", manage()), &ada()).unwrap();
    let rule = Target::Permission(key("users.rule"));
    store.grant(&denied("ada", rule.clone()), &ada()).unwrap();
    let new = r#"{"key": "users", "permissions": [{"key": "users.rule", "critical": true}]}"#;
    let retired = r#", "retired": [{"key": "users.manage", "retired": "2.0.0", "replaced_by": "users.rule"}]"#;
    let newer = catalog("2.0.0", new, retired);
    let plan = store.sync(&newer, &lenient(), &ada()).unwrap();
    assert_eq!(refused(&plan), [(Rule::Critical, REFUSED)]);

    store
        .user_create(&NewUser::new(subject("bob")), &ada())
        .unwrap();
    store.grant(&given("bob", manage()), &ada()).unwrap();
    assert!(store.sync(&newer, &lenient(), &ada()).unwrap().applied);
    // The replacement is critical, and Bob is the last from here on.
    let error = store.revoke(&revoked("bob", rule), &ada()).unwrap_err();
    assert_eq!(error.code(), "critical");
}

/// What is retired for nothing, or said to be critical no longer, is a decision of its own.
#[test]
fn a_key_that_is_no_longer_critical_may_be_lost() {
    let (_fresh, store) = held_by_ada("owner");
    let plain =
        r#"{"key": "users", "permissions": [{"key": "users.view"}, {"key": "users.manage"}]}"#;
    let smaller =
        r#", "roles": [{"key": "owner", "mode": "managed", "permissions": ["users.view"]}]"#;
    let plan = store
        .sync(&catalog("2.0.0", plain, smaller), &lenient(), &ada())
        .unwrap();
    assert_eq!(refused(&plan), []);

    let (_fresh, store) = held_by_ada("owner");
    store.role_delete(&role("admin"), &ada()).unwrap();
    let gone = r#"{"key": "users", "permissions": [{"key": "users.view"}]}"#;
    let retired = r#", "roles": [{"key": "owner", "mode": "managed", "permissions": ["users.view"]}],
        "retired": [{"key": "users.manage", "retired": "2.0.0"}]"#;
    let plan = store
        .sync(&catalog("2.0.0", gone, retired), &lenient(), &ada())
        .unwrap();
    assert_eq!(refused(&plan), []);
}

#[test]
fn what_becomes_critical_with_its_loss_is_refused() {
    let plain =
        r#"{"key": "users", "permissions": [{"key": "users.view"}, {"key": "users.manage"}]}"#;
    let (fresh, store) = Fresh::store();
    sync(&store, &catalog("1.0.0", plain, OWNER));
    let mut user = NewUser::new(subject("ada"));
    user.roles.push(role("owner"));
    store.user_create(&user, &ada()).unwrap();
    // Another critical key, so that a plan is tried out at all.
    fresh.sql("UPDATE upr_permission SET critical = 1 WHERE key = 'users.view'");
    let smaller =
        r#", "roles": [{"key": "owner", "mode": "managed", "permissions": ["users.view"]}]"#;
    let losing = catalog("2.0.0", USERS, smaller);
    for plan in [
        store.plan(&losing, &lenient()).unwrap(),
        store.sync(&losing, &lenient(), &ada()).unwrap(),
    ] {
        assert_eq!(refused(&plan), [(Rule::Critical, REFUSED)]);
    }
}

/// A start with `auto_sync` applies what only adds; what a seeded role gains may be denied.
#[test]
fn no_start_takes_it_from_the_last_holder() {
    let seeded = |members: &str| {
        let roles = format!(
            r#", "roles": [{{"key": "owner", "mode": "managed", "permissions": ["users.manage"]}},
            {{"key": "banned", "mode": "seeded", "permissions": [{members}]}}]"#
        );
        catalog("1.0.0", USERS, &roles)
    };
    let (fresh, store) = Fresh::store();
    sync(&store, &seeded(r#""users.view""#));
    let mut user = NewUser::new(subject("ada"));
    user.roles.push(role("owner"));
    store.user_create(&user, &ada()).unwrap();
    store
        .grant(&denied("ada", Target::Role(role("banned"))), &ada())
        .unwrap();
    let mut settings = upr_sync::settings::Settings::strict("test");
    settings.database = format!("sqlite:{}", fresh.path().display()).into();
    (settings.auto_sync, settings.strict_mode) = (true, false);
    let wider = seeded(r#""users.view", "users.manage""#);
    let started = upr_sync::startup(&settings, &wider, upr_sync::Startup::new()).unwrap();
    assert_eq!(started.synced, None);
    let warnings = started.warnings.join("\n");
    assert!(
        warnings.contains("be refused: nobody would be left"),
        "{warnings}"
    );
    assert!(
        store
            .check(&subject("ada"), &key("users.manage"), &scope(""))
            .unwrap()
            .is_allowed()
    );
}

fn back_up(fresh: &Fresh, store: &Store) -> PathBuf {
    let folder = fresh.path().with_file_name("backups");
    store.backup(&folder, Reason::Manual, &ada()).unwrap().file
}

#[test]
fn no_restore_takes_it_from_the_last_holder() {
    let cases: [(&str, bool); 2] = [("exact", true), ("with what was decided since", false)];
    for (what, exact) in cases {
        let (fresh, store) = held_by_ada("admin");
        let file = back_up(&fresh, &store);
        // From Ada to Bob: the backup knows only Ada, whom somebody has let go since.
        store.grant(&given("bob", manage()), &ada()).unwrap();
        if exact {
            fresh
                .sql("UPDATE upr_subject SET active = 0, deactivated_by = 'hand' WHERE id = 'bob'");
            fresh.sql("UPDATE upr_subject SET active = 1, deactivated_by = '' WHERE id = 'bob'");
        }
        store.user_deactivate(&subject("ada"), &ada()).unwrap();
        let before = store.facts().unwrap();
        let options = RestoreOptions {
            exact,
            ..RestoreOptions::default()
        };
        for mode in [Mode::DryRun, Mode::Write] {
            let result = fresh.open(mode).restore(&file, &options, &ada());
            if exact {
                // Ada is back with it, so nothing is lost.
                assert!(result.is_ok(), "{what}: {result:?}");
            } else {
                let error = result.unwrap_err();
                assert!(
                    matches!(error, StoreError::Critical { .. }),
                    "{what}: {error}"
                );
                assert!(
                    error.to_string().ends_with("the last is `bob`"),
                    "{what}: {error}"
                );
                assert_eq!(store.facts().unwrap(), before, "{what}");
            }
        }
    }
}

/// A long change set is not held in memory, and guarded all the same.
#[test]
fn a_restore_of_thousands_is_guarded_too() {
    let (fresh, store) = held_by_ada("admin");
    let file = back_up(&fresh, &store);
    fresh.sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000) \
         INSERT INTO upr_grant (subject, role, permission, scope, effect, actor, at, revision) \
         SELECT 'bob', '', 'users.view', 'scope-' || i, 'allow', 'sql', '2026-01-01T00:00:00.000000Z', 1 FROM n",
    );
    store.grant(&given("bob", manage()), &ada()).unwrap();
    store.user_deactivate(&subject("ada"), &ada()).unwrap();
    let options = RestoreOptions::default();
    for mode in [Mode::DryRun, Mode::Write] {
        let error = fresh
            .open(mode)
            .restore(&file, &options, &ada())
            .unwrap_err();
        assert!(matches!(error, StoreError::Critical { .. }), "{error}");
    }
    // With Bob's grant in the backup there is nobody to lose.
    let file = back_up(&fresh, &store);
    store
        .role_create(&role("later"), None, &[], &ada())
        .unwrap();
    assert!(
        store
            .restore(&file, &options, &ada())
            .unwrap()
            .outcome
            .applied
    );
}

/// Rule 26, as it was tried: without the check under the lock both would succeed.
#[test]
fn of_two_who_revoke_each_other_at_once_exactly_one_succeeds() {
    for round in 0..10 {
        let (fresh, store) = held_by_ada("admin");
        store.grant(&given("bob", admin()), &ada()).unwrap();
        let barrier = std::sync::Barrier::new(2);
        let results = std::thread::scope(|threads| {
            let others = [("ada", "bob"), ("bob", "ada")].map(|(who, whom)| {
                let (fresh, barrier) = (&fresh, &barrier);
                threads.spawn(move || {
                    let store = fresh.open(Mode::Write);
                    barrier.wait();
                    store.revoke(&revoked(whom, admin()), &Actor::new(who))
                })
            });
            others.map(|thread| thread.join().unwrap())
        });
        let done = results.iter().filter(|result| result.is_ok()).count();
        assert_eq!(done, 1, "round {round}: {results:?}");
        let codes: Vec<_> = results
            .iter()
            .filter_map(|r| r.as_ref().err())
            .map(Failure::code)
            .collect();
        assert_eq!(codes, ["critical"], "round {round}");
    }
}

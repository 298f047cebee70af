//! Plans that are saved, reviewed and applied later (rule 23), and plans that were shown.

use serde_json::Value;
use upr::access::{Effect, GrantFact, Target};
use upr_core::Catalog;
use upr_sync::plan::Rule;
use upr_sync::{
    Approved, Class, Failure, Member, Migrate, Mode, NewUser, Plan, SavedPlan, SavedPlanError,
    Store, SyncOptions,
};

use crate::fresh::{Fresh, ada, catalog, key, module, role, scope, subject, sync};

fn first() -> Catalog {
    catalog(
        "1.0.0",
        &module("users", &["view", "edit", "old"]),
        r#", "roles": [{"key": "support", "mode": "managed", "permissions": ["users.view", "users.edit"]}]"#,
    )
}

/// One key is new, one retired for another, and a managed role shrinks.
fn second() -> Catalog {
    catalog(
        "2.0.0",
        &module("users", &["view", "edit", "create"]),
        r#", "roles": [{"key": "support", "mode": "managed", "permissions": ["users.view"]}],
            "retired": [{"key": "users.old", "retired": "2.0.0", "replaced_by": "users.edit"}]"#,
    )
}

fn options() -> SyncOptions {
    SyncOptions {
        expect_loss: Some(1),
        ..SyncOptions::default()
    }
}

fn grant(id: &str, permission: &str) -> GrantFact {
    GrantFact {
        subject: subject(id),
        target: Target::Permission(key(permission)),
        scope: scope(""),
        effect: Effect::Allow,
        expires_at: None,
    }
}

/// A store of the first release in which 1 and 2 have what the second retires.
fn prepared() -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    sync(&store, &first());
    for id in ["1", "2", "3"] {
        store
            .user_create(&NewUser::new(subject(id)), &ada())
            .unwrap();
    }
    for id in ["1", "2"] {
        store.grant(&grant(id, "users.old"), &ada()).unwrap();
    }
    (fresh, store)
}

fn saved(store: &Store) -> SavedPlan {
    let (plan, saved) = store.save_plan(&second(), &options()).unwrap();
    assert_eq!(plan.refused, [], "{plan:#?}");
    saved
}

fn apply(store: &Store, saved: &SavedPlan) -> Plan {
    store
        .apply_plan(&second(), saved.options(), saved, &ada())
        .unwrap()
}

/// The one refusal, which names what moved; nothing was written.
#[track_caller]
fn moved(store: &Store, plan: &Plan, parts: &[&str]) {
    let [refused] = plan.refused.as_slice() else {
        panic!("{plan:#?}");
    };
    assert_eq!(refused.rule, Rule::Moved);
    for part in parts {
        assert!(refused.detail.contains(part), "{part}: {refused:?}");
    }
    assert!(!plan.applied);
    assert_eq!(store.status(None).unwrap().revision, plan.revision);
}

#[test]
fn rule_23_a_saved_plan_is_applied_when_nothing_moved() {
    let (fresh, store) = prepared();
    let reader = fresh.open(Mode::Read);
    let text = saved(&reader).to_json().to_owned();
    let saved = SavedPlan::parse(&text).unwrap();
    assert_eq!(saved.to_json(), text);
    assert_eq!((saved.environment(), saved.application()), ("test", "app"));
    assert_eq!(saved.options(), &options());

    let dry = apply(&fresh.open(Mode::DryRun), &saved);
    assert_eq!((dry.applied, dry.is_refused()), (false, false));
    let plan = apply(&store, &saved);
    assert!(plan.applied, "{plan:#?}");
    assert_eq!(plan.moves[0].assignments, 2);
    assert!(store.plan(&second(), &options()).unwrap().is_empty());
}

#[test]
fn rule_23_a_saved_plan_is_the_plan_of_the_contract_and_two_facts_more() {
    let (_fresh, store) = prepared();
    let (plan, saved) = store.save_plan(&second(), &options()).unwrap();
    let mut document: Value = serde_json::from_str(saved.to_json()).unwrap();
    let document = document.as_object_mut().unwrap();
    for name in ["store_fingerprint", "seal"] {
        let sum = document.remove(name).unwrap();
        assert!(sum.as_str().unwrap().starts_with("sha256:"), "{name}");
    }
    assert_eq!(
        Value::Object(document.clone()),
        serde_json::to_value(&plan).unwrap()
    );
}

#[test]
fn rule_23_assignments_may_have_shrunk_and_not_grown() {
    let (_fresh, store) = prepared();
    let saved = saved(&store);
    store.grant(&grant("3", "users.old"), &ada()).unwrap();
    let plan = apply(&store, &saved);
    moved(
        &store,
        &plan,
        &["the assignments of `users.old` grew from 2 to 3"],
    );
    for id in ["1", "2", "3"] {
        let revoke = upr_sync::Revoke {
            subject: subject(id),
            target: Target::Permission(key("users.old")),
            scope: Some(scope("")),
            effect: Effect::Allow,
        };
        store.revoke(&revoke, &ada()).unwrap();
        if id == "2" {
            let dry = store.plan(&second(), &options()).unwrap();
            assert_eq!(dry.moves[0].assignments, 1);
        }
    }
    let plan = apply(&store, &saved);
    assert!(plan.applied && plan.moves.is_empty(), "{plan:#?}");
}

/// What somebody does to rows of this application is another store, whether the plan shows it or not.
#[test]
fn rule_23_the_rows_behind_a_saved_plan_must_not_move() {
    let rows = "permissions or roles in the store were changed after revision";
    for (sql, parts) in [
        (
            "UPDATE upr_permission SET label = 'X' WHERE key = 'users.old'",
            [rows, ""],
        ),
        (
            "UPDATE upr_permission SET label = 'X' WHERE key = 'users.view'",
            [rows, "`update` now has `users.view`"],
        ),
        (
            "DELETE FROM upr_role_permission WHERE member = 'users.edit'",
            [rows, "`roles` no longer has `support`"],
        ),
        (
            "UPDATE upr_role SET label = 'X' WHERE key = 'support'",
            [rows, "`support` in `roles` has another `fields`"],
        ),
    ] {
        let (fresh, store) = prepared();
        let saved = saved(&store);
        fresh.sql(sql);
        let plan = apply(&store, &saved);
        moved(&store, &plan, &parts);
    }
}

/// Other applications, roles made in the store and grants of what the plan does not touch go on.
#[test]
fn rule_23_what_does_not_concern_the_plan_may_move() {
    let (_fresh, store) = prepared();
    let saved = saved(&store);
    store.grant(&grant("3", "users.view"), &ada()).unwrap();
    let members = [Member::Permission(key("users.view"))];
    store
        .role_create(&role("lead"), None, &members, &ada())
        .unwrap();
    let other = crate::fresh::catalog_of("other", "1.0.0", &module("bills", &["view"]), "");
    sync(&store, &other);
    assert!(apply(&store, &saved).applied);
}

#[test]
fn rule_23_a_plan_is_for_one_store_registry_and_set_of_settings() {
    let (_fresh, store) = prepared();
    let saved = saved(&store);

    let (_other, elsewhere) = prepared();
    moved(
        &elsewhere,
        &apply(&elsewhere, &saved),
        &["the store is `", "and the plan is for `"],
    );
    let fresh = Fresh::empty();
    let elsewhere = fresh.open(Mode::Create);
    elsewhere.migrate(&Migrate::new("production")).unwrap();
    sync(&elsewhere, &first());
    moved(
        &elsewhere,
        &apply(&elsewhere, &saved),
        &["the environment is `production`, and the plan is for `test`"],
    );

    let plan = store
        .apply_plan(&first(), saved.options(), &saved, &ada())
        .unwrap();
    moved(&store, &plan, &["the registry is `sha256:"]);

    let relaxed = SyncOptions {
        strict_mode: false,
        ..options()
    };
    let plan = store
        .apply_plan(&second(), &relaxed, &saved, &ada())
        .unwrap();
    moved(&store, &plan, &["`strict_mode` has another value"]);
    assert!(apply(&store, &saved).applied);
}

#[test]
fn rule_23_a_plan_is_applied_once() {
    let (_fresh, store) = prepared();
    let saved = saved(&store);
    assert!(apply(&store, &saved).applied);
    let plan = apply(&store, &saved);
    moved(&store, &plan, &["nothing of it is left to do"]);
}

#[test]
fn rule_23_a_file_that_is_no_whole_plan_is_refused() {
    let (_fresh, store) = prepared();
    let text = saved(&store).to_json().to_owned();
    let code = |text: &str| {
        let error = SavedPlan::parse(text).unwrap_err();
        assert_eq!((error.class(), error.hints().len()), (Class::CouldNot, 1));
        error.code()
    };
    for end in (0..text.len() - 2).step_by(7) {
        assert_eq!(code(&text[..end]), "plan-invalid", "{end}");
    }
    for bad in ["", "[]", "null", "{}", r#"{"format": "upr.plan/1"}"#] {
        assert_eq!(code(bad), "plan-invalid", "{bad}");
    }
    assert_eq!(
        code(&text.replace("upr.plan/1", "upr.plan/2")),
        "plan-format"
    );
    for (old, new) in [
        ("users.create", "users.delete"),
        (r#""allow_breaking": false"#, r#""allow_breaking": true"#),
        (r#""assignments": 2"#, r#""assignments": 9"#),
        (
            r#""store_fingerprint": "sha256:"#,
            r#""store_fingerprint": "sha256:0"#,
        ),
    ] {
        let edited = text.replace(old, new);
        assert_ne!(edited, text, "{old}");
        assert_eq!(SavedPlan::parse(&edited), Err(SavedPlanError::Edited));
    }
    // Another layout is the same plan.
    let value: Value = serde_json::from_str(&text).unwrap();
    let compact = SavedPlan::parse(&value.to_string()).unwrap();
    assert!(apply(&store, &compact).applied);
}

/// What was shown and agreed to is what is applied: a question stands for as long as it takes.
#[test]
fn an_approved_plan_is_refused_when_another_would_be_applied() {
    let (_fresh, store) = prepared();
    let plan = store.plan(&second(), &options()).unwrap();
    let approved = Approved::shown(&plan);
    store.grant(&grant("3", "users.old"), &ada()).unwrap();
    let go = |approved: &Approved| {
        store
            .sync_approved(&second(), &options(), &ada(), approved)
            .unwrap()
    };
    let refused = go(&approved);
    moved(&store, &refused, &["grew from 2 to 3"]);
    // The new plan is what is shown next, and that one is approved.
    let plan = store.plan(&second(), &options()).unwrap();
    assert!(go(&Approved::shown(&plan)).applied);
    // Who agreed to what somebody else has done meanwhile has got what they wished.
    let late = go(&approved);
    assert_eq!((late.changes, late.is_refused()), (0, false));
}

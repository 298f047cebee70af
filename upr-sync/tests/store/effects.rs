//! Who gains and who loses by a plan, and through which role.

use serde_json::json;
use upr::access::{Effect, GrantFact, Target};
use upr_core::ModuleKey;
use upr_sync::plan::Rule;
use upr_sync::{Approved, Member, NewUser, Plan, Store, SyncOptions};

use crate::fresh::{Fresh, ada, catalog, key, module, role, scope, subject, sync};

fn give(store: &Store, id: &str, name: &str, effect: Effect) {
    store
        .user_create(&NewUser::new(subject(id)), &ada())
        .unwrap();
    let grant = GrantFact {
        subject: subject(id),
        target: Target::Role(role(name)),
        scope: scope(""),
        effect,
        expires_at: None,
    };
    store.grant(&grant, &ada()).unwrap();
}

/// A store in which `lead` holds the module, `clerk` names two keys, `all` holds everything and
/// `auditor` is the code's.
fn prepared() -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    let modules = module("users", &["view", "edit", "old", "gone"]);
    let roles = r#", "roles": [{"key": "auditor", "mode": "managed", "permissions": ["users.view", "users.edit"]}]"#;
    sync(&store, &catalog("1.0.0", &modules, roles));
    for (name, members) in [
        (
            "lead",
            vec![Member::Module(ModuleKey::parse("users").unwrap())],
        ),
        (
            "clerk",
            vec![
                Member::Permission(key("users.old")),
                Member::Permission(key("users.gone")),
            ],
        ),
        ("all", vec![Member::All]),
        ("idle", vec![Member::Permission(key("users.view"))]),
    ] {
        store
            .role_create(&role(name), None, &members, &ada())
            .unwrap();
    }
    for (id, name, effect) in [
        ("1", "lead", Effect::Allow),
        ("2", "lead", Effect::Allow),
        ("3", "lead", Effect::Deny),
        ("1", "clerk", Effect::Allow),
        ("1", "auditor", Effect::Allow),
        ("3", "auditor", Effect::Deny),
    ] {
        give(&store, id, name, effect);
    }
    (fresh, store)
}

fn planned(store: &Store) -> Plan {
    let modules = module("users", &["view", "edit", "export"]);
    let rest = r#", "roles": [{"key": "auditor", "mode": "managed", "permissions": ["users.view"]}],
        "retired": [{"key": "users.old", "retired": "2.0.0", "replaced_by": "users.edit"},
                    {"key": "users.gone", "retired": "2.0.0"}]"#;
    let plan = store
        .plan(&catalog("2.0.0", &modules, rest), &options())
        .unwrap();
    assert_eq!(plan.refused, [], "{plan:#?}");
    plan
}

fn options() -> SyncOptions {
    SyncOptions {
        revoke_retired: true,
        expect_loss: Some(1),
        ..SyncOptions::default()
    }
}

#[test]
fn rule_3_a_plan_names_who_gains_who_loses_and_who_is_denied_more() {
    let (_fresh, store) = prepared();
    let plan = planned(&store);
    assert_eq!(
        serde_json::to_value(&plan.effects).unwrap(),
        json!([
            {"role": "all", "subjects": 0, "denied": 0, "gains": ["users.export"], "loses": ["users.gone"]},
            {"role": "auditor", "subjects": 1, "denied": 1, "gains": [], "loses": ["users.edit"]},
            {"role": "clerk", "subjects": 1, "denied": 0, "gains": ["users.edit"], "loses": ["users.gone"]},
            {"role": "lead", "subjects": 2, "denied": 1, "gains": ["users.export"], "loses": ["users.gone"]},
        ])
    );
    let document = serde_json::to_value(&plan).unwrap();
    assert_eq!(
        document["move"],
        json!([{"from": "users.old", "to": "users.edit", "assignments": 1, "held_by": ["clerk"]}])
    );
    assert_eq!(
        document["revoke"],
        json!([{"key": "users.gone", "assignments": 1, "held_by": ["clerk"]}])
    );
}

/// What the plan says about roles is what applying it does to them.
#[test]
fn what_roles_gain_and_lose_is_what_was_said() {
    let (_fresh, store) = prepared();
    let plan = planned(&store);
    let can = |id: &str, permission: &str| {
        let decision = store.check(&subject(id), &key(permission), &scope(""));
        decision.unwrap().is_allowed()
    };
    assert!(can("2", "users.gone") && can("1", "users.gone"));
    let modules = module("users", &["view", "edit", "export"]);
    let rest = r#", "roles": [{"key": "auditor", "mode": "managed", "permissions": ["users.view"]}],
        "retired": [{"key": "users.old", "retired": "2.0.0", "replaced_by": "users.edit"},
                    {"key": "users.gone", "retired": "2.0.0"}]"#;
    let applied = store
        .sync(&catalog("2.0.0", &modules, rest), &options(), &ada())
        .unwrap();
    assert!(applied.applied);
    assert_eq!(applied.effects, plan.effects);
    assert!(can("2", "users.export") && !can("2", "users.gone") && !can("1", "users.gone"));
    assert!(can("1", "users.edit"));
    let again = store
        .plan(&catalog("2.0.0", &modules, rest), &options())
        .unwrap();
    assert_eq!((again.changes, again.effects.len()), (0, 0));
}

/// More who lose is not what was approved; more who gain have got the role since, as it was meant.
#[test]
fn who_would_lose_may_not_have_become_more() {
    let modules = module("users", &["view", "edit", "old", "gone", "export"]);
    let roles =
        r#", "roles": [{"key": "auditor", "mode": "managed", "permissions": ["users.view"]}]"#;
    let next = catalog("1.1.0", &modules, roles);
    let options = SyncOptions {
        expect_loss: Some(1),
        ..SyncOptions::default()
    };
    for (name, effect, refused) in [
        ("auditor", Effect::Allow, true),
        ("auditor", Effect::Deny, false),
        ("lead", Effect::Allow, false),
        ("lead", Effect::Deny, true),
        ("idle", Effect::Allow, false),
    ] {
        let (_fresh, store) = prepared();
        let approved = Approved::shown(&store.plan(&next, &options).unwrap());
        give(&store, "9", name, effect);
        let plan = store
            .sync_approved(&next, &options, &ada(), &approved)
            .unwrap();
        let is_moved = plan
            .refused
            .iter()
            .any(|refused| refused.rule == Rule::Moved);
        assert_eq!(
            (is_moved, plan.applied),
            (refused, !refused),
            "{name} {effect:?}"
        );
    }
}

//! What a plan says, to people and programs.

use serde_json::{Value, json};
use tracing::Level;
use upr_core::Catalog;
use upr_sync::{Mode, NewUser, Store, SyncOptions};

use crate::fresh::{Fresh, ada, catalog, subject, sync};
use crate::listen::listen;

fn first() -> Catalog {
    catalog(
        "1.0.0",
        r#"{"key": "users", "permissions": [{"key": "users.view"}, {"key": "users.edit"}, {"key": "users.gone"},
            {"key": "users.stay"}, {"key": "users.more"}, {"key": "users.old"}]},
           {"key": "empty", "label": "Empty"}"#,
        r#", "roles": [{"key": "support", "mode": "managed", "permissions": ["users.view", "users.stay", "users.more"]}]"#,
    )
}

fn second() -> Catalog {
    catalog(
        "1.1.0",
        r#"{"key": "users", "label": "People", "permissions": [
            {"key": "users.view", "label": "See", "critical": true},
            {"key": "users.edit", "is_deprecated": true, "deprecation_message": "use `update`", "deprecated_since": "1.1.0",
             "removal_version": "2.0.0", "replaced_by": "users.update"},
            {"key": "users.update", "kind": "crud"}, {"key": "users.stay"}, {"key": "users.more"}]}, {"key": "empty"}"#,
        r#", "roles": [{"key": "support", "label": "Help", "mode": "managed", "permissions": ["users.stay", "users.more"], "modules": ["empty"]}],
            "retired": [{"key": "users.old", "retired": "1.1.0", "replaced_by": "users.update"}]"#,
    )
}

fn prepared() -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    sync(&store, &first());
    store
        .user_create(&NewUser::new(subject("42")), &ada())
        .unwrap();
    for name in ["users.edit", "users.old"] {
        let grant = upr::access::GrantFact {
            subject: subject("42"),
            target: upr::access::Target::Permission(crate::fresh::key(name)),
            scope: crate::fresh::scope(""),
            effect: upr::access::Effect::Allow,
            expires_at: None,
        };
        store.grant(&grant, &ada()).unwrap();
    }
    (fresh, store)
}

#[test]
fn a_plan_is_json_as_the_contract_has_it() {
    let (_fresh, store) = prepared();
    let options = SyncOptions {
        allow_breaking: true,
        ..SyncOptions::default()
    };
    let plan = store.sync(&second(), &options, &ada()).unwrap();
    let text = plan.to_json();
    let value: Value = serde_json::from_str(&text).unwrap();
    assert!(text.ends_with("}\n"));
    assert_eq!(value["format"], "upr.plan/1");
    assert_eq!(
        (&value["application"], &value["environment"]),
        (&json!("app"), &json!("test"))
    );
    assert_eq!(value["from"], json!(first().fingerprint().as_str()));
    assert_eq!(value["to"], json!(second().fingerprint().as_str()));
    assert_eq!(value["create"], json!(["users.update"]));
    assert_eq!(
        value["update"],
        json!([{"key": "users.view", "fields": {"critical": [false, true], "label": ["View", "See"]}}])
    );
    assert_eq!(
        value["deprecate"],
        json!([{"key": "users.edit", "assignments": 1}])
    );
    assert_eq!(
        value["orphan"],
        json!([{"key": "users.gone", "assignments": 0}])
    );
    assert_eq!(
        value["move"],
        json!([{"from": "users.old", "to": "users.update", "assignments": 1}])
    );
    assert_eq!(value["delete"], json!(["users.old"]));
    assert_eq!(
        value["roles"],
        json!([{"key": "support", "change": "update", "add": ["empty.*"], "remove": ["users.view"],
                "fields": {"label": ["Support", "Help"]}}])
    );
    assert_eq!(
        value["modules"],
        json!([{"key": "users", "fields": {"label": ["Users", "People"]}}])
    );
    assert_eq!(
        value["breaking"],
        json!([{"key": "users.gone", "reason": "it is no longer declared and was never deprecated"}])
    );
    for name in ["restore", "revoke", "kept", "refused"] {
        assert_eq!(value[name], json!([]), "{name}");
    }
    assert_eq!(value["options"]["allow_breaking"], json!(true));
    assert_eq!(
        value["options"]["mass_loss"],
        json!({"keys": 10, "percent": 5})
    );
    assert_eq!(
        (&value["changes"], &value["applied"], &value["revision"]),
        (&json!(8), &json!(true), &json!(6))
    );
    assert_eq!(value["store"].as_str().map(str::len), Some(32));
}

#[test]
fn a_module_that_comes_with_a_permission_is_not_counted_and_one_that_changes_is() {
    let (_fresh, store) = Fresh::store();
    let plan = sync(
        &store,
        &catalog(
            "1.0.0",
            r#"{"key": "users", "permissions": [{"key": "users.view"}]}"#,
            "",
        ),
    );
    assert_eq!((plan.changes, plan.modules.len()), (1, 0));
    let plan = sync(
        &store,
        &catalog(
            "1.1.0",
            r#"{"key": "users", "label": "People", "permissions": [{"key": "users.view"}]}, {"key": "empty"}"#,
            "",
        ),
    );
    let changes: Vec<(&str, bool)> = plan
        .modules
        .iter()
        .map(|module| (module.key.as_str(), module.fields.is_empty()))
        .collect();
    assert_eq!(
        (plan.changes, changes),
        (2, vec![("empty", true), ("users", false)])
    );
}

#[test]
fn a_key_that_is_no_longer_deprecated_is_updated() {
    let (_fresh, store) = prepared();
    let options = SyncOptions {
        allow_breaking: true,
        ..SyncOptions::default()
    };
    store.sync(&second(), &options, &ada()).unwrap();
    let text = second()
        .to_json()
        .replace(r#""is_deprecated": true"#, r#""is_deprecated": false"#);
    let text = text.replace(
        r#""deprecation_message": "use `update`""#,
        r#""deprecation_message": """#,
    );
    let text = text.replace(
        r#""deprecated_since": "1.1.0""#,
        r#""deprecated_since": null"#,
    );
    let text = text.replace(
        r#""removal_version": "2.0.0""#,
        r#""removal_version": null"#,
    );
    let text = text.replacen(
        r#""replaced_by": "users.update""#,
        r#""replaced_by": null"#,
        1,
    );
    let third = Catalog::from_json(&text).unwrap();
    let plan = sync(&store, &third);
    assert_eq!(
        serde_json::to_value(&plan.update).unwrap(),
        json!([{"key": "users.edit", "fields": {
            "is_deprecated": [true, false], "deprecation_message": ["use `update`", ""],
            "deprecated_since": ["1.1.0", null], "removal_version": ["2.0.0", null], "replaced_by": ["users.update", null]}}])
    );
    assert_eq!(store.status(None).unwrap().deprecated_permissions, 0);
}

#[test]
fn a_dry_run_says_what_a_run_does() {
    let (fresh, store) = prepared();
    let options = SyncOptions {
        allow_breaking: true,
        ..SyncOptions::default()
    };
    let mut dry = fresh
        .open(Mode::DryRun)
        .sync(&second(), &options, &ada())
        .unwrap();
    let plan = store.plan(&second(), &options).unwrap();
    assert_eq!(dry, plan);
    let run = store.sync(&second(), &options, &ada()).unwrap();
    assert_eq!(
        (dry.applied, dry.revision + 1, run.applied),
        (false, run.revision, true)
    );
    (dry.applied, dry.revision) = (run.applied, run.revision);
    assert_eq!(dry, run);
    assert!(run.is_destructive());
}

#[test]
fn every_run_is_recorded_with_its_plan() {
    let (fresh, store) = prepared();
    let options = SyncOptions {
        allow_breaking: true,
        ..SyncOptions::default()
    };
    let plan = store.sync(&second(), &options, &ada()).unwrap();
    let run = "SELECT by || ' ' || from_version || ' ' || version || ' ' || changes FROM upr_sync_run WHERE number = 6";
    assert_eq!(fresh.ask(run), "ada 1.0.0 1.1.0 8");
    let stored: Value =
        serde_json::from_str(&fresh.ask("SELECT plan FROM upr_sync_run WHERE number = 6")).unwrap();
    assert_eq!(stored, serde_json::to_value(&plan).unwrap());
    let same = "SELECT COUNT(*) FROM upr_sync_run r JOIN upr_change c ON c.run_id = r.run_id AND c.number = r.number";
    assert_eq!(fresh.ask(same), "2");
    let last = store.status(None).unwrap().last_sync.unwrap();
    assert_eq!((last.by.as_str(), last.version.as_str()), ("ada", "1.1.0"));
}

#[test]
fn what_is_done_is_said_word_for_word() {
    let (_fresh, store) = prepared();
    let options = SyncOptions {
        allow_breaking: true,
        ..SyncOptions::default()
    };
    let ((), heard) = listen(|| {
        for _ in 0..2 {
            store.sync(&second(), &options, &ada()).unwrap();
        }
    });
    let heard: Vec<(Level, &str)> = heard
        .iter()
        .map(|(level, text)| (*level, text.as_str()))
        .collect();
    assert_eq!(
        heard,
        [
            (Level::INFO, "Starting permission sync"),
            (Level::INFO, "Created 1 permissions"),
            (Level::INFO, "Updated 2 permissions"),
            (Level::WARN, "Found 1 orphaned permissions"),
            (Level::INFO, "Starting permission sync"),
        ]
    );
}

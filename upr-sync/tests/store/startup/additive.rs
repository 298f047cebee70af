//! What a start may change by itself.

use std::sync::Barrier;
use std::thread;

use upr_core::Catalog;
use upr_sync::plan::Rule;
use upr_sync::{Failure, NewUser, Plan, SyncOptions};

use super::{revision, settings, start, users};
use crate::fresh::{Fresh, ada, catalog, role, subject, sync};

fn full(version: &str, permissions: &str, rest: &str) -> Catalog {
    let module = format!(r#"{{"key": "users", "permissions": [{permissions}]}}"#);
    catalog(version, &module, rest)
}

const THREE: &str = r#"{"key": "users.view"}, {"key": "users.edit"}, {"key": "users.delete"}"#;

fn role_of(mode: &str, permissions: &str) -> String {
    format!(
        r#", "roles": [{{"key": "support", "mode": "{mode}", "permissions": [{permissions}]}}]"#
    )
}

#[test]
fn rule_12_what_only_adds_is_applied_and_needs_no_backup() {
    let (fresh, store) = Fresh::store();
    let seeded = role_of("seeded", r#""users.view""#);
    sync(
        &store,
        &full(
            "1.0.0",
            &format!(r#"{THREE}, {{"key": "users.back"}}"#),
            &seeded,
        ),
    );
    let lenient = SyncOptions {
        allow_breaking: true,
        ..SyncOptions::default()
    };
    store
        .sync(&full("1.1.0", THREE, &seeded), &lenient, &ada())
        .unwrap();
    // Creates, updates, deprecates, restores, and offers a seeded role something new; a new role.
    let permissions = r#"{"key": "users.view", "label": "See"}, {"key": "users.edit", "is_deprecated": true, "deprecation_message": "soon"},
        {"key": "users.delete"}, {"key": "users.back"}, {"key": "users.export"}"#;
    let roles = r#", "roles": [{"key": "support", "mode": "seeded", "permissions": ["users.view", "users.export"]},
        {"key": "staff", "mode": "managed", "permissions": ["users.view"]}]"#;
    let code = full("1.2.0", permissions, roles);
    let mut settings = settings(&fresh);
    let before = revision(&fresh);
    start(&settings, &code).unwrap_err();
    assert_eq!(
        revision(&fresh),
        before,
        "by default a start changes nothing"
    );

    settings.auto_sync = true;
    let files = fresh.files();
    let started = start(&settings, &code).unwrap();
    let plan = started.synced.unwrap();
    assert_eq!(
        (
            plan.create.len(),
            plan.update.len(),
            plan.deprecate.len(),
            plan.restore.len(),
            plan.roles.len()
        ),
        (1, 1, 1, 1, 2)
    );
    assert_eq!(started.warnings, [""; 0]);
    assert_eq!(started.status.revision, plan.revision);
    assert_eq!(
        fresh.ask("SELECT by || ': ' || reason FROM upr_change ORDER BY number DESC LIMIT 1"),
        "upr: start-up"
    );
    assert_eq!(fresh.files(), files, "no backup is taken");
    let before = revision(&fresh);
    assert_eq!(start(&settings, &code).unwrap().synced, None);
    assert_eq!(revision(&fresh), before);
}

#[test]
fn rule_12_anything_else_is_left_to_upr_sync_saying_so() {
    let managed = |permissions| role_of("managed", permissions);
    let four = format!(r#"{THREE}, {{"key": "users.old"}}"#);
    let retired =
        |rest: &str| format!(r#", "retired": [{{"key": "users.old", "retired": "2.0.0"{rest}}}]"#);
    let view = managed(r#""users.view""#);
    for (code, words) in [
        (full("2.0.0", THREE, &view), "mark `users.old` as orphaned"),
        (
            full("2.0.0", THREE, &format!("{view}{}", retired(""))),
            "retire `users.old`",
        ),
        (
            full(
                "2.0.0",
                THREE,
                &format!("{view}{}", retired(r#", "replaced_by": "users.edit""#)),
            ),
            "move what is assigned of `users.old` and retire `users.old`",
        ),
        (
            full("2.0.0", &four, &managed(r#""users.view", "users.edit""#)),
            "change the roles `support`",
        ),
        (
            full("2.0.0", &four, &role_of("seeded", r#""users.view""#)),
            "change the roles `support`",
        ),
        (
            full("2.0.0", &four, &managed("")),
            "change the roles `support`",
        ),
        (full("2.0.0", &four, ""), "change the roles `support`"),
    ] {
        let (fresh, store) = Fresh::store();
        sync(&store, &full("1.0.0", &four, &view));
        let is_moved = words.starts_with("move");
        if is_moved {
            let mut user = NewUser::new(subject("42"));
            user.roles.push(role("support"));
            store.user_create(&user, &ada()).unwrap();
            let grant = upr::access::GrantFact {
                subject: subject("42"),
                target: upr::access::Target::Permission(crate::fresh::key("users.old")),
                scope: crate::fresh::scope(""),
                effect: upr::access::Effect::Allow,
                expires_at: None,
            };
            store.grant(&grant, &ada()).unwrap();
        }
        let before = revision(&fresh);
        let mut settings = settings(&fresh);
        (settings.auto_sync, settings.strict_mode) = (true, false);
        let started = start(&settings, &code).unwrap();
        assert_eq!(started.synced, None, "{words}");
        assert_eq!(revision(&fresh), before, "{words}");
        let said = format!(
            "`auto_sync` applies only what adds, and this plan would {words}: it is left for 'upr sync'."
        );
        assert!(
            started.warnings.contains(&said),
            "{words}: {:?}",
            started.warnings
        );
    }
}

#[test]
fn rule_12_a_plan_is_applied_whole_or_not_at_all() {
    let (fresh, store) = Fresh::store();
    sync(&store, &users("1.0.0", &["view", "edit", "old"]));
    let code = users("1.1.0", &["view", "edit", "new_action"]);
    let mut settings = settings(&fresh);
    settings.auto_sync = true;
    let error = start(&settings, &code).unwrap_err();
    assert_eq!(
        error.problems(),
        ["Permission 'users.new_action' is defined in code but not in database."]
    );
    assert_eq!(
        error.hints(),
        [
            "Run 'upr sync' to synchronize.",
            "`auto_sync` applies only what adds, and this plan would mark `users.old` as orphaned: it is left for 'upr sync'."
        ]
    );
    assert_eq!(store.status(None).unwrap().total_permissions, 3);
}

/// What the plan would be is asked once more under the lock: somebody else may have been faster.
#[test]
fn rule_12_of_eight_that_start_at_once_one_applies() {
    let (fresh, _store) = Fresh::store();
    let mut settings = settings(&fresh);
    settings.auto_sync = true;
    let actions: Vec<String> = (0..500).map(|n| format!("do_{n}")).collect();
    let actions: Vec<&str> = actions.iter().map(String::as_str).collect();
    let code = users("1.0.0", &actions);
    let together = Barrier::new(8);
    let applied: Vec<Option<Plan>> = thread::scope(|scope| {
        let start_one = || {
            together.wait();
            start(&settings, &code).unwrap().synced
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(start_one)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    assert_eq!(applied.iter().flatten().count(), 1);
    assert_eq!(fresh.ask("SELECT COUNT(*) FROM upr_sync_run"), "1");
}

/// While a start waits for the lock, another program adds a key that this one does not declare.
#[test]
fn rule_12_what_is_additive_is_decided_under_the_lock() {
    let (fresh, store) = Fresh::store();
    sync(&store, &users("1.0.0", &["view", "edit"]));
    let mut settings = settings(&fresh);
    (settings.auto_sync, settings.strict_mode) = (true, false);
    // Or else the plan would be refused for another reason.
    settings.fail_on_breaking_changes = false;
    let code = full(
        "1.1.0",
        r#"{"key": "users.view", "label": "See"}, {"key": "users.edit"}"#,
        "",
    );
    let holder = rusqlite::Connection::open(fresh.path()).unwrap();
    holder.execute_batch("BEGIN IMMEDIATE").unwrap();
    let before = revision(&fresh);
    let started = thread::scope(|scope| {
        let starting = scope.spawn(|| start(&settings, &code).unwrap());
        // Long enough to have seen a plan that only adds.
        thread::sleep(std::time::Duration::from_millis(500));
        holder
            .execute_batch(
                "INSERT INTO upr_permission SELECT 'users.late', application, module, 'Late', '', kind, 0, 'active',
                     0, '', '', '', '', '', '', created, changed FROM upr_permission WHERE key = 'users.view';
                 COMMIT;",
            )
            .unwrap();
        starting.join().unwrap()
    });
    assert_eq!((started.synced, revision(&fresh)), (None, before));
    assert!(
        started.warnings[0].contains("mark `users.late` as orphaned"),
        "{:?}",
        started.warnings
    );
}

#[test]
fn rule_12_a_higher_version_is_written_down() {
    let (fresh, store) = Fresh::store();
    sync(&store, &users("1.0.0", &["view"]));
    let mut settings = settings(&fresh);
    settings.auto_sync = true;
    start(&settings, &users("1.1.0", &["view"])).unwrap();
    let version = "SELECT value FROM upr_meta WHERE name = 'version:app'";
    assert_eq!(fresh.ask(version), "1.1.0");
    // And so what is lower than it and differs is older.
    sync(&store, &users("1.2.0", &["view", "edit"]));
    let options = SyncOptions::default();
    let plan = store.plan(&users("1.1.0", &["view"]), &options).unwrap();
    assert_eq!(plan.refused[0].rule, Rule::Older);
}

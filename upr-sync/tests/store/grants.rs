//! Grants: given once, decided by scope and end, taken exactly.

use upr::access::{Effect, GrantFact, Target};
use upr_core::Timestamp;
use upr_sync::{Class, Failure, Mode, NewUser, Revoke, Store, WishError, time};

use crate::fresh::{Fresh, ada, catalog, key, module, role, scope, subject, sync};

fn ready() -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    let support =
        r#", "roles": [{"key": "support", "mode": "seeded", "permissions": ["users.view"]}]"#;
    sync(
        &store,
        &catalog("1.0.0", &module("users", &["view", "edit"]), support),
    );
    store
        .user_create(&NewUser::new(subject("42")), &ada())
        .unwrap();
    (fresh, store)
}

fn allow(permission: &str, scope_text: &str) -> GrantFact {
    GrantFact {
        subject: subject("42"),
        target: Target::Permission(key(permission)),
        scope: scope(scope_text),
        effect: Effect::Allow,
        expires_at: None,
    }
}

fn take(permission: &str, scope_text: Option<&str>) -> Revoke {
    Revoke {
        subject: subject("42"),
        target: Target::Permission(key(permission)),
        scope: scope_text.map(scope),
        effect: Effect::Allow,
    }
}

fn may(store: &Store, permission: &str, scope_text: &str) -> bool {
    store
        .check(&subject("42"), &key(permission), &scope(scope_text))
        .unwrap()
        .is_allowed()
}

#[test]
fn what_is_unknown_is_named_with_a_way_on() {
    let (_fresh, store) = ready();
    let mut stranger = allow("users.view", "");
    stranger.subject = subject("it's me");
    let error = store.grant(&stranger, &ada()).unwrap_err();
    assert!(
        matches!(error, WishError::UnknownSubject { .. }),
        "{error:?}"
    );
    assert_eq!(
        (error.class(), error.hints()),
        (
            Class::No,
            vec![r"run `upr user create 'it'\''s me'`".to_owned()]
        )
    );
    let error = store.grant(&allow("users.veiw", ""), &ada()).unwrap_err();
    assert_eq!(
        (error.code(), error.hints()),
        (
            "unknown-permission",
            vec!["did you mean `users.view` or `users.edit`?".to_owned()]
        )
    );
    let error = store.grant(&allow("zebra.stripe", ""), &ada()).unwrap_err();
    assert_eq!(error.hints(), ["declare it in code and run `upr sync`"]);
    let mut grant = allow("users.view", "");
    grant.target = Target::Role(role("suport"));
    assert_eq!(
        store.grant(&grant, &ada()).unwrap_err().hints(),
        ["did you mean `support`?"]
    );
    let error = store.revoke(&take("users.veiw", None), &ada()).unwrap_err();
    assert_eq!(error.code(), "unknown-permission");
    assert_eq!(store.facts().unwrap().grants, []);
}

#[test]
fn a_grant_is_made_once_and_decides() {
    let (_fresh, store) = ready();
    let granted = store.grant(&allow("users.view", ""), &ada()).unwrap();
    assert_eq!(
        (granted.outcome.applied, granted.outcome.changes),
        (true, 1)
    );
    let again = store.grant(&allow("users.view", ""), &ada()).unwrap();
    assert_eq!((again.outcome.applied, again.outcome.changes), (false, 0));
    assert_eq!(again.outcome.revision, granted.outcome.revision);
    assert!(may(&store, "users.view", "acme") && !may(&store, "users.edit", "acme"));
}

#[test]
fn rule_6_scope_and_effect_are_part_of_what_a_grant_is() {
    let (_fresh, store) = ready();
    let mut deny = allow("users.view", "acme");
    deny.effect = Effect::Deny;
    for grant in [
        &allow("users.view", ""),
        &allow("users.view", "acme"),
        &deny,
    ] {
        assert_eq!(store.grant(grant, &ada()).unwrap().outcome.changes, 1);
        assert_eq!(store.grant(grant, &ada()).unwrap().outcome.changes, 0);
    }
    assert_eq!(store.facts().unwrap().grants.len(), 3);
    assert!(may(&store, "users.view", "") && !may(&store, "users.view", "acme"));
}

#[test]
fn rule_7_a_revocation_takes_exactly_the_scope_named_and_tells_what_remains() {
    let (_fresh, store) = ready();
    for scope in ["", "acme", "initech"] {
        store.grant(&allow("users.view", scope), &ada()).unwrap();
    }
    let mut deny = allow("users.view", "hooli");
    deny.effect = Effect::Deny;
    store.grant(&deny, &ada()).unwrap();
    // Another permission, also in no scope, is another grant.
    store.grant(&allow("users.edit", ""), &ada()).unwrap();
    let taken = store.revoke(&take("users.view", Some("")), &ada()).unwrap();
    assert_eq!(
        (taken.outcome.changes, taken.removed.as_slice()),
        (1, [scope("")].as_slice())
    );
    let left: Vec<&str> = taken
        .remaining
        .iter()
        .map(|grant| grant.scope.as_str())
        .collect();
    assert_eq!(left, ["acme", "hooli", "initech"]);
    let again = store.revoke(&take("users.view", Some("")), &ada()).unwrap();
    assert_eq!(
        (
            again.outcome.applied,
            again.outcome.changes,
            again.remaining.len()
        ),
        (false, 0, 3)
    );
    let all = store.revoke(&take("users.view", None), &ada()).unwrap();
    assert_eq!((all.outcome.changes, all.removed.len()), (2, 2));
    // Allows were meant, so the deny stays.
    assert_eq!(all.remaining, [deny]);
    assert!(may(&store, "users.edit", ""));
    let json = serde_json::to_value(&all).unwrap();
    assert_eq!(json["changes"], 2);
    assert_eq!(json["remaining"][0]["effect"], "deny");
}

#[test]
fn rule_4_a_grant_that_has_ended_is_refused_and_counts_nowhere() {
    let (fresh, store) = ready();
    let mut grant = allow("users.view", "");
    grant.expires_at = Some(time::parse("2020-01-01").unwrap());
    let error = store.grant(&grant, &ada()).unwrap_err();
    assert_eq!((error.code(), error.class()), ("ended", Class::No));
    assert_eq!(
        error.to_string(),
        "a grant until 2020-01-01T00:00:00Z would have ended already"
    );
    let soon = Timestamp::from_micros(Timestamp::now().micros() + 3_600_000_000);
    grant.expires_at = Some(soon);
    assert_eq!(store.grant(&grant, &ada()).unwrap().outcome.changes, 1);
    assert!(may(&store, "users.view", ""));
    assert_eq!(store.status(None).unwrap().permission_assignments, 2);
    let later = fresh
        .open(Mode::Write)
        .with_clock(|| Timestamp::from_micros(Timestamp::now().micros() + 7_200_000_000));
    assert!(!may(&later, "users.view", ""));
    assert_eq!(later.status(None).unwrap().permission_assignments, 1);
    // Somebody writes at that time: a clock set back revives nothing from then on.
    later
        .user_create(&NewUser::new(subject("43")), &ada())
        .unwrap();
    assert!(!may(&store, "users.view", ""));
    assert_eq!(
        store
            .revoke(&take("users.view", None), &ada())
            .unwrap()
            .outcome
            .changes,
        0
    );
    // What has ended can be given anew.
    grant.expires_at = None;
    let anew = store.grant(&grant, &ada()).unwrap();
    assert_eq!((anew.outcome.changes, anew.changed_end), (1, false));
    assert!(may(&store, "users.view", ""));
}

#[test]
fn another_end_is_a_change_of_the_same_grant() {
    let (_fresh, store) = ready();
    let mut grant = allow("users.view", "");
    store.grant(&grant, &ada()).unwrap();
    grant.expires_at = Some(time::parse("2999-12-31").unwrap());
    let changed = store.grant(&grant, &ada()).unwrap();
    assert_eq!((changed.outcome.changes, changed.changed_end), (1, true));
    assert_eq!(store.facts().unwrap().grants, [grant]);
}

#[test]
fn an_inactive_subject_is_denied_and_keeps_its_grants() {
    let (_fresh, store) = ready();
    store.grant(&allow("users.view", ""), &ada()).unwrap();
    store.user_deactivate(&subject("42"), &ada()).unwrap();
    assert!(!may(&store, "users.view", ""));
    store.user_activate(&subject("42"), &ada()).unwrap();
    assert!(may(&store, "users.view", ""));
}

#[test]
fn a_dry_run_tells_and_writes_nothing() {
    let (fresh, store) = ready();
    let before = store.status(None).unwrap();
    let dry = fresh.open(Mode::DryRun);
    let would = dry.grant(&allow("users.view", ""), &ada()).unwrap();
    assert_eq!(
        (
            would.outcome.applied,
            would.outcome.changes,
            would.outcome.revision
        ),
        (false, 1, before.revision)
    );
    assert_eq!(
        dry.grant(&allow("users.veiw", ""), &ada())
            .unwrap_err()
            .class(),
        Class::No
    );
    assert_eq!(store.status(None).unwrap(), before);
}

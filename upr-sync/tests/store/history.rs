//! What was changed, what was so at a moment, and taking it back (rule 31).

use std::sync::atomic::{AtomicI64, Ordering};

use upr::access::{Effect, Facts, GrantFact, Snapshot, Target};
use upr_core::Timestamp;
use upr_sync::{
    Failure, HistoryQuery, Member, Mode, NewUser, PastError, Revoke, Store, UndoError, time,
};

use crate::fresh::{Fresh, ada, catalog, key, module, role, scope, subject, sync};

fn granted(id: &str, target: Target, place: &str) -> GrantFact {
    GrantFact {
        subject: subject(id),
        target,
        scope: scope(place),
        effect: Effect::Allow,
        expires_at: None,
    }
}

fn permission(text: &str) -> Target {
    Target::Permission(key(text))
}

fn of_role(text: &str) -> Target {
    Target::Role(role(text))
}

fn revoked(id: &str, target: Target) -> Revoke {
    Revoke {
        subject: subject(id),
        target,
        scope: None,
        effect: Effect::Allow,
    }
}

/// The module `users`, the role `lead` that holds `users.edit`, and the subject 42.
fn prepared() -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    let owner = r#", "roles": [{"key": "code", "mode": "seeded", "permissions": ["users.view"]}]"#;
    sync(
        &store,
        &catalog("1.0.0", &module("users", &["view", "edit", "close"]), owner),
    );
    let members = [Member::Permission(key("users.edit"))];
    store
        .role_create(&role("lead"), Some("Lead"), &members, &ada())
        .unwrap();
    store
        .user_create(&NewUser::new(subject("42")), &ada())
        .unwrap();
    (fresh, store)
}

fn newest(store: &Store) -> u64 {
    store.status(None).unwrap().revision
}

/// What decisions rest on, without the numbers that move with every change.
fn access_of(store: &Store) -> Facts {
    let mut facts = store.facts().unwrap();
    (facts.revision, facts.newest_time) = (0, Timestamp::EPOCH);
    facts.grants.sort_by_key(|grant| format!("{grant:?}"));
    facts
}

#[test]
fn the_history_tells_the_newest_first() {
    let (_fresh, store) = prepared();
    store
        .user_create(&NewUser::new(subject("7")), &ada())
        .unwrap();
    store
        .grant(&granted("42", of_role("lead"), "acme"), &ada())
        .unwrap();
    let query = |subject, limit| HistoryQuery { subject, limit };
    let all = store.history(&query(None, 3)).unwrap();
    let actions: Vec<_> = all.iter().map(|set| set.action.as_str()).collect();
    assert_eq!(actions, ["grant", "user create", "user create"]);
    let grant = &all[0];
    assert_eq!(
        (grant.by.as_str(), grant.reason.as_str()),
        ("ada", "a test")
    );
    assert_eq!(
        (grant.subject.as_str(), grant.role.as_str()),
        ("42", "lead")
    );
    assert_eq!(grant.before, serde_json::Value::Null);
    assert_eq!(grant.after["scope"], "acme");
    assert_eq!((grant.items, grant.facts.len()), (1, 1));
    assert!(grant.at.ends_with('Z'), "{}", grant.at);

    let of = store.history(&query(Some(subject("42")), 10)).unwrap();
    let actions: Vec<_> = of.iter().map(|set| set.action.as_str()).collect();
    assert_eq!(actions, ["grant", "user create"]);
    let one = store.history(&query(Some(subject("42")), 1)).unwrap();
    assert_eq!(one.len(), 1);
    let error = store.history(&query(Some(subject("8")), 1)).unwrap_err();
    assert_eq!(error.code(), "unknown-subject");
}

type Do = fn(&Store);

/// What it answered does not matter here.
fn done<T>(_: T) {}

/// Everything that can be taken back; each is one change set.
const DEEDS: &[(&str, Do)] = &[
    ("grant a role", |store| {
        done(
            store
                .grant(&granted("42", of_role("lead"), "acme"), &ada())
                .unwrap(),
        );
    }),
    ("deny a permission", |store| {
        let deny = GrantFact {
            effect: Effect::Deny,
            ..granted("42", permission("users.view"), "")
        };
        done(store.grant(&deny, &ada()).unwrap());
    }),
    ("set an end", |store| {
        let until = GrantFact {
            expires_at: Some(time::parse("2099-01-01").unwrap()),
            ..granted("42", permission("users.edit"), "paris")
        };
        assert!(store.grant(&until, &ada()).unwrap().changed_end);
    }),
    ("revoke in every scope", |store| {
        let revoked = store
            .revoke(&revoked("42", permission("users.edit")), &ada())
            .unwrap();
        assert_eq!(revoked.removed.len(), 2);
    }),
    ("create a role", |store| {
        let members = [Member::All, Member::Module("users".parse().unwrap())];
        store
            .role_create(&role("new"), Some("New"), &members, &ada())
            .unwrap();
    }),
    ("copy a role", |store| {
        store
            .role_copy(&role("code"), &role("copy"), None, &ada())
            .unwrap();
    }),
    ("delete a role with its grants", |store| {
        assert_eq!(store.role_delete(&role("used"), &ada()).unwrap().grants, 2);
    }),
    ("allow", |store| {
        let members = [Member::Permission(key("users.close")), Member::All];
        store.role_allow(&role("lead"), &members, &ada()).unwrap();
    }),
    ("disallow", |store| {
        let members = [Member::Permission(key("users.edit"))];
        store
            .role_disallow(&role("lead"), &members, &ada())
            .unwrap();
    }),
    ("create a user with a role", |store| {
        let mut user = NewUser::new(subject("7"));
        user.roles.push(role("lead"));
        store.user_create(&user, &ada()).unwrap();
    }),
    ("let a user in again, with another name", |store| {
        let mut user = NewUser::new(subject("out"));
        user.username = Some("olive".to_owned());
        store.user_create(&user, &ada()).unwrap();
    }),
    ("activate", |store| {
        store.user_activate(&subject("out"), &ada()).unwrap();
    }),
    ("deactivate", |store| {
        store.user_deactivate(&subject("42"), &ada()).unwrap();
    }),
];

/// Something that each deed can be done to.
fn busy() -> (Fresh, Store) {
    let (fresh, store) = prepared();
    for place in ["", "paris"] {
        let grant = granted("42", permission("users.edit"), place);
        store.grant(&grant, &ada()).unwrap();
    }
    let members = [
        Member::Permission(key("users.close")),
        Member::Module("users".parse().unwrap()),
    ];
    store
        .role_create(&role("used"), Some("Used"), &members, &ada())
        .unwrap();
    store
        .grant(&granted("42", of_role("used"), ""), &ada())
        .unwrap();
    let until = GrantFact {
        effect: Effect::Deny,
        expires_at: Some(time::parse("2098-01-01").unwrap()),
        ..granted("42", of_role("used"), "acme")
    };
    store.grant(&until, &ada()).unwrap();
    store
        .user_create(&NewUser::new(subject("out")), &ada())
        .unwrap();
    store.user_deactivate(&subject("out"), &ada()).unwrap();
    (fresh, store)
}

#[test]
fn what_is_undone_is_as_it_was_and_can_be_done_again() {
    for (what, deed) in DEEDS {
        let (fresh, store) = busy();
        let (before, users) = (access_of(&store), store.user_list().unwrap());
        let roles = store.role_list().unwrap();
        deed(&store);
        let (after, number) = (access_of(&store), newest(&store));
        assert!(
            before != after || users != store.user_list().unwrap(),
            "{what} does nothing"
        );

        let tried = fresh.open(Mode::DryRun).undo(number, &ada()).unwrap();
        assert!(
            !tried.outcome.applied && tried.outcome.changes > 0,
            "{what}"
        );
        assert_eq!(
            (newest(&store), access_of(&store)),
            (number, after.clone()),
            "{what}"
        );

        let undone = store.undo(number, &ada()).unwrap();
        assert_eq!(undone.outcome.changes, tried.outcome.changes, "{what}");
        assert_eq!((undone.undone, undone.ended), (number, 0), "{what}");
        assert_eq!(access_of(&store), before, "{what}");
        assert_eq!(store.user_list().unwrap(), users, "{what}");
        assert_eq!(store.role_list().unwrap(), roles, "{what}");

        // It is a change set of its own, and can be taken back like any other.
        assert_eq!(newest(&store), number + 1, "{what}");
        store.undo(number + 1, &ada()).unwrap();
        assert_eq!(access_of(&store), after, "{what}");
        assert_eq!(store.trail().unwrap().broken, None, "{what}");
    }
}

#[test]
fn an_undo_says_what_it_takes_back_and_why() {
    let (_fresh, store) = prepared();
    store
        .grant(&granted("42", of_role("lead"), ""), &ada())
        .unwrap();
    let number = newest(&store);
    let undone = store.undo(number, &upr_sync::Actor::new("bob")).unwrap();
    assert_eq!(undone.action, "grant");
    assert_eq!(undone.facts[0].after, serde_json::Value::Null);
    assert_eq!(undone.facts[0].before["role"], "lead");
    let last = store
        .history(&HistoryQuery {
            subject: None,
            limit: 1,
        })
        .unwrap();
    assert_eq!(
        (
            last[0].action.as_str(),
            last[0].by.as_str(),
            last[0].reason.clone()
        ),
        ("undo", "bob", format!("undo of {number}"))
    );
}

/// Later change sets on the same grant, role or subject, and what was built on what would go.
#[test]
fn what_later_changes_rest_on_is_not_undone() {
    let cases: &[(&str, Do, Do)] = &[
        (
            "the same grant",
            |store| {
                done(
                    store
                        .grant(&granted("42", of_role("lead"), ""), &ada())
                        .unwrap(),
                );
            },
            |store| {
                done(
                    store
                        .revoke(&revoked("42", of_role("lead")), &ada())
                        .unwrap(),
                );
            },
        ),
        (
            "the same role",
            |store| {
                done(
                    store
                        .role_allow(&role("lead"), &[Member::All], &ada())
                        .unwrap(),
                );
            },
            |store| {
                let members = [Member::Permission(key("users.view"))];
                done(store.role_allow(&role("lead"), &members, &ada()).unwrap());
            },
        ),
        (
            "a role that is granted since",
            |store| done(store.role_create(&role("new"), None, &[], &ada()).unwrap()),
            |store| {
                done(
                    store
                        .grant(&granted("42", of_role("new"), ""), &ada())
                        .unwrap(),
                );
            },
        ),
        (
            "a role that is gone since",
            |store| {
                store
                    .grant(&granted("42", of_role("lead"), ""), &ada())
                    .unwrap();
                done(
                    store
                        .revoke(&revoked("42", of_role("lead")), &ada())
                        .unwrap(),
                );
            },
            |store| done(store.role_delete(&role("lead"), &ada()).unwrap()),
        ),
        (
            "a subject that is given something since",
            |store| {
                done(
                    store
                        .user_create(&NewUser::new(subject("7")), &ada())
                        .unwrap(),
                );
            },
            |store| {
                done(
                    store
                        .grant(&granted("7", of_role("lead"), ""), &ada())
                        .unwrap(),
                );
            },
        ),
        (
            "the same subject",
            |store| done(store.user_deactivate(&subject("42"), &ada()).unwrap()),
            |store| done(store.user_activate(&subject("42"), &ada()).unwrap()),
        ),
    ];
    for (what, first, then) in cases {
        let (fresh, store) = prepared();
        first(&store);
        let number = newest(&store);
        // What has nothing to do with it is not in the way.
        store
            .user_create(&NewUser::new(subject("other")), &ada())
            .unwrap();
        store
            .grant(&granted("other", permission("users.view"), ""), &ada())
            .unwrap();
        then(&store);
        let before = access_of(&store);
        for mode in [Mode::DryRun, Mode::Write] {
            let error = fresh.open(mode).undo(number, &ada()).unwrap_err();
            let UndoError::RestedOn { later, .. } = &error else {
                panic!("{what}: {error}")
            };
            assert_eq!(later.len(), 1, "{what}: {error}");
            assert_eq!(later[0].number, number + 3, "{what}: {error}");
            assert!(
                error.to_string().contains(&format!("{} (", number + 3)),
                "{error}"
            );
            assert!(error.hints()[0].ends_with(&format!("`upr undo {}`", number + 3)));
            assert_eq!(error.code(), "rested-on");
        }
        assert_eq!(access_of(&store), before, "{what}");
        // The newest first, then the other.
        store
            .undo(number + 3, &ada())
            .unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

/// What was taken back since, and not done again, is in nobody's way.
#[test]
fn what_was_taken_back_rests_on_nothing() {
    let (_fresh, store) = prepared();
    store.role_create(&role("new"), None, &[], &ada()).unwrap();
    let made = newest(&store);
    let grant = || {
        store
            .grant(&granted("42", of_role("new"), ""), &ada())
            .unwrap()
    };
    grant();
    store.undo(made + 1, &ada()).unwrap();
    store.undo(made + 2, &ada()).unwrap();
    let error = store.undo(made, &ada()).unwrap_err();
    assert!(
        error.to_string().ends_with(&format!(
            "change set {} (grant by ada) rests on it",
            made + 1
        )),
        "{error}"
    );
    store.undo(made + 1, &ada()).unwrap();
    store.undo(made, &ada()).unwrap();
    assert_eq!(store.role_list().unwrap().len(), 2);
}

#[test]
fn another_scope_of_the_same_role_is_another_grant() {
    let (_fresh, store) = prepared();
    store
        .grant(&granted("42", of_role("lead"), "acme"), &ada())
        .unwrap();
    let number = newest(&store);
    store
        .grant(&granted("42", of_role("lead"), "paris"), &ada())
        .unwrap();
    store.undo(number, &ada()).unwrap();
    let left = store.facts().unwrap().grants;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].scope, scope("paris"));
}

static NOW: AtomicI64 = AtomicI64::new(0);

#[test]
fn an_undo_never_revives_what_has_ended() {
    let at = |text: &str| time::parse(text).unwrap();
    NOW.store(at("2050-01-01").micros(), Ordering::SeqCst);
    let (fresh, store) = prepared();
    let store = store.with_clock(|| Timestamp::from_micros(NOW.load(Ordering::SeqCst)));
    let until = |place: &str, end: &str| GrantFact {
        expires_at: Some(at(end)),
        ..granted("42", of_role("lead"), place)
    };
    store.grant(&until("a", "2050-02-01"), &ada()).unwrap();
    store.grant(&until("b", "2060-02-01"), &ada()).unwrap();
    store
        .revoke(&revoked("42", of_role("lead")), &ada())
        .unwrap();
    let revoked = newest(&store);
    store.grant(&until("c", "2050-02-01"), &ada()).unwrap();
    store.grant(&until("c", "2070-02-01"), &ada()).unwrap();
    let extended = newest(&store);

    NOW.store(at("2051-01-01").micros(), Ordering::SeqCst);
    let undone = store.undo(revoked, &ada()).unwrap();
    assert_eq!((undone.outcome.changes, undone.ended), (1, 1));
    let undone = store.undo(extended, &ada()).unwrap();
    assert_eq!(undone.ended, 1, "the end that would be left is over");
    let left = fresh.open(Mode::Read).facts().unwrap().grants;
    let scopes: Vec<_> = left.iter().map(|grant| grant.scope.as_str()).collect();
    assert_eq!(scopes, ["b"]);
}

#[test]
fn an_undo_obeys_the_rules_of_a_new_change() {
    let (_fresh, store) = prepared();
    // What it would give back is retired by now.
    store
        .grant(&granted("42", permission("users.close"), ""), &ada())
        .unwrap();
    store
        .revoke(&revoked("42", permission("users.close")), &ada())
        .unwrap();
    let number = newest(&store);
    let retired = r#", "retired": [{"key": "users.close", "retired": "2.0.0"}],
        "roles": [{"key": "code", "mode": "managed", "permissions": ["users.view"]}]"#;
    sync(
        &store,
        &catalog("2.0.0", &module("users", &["view", "edit"]), retired),
    );
    let error = store.undo(number, &ada()).unwrap_err();
    assert_eq!(error.code(), "retired", "{error}");

    // A critical permission keeps its last holder (rule 26).
    let critical = r#"{"key": "users", "permissions": [{"key": "users.view"},
        {"key": "users.edit", "critical": true}]}"#;
    sync(&store, &catalog("3.0.0", critical, retired));
    store
        .grant(&granted("42", permission("users.edit"), ""), &ada())
        .unwrap();
    let error = store.undo(newest(&store), &ada()).unwrap_err();
    assert_eq!(error.code(), "critical", "{error}");
}

#[test]
fn what_is_no_change_of_access_says_what_to_do_instead() {
    let (_fresh, store) = prepared();
    for (number, action, hint) in [(1, "migrate", "backup"), (2, "sync", "--allow-older")] {
        let error = store.undo(number, &ada()).unwrap_err();
        assert_eq!(error.code(), "not-undoable");
        assert_eq!(
            error.to_string(),
            format!("change set {number} ({action}) cannot be undone")
        );
        assert!(error.hints()[0].contains(hint), "{:?}", error.hints());
    }
    let error = store.undo(99, &ada()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there is no change set 99; the newest is 4"
    );
}

type Step<'s> = Box<dyn Fn(&Store) + 's>;

static CLOCK: AtomicI64 = AtomicI64::new(0);

/// After each of many change sets the facts of that moment are noted, and told again later.
#[test]
fn the_past_is_as_it_was() {
    let (fresh, store) = Fresh::store();
    let start = Timestamp::now().micros() + 1_000_000;
    CLOCK.store(start, Ordering::SeqCst);
    let store =
        store.with_clock(|| Timestamp::from_micros(CLOCK.fetch_add(1_000_000, Ordering::SeqCst)));
    let mut moments = Vec::new();
    let note = |store: &Store, moments: &mut Vec<_>| {
        let snapshot = Snapshot::compile(store.facts().unwrap());
        moments.push((CLOCK.load(Ordering::SeqCst) - 1, snapshot));
    };
    let code = |members: &str| {
        format!(r#", "roles": [{{"key": "code", "mode": "managed", "permissions": [{members}]}}]"#)
    };
    let users = module("users", &["view", "edit", "close"]);
    let lead = role("lead");
    let steps: Vec<Step<'_>> = vec![
        Box::new(|store| {
            done(sync(
                store,
                &catalog("1.0.0", &users, &code(r#""users.view""#)),
            ));
        }),
        Box::new(|store| {
            let mut user = NewUser::new(subject("42"));
            user.roles.push(role("code"));
            store.user_create(&user, &ada()).unwrap();
        }),
        Box::new(|store| {
            done(
                store
                    .role_create(&lead, None, &[Member::All], &ada())
                    .unwrap(),
            );
        }),
        Box::new(|store| {
            done(
                store
                    .grant(&granted("42", of_role("lead"), "acme"), &ada())
                    .unwrap(),
            );
        }),
        Box::new(|store| {
            let end = Timestamp::from_micros(CLOCK.load(Ordering::SeqCst) + 3_500_000);
            let until = GrantFact {
                expires_at: Some(end),
                ..granted("42", permission("users.close"), "")
            };
            done(store.grant(&until, &ada()).unwrap());
        }),
        Box::new(|store| done(store.user_deactivate(&subject("42"), &ada()).unwrap())),
        Box::new(|store| done(store.user_activate(&subject("42"), &ada()).unwrap())),
        Box::new(|store| {
            let members = [Member::Module("users".parse().unwrap())];
            done(store.role_allow(&lead, &members, &ada()).unwrap());
        }),
        Box::new(|store| done(store.role_disallow(&lead, &[Member::All], &ada()).unwrap())),
        Box::new(|store| {
            done(sync(
                store,
                &catalog("2.0.0", &users, &code(r#""users.view", "users.edit""#)),
            ));
        }),
        Box::new(|store| {
            done(
                store
                    .grant(&granted("42", permission("users.close"), "paris"), &ada())
                    .unwrap(),
            );
        }),
        Box::new(|store| {
            let retired = format!(
                r#"{}, "retired": [{{"key": "users.close", "retired": "3.0.0", "replaced_by": "users.edit"}}]"#,
                code(r#""users.view""#)
            );
            let options = upr_sync::SyncOptions {
                expect_loss: Some(1),
                ..upr_sync::SyncOptions::default()
            };
            let newer = catalog("3.0.0", &module("users", &["view", "edit"]), &retired);
            assert!(store.sync(&newer, &options, &ada()).unwrap().applied);
        }),
        Box::new(|store| done(store.role_delete(&lead, &ada()).unwrap())),
        Box::new(|store| done(store.undo(newest(store), &ada()).unwrap())),
        Box::new(|store| {
            done(
                store
                    .revoke(&revoked("42", of_role("code")), &ada())
                    .unwrap(),
            );
        }),
    ];
    for step in &steps {
        step(&store);
        note(&store, &mut moments);
    }
    let reader = fresh.open(Mode::Read);
    for (number, (moment, then)) in moments.iter().enumerate() {
        let at = Timestamp::from_micros(*moment);
        let past = reader.facts_at(&subject("42"), at).unwrap();
        assert_eq!(past.facts.revision, then.revision(), "step {number}");
        let now = Snapshot::compile(past.facts);
        assert_eq!(now.newest_time(), then.newest_time(), "step {number}");
        for key in ["users.view", "users.edit", "users.close", "users.nothing"] {
            for place in ["", "acme", "paris"] {
                let ask = |snapshot: &Snapshot| snapshot.check_key_at("42", key, place, at);
                assert_eq!(ask(&now), ask(then), "step {number}: {key} in `{place}`");
            }
        }
    }
    let future = Timestamp::from_micros(CLOCK.load(Ordering::SeqCst) + 3_600_000_000);
    let past = reader.facts_at(&subject("42"), future).unwrap();
    assert_eq!(past.facts.revision, newest(&store));
}

#[test]
fn of_what_was_before_the_history_nothing_is_said() {
    let (_fresh, store) = prepared();
    let at = time::parse("2001-01-01").unwrap();
    let error = store.facts_at(&subject("42"), at).unwrap_err();
    assert!(matches!(error, PastError::BeforeHistory { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.starts_with("nothing is known of 2001-01-01T00:00:00Z: the history begins at 20"),
        "{text}"
    );
}

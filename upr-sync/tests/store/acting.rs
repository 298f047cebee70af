//! Who acts through the program gives only what it holds itself.

use upr::access::{Effect, GrantFact, Target};
use upr_sync::{Failure, Member, Mode, NewUser, Revoke, Store, StoreError, WishError, time};

use crate::fresh::{Fresh, ada, catalog, key, module, role, scope, subject, sync};

fn granted(id: &str, target: Target, place: &str, end: Option<&str>) -> GrantFact {
    GrantFact {
        subject: subject(id),
        target,
        scope: scope(place),
        effect: Effect::Allow,
        expires_at: end.map(|end| time::parse(end).unwrap()),
    }
}

fn denied(id: &str, target: Target, place: &str) -> GrantFact {
    GrantFact {
        effect: Effect::Deny,
        ..granted(id, target, place, None)
    }
}

fn may(text: &str) -> Target {
    Target::Permission(key(text))
}

fn has(text: &str) -> Target {
    Target::Role(role(text))
}

fn module_of(text: &str) -> Member {
    Member::Module(text.parse().unwrap())
}

/// The roles `all`, `users` (the module), `mixed`, and `narrow`; Bob, who has what `held` says, and
/// Eve, who has nothing.
fn bob(held: &[GrantFact]) -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    let modules = format!(
        "{}, {}",
        module("users", &["view", "edit"]),
        module("tickets", &["view"])
    );
    let code = r#", "roles": [{"key": "code", "mode": "managed", "all": true}]"#;
    sync(&store, &catalog("1.0.0", &modules, code));
    let permission = |text: &str| Member::Permission(key(text));
    for (name, members) in [
        ("all", vec![Member::All]),
        ("users", vec![module_of("users")]),
        (
            "mixed",
            vec![permission("users.view"), permission("tickets.view")],
        ),
        ("narrow", vec![permission("users.view")]),
        ("empty", vec![]),
    ] {
        store
            .role_create(&role(name), None, &members, &ada())
            .unwrap();
    }
    for id in ["bob", "eve"] {
        store
            .user_create(&NewUser::new(subject(id)), &ada())
            .unwrap();
    }
    for grant in held {
        store.grant(grant, &ada()).unwrap();
    }
    (fresh, store)
}

fn of_bob(target: Target) -> GrantFact {
    granted("bob", target, "", None)
}

#[track_caller]
fn assert_beyond<T: std::fmt::Debug>(result: Result<T, WishError>, missing: &[&str], what: &str) {
    let error = result.unwrap_err();
    assert_eq!(error.code(), "beyond", "{what}: {error}");
    let WishError::Store(StoreError::Beyond {
        missing: found,
        subject,
    }) = error
    else {
        panic!("{what}: {error}")
    };
    assert_eq!(
        (subject.as_str(), found),
        ("bob", missing.iter().map(|m| (*m).to_owned()).collect()),
        "{what}"
    );
}

/// What Bob holds, what he gives to Eve, and what is missing for that.
#[test]
fn who_acts_gives_what_it_holds_and_no_more() {
    let until = |target, end| granted("bob", target, "", Some(end));
    let in_acme = |target| granted("bob", target, "acme", None);
    let eve = |target, place, end| granted("eve", target, place, end);
    let cases: Vec<(&str, Vec<GrantFact>, GrantFact, &[&str])> = vec![
        (
            "nothing",
            vec![],
            eve(may("users.view"), "", None),
            &["users.view"],
        ),
        (
            "the same permission",
            vec![of_bob(may("users.view"))],
            eve(may("users.view"), "", None),
            &[],
        ),
        (
            "another permission",
            vec![of_bob(may("users.view"))],
            eve(may("users.edit"), "", None),
            &["users.edit"],
        ),
        (
            "through a role",
            vec![of_bob(has("mixed"))],
            eve(may("tickets.view"), "", None),
            &[],
        ),
        (
            "through a module",
            vec![of_bob(has("users"))],
            eve(may("users.edit"), "", None),
            &[],
        ),
        (
            "through everything",
            vec![of_bob(has("all"))],
            eve(has("users"), "", None),
            &[],
        ),
        (
            "the same role",
            vec![of_bob(has("mixed"))],
            eve(has("mixed"), "", None),
            &[],
        ),
        (
            "a smaller role",
            vec![of_bob(has("mixed"))],
            eve(has("narrow"), "", None),
            &[],
        ),
        (
            "a larger role",
            vec![of_bob(has("narrow"))],
            eve(has("mixed"), "", None),
            &["tickets.view"],
        ),
        // What is added to the module later would be more than Bob has.
        (
            "a module by its parts",
            vec![of_bob(may("users.view")), of_bob(may("users.edit"))],
            eve(has("users"), "", None),
            &["users.*"],
        ),
        (
            "everything by a module",
            vec![of_bob(has("users"))],
            eve(has("all"), "", None),
            &["all"],
        ),
        (
            "all of one application",
            vec![of_bob(has("code"))],
            eve(has("all"), "", None),
            &["all"],
        ),
        (
            "the code's own role",
            vec![of_bob(has("code"))],
            eve(has("code"), "", None),
            &[],
        ),
        (
            "a key of that application",
            vec![of_bob(has("code"))],
            eve(may("users.edit"), "", None),
            &[],
        ),
        (
            "in the same scope",
            vec![in_acme(has("narrow"))],
            eve(has("narrow"), "acme", None),
            &[],
        ),
        (
            "in another scope",
            vec![in_acme(has("narrow"))],
            eve(has("narrow"), "paris", None),
            &["users.view in paris"],
        ),
        (
            "everywhere",
            vec![in_acme(has("narrow"))],
            eve(has("narrow"), "", None),
            &["users.view"],
        ),
        (
            "in one, held everywhere",
            vec![of_bob(has("narrow"))],
            eve(has("narrow"), "acme", None),
            &[],
        ),
        (
            "for ever",
            vec![until(has("narrow"), "2099-01-01")],
            eve(has("narrow"), "", None),
            &["users.view"],
        ),
        (
            "for longer",
            vec![until(has("narrow"), "2098-01-01")],
            eve(has("narrow"), "", Some("2099-01-01")),
            &["users.view"],
        ),
        (
            "for as long",
            vec![until(has("narrow"), "2099-01-01")],
            eve(has("narrow"), "", Some("2099-01-01")),
            &[],
        ),
        (
            "what is denied",
            vec![of_bob(has("mixed")), denied("bob", may("users.view"), "")],
            eve(may("users.view"), "", None),
            &["users.view"],
        ),
        (
            "what a denied role holds",
            vec![of_bob(has("mixed")), denied("bob", has("narrow"), "")],
            eve(has("mixed"), "", None),
            &["users.view"],
        ),
        (
            "everywhere, denied somewhere",
            vec![
                of_bob(has("narrow")),
                denied("bob", may("users.view"), "acme"),
            ],
            eve(has("narrow"), "", None),
            &["users.view"],
        ),
        (
            "elsewhere, denied somewhere",
            vec![
                of_bob(has("narrow")),
                denied("bob", may("users.view"), "acme"),
            ],
            eve(has("narrow"), "paris", None),
            &[],
        ),
        (
            "a wildcard, denied in part",
            vec![of_bob(has("all")), denied("bob", may("users.view"), "")],
            eve(has("users"), "", None),
            &["users.*"],
        ),
        ("to itself", vec![], of_bob(has("narrow")), &["users.view"]),
        (
            "a denial",
            vec![],
            denied("eve", may("users.view"), ""),
            &[],
        ),
    ];
    for (what, held, grant, missing) in cases {
        let (fresh, store) = bob(&held);
        let before = store.facts().unwrap();
        for mode in [Mode::DryRun, Mode::Write] {
            let acting = fresh.open(mode).acting_as(subject("bob"));
            let result = acting.grant(&grant, &ada());
            if missing.is_empty() {
                assert!(result.is_ok(), "{what}: {result:?}");
            } else {
                assert_beyond(result, missing, what);
                assert_eq!(store.facts().unwrap(), before, "{what}");
            }
        }
        // An operator is not limited.
        store.grant(&grant, &ada()).unwrap();
    }
}

type Wish = fn(&Store) -> Result<(), WishError>;

/// Ways to give something that are no grants; what each gives, and an operator may do all of them.
#[test]
fn there_is_no_way_around() {
    let cases: &[(&str, &[&str], Wish)] = &[
        ("a role that others have", &["users.edit"], |store| {
            let members = [Member::Permission(key("users.edit"))];
            store
                .role_allow(&role("narrow"), &members, &ada())
                .map(drop)
        }),
        ("a role that it has itself", &["all"], |store| {
            store
                .role_allow(&role("empty"), &[Member::All], &ada())
                .map(drop)
        }),
        ("a new role", &["users.*"], |store| {
            store
                .role_create(&role("new"), None, &[module_of("users")], &ada())
                .map(drop)
        }),
        ("a copy", &["all"], |store| {
            store
                .role_copy(&role("all"), &role("new"), None, &ada())
                .map(drop)
        }),
        ("a user with a role", &["all"], |store| {
            let mut user = NewUser::new(subject("zoe"));
            user.roles.push(role("all"));
            store.user_create(&user, &ada()).map(drop)
        }),
        ("whoever was let go", &["users.*"], |store| {
            store.user_activate(&subject("out"), &ada()).map(drop)
        }),
        ("whoever was let go, made again", &["users.*"], |store| {
            store
                .user_create(&NewUser::new(subject("out")), &ada())
                .map(drop)
        }),
        ("a denial that goes", &["users.edit"], |store| {
            let revoke = Revoke {
                subject: subject("bob"),
                target: may("users.edit"),
                scope: None,
                effect: Effect::Deny,
            };
            store.revoke(&revoke, &ada()).map(drop)
        }),
        ("a denial that ends", &["users.edit"], |store| {
            let deny = GrantFact {
                expires_at: Some(time::parse("2099-01-01").unwrap()),
                ..denied("bob", may("users.edit"), "")
            };
            store.grant(&deny, &ada()).map(drop)
        }),
        (
            "a denied role that holds less",
            &["tickets.view"],
            |store| {
                let members = [Member::Permission(key("tickets.view"))];
                store
                    .role_disallow(&role("mixed"), &members, &ada())
                    .map(drop)
            },
        ),
        ("a denied role that goes", &["tickets.view"], |store| {
            store.role_delete(&role("mixed"), &ada()).map(drop)
        }),
        ("an end that moves", &["users.*"], |store| {
            let later = granted("eve", has("users"), "", Some("2099-01-01"));
            store.grant(&later, &ada()).map(drop)
        }),
        ("an undo", &["users.*"], |store| {
            let number = store.status(None).unwrap().revision;
            match store.undo(number, &ada()) {
                Ok(_) => Ok(()),
                Err(upr_sync::UndoError::Wish(error)) => Err(error),
                Err(error) => panic!("{error}"),
            }
        }),
    ];
    for (what, missing, wish) in cases {
        let held = [
            of_bob(has("empty")),
            of_bob(has("narrow")),
            denied("bob", may("users.edit"), ""),
            denied("eve", has("mixed"), ""),
            granted("eve", has("users"), "", Some("2098-01-01")),
            granted("eve", has("users"), "acme", None),
        ];
        let (fresh, store) = bob(&held);
        store
            .user_create(&NewUser::new(subject("out")), &ada())
            .unwrap();
        store
            .grant(&granted("out", has("users"), "", None), &ada())
            .unwrap();
        store.user_deactivate(&subject("out"), &ada()).unwrap();
        store
            .revoke(
                &Revoke {
                    subject: subject("eve"),
                    target: has("users"),
                    scope: Some(scope("acme")),
                    effect: Effect::Allow,
                },
                &ada(),
            )
            .unwrap();
        let missing: Vec<&str> = if *what == "an undo" {
            vec!["users.* in acme"]
        } else {
            missing.to_vec()
        };
        for mode in [Mode::DryRun, Mode::Write] {
            let acting = fresh.open(mode).acting_as(subject("bob"));
            assert_beyond(wish(&acting), &missing, what);
        }
        wish(&store).unwrap_or_else(|error| panic!("{what}: {error}"));
    }
}

#[test]
fn taking_is_free_and_an_inactive_subject_gives_nothing() {
    let (fresh, store) = bob(&[granted("eve", has("all"), "", None)]);
    let acting = || fresh.open(Mode::Write).acting_as(subject("bob"));
    let revoke = Revoke {
        subject: subject("eve"),
        target: has("all"),
        scope: None,
        effect: Effect::Allow,
    };
    acting().revoke(&revoke, &ada()).unwrap();
    acting().user_deactivate(&subject("eve"), &ada()).unwrap();
    acting()
        .role_disallow(&role("all"), &[Member::All], &ada())
        .unwrap();

    store.grant(&of_bob(has("narrow")), &ada()).unwrap();
    store.user_deactivate(&subject("bob"), &ada()).unwrap();
    let grant = granted("eve", has("narrow"), "", None);
    assert_beyond(acting().grant(&grant, &ada()), &["users.view"], "inactive");
    let nobody = fresh.open(Mode::Write).acting_as(subject("nobody"));
    assert_eq!(nobody.grant(&grant, &ada()).unwrap_err().code(), "beyond");
}

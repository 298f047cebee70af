//! Subjects: made, let in, kept out.

use upr_sync::{Class, Failure, NewUser, WishError};

use crate::fresh::{Fresh, ada, catalog, module, role, subject, sync};

const SUPPORT: &str =
    r#", "roles": [{"key": "support", "mode": "seeded", "permissions": ["users.view"]}]"#;

#[test]
fn making_a_user_twice_changes_nothing() {
    let (_fresh, store) = Fresh::store();
    sync(
        &store,
        &catalog("1.0.0", &module("users", &["view"]), SUPPORT),
    );
    let mut user = NewUser::new(subject("42"));
    user.username = Some("ada".to_owned());
    user.roles.push(role("support"));
    let first = store.user_create(&user, &ada()).unwrap();
    assert_eq!((first.applied, first.changes), (true, 2));
    let second = store.user_create(&user, &ada()).unwrap();
    assert_eq!(
        (second.applied, second.changes, second.revision),
        (false, 0, first.revision)
    );
    // Nothing said about the name leaves it.
    assert_eq!(
        store
            .user_create(&NewUser::new(subject("42")), &ada())
            .unwrap()
            .changes,
        0
    );
    let list = store.user_list().unwrap();
    assert_eq!(list.len(), 1);
    assert_eq!(
        (list[0].username.as_str(), list[0].roles.as_slice()),
        ("ada", [role("support")].as_slice())
    );
}

#[test]
fn an_unknown_role_makes_nobody() {
    let (_fresh, store) = Fresh::store();
    sync(
        &store,
        &catalog("1.0.0", &module("users", &["view"]), SUPPORT),
    );
    let mut user = NewUser::new(subject("42"));
    user.roles.push(role("suport"));
    let error = store.user_create(&user, &ada()).unwrap_err();
    assert_eq!((error.code(), error.class()), ("unknown-role", Class::No));
    assert_eq!(error.hints(), ["did you mean `support`?"]);
    assert!(store.user_list().unwrap().is_empty());
}

#[test]
fn rule_34_who_was_rescued_by_hand_counts_as_made_by_hand() {
    let (fresh, store) = Fresh::store();
    store
        .user_create(&NewUser::new(subject("42")), &ada())
        .unwrap();
    fresh.sql("UPDATE upr_subject SET origin = 'source', active = 0, deactivated_by = 'source'");
    assert_eq!(
        store
            .user_create(&NewUser::new(subject("42")), &ada())
            .unwrap()
            .changes,
        1
    );
    let list = store.user_list().unwrap();
    assert_eq!(
        (
            list[0].active,
            list[0].origin.as_str(),
            list[0].deactivated_by.as_str()
        ),
        (true, "hand", "")
    );
}

#[test]
fn keeping_out_and_letting_in_are_idempotent() {
    let (_fresh, store) = Fresh::store();
    let error = store.user_deactivate(&subject("42"), &ada()).unwrap_err();
    assert!(matches!(error, WishError::UnknownSubject { .. }));
    store
        .user_create(&NewUser::new(subject("42")), &ada())
        .unwrap();
    assert_eq!(
        store.user_activate(&subject("42"), &ada()).unwrap().changes,
        0
    );
    assert_eq!(
        store
            .user_deactivate(&subject("42"), &ada())
            .unwrap()
            .changes,
        1
    );
    assert_eq!(
        store
            .user_deactivate(&subject("42"), &ada())
            .unwrap()
            .changes,
        0
    );
    assert_eq!(store.user_list().unwrap()[0].deactivated_by, "hand");
    assert_eq!(
        store.user_activate(&subject("42"), &ada()).unwrap().changes,
        1
    );
}

#[test]
fn texts_that_would_break_a_line_are_wrong_usage() {
    let (_fresh, store) = Fresh::store();
    let mut user = NewUser::new(subject("42"));
    for name in ["a\nb".to_owned(), "a".repeat(2000)] {
        user.username = Some(name);
        let error = store.user_create(&user, &ada()).unwrap_err();
        assert_eq!(
            (error.code(), error.class()),
            ("text", Class::Usage),
            "{error}"
        );
    }
}

#[test]
fn rule_37_bootstrap_only_fills_a_store_without_subjects() {
    let (_fresh, store) = Fresh::store();
    sync(
        &store,
        &catalog("1.0.0", &module("users", &["view"]), SUPPORT),
    );
    let users: Vec<NewUser> = ["ada", "bob"]
        .map(|name| {
            let mut user = NewUser::new(subject(name));
            user.roles.push(role("support"));
            user
        })
        .into();
    let first = store.bootstrap(&users, &ada()).unwrap();
    assert_eq!((first.applied, first.changes), (true, 4));
    assert_eq!(store.user_list().unwrap()[0].origin, "bootstrap");
    store.user_deactivate(&subject("bob"), &ada()).unwrap();
    let again = store
        .bootstrap(&[NewUser::new(subject("eve"))], &ada())
        .unwrap();
    assert_eq!((again.applied, again.changes), (false, 0));
    assert_eq!(store.user_list().unwrap().len(), 2);
}

//! Roles, grants and subjects.

use upr::access::{Effect, GrantFact, Target};
use upr_sync::{Failure, NewUser, WishError};

use crate::fresh::{Fresh, ada, catalog, key, module, scope, subject, sync};

fn allow(permission: &str) -> GrantFact {
    GrantFact {
        subject: subject("42"),
        target: Target::Permission(key(permission)),
        scope: scope(""),
        effect: Effect::Allow,
        expires_at: None,
    }
}

#[test]
fn a_grant_of_a_stranger_names_the_command_that_makes_one() {
    let (_fresh, store) = Fresh::store();
    sync(&store, &catalog("1.0.0", &module("users", &["view"]), ""));
    let error = store.grant(&allow("users.view"), &ada()).unwrap_err();
    assert!(matches!(error, WishError::UnknownSubject { .. }));
    assert_eq!(error.hints(), ["run `upr user create 42`"]);
    assert_eq!(error.class().exit_code(), 1);
}

#[test]
fn a_grant_is_made_once_and_decides() {
    let (_fresh, store) = Fresh::store();
    sync(
        &store,
        &catalog("1.0.0", &module("users", &["view", "edit"]), ""),
    );
    store
        .user_create(&NewUser::new(subject("42")), &ada())
        .unwrap();
    let granted = store.grant(&allow("users.view"), &ada()).unwrap();
    assert_eq!(
        (granted.outcome.applied, granted.outcome.changes),
        (true, 1)
    );
    let again = store.grant(&allow("users.view"), &ada()).unwrap();
    assert_eq!((again.outcome.applied, again.outcome.changes), (false, 0));
    assert_eq!(again.outcome.revision, granted.outcome.revision);
    let check = |permission: &str| {
        store
            .check(&subject("42"), &key(permission), &scope("acme"))
            .unwrap()
            .is_allowed()
    };
    assert!(check("users.view") && !check("users.edit"));
}

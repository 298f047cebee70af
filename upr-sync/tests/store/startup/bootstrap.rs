//! First subjects.

use std::cell::Cell;

use upr::access::{Effect, GrantFact, Target};
use upr_sync::settings::{Settings, Sources};
use upr_sync::{Bootstrap, Class, Failure, Migrate, Mode, NewUser, Started, Startup, startup};

use super::settings;
use crate::fresh::{Fresh, ada, catalog, module, role, scope, subject, sync};

const SUPPORT: &str =
    r#", "roles": [{"key": "support", "mode": "seeded", "permissions": ["users.view"]}]"#;

fn code() -> upr_core::Catalog {
    catalog("1.0.0", &module("users", &["view"]), SUPPORT)
}

/// Ada everywhere, Eve in one scope only.
fn people() -> Bootstrap {
    let mut ada = NewUser::new(subject("ada"));
    ada.roles.push(role("support"));
    let grant = GrantFact {
        subject: subject("eve"),
        target: Target::Role(role("support")),
        scope: scope("berlin"),
        effect: Effect::Allow,
        expires_at: None,
    };
    Bootstrap {
        users: vec![ada, NewUser::new(subject("eve"))],
        grants: vec![grant],
    }
}

/// Starts, and tells how often it was asked for people.
fn start(settings: &Settings) -> (Started, usize) {
    let asked = Cell::new(0);
    let wishes = Startup::new().bootstrap(|| {
        asked.set(asked.get() + 1);
        Ok::<_, std::io::Error>(people())
    });
    let started = startup(settings, &code(), wishes).unwrap();
    (started, asked.get())
}

#[test]
fn rule_37_first_subjects_are_made_once_in_one_change_set() {
    let (fresh, store) = Fresh::store();
    sync(&store, &code());
    let before = store.status(None).unwrap().revision;
    let mut settings = settings(&fresh);
    settings.bootstrap = true;
    let (started, asked) = start(&settings);
    assert_eq!(asked, 1);
    let made = started.bootstrapped.unwrap();
    assert_eq!((made.changes, made.revision), (4, before + 1));
    assert_eq!(started.status.subjects, 2);
    let access = started.follower.access();
    let check = |id: &str, scope: &str| {
        let decision = access.check_key(id, "users.view", scope).unwrap();
        decision.is_allowed()
    };
    assert!(check("ada", "") && check("ada", "paris"));
    assert!(check("eve", "berlin") && !check("eve", "paris"));

    // What was taken away since stays taken away, and a subject is one, active or not.
    store.user_deactivate(&subject("ada"), &ada()).unwrap();
    let (started, asked) = start(&settings);
    assert_eq!((started.bootstrapped, asked), (None, 0));
}

#[test]
fn rule_37_nobody_is_made_where_it_is_not_wished_or_forbidden() {
    for (wished, disabled) in [(false, false), (true, true)] {
        let (fresh, store) = Fresh::store();
        sync(&store, &code());
        let variables = [
            ("UPR_ENV", "test"),
            (
                "UPR_DATABASE",
                &format!("sqlite:{}", fresh.path().display()),
            ),
            ("UPR_BOOTSTRAP", &wished.to_string()),
            ("DISABLE_BOOTSTRAP", &disabled.to_string()),
        ]
        .map(|(name, value)| (name.into(), value.into()));
        let folder = tempfile::tempdir().unwrap();
        let settings = Sources::new(folder.path())
            .variables(variables)
            .load()
            .unwrap();
        let (started, asked) = start(&settings);
        assert_eq!(
            (started.bootstrapped, asked),
            (None, 0),
            "{wished} {disabled}"
        );
        assert_eq!(started.status.subjects, 0);
    }
}

#[test]
fn rule_37_nobody_is_made_in_a_protected_store() {
    for settings_know in [true, false] {
        let fresh = Fresh::empty();
        let store = fresh.open(Mode::Create);
        store
            .migrate(&Migrate::new("test").protected(true))
            .unwrap();
        sync(&store, &code());
        let mut settings = settings(&fresh);
        settings.bootstrap = true;
        settings.protected = settings_know;
        let (started, asked) = start(&settings);
        assert_eq!((started.bootstrapped, asked), (None, 0), "{settings_know}");
        assert_eq!(started.warnings.len(), 1, "{:?}", started.warnings);
    }
}

#[test]
fn people_who_cannot_be_made_stop_the_start_and_leave_nobody() {
    let (fresh, store) = Fresh::store();
    sync(&store, &code());
    let mut settings = settings(&fresh);
    settings.bootstrap = true;
    let wishes = Startup::new().bootstrap(|| {
        let mut people = people();
        people.users[1].roles.push(role("suport"));
        Ok::<_, std::io::Error>(people)
    });
    let error = startup(&settings, &code(), wishes).unwrap_err();
    assert_eq!(
        error.report(),
        "the first subjects could not be made: there is no role `suport`\n  did you mean `support`?"
    );
    assert_eq!(error.class(), Class::No);
    let wishes = Startup::new().bootstrap(|| Err("the table of users is locked"));
    let error = startup(&settings, &code(), wishes).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the first subjects could not be prepared: the table of users is locked"
    );
    assert_eq!(store.status(None).unwrap().subjects, 0);
}

//! What is followed change by change equals what is read afresh.

use std::path::{Path, PathBuf};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tempfile::TempDir;
use upr::access::{Access, Effect, GrantFact, Snapshot, Target};
use upr_core::{Catalog, Key, RoleKey, Scope, SubjectId, Timestamp};
use upr_sync::backup::{Reason, RestoreOptions};
use upr_sync::settings::Settings;
use upr_sync::{
    Actor, Database, Follow, Follower, Member, Migrate, Mode, NewUser, Revoke, Store, SyncOptions,
    time,
};

const KEYS: [&str; 6] = [
    "users.view",
    "users.edit",
    "tickets.view",
    "tickets.close",
    "tickets.notes.view",
    "users.gone",
];
const ROLES: [&str; 4] = ["code", "one", "two", "three"];
const SCOPES: [&str; 3] = ["", "acme", "paris"];
const SUBJECTS: u8 = 5;

/// One wish; whether it is granted does not matter.
#[derive(Clone, Debug)]
enum Wish {
    Grant(u8, usize, usize, bool, Option<bool>),
    Revoke(u8, usize, Option<usize>, bool),
    Create(usize, usize),
    Delete(usize),
    Allow(usize, usize),
    Disallow(usize, usize),
    Copy(usize, usize),
    User(u8, Option<usize>),
    Activate(u8, bool),
    Sync(u8),
}

fn wish() -> impl Strategy<Value = Wish> {
    let target = 0..KEYS.len() + ROLES.len();
    let (role, member) = (0..ROLES.len(), 0..KEYS.len() + 3);
    let scope = 0..SCOPES.len();
    prop_oneof![
        6 => (0..SUBJECTS, target.clone(), scope.clone(), any::<bool>(), any::<Option<bool>>())
            .prop_map(|(s, t, c, deny, end)| Wish::Grant(s, t, c, deny, end)),
        4 => (0..SUBJECTS, target, proptest::option::of(scope), any::<bool>())
            .prop_map(|(s, t, c, deny)| Wish::Revoke(s, t, c, deny)),
        2 => (role.clone(), member.clone()).prop_map(|(r, m)| Wish::Create(r, m)),
        1 => role.clone().prop_map(Wish::Delete),
        2 => (role.clone(), member.clone()).prop_map(|(r, m)| Wish::Allow(r, m)),
        2 => (role.clone(), member).prop_map(|(r, m)| Wish::Disallow(r, m)),
        1 => (role.clone(), role.clone()).prop_map(|(a, b)| Wish::Copy(a, b)),
        2 => (0..SUBJECTS, proptest::option::of(role)).prop_map(|(s, r)| Wish::User(s, r)),
        2 => (0..SUBJECTS, any::<bool>()).prop_map(|(s, active)| Wish::Activate(s, active)),
        1 => (0..4_u8).prop_map(Wish::Sync),
    ]
}

fn subject(number: u8) -> SubjectId {
    format!("subject-{number}").parse().unwrap()
}

fn role(number: usize) -> RoleKey {
    ROLES[number].parse().unwrap()
}

fn target(number: usize) -> Target {
    match KEYS.get(number) {
        Some(key) => Target::Permission(key.parse().unwrap()),
        None => Target::Role(role(number - KEYS.len())),
    }
}

fn member(number: usize) -> Member {
    match (KEYS.get(number), number - number.min(KEYS.len())) {
        (Some(key), _) => Member::Permission(key.parse().unwrap()),
        (None, 0) => Member::All,
        (None, 1) => Member::Module("users".parse().unwrap()),
        (None, _) => Member::Module("tickets".parse().unwrap()),
    }
}

/// Four releases: they add, deprecate, orphan, and retire for another key.
fn release(number: u8) -> Catalog {
    let mut users = vec![r#"{"key": "users.view"}"#, r#"{"key": "users.edit"}"#];
    let mut rest = String::new();
    match number {
        0 => users.push(r#"{"key": "users.gone"}"#),
        1 => users.push(r#"{"key": "users.gone", "is_deprecated": true, "deprecation_message": "soon"}"#),
        2 => {}
        _ => rest.push_str(r#", "retired": [{"key": "users.gone", "retired": "4.0.0", "replaced_by": "users.edit"}]"#),
    }
    let members = ["tickets.view", "tickets.close", "users.view", "users.edit"];
    let member = members[usize::from(number)];
    let json = format!(
        r#"{{"version": "1.0", "format": "upr.catalog/1",
        "application": {{"name": "app", "version": "{}.0.0"}},
        "modules": [{{"key": "users", "permissions": [{}]}},
            {{"key": "tickets", "permissions": [{{"key": "tickets.view"}}, {{"key": "tickets.close"}}]}},
            {{"key": "tickets.notes", "permissions": [{{"key": "tickets.notes.view"}}]}}],
        "roles": [{{"key": "code", "mode": "managed", "permissions": ["{member}"], "modules": ["tickets.notes"]}}]{rest}}}"#,
        number + 1,
        users.join(", "),
    );
    Catalog::from_json(&json).unwrap()
}

fn carry_out(store: &Store, wish: &Wish) {
    let actor = Actor::new("test");
    let end = |end: &Option<bool>| {
        end.map(|late| time::parse(if late { "2099-01-01" } else { "2098-01-01" }).unwrap())
    };
    let effect = |deny: &bool| if *deny { Effect::Deny } else { Effect::Allow };
    let scope = |number: &usize| -> Scope { Scope::parse(SCOPES[*number]).unwrap() };
    match wish {
        Wish::Grant(s, t, c, deny, until) => drop(store.grant(
            &GrantFact {
                subject: subject(*s),
                target: target(*t),
                scope: scope(c),
                effect: effect(deny),
                expires_at: end(until),
            },
            &actor,
        )),
        Wish::Revoke(s, t, c, deny) => drop(store.revoke(
            &Revoke {
                subject: subject(*s),
                target: target(*t),
                scope: c.as_ref().map(scope),
                effect: effect(deny),
            },
            &actor,
        )),
        Wish::Create(r, m) => drop(store.role_create(&role(*r), None, &[member(*m)], &actor)),
        Wish::Delete(r) => drop(store.role_delete(&role(*r), &actor)),
        Wish::Allow(r, m) => drop(store.role_allow(&role(*r), &[member(*m)], &actor)),
        Wish::Disallow(r, m) => drop(store.role_disallow(&role(*r), &[member(*m)], &actor)),
        Wish::Copy(a, b) => drop(store.role_copy(&role(*a), &role(*b), None, &actor)),
        Wish::User(s, r) => {
            let mut user = NewUser::new(subject(*s));
            user.roles.extend(r.map(role));
            drop(store.user_create(&user, &actor));
        }
        Wish::Activate(s, true) => drop(store.user_activate(&subject(*s), &actor)),
        Wish::Activate(s, false) => drop(store.user_deactivate(&subject(*s), &actor)),
        Wish::Sync(number) => {
            let options = SyncOptions {
                allow_breaking: true,
                allow_older: true,
                expect_loss: Some(1),
                ..SyncOptions::default()
            };
            drop(store.sync(&release(*number), &options, &actor));
        }
    }
}

struct Followed {
    _folder: TempDir,
    file: PathBuf,
    store: Store,
    follower: Follower,
}

fn followed() -> Followed {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("upr.db");
    let store = Store::open(&Database::sqlite(&file), Mode::Create).unwrap();
    store.migrate(&Migrate::new("test")).unwrap();
    let actor = Actor::new("test");
    store
        .sync(&release(0), &SyncOptions::default(), &actor)
        .unwrap();
    for number in 0..SUBJECTS {
        store
            .user_create(&NewUser::new(subject(number)), &actor)
            .unwrap();
    }
    let mut follow = Follow::new(&Settings::strict("test"));
    // Nobody looks but those who are told to.
    follow.interval = Duration::from_secs(3600);
    follow.max_staleness = Duration::from_secs(3600);
    let follower = Follower::start(&Database::sqlite(&file), "test", follow).unwrap();
    Followed {
        _folder: folder,
        file,
        store,
        follower,
    }
}

/// Every decision there is, and more: of unknown subjects, scopes and keys, and past all ends.
fn assert_equal(access: &Access, afresh: &Snapshot, after: &str) {
    let followed = access.snapshot().unwrap();
    assert_eq!(followed.revision(), afresh.revision(), "{after}");
    assert_eq!(followed.newest_time(), afresh.newest_time(), "{after}");
    let moments = ["2026-12-01", "2098-06-01", "2100-01-01"];
    let moments: Vec<Timestamp> = moments.map(|text| time::parse(text).unwrap()).into();
    for number in 0..=SUBJECTS {
        let subject = subject(number);
        for key in KEYS.iter().chain(&["users.unknown"]) {
            for scope in SCOPES.iter().chain(&["nowhere"]) {
                for moment in &moments {
                    let ask = |snapshot: &Snapshot| {
                        snapshot.check_key_at(subject.as_str(), key, scope, *moment)
                    };
                    assert_eq!(
                        ask(&followed),
                        ask(afresh),
                        "{after}: {subject} on {key} in `{scope}`"
                    );
                }
            }
        }
    }
}

fn afresh(file: &Path) -> Snapshot {
    let store = Store::open(&Database::sqlite(file), Mode::Read).unwrap();
    Snapshot::compile(store.facts().unwrap())
}

/// Wishes come one at a time or several between two looks.
#[test]
fn what_is_followed_equals_what_is_read_afresh() {
    let mut runner = TestRunner::new(Config {
        cases: 16,
        ..Config::default()
    });
    let wishes = proptest::collection::vec((wish(), any::<bool>()), 150);
    runner
        .run(&wishes, |wishes| {
            let followed = followed();
            let access = followed.follower.access();
            for (number, (wish, looks)) in wishes.iter().enumerate() {
                carry_out(&followed.store, wish);
                if *looks || number + 1 == wishes.len() {
                    followed.follower.refresh().unwrap();
                    assert_equal(&access, &afresh(&followed.file), &format!("{wish:?}"));
                }
            }
            let loads = followed.follower.loads();
            prop_assert_eq!(loads.whole, 1, "everything was read again: {:?}", loads);
            prop_assert!(loads.changes > 20);
            Ok(())
        })
        .unwrap();
}

fn grant(store: &Store, scope: &str) {
    let grant = GrantFact {
        subject: subject(0),
        target: Target::Permission(Key::parse("users.view").unwrap()),
        scope: Scope::parse(scope).unwrap(),
        effect: Effect::Allow,
        expires_at: None,
    };
    store.grant(&grant, &Actor::new("test")).unwrap();
}

/// Where it cannot be told what changed, everything is read: a gap, another epoch, very much at
/// once, what a release to come may do (rule 27).
#[test]
fn what_cannot_be_followed_is_read_afresh() {
    type Do = fn(&Followed);
    let cases: [(&str, Do); 6] = [
        ("a gap", |followed| {
            grant(&followed.store, "acme");
            grant(&followed.store, "paris");
            sql(
                followed,
                "DELETE FROM upr_change_item WHERE number = (SELECT MAX(number) - 1 FROM upr_change); \
                 DELETE FROM upr_change WHERE number = (SELECT MAX(number) - 1 FROM upr_change)",
            );
        }),
        ("facts that are missing", |followed| {
            grant(&followed.store, "acme");
            sql(
                followed,
                "DELETE FROM upr_change_item WHERE number = (SELECT MAX(number) FROM upr_change)",
            );
        }),
        ("another epoch", |followed| {
            grant(&followed.store, "acme");
            sql(
                followed,
                "UPDATE upr_meta SET value = 'other' WHERE name = 'epoch'",
            );
        }),
        ("a revision that went back", |followed| {
            sql(
                followed,
                "DELETE FROM upr_grant; \
                 DELETE FROM upr_change_item WHERE number = (SELECT MAX(number) FROM upr_change); \
                 DELETE FROM upr_change WHERE number = (SELECT MAX(number) FROM upr_change); \
                 UPDATE upr_meta SET value = value - 1 WHERE name = 'revision'",
            );
        }),
        ("an action of a release to come", |followed| {
            grant(&followed.store, "acme");
            sql(
                followed,
                "UPDATE upr_change SET action = 'merge' WHERE number = (SELECT MAX(number) FROM upr_change)",
            );
        }),
        ("a restore", |followed| {
            let folder = followed.file.with_file_name("backups");
            let taken = followed
                .store
                .backup(&folder, Reason::Manual, &Actor::new("test"))
                .unwrap();
            grant(&followed.store, "acme");
            followed.follower.refresh().unwrap();
            let options = RestoreOptions {
                exact: true,
                ..RestoreOptions::default()
            };
            followed
                .store
                .restore(&taken.file, &options, &Actor::new("test"))
                .unwrap();
        }),
    ];
    for (what, change) in cases {
        let followed = followed();
        grant(&followed.store, "");
        followed.follower.refresh().unwrap();
        change(&followed);
        followed.follower.refresh().unwrap();
        assert_equal(&followed.follower.access(), &afresh(&followed.file), what);
        assert_eq!(followed.follower.loads().whole, 2, "{what}");
        grant(&followed.store, "again");
        followed.follower.refresh().unwrap();
        assert_equal(&followed.follower.access(), &afresh(&followed.file), what);
        assert_eq!(
            followed.follower.loads().whole,
            2,
            "{what}: and is followed from then on"
        );
    }
}

#[test]
fn very_much_at_once_is_read_afresh() {
    let followed = followed();
    let bulk: String = (0..10_001)
        .map(|number| format!(r#",{{"key":"bulk.k{number}"}}"#))
        .collect();
    let json = format!(
        r#"{{"version": "1.0", "format": "upr.catalog/1",
        "application": {{"name": "other", "version": "1.0.0"}},
        "modules": [{{"key": "bulk", "permissions": [{}]}}]}}"#,
        &bulk[1..]
    );
    let catalog = Catalog::from_json(&json).unwrap();
    followed
        .store
        .sync(&catalog, &SyncOptions::default(), &Actor::new("test"))
        .unwrap();
    followed.follower.refresh().unwrap();
    assert_eq!(followed.follower.loads().whole, 2);
    assert_equal(
        &followed.follower.access(),
        &afresh(&followed.file),
        "a large sync",
    );
}

fn sql(followed: &Followed, sql: &str) {
    let connection = rusqlite::Connection::open(&followed.file).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// Who follows must not keep the log from being emptied, nor others from writing (rule 28).
#[test]
fn no_transaction_stays_open() {
    let followed = followed();
    for round in 0..20 {
        grant(&followed.store, &format!("scope-{round}"));
        followed.follower.refresh().unwrap();
        let connection = rusqlite::Connection::open(&followed.file).unwrap();
        let busy: i64 = connection
            .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
            .unwrap();
        assert_eq!(busy, 0, "round {round}");
    }
    assert_eq!(followed.follower.loads().whole, 1);
}

#[test]
fn looking_when_nothing_is_new_writes_and_loads_nothing() {
    let followed = followed();
    followed.follower.refresh().unwrap();
    let connection = rusqlite::Connection::open(&followed.file).unwrap();
    let before: i64 = connection
        .query_row("PRAGMA data_version", [], |row| row.get(0))
        .unwrap();
    for _ in 0..100 {
        followed.follower.refresh().unwrap();
    }
    let after: i64 = connection
        .query_row("PRAGMA data_version", [], |row| row.get(0))
        .unwrap();
    assert_eq!(before, after, "looking writes nothing");
    let loads = followed.follower.loads();
    assert_eq!((loads.whole, loads.changes), (1, 0));
}

//! What decides, beside what the published views say.

use std::collections::BTreeSet;

use upr::access::{Effect, GrantFact, Snapshot, Target};
use upr_core::{Key, ModuleKey, Timestamp};
use upr_sync::{Member, NewUser, Store};

use crate::fresh::{Fresh, ada, catalog_of, key, module, role, scope, subject, sync};

fn grant(store: &Store, who: &str, target: Target, at: &str, effect: Effect, end: Option<&str>) {
    let expires_at = end.map(|end| upr_sync::time::parse(end).unwrap());
    let grant = GrantFact {
        subject: subject(who),
        target,
        scope: scope(at),
        effect,
        expires_at,
    };
    store.grant(&grant, &ada()).unwrap();
}

/// Two applications, roles of all kinds, wildcards, denies, ends, scopes, an inactive subject.
fn town() -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    let users = module("users", &["view", "edit", "delete"]);
    let roles = r#", "roles": [
        {"key": "admin", "mode": "managed", "all": true},
        {"key": "support", "mode": "seeded", "permissions": ["users.view"], "modules": ["tickets"]}]"#;
    let both = format!("{users}, {}", module("tickets", &["view", "close"]));
    sync(&store, &catalog_of("first", "1.0.0", &both, roles));
    sync(
        &store,
        &catalog_of("second", "1.0.0", &module("tickets", &["archive"]), ""),
    );
    let tickets = Member::Module(ModuleKey::parse("tickets").unwrap());
    store
        .role_create(&role("clerk"), None, &[tickets], &ada())
        .unwrap();
    for id in ["ada", "bob", "eve", "gone"] {
        store
            .user_create(&NewUser::new(subject(id)), &ada())
            .unwrap();
    }
    let of_role = |name: &str| Target::Role(role(name));
    let of_key = |name: &str| Target::Permission(key(name));
    grant(&store, "ada", of_role("admin"), "", Effect::Allow, None);
    grant(
        &store,
        "ada",
        of_key("users.delete"),
        "acme",
        Effect::Deny,
        None,
    );
    grant(
        &store,
        "bob",
        of_role("support"),
        "acme",
        Effect::Allow,
        Some("2999-01-01"),
    );
    grant(&store, "bob", of_key("users.edit"), "", Effect::Allow, None);
    grant(&store, "eve", of_role("clerk"), "", Effect::Allow, None);
    grant(
        &store,
        "eve",
        of_role("support"),
        "acme",
        Effect::Deny,
        None,
    );
    grant(&store, "gone", of_role("admin"), "", Effect::Allow, None);
    store.user_deactivate(&subject("gone"), &ada()).unwrap();
    (fresh, store)
}

type Pair = (String, String);

/// Who may do what in a scope, as the view says it.
fn by_view(fresh: &Fresh, at: &str) -> BTreeSet<Pair> {
    let connection = rusqlite::Connection::open(fresh.path()).unwrap();
    let sql = "SELECT DISTINCT subject, permission FROM upr_subject_permission a \
               WHERE effect = 'allow' AND scope IN ('', ?1) AND NOT EXISTS \
               (SELECT 1 FROM upr_subject_permission d WHERE d.subject = a.subject \
                AND d.permission = a.permission AND d.effect = 'deny' AND d.scope IN ('', ?1))";
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement
        .query_map([at], |row| Ok((row.get(0)?, row.get(1)?)))
        .unwrap();
    rows.map(Result::unwrap).collect()
}

fn by_snapshot(store: &Store, at: &str) -> BTreeSet<Pair> {
    let facts = store.facts().unwrap();
    let subjects: Vec<String> = facts
        .subjects
        .iter()
        .map(|fact| fact.id.to_string())
        .collect();
    let keys: Vec<Key> = facts
        .permissions
        .iter()
        .map(|fact| fact.key.clone())
        .collect();
    let snapshot = Snapshot::compile(facts);
    let mut pairs = BTreeSet::new();
    for subject in &subjects {
        for key in &keys {
            let decision = snapshot.check_key_at(subject, key.as_str(), at, Timestamp::now());
            if decision.is_allowed() {
                pairs.insert((subject.clone(), key.to_string()));
            }
        }
    }
    pairs
}

#[test]
fn the_published_view_says_what_is_decided() {
    let (fresh, store) = town();
    // A retired key that another answers for is held by whoever holds that one.
    fresh.sql(
        "UPDATE upr_permission SET state = 'retired', alias_of = 'users.view' WHERE key = 'users.edit'",
    );
    for at in ["", "acme", "other"] {
        assert_eq!(by_view(&fresh, at), by_snapshot(&store, at), "{at:?}");
    }
    let pairs = by_view(&fresh, "acme");
    let held = |who: &str| -> Vec<&str> {
        pairs
            .iter()
            .filter(|(subject, _)| subject == who)
            .map(|(_, key)| key.as_str())
            .collect()
    };
    assert_eq!(
        held("ada"),
        ["tickets.close", "tickets.view", "users.edit", "users.view"]
    );
    assert_eq!(
        held("bob"),
        ["tickets.close", "tickets.view", "users.edit", "users.view"]
    );
    assert_eq!(held("eve"), ["tickets.archive"]);
    assert_eq!(held("gone"), [""; 0]);
}

#[test]
fn one_subjects_facts_decide_as_all_facts_do() {
    let (_fresh, store) = town();
    for at in ["", "acme"] {
        let pairs = by_snapshot(&store, at);
        for who in ["ada", "bob", "eve", "gone", "nobody"] {
            for permission in ["users.view", "users.delete", "tickets.archive", "no.such"] {
                let one = store
                    .check(&subject(who), &key(permission), &scope(at))
                    .unwrap();
                let all = pairs.contains(&(who.to_owned(), permission.to_owned()));
                assert_eq!(one.is_allowed(), all, "{who} {permission} {at:?}");
            }
        }
    }
}

#[test]
fn a_view_lists_what_roles_hold() {
    let (fresh, _store) = town();
    let sql = "SELECT group_concat(permission, ' ') FROM \
               (SELECT permission FROM upr_role_permission_list WHERE role = 'NAME' ORDER BY permission)";
    for (name, held) in [
        (
            "admin",
            "tickets.close tickets.view users.delete users.edit users.view",
        ),
        ("support", "tickets.close tickets.view users.view"),
        ("clerk", "tickets.archive tickets.close tickets.view"),
    ] {
        assert_eq!(fresh.ask(&sql.replace("NAME", name)), held, "{name}");
    }
}

#[test]
fn a_grant_that_has_ended_is_in_no_view() {
    let (fresh, _store) = town();
    let count = "SELECT COUNT(*) FROM upr_subject_permission WHERE expires_at IS NOT NULL";
    assert_eq!(fresh.ask(count), "3");
    fresh.sql(
        "UPDATE upr_meta SET value = '2999-01-01T00:00:00.000000Z' WHERE name = 'newest_time'",
    );
    assert_eq!(fresh.ask(count), "0");
}

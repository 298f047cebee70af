//! How keys leave: orphans, tombstones, moves, and what is refused.

mod guard;
mod moves;
mod older;
mod orphans;
mod retired;

use upr::access::{Effect, GrantFact, Target};
use upr_core::Catalog;
use upr_sync::plan::{Plan, Rule};
use upr_sync::{NewUser, Store, SyncOptions, time};

use crate::fresh::{Fresh, ada, catalog, key, module, scope, subject, sync};

fn ready(first: &Catalog) -> (Fresh, Store) {
    let (fresh, store) = Fresh::store();
    sync(&store, first);
    for id in ["ada", "bob"] {
        store
            .user_create(&NewUser::new(subject(id)), &ada())
            .unwrap();
    }
    (fresh, store)
}

fn give(store: &Store, who: &str, what: &str, at: &str, effect: Effect, end: Option<&str>) {
    let grant = GrantFact {
        subject: subject(who),
        target: Target::Permission(key(what)),
        scope: scope(at),
        effect,
        expires_at: end.map(|end| time::parse(end).unwrap()),
    };
    store.grant(&grant, &ada()).unwrap();
}

fn may(store: &Store, who: &str, what: &str, at: &str) -> bool {
    store
        .check(&subject(who), &key(what), &scope(at))
        .unwrap()
        .is_allowed()
}

fn try_sync(store: &Store, catalog: &Catalog, change: impl FnOnce(&mut SyncOptions)) -> Plan {
    let mut options = SyncOptions::default();
    change(&mut options);
    store.sync(catalog, &options, &ada()).unwrap()
}

fn rules(plan: &Plan) -> Vec<Rule> {
    assert!(!plan.applied);
    plan.refused.iter().map(|refused| refused.rule).collect()
}

/// `users` with these actions, and tombstones as `old>new` or `old`.
fn users(version: &str, actions: &[&str], tombstones: &[&str]) -> Catalog {
    let retired: Vec<String> = tombstones
        .iter()
        .map(|tombstone| match tombstone.split_once('>') {
            Some((old, new)) => {
                format!(r#"{{"key": "{old}", "retired": "{version}", "replaced_by": "{new}"}}"#)
            }
            None => format!(r#"{{"key": "{tombstone}", "retired": "{version}"}}"#),
        })
        .collect();
    catalog(
        version,
        &module("users", actions),
        &format!(r#", "retired": [{}]"#, retired.join(", ")),
    )
}

const FOUR: [&str; 4] = ["view", "edit", "update", "delete"];

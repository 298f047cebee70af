//! Whatever the code declares and whatever the store holds: a plan applied leaves an empty plan.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use upr::access::{Effect, GrantFact, PermissionFact, Snapshot, Target};
use upr_core::{Catalog, Key, Timestamp};
use upr_sync::plan::Rule;
use upr_sync::{Member, NewUser, Plan, Store, SyncOptions, ValidateOptions};

use crate::fresh::{Fresh, ada, catalog, role, scope, subject};

const MODULES: [&str; 3] = ["users", "tickets", "tickets.notes"];
const ACTIONS: [&str; 3] = ["view", "edit", "close"];

/// What may stand in the code for one key.
#[derive(Clone, Debug)]
enum Declared {
    No,
    Yes { label: u8, critical: bool },
    Deprecated { remove_in: Option<u8> },
    Retired { replaced_by: Option<usize> },
}

/// What may stand in the code for one role.
#[derive(Clone, Debug)]
struct DeclaredRole {
    managed: bool,
    all: bool,
    holds: Vec<bool>,
    modules: Vec<bool>,
}

#[derive(Clone, Debug)]
struct Release {
    keys: Vec<Declared>,
    roles: [Option<DeclaredRole>; 2],
    /// What a person does by SQL before it is synchronised.
    by_hand: usize,
    clean_orphans: bool,
}

const BY_HAND: [&str; 6] = [
    "",
    "UPDATE upr_permission SET label = 'by hand' WHERE state <> 'retired'",
    "DELETE FROM upr_permission WHERE module = 'users' AND state <> 'retired'",
    "DELETE FROM upr_role_permission WHERE kind = 'permission'",
    "UPDATE upr_role SET label = 'by hand'",
    "UPDATE upr_permission SET state = 'orphan' WHERE state = 'active'",
];

fn declared() -> impl Strategy<Value = Declared> {
    prop_oneof![
        3 => Just(Declared::No),
        4 => (0..2_u8, any::<bool>()).prop_map(|(label, critical)| Declared::Yes { label, critical }),
        2 => proptest::option::of(1..9_u8).prop_map(|remove_in| Declared::Deprecated { remove_in }),
        1 => proptest::option::of(0..9_usize).prop_map(|replaced_by| Declared::Retired { replaced_by }),
    ]
}

fn declared_role() -> impl Strategy<Value = DeclaredRole> {
    let bits = |n| proptest::collection::vec(any::<bool>(), n);
    (
        any::<bool>(),
        proptest::bool::weighted(0.2),
        bits(9),
        bits(3),
    )
        .prop_map(|(managed, all, holds, modules)| DeclaredRole {
            managed,
            all,
            holds,
            modules,
        })
}

fn release() -> impl Strategy<Value = Release> {
    let roles = [
        proptest::option::of(declared_role()),
        proptest::option::of(declared_role()),
    ];
    (
        proptest::collection::vec(declared(), 9),
        roles,
        0..BY_HAND.len(),
        any::<bool>(),
    )
        .prop_map(|(keys, roles, by_hand, clean_orphans)| Release {
            keys,
            roles,
            by_hand,
            clean_orphans,
        })
}

fn name(index: usize) -> String {
    format!("{}.{}", MODULES[index / 3], ACTIONS[index % 3])
}

/// The release as a catalog. A retired key never comes back: `gone` remembers.
fn build(release: &Release, minor: usize, gone: &mut [bool]) -> Catalog {
    for (gone, declared) in gone.iter_mut().zip(&release.keys) {
        *gone |= matches!(declared, Declared::Retired { .. });
    }
    let lives = |index: &usize| {
        !gone[*index]
            && matches!(
                release.keys[*index],
                Declared::Yes { .. } | Declared::Deprecated { .. }
            )
    };
    let mut modules: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut retired = Vec::new();
    let mut live = Vec::new();
    for (index, declared) in release.keys.iter().enumerate() {
        let key = name(index);
        if gone[index] {
            let replaced_by = match declared {
                Declared::Retired { replaced_by } => replaced_by.filter(lives),
                _ => None,
            };
            let target =
                replaced_by.map_or("null".to_owned(), |index| format!("{:?}", name(index)));
            retired.push(format!(
                r#"{{"key": "{key}", "retired": "1.{minor}.0", "replaced_by": {target}}}"#
            ));
            continue;
        }
        let rest = match declared {
            Declared::No | Declared::Retired { .. } => continue,
            Declared::Yes { label, critical } => {
                format!(r#""label": "Label {label}", "critical": {critical}"#)
            }
            Declared::Deprecated { remove_in } => {
                let until =
                    remove_in.map_or("null".to_owned(), |minor| format!(r#""1.{minor}.0""#));
                format!(
                    r#""is_deprecated": true, "deprecation_message": "soon", "removal_version": {until}"#
                )
            }
        };
        modules
            .entry(MODULES[index / 3])
            .or_default()
            .push(format!(r#"{{"key": "{key}", {rest}}}"#));
        live.push(index);
    }
    let roles = release.roles.iter().enumerate().filter_map(|(number, role)| {
        let role = role.as_ref()?;
        let quote = |words: Vec<String>| words.iter().map(|word| format!("{word:?}")).collect::<Vec<_>>().join(", ");
        let permissions = live.iter().filter(|index| role.holds[**index]).map(|index| name(*index));
        let wide = MODULES.iter().zip(&role.modules).filter(|(module, held)| **held && modules.contains_key(**module));
        Some(format!(
            r#"{{"key": "role{number}", "mode": "{}", "all": {}, "permissions": [{}], "modules": [{}]}}"#,
            if role.managed { "managed" } else { "seeded" },
            role.all,
            quote(permissions.collect()),
            quote(wide.map(|(module, _)| (*module).to_owned()).collect()),
        ))
    });
    let roles: Vec<String> = roles.collect();
    let modules: Vec<String> = modules
        .iter()
        .map(|(module, permissions)| {
            format!(
                r#"{{"key": "{module}", "permissions": [{}]}}"#,
                permissions.join(", ")
            )
        })
        .collect();
    let rest = format!(
        r#", "roles": [{}], "retired": [{}]"#,
        roles.join(", "),
        retired.join(", ")
    );
    catalog(&format!("1.{minor}.0"), &modules.join(", "), &rest)
}

/// One subject has grants of permissions, the other a role of whole modules in a scope.
const WHO: [(&str, &str); 2] = [("42", ""), ("43", "acme")];

fn allow(who: &str, target: Target, at: &str) -> GrantFact {
    GrantFact {
        subject: subject(who),
        target,
        scope: scope(at),
        effect: Effect::Allow,
        expires_at: None,
    }
}

/// What a subject may do, and which keys are answered by another.
struct Held {
    keys: BTreeMap<Key, bool>,
    aliases: BTreeSet<Key>,
}

fn held(store: &Store, who: &str, at: &str) -> Held {
    let facts = store.facts().unwrap();
    let has_alias = |fact: &&PermissionFact| fact.alias_of.is_some();
    let aliases = facts
        .permissions
        .iter()
        .filter(has_alias)
        .map(|fact| fact.key.clone())
        .collect();
    let keys: Vec<Key> = facts
        .permissions
        .iter()
        .map(|fact| fact.key.clone())
        .collect();
    let snapshot = Snapshot::compile(facts);
    let decide = |key: Key| {
        let decision = snapshot.check_key_at(who, key.as_str(), at, Timestamp::now());
        (key, decision.is_allowed())
    };
    Held {
        keys: keys.into_iter().map(decide).collect(),
        aliases,
    }
}

/// Syncs with everything allowed that a person may allow.
fn sync_whatever(store: &Store, catalog: &Catalog, clean_orphans: bool) -> Plan {
    let mut options = SyncOptions {
        allow_breaking: true,
        clean_orphans,
        ..SyncOptions::default()
    };
    let plan = store.plan(catalog, &options).unwrap();
    let loss = plan
        .refused
        .iter()
        .find(|refused| refused.rule == Rule::MassLoss);
    options.expect_loss = loss.map(|loss| {
        let digits = loss.detail.rsplit("--expect-loss ").next().unwrap();
        digits.trim_end_matches('`').parse().unwrap()
    });
    store.sync(catalog, &options, &ada()).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_plan_applied_leaves_an_empty_plan(releases in proptest::collection::vec(release(), 1..6)) {
        let (fresh, store) = Fresh::store();
        store.role_create(&role("made"), None, &[], &ada()).unwrap();
        for (who, at) in WHO {
            store.user_create(&NewUser::new(subject(who)), &ada()).unwrap();
            if !at.is_empty() {
                store.grant(&allow(who, Target::Role(role("made")), at), &ada()).unwrap();
            }
        }
        let mut gone = [false; 9];
        let mut applied: Vec<Catalog> = Vec::new();
        for (minor, release) in releases.iter().enumerate() {
            fresh.sql(BY_HAND[release.by_hand]);
            let catalog = build(release, minor, &mut gone);
            let before = store.status(None).unwrap();
            let before_of = WHO.map(|(who, at)| held(&store, who, at));
            let plan = sync_whatever(&store, &catalog, release.clean_orphans);
            if plan.is_refused() {
                // Only what is assigned may stop it, and then nothing was written.
                prop_assert!(plan.refused.iter().all(|refused| refused.rule == Rule::Assigned), "{:?}", plan.refused);
                prop_assert_eq!(store.status(None).unwrap(), before);
                continue;
            }
            for (index, gone) in gone.iter_mut().enumerate() {
                *gone |= plan.delete.iter().any(|key| *key == *name(index));
            }
            prop_assert_eq!(plan.applied, plan.changes > 0);
            // Nobody gains or loses a key that stays as it is, and of a retired key everybody has
            // at least what they had, as long as another answers for it.
            let is_touched = |key: &Key| {
                plan.create.contains(key) || plan.delete.contains(key) || plan.moves.iter().any(|moved| moved.to == *key)
            };
            for ((who, at), held) in WHO.into_iter().zip(before_of) {
                let now = self::held(&store, who, at);
                for (key, was_held) in &held.keys {
                    let is_held = now.keys.get(key);
                    if now.aliases.contains(key) {
                        prop_assert!(Some(was_held) <= is_held, "{who} {key} {plan:#?}");
                    } else if !is_touched(key) && !held.aliases.contains(key) {
                        prop_assert_eq!(Some(was_held), is_held, "{} {} {:#?}", who, key, plan);
                    }
                }
            }
            let again = store.plan(&catalog, &SyncOptions::default()).unwrap();
            prop_assert_eq!(again.changes, 0, "{:#?}", again);
            prop_assert!(again.refused.is_empty(), "{:?}", again.refused);
            let sent = store.statements();
            prop_assert!(!store.sync(&catalog, &SyncOptions::default(), &ada()).unwrap().applied);
            prop_assert_eq!(store.statements() - sent, 1);
            let validation = store.validate(&catalog, &ValidateOptions {
                orphan_action: upr_sync::OrphanAction::Ignore,
                strict_mode: true,
            }).unwrap();
            prop_assert!(validation.valid, "{:?}", validation);
            // No release that this one took the place of changes anything any more (rule 9).
            let facts = store.facts().unwrap();
            for older in applied.iter().filter(|older| older.fingerprint() != catalog.fingerprint()) {
                let plan = store.sync(older, &SyncOptions::default(), &ada()).unwrap();
                let rules: Vec<Rule> = plan.refused.iter().map(|refused| refused.rule).collect();
                prop_assert_eq!((rules.as_slice(), plan.changes), ([Rule::Older].as_slice(), 0));
            }
            prop_assert_eq!(store.facts().unwrap(), facts);
            applied.push(catalog.clone());
            // Somebody is given something, so that later releases meet assignments.
            if let Some(permission) = catalog.permissions().next() {
                let target = Target::Permission(permission.key.clone());
                store.grant(&allow("42", target, ""), &ada()).unwrap();
                let whole = Member::Module(permission.key.module_key());
                store.role_allow(&role("made"), &[whole], &ada()).unwrap();
            }
        }
        prop_assert_eq!(store.trail().unwrap().broken, None);
    }
}

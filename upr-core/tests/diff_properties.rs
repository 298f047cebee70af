//! Random releases and random edits: a comparison calls each by its name, and says "breaking" when a key can be lost, and only then.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use upr_core::catalog::{
    Application, Deprecation, Kind, Module, Permission, Retired, Role, RoleMode,
};
use upr_core::diff::{Change, Class, diff};
use upr_core::finding::Bump;
use upr_core::{Catalog, Key, Lock, ModuleKey, RoleKey, Version};

/// What becomes of a key.
#[derive(Clone, Debug, PartialEq)]
enum Life {
    Absent,
    Active,
    Deprecated { remove_in: Option<u64> },
    Retired { replaced_by: Option<usize> },
}

const MODULES: [&str; 3] = ["calls", "tickets", "users"];
const ACTIONS: [&str; 4] = ["close", "edit", "update", "view"];
const KEYS: usize = MODULES.len() * ACTIONS.len();
/// The version of the new release; the old one is 1.0.0.
const NEW: u64 = 2;

fn key(number: usize) -> Key {
    let module = MODULES[number / ACTIONS.len()];
    Key::parse(&format!("{module}.{}", ACTIONS[number % ACTIONS.len()])).unwrap()
}

fn version(major: u64) -> Version {
    Version::new(major, 0, 0)
}

fn catalog(lives: &[Life], roles: &[BTreeSet<usize>], major: u64) -> Catalog {
    let mut modules: BTreeMap<&str, Vec<Permission>> = BTreeMap::new();
    let mut retired = Vec::new();
    let is_declared = |life: &Life| matches!(life, Life::Active | Life::Deprecated { .. });
    for (number, life) in lives.iter().enumerate() {
        let deprecation = match life {
            Life::Absent => continue,
            Life::Active => None,
            Life::Deprecated { remove_in } => Some(Deprecation {
                message: "it goes".to_owned(),
                since: None,
                remove_in: remove_in.map(version),
                replaced_by: None,
            }),
            Life::Retired { replaced_by } => {
                retired.push(Retired {
                    key: key(number),
                    retired: version(1),
                    replaced_by: replaced_by.map(key),
                });
                continue;
            }
        };
        modules
            .entry(MODULES[number / ACTIONS.len()])
            .or_default()
            .push(Permission {
                key: key(number),
                label: "Label".to_owned(),
                description: String::new(),
                kind: Kind::Action,
                critical: false,
                deprecation,
            });
    }
    let modules = modules.into_iter().map(|(key, permissions)| Module {
        key: ModuleKey::parse(key).unwrap(),
        label: "Module".to_owned(),
        description: String::new(),
        allow_case_variants: false,
        permissions,
    });
    let roles = roles.iter().enumerate().map(|(number, members)| Role {
        key: RoleKey::parse(&format!("role{number}")).unwrap(),
        label: "Role".to_owned(),
        mode: RoleMode::Managed,
        all: false,
        permissions: members
            .iter()
            .filter(|member| is_declared(&lives[**member]))
            .map(|member| key(*member))
            .collect(),
        modules: Vec::new(),
    });
    let application = Application {
        name: "helpdesk".to_owned(),
        version: version(major),
    };
    Catalog::new(application, modules.collect(), roles.collect(), retired).unwrap()
}

fn life() -> impl Strategy<Value = Life> {
    prop_oneof![
        1 => Just(Life::Absent),
        4 => Just(Life::Active),
        2 => prop::option::of(1..4_u64).prop_map(|remove_in| Life::Deprecated { remove_in }),
        2 => prop::option::of(0..KEYS).prop_map(|replaced_by| Life::Retired { replaced_by }),
    ]
}

fn lives() -> impl Strategy<Value = Vec<Life>> {
    prop::collection::vec(life(), KEYS)
}

fn roles() -> impl Strategy<Value = Vec<BTreeSet<usize>>> {
    prop::collection::vec(prop::collection::btree_set(0..KEYS, 0..5), 0..3)
}

/// Whether holders of a key that was in use are left without it, and nobody told them: written down once more, as SEMANTICS
/// rule 11 and the moves of a sync say it.
fn is_lost(number: usize, old: &[Life], new: &[Life]) -> bool {
    match (&old[number], &new[number]) {
        (Life::Absent | Life::Retired { .. }, _) => false,
        (_, Life::Active | Life::Deprecated { .. }) => false,
        (_, Life::Retired { replaced_by }) => leads_astray(*replaced_by, new),
        (Life::Active, Life::Absent) => true,
        (Life::Deprecated { remove_in }, Life::Absent) => remove_in.is_some_and(|due| NEW < due),
    }
}

fn leads_astray(mut target: Option<usize>, new: &[Life]) -> bool {
    for _ in 0..=KEYS {
        match target.map(|number| &new[number]) {
            None | Some(Life::Active | Life::Deprecated { .. }) => return false,
            Some(Life::Absent) => return true,
            Some(Life::Retired { replaced_by }) => target = *replaced_by,
        }
    }
    true
}

fn breaking(changes: &[Change]) -> Vec<String> {
    let breaking = changes
        .iter()
        .filter(|change| change.class == Class::Breaking);
    breaking
        .map(|change| change.about.key().to_owned())
        .collect()
}

proptest! {
    #[test]
    fn a_release_does_not_differ_from_itself(lives in lives(), roles in roles()) {
        let release = catalog(&lives, &roles, 1);
        prop_assert!(diff(&release, &release).changes.is_empty());
        prop_assert!(diff(&release, &release).findings().is_empty());
    }

    #[test]
    fn breaking_is_what_can_be_lost(old in lives(), mut new in lives()) {
        // Tombstones stay: what becomes of those that do not is another rule's.
        for (before, after) in old.iter().zip(&mut new) {
            if matches!(before, Life::Retired { .. }) {
                *after = before.clone();
            } else if matches!(after, Life::Retired { .. }) && *before == Life::Absent {
                *after = Life::Absent;
            }
        }
        let difference = diff(&catalog(&old, &[], 1), &catalog(&new, &[], NEW));
        let mut lost: Vec<String> = (0..KEYS)
            .filter(|number| is_lost(*number, &old, &new))
            .map(|number| key(number).to_string())
            .collect();
        lost.sort();
        prop_assert_eq!(breaking(&difference.changes), lost.clone());
        prop_assert_eq!(difference.is_breaking(), !lost.is_empty());
        let errors = difference.findings().iter().filter(|finding| finding.is_error()).count();
        prop_assert_eq!(errors, lost.len());
    }

    #[test]
    fn one_edit_is_one_change_of_its_kind(
        lives in lives(),
        number in 0..KEYS,
        next in life(),
    ) {
        let mut edited = lives.clone();
        edited[number] = next.clone();
        let difference = diff(&catalog(&lives, &[], 1), &catalog(&edited, &[], NEW));
        let about = key(number);
        let own: Vec<&Change> = difference
            .changes
            .iter()
            .filter(|change| change.about.kind() == "permission" && change.about.key() == about.as_str())
            .collect();
        // What else changes are modules that come and go with it, and tombstones that lead to it.
        for change in &difference.changes {
            let is_own = change.about.key() == about.as_str();
            let is_module = change.about.kind() == "module";
            let has_tombstones = lives.iter().any(|life| matches!(life, Life::Retired { .. }));
            prop_assert!(is_own || is_module || has_tombstones, "{:?}", change);
        }
        let expected = match (&lives[number], &next) {
            (before, after) if before == after => None,
            (Life::Absent, Life::Absent) => None,
            (Life::Absent, Life::Active | Life::Deprecated { .. }) => Some(Class::Additive),
            (Life::Absent, Life::Retired { replaced_by }) => {
                Some(if leads_astray(*replaced_by, &edited) { Class::Breaking } else { Class::Retired })
            }
            (Life::Active | Life::Deprecated { .. }, Life::Active | Life::Deprecated { .. }) => {
                Some(Class::Deprecating)
            }
            (Life::Active | Life::Deprecated { .. }, Life::Absent | Life::Retired { .. }) => {
                Some(if is_lost(number, &lives, &edited) { Class::Breaking } else { Class::Retired })
            }
            (Life::Retired { .. }, Life::Active | Life::Deprecated { .. } | Life::Absent) => Some(Class::Breaking),
            (Life::Retired { replaced_by: None }, Life::Retired { replaced_by }) => {
                Some(if leads_astray(*replaced_by, &edited) { Class::Breaking } else { Class::Metadata })
            }
            // Which of the two it is depends on where both lead.
            (Life::Retired { .. }, Life::Retired { .. }) => own.first().map(|change| change.class),
        };
        let classes: Vec<Class> = own.iter().map(|change| change.class).collect();
        prop_assert_eq!(classes, Vec::from_iter(expected));
    }

    #[test]
    fn a_role_that_takes_is_breaking_and_names_what_it_takes(
        lives in lives(),
        old in prop::collection::btree_set(0..KEYS, 0..6),
        new in prop::collection::btree_set(0..KEYS, 0..6),
    ) {
        let is_declared = |number: &usize| matches!(lives[*number], Life::Active | Life::Deprecated { .. });
        let difference = diff(&catalog(&lives, std::slice::from_ref(&old), 1), &catalog(&lives, std::slice::from_ref(&new), NEW));
        let expected = |members: &BTreeSet<usize>, others: &BTreeSet<usize>| -> Vec<Key> {
            let only = members.difference(others).copied().filter(|number| is_declared(number));
            only.map(key).collect()
        };
        let found = |pick: fn(&Change) -> &Vec<Key>| -> Vec<Key> {
            difference.changes.iter().flat_map(pick).cloned().collect()
        };
        prop_assert_eq!(found(|change| &change.lost), expected(&old, &new));
        prop_assert_eq!(found(|change| &change.gained), expected(&new, &old));
        prop_assert_eq!(difference.is_breaking(), !expected(&old, &new).is_empty());
    }

    #[test]
    fn the_gravest_change_decides_about_the_version(old in lives(), new in lives()) {
        let difference = diff(&catalog(&old, &[], 1), &catalog(&new, &[], NEW));
        let most = difference.changes.iter().map(|change| change.bump).max().unwrap_or(Bump::None);
        prop_assert_eq!(difference.bump(), most);
        if difference.is_breaking() {
            prop_assert_eq!(difference.bump(), Bump::Major);
        }
    }

    /// What a lock records of a release, compared with that release, is the same thing.
    #[test]
    fn a_lock_of_a_release_does_not_differ_from_it(lives in lives()) {
        let release = catalog(&lives, &[], 1);
        let lines: String = release
            .permissions()
            .map(|permission| {
                let end = permission.deprecation.as_ref().map_or(String::new(), |deprecation| {
                    let remove_in = deprecation.remove_in.as_ref();
                    let remove_in = remove_in.map_or(String::new(), |due| format!(r#","remove_in":"{due}""#));
                    format!(r#","deprecated":"1.0.0"{remove_in}"#)
                });
                format!(r#"{{"key":"{}","published":"1.0.0"{end},"package":"p","crate":"p"}}"#, permission.key)
            })
            .chain(release.retired().iter().map(|retired| {
                let by = retired.replaced_by.as_ref();
                let by = by.map_or(String::new(), |by| format!(r#","replaced_by":"{by}""#));
                format!(r#"{{"key":"{}","published":"1.0.0","retired":"{}"{by},"package":"p","crate":"p"}}"#, retired.key, retired.retired)
            }))
            .map(|line| line + "\n")
            .collect();
        let text = format!("{{\"format\":\"upr.lock/1\"}}\n{lines}");
        if let Ok(lock) = Lock::parse(&text) {
            prop_assert!(diff(&lock, &release).changes.is_empty());
            prop_assert!(diff(&release, &lock).changes.is_empty());
            prop_assert!(diff(&lock, &lock).changes.is_empty());
        }
    }
}

//! The table of DESIGN.md section 5, line by line, on plain values.

use std::collections::{BTreeMap, BTreeSet};

use upr::access::State;
use upr_core::{Catalog, Key, RoleKey};

use super::{Plan, Rule, plan};
use crate::member::Member;
use crate::options::SyncOptions;
use crate::role::RoleMode;
use crate::state::{Holders, StoreState, StoredPermission, StoredRole};

fn key(text: &str) -> Key {
    Key::parse(text).unwrap()
}

fn catalog(permissions: &str, rest: &str) -> Catalog {
    let text = format!(
        r#"{{"version": "1.0", "format": "upr.catalog/1", "application": {{"name": "app", "version": "1.5.0"}},
            "modules": [{{"key": "m", "permissions": [{permissions}]}}] {rest}}}"#
    );
    Catalog::from_json(&text).unwrap()
}

/// A row as a sync of `{"key": "m.a"}` writes it.
fn row(state: State) -> StoredPermission {
    StoredPermission {
        application: "app".to_owned(),
        module: "m".to_owned(),
        label: "A".to_owned(),
        kind: "action".to_owned(),
        state,
        created: 1,
        ..StoredPermission::default()
    }
}

fn deprecated(removal: &str) -> StoredPermission {
    StoredPermission {
        deprecated: true,
        deprecation_message: "soon".to_owned(),
        removal_version: removal.to_owned(),
        ..row(State::Deprecated)
    }
}

/// The row of `m.a`, beside so many others that its loss is none of the guard's business.
fn state(stored: Option<StoredPermission>, assignments: u64) -> StoreState {
    let mut state = StoreState::default();
    for number in 0..9 {
        state
            .permissions
            .insert(key(&format!("m.other{number}")), row(State::Active));
    }
    state
        .permissions
        .extend(stored.map(|stored| (key("m.a"), stored)));
    if assignments > 0 {
        let holders = Holders {
            grants: assignments,
            roles: BTreeSet::new(),
        };
        state.holders.insert(key("m.a"), holders);
    }
    state
}

const A: &str = r#"{"key": "m.a"}"#;
const A_DEPRECATED: &str = r#"{"key": "m.a", "is_deprecated": true, "deprecation_message": "soon", "removal_version": null}"#;
const NEW: &str = r#"{"key": "m.new"}"#;
const TOMBSTONE: &str = r#", "retired": [{"key": "m.a", "retired": "1.5.0"}]"#;
const REPLACED: &str =
    r#", "retired": [{"key": "m.a", "retired": "1.5.0", "replaced_by": "m.new"}]"#;

/// What the plan does with `m.a`, in words.
fn fate(plan: &Plan) -> Vec<String> {
    let a = key("m.a");
    let mut words = Vec::new();
    let mut add = |word: &str, is: bool| words.extend(is.then(|| word.to_owned()));
    add("create", plan.create.contains(&a));
    add("update", plan.update.iter().any(|update| update.key == a));
    add(
        "deprecate",
        plan.deprecate.iter().any(|deprecated| deprecated.key == a),
    );
    add("restore", plan.restore.contains(&a));
    add("orphan", plan.orphan.iter().any(|orphan| orphan.key == a));
    add("move", plan.moves.iter().any(|moved| moved.from == a));
    add("revoke", plan.revoke.iter().any(|revoked| revoked.key == a));
    add("delete", plan.delete.contains(&a));
    add("kept", plan.kept.contains(&a));
    add(
        "breaking",
        plan.breaking.iter().any(|breaking| breaking.key == a),
    );
    words.extend(
        plan.refused
            .iter()
            .map(|refused| format!("refused {}", refused.rule)),
    );
    words
}

/// A name; what is declared; tombstones; the row; how much is assigned; what is expected.
type Line = (
    &'static str,
    String,
    &'static str,
    Option<StoredPermission>,
    u64,
    &'static [&'static str],
);

#[test]
fn each_line_of_the_table() {
    let others: Vec<String> = (0..9)
        .map(|n| format!(r#"{{"key": "m.other{n}", "label": "A"}}"#))
        .collect();
    let others = format!("{}, {NEW}", others.join(", "));
    let with = |a: &str| format!("{others}, {a}");
    let foreign = StoredPermission {
        application: "else".to_owned(),
        ..row(State::Active)
    };
    let other_label = StoredPermission {
        label: "B".to_owned(),
        ..row(State::Active)
    };
    let orphan = StoredPermission {
        deprecated: true,
        ..row(State::Orphan)
    };
    #[rustfmt::skip]
    let table: [Line; 22] = [
        ("declared, absent", with(A), "", None, 0, &["create"]),
        ("declared, equal", with(A), "", Some(row(State::Active)), 0, &[]),
        ("declared, other label", with(A), "", Some(other_label.clone()), 0, &["update"]),
        ("declared, another's", with(A), "", Some(foreign.clone()), 0, &["refused conflict"]),
        ("declared, orphan", with(A), "", Some(row(State::Orphan)), 0, &["restore"]),
        ("declared, announced orphan", with(A), "", Some(orphan.clone()), 0, &["update", "restore"]),
        ("declared, retired", with(A), "", Some(row(State::Retired)), 0, &["breaking", "refused breaking"]),
        ("deprecated, absent", with(A_DEPRECATED), "", None, 0, &["create"]),
        ("deprecated, active", with(A_DEPRECATED), "", Some(row(State::Active)), 2, &["deprecate"]),
        ("deprecated, active, other label", with(A_DEPRECATED), "", Some(other_label), 0, &["update", "deprecate"]),
        ("deprecated, deprecated", with(A_DEPRECATED), "", Some(deprecated("")), 0, &[]),
        ("deprecated, other end", with(A_DEPRECATED), "", Some(deprecated("2.0.0")), 0, &["update"]),
        ("deprecated, orphan", with(A_DEPRECATED), "", Some(row(State::Orphan)), 0, &["update", "restore"]),
        ("absent, another's", others.clone(), "", Some(foreign), 0, &[]),
        ("absent, active", others.clone(), "", Some(row(State::Active)), 0, &["orphan", "breaking", "refused breaking"]),
        ("absent, deprecated, due", others.clone(), "", Some(deprecated("1.5.0")), 1, &["orphan"]),
        ("absent, deprecated, not due", others.clone(), "", Some(deprecated("1.6.0")), 1, &["orphan", "breaking", "refused breaking"]),
        ("absent, orphan", others.clone(), "", Some(row(State::Orphan)), 1, &[]),
        ("tombstone, free", others.clone(), TOMBSTONE, Some(row(State::Active)), 0, &["delete"]),
        ("tombstone, assigned", others.clone(), TOMBSTONE, Some(row(State::Orphan)), 1, &["delete", "refused assigned"]),
        ("replaced, free", others.clone(), REPLACED, Some(row(State::Active)), 0, &["delete"]),
        ("replaced, assigned", others.clone(), REPLACED, Some(deprecated("")), 1, &["move", "delete"]),
    ];
    for (name, permissions, rest, stored, assignments, expected) in table {
        let plan = plan(
            &catalog(&permissions, rest),
            &state(stored, assignments),
            &SyncOptions::default(),
        );
        assert_eq!(fate(&plan), expected, "{name}: {plan:#?}");
    }
}

#[test]
fn options_decide_about_orphans_and_tombstones() {
    let clean = SyncOptions {
        clean_orphans: true,
        allow_breaking: true,
        ..SyncOptions::default()
    };
    let revoke = SyncOptions {
        revoke_retired: true,
        ..SyncOptions::default()
    };
    let lost = SyncOptions {
        expect_loss: Some(2),
        ..revoke.clone()
    };
    let others: Vec<String> = (0..9)
        .map(|n| format!(r#"{{"key": "m.other{n}", "label": "A"}}"#))
        .collect();
    let others = others.join(", ");
    #[rustfmt::skip]
    let table: [(&str, &SyncOptions, State, u64, &[&str]); 7] = [
        ("", &clean, State::Active, 0, &["delete", "breaking"]),
        ("", &clean, State::Active, 1, &["orphan", "kept", "breaking"]),
        ("", &clean, State::Orphan, 0, &["delete"]),
        ("", &clean, State::Orphan, 1, &["kept"]),
        (TOMBSTONE, &revoke, State::Active, 0, &["delete"]),
        (TOMBSTONE, &revoke, State::Active, 2, &["revoke", "delete", "refused mass-loss"]),
        (TOMBSTONE, &lost, State::Active, 2, &["revoke", "delete"]),
    ];
    for (rest, options, stored, assignments, expected) in table {
        let plan = plan(
            &catalog(&others, rest),
            &state(Some(row(stored)), assignments),
            options,
        );
        assert_eq!(
            fate(&plan),
            expected,
            "{stored:?} {assignments} {options:?}"
        );
    }
}

#[test]
fn the_same_gives_the_same_and_counts_its_lines() {
    let state = state(Some(row(State::Active)), 0);
    let next = catalog(&format!("{NEW}, {A_DEPRECATED}"), "");
    let options = SyncOptions::default();
    let first = plan(&next, &state, &options);
    assert_eq!(first, plan(&next, &state, &options));
    // One created, one deprecated, nine orphaned.
    assert_eq!(first.changes, 11);
    assert!(first.orphan.is_sorted_by_key(|orphan| &orphan.key));
    let rules: Vec<Rule> = first.refused.iter().map(|refused| refused.rule).collect();
    assert_eq!(rules, [Rule::Breaking, Rule::MassLoss]);
}

/// A role's mode, what it held, what it was offered and what the code says, as letters; then what
/// is added, removed and noted as offered.
#[test]
fn managed_roles_are_set_and_seeded_ones_are_offered() {
    let members = |letters: &str| -> BTreeSet<Member> {
        letters
            .chars()
            .map(|letter| Member::Permission(key(&format!("m.{letter}"))))
            .collect()
    };
    let letters = |members: &[Member]| -> String {
        members
            .iter()
            .map(|member| member.to_string().replace("m.", ""))
            .collect()
    };
    let permissions: Vec<String> = "abcd"
        .chars()
        .map(|c| format!(r#"{{"key": "m.{c}"}}"#))
        .collect();
    for (mode, held, offered, code, add, remove, noted) in [
        ("managed", "ab", "", "bc", "c", "a", ""),
        ("managed", "ab", "", "ab", "", "", ""),
        ("seeded", "ab", "ab", "abc", "c", "", "c"),
        ("seeded", "a", "ab", "abc", "c", "", "c"),
        ("seeded", "ad", "ab", "bd", "", "", "d"),
        ("seeded", "ad", "", "", "", "", ""),
    ] {
        let code: Vec<String> = code
            .chars()
            .map(|letter| format!(r#""m.{letter}""#))
            .collect();
        let role = format!(
            r#", "roles": [{{"key": "r", "label": "R", "mode": "{mode}", "permissions": [{}]}}]"#,
            code.join(", ")
        );
        let stored = StoredRole {
            application: "app".to_owned(),
            label: "R".to_owned(),
            mode: if mode == "managed" {
                RoleMode::Managed
            } else {
                RoleMode::Seeded
            },
            orphan: false,
            members: members(held),
        };
        let r = RoleKey::parse("r").unwrap();
        let state = StoreState {
            roles: BTreeMap::from([(r.clone(), stored)]),
            offers: BTreeMap::from([(r, members(offered))]),
            ..StoreState::default()
        };
        let plan = plan(
            &catalog(&permissions.join(", "), &role),
            &state,
            &SyncOptions::default(),
        );
        let change = plan.roles.first();
        let added = change.map_or(String::new(), |change| letters(&change.add));
        let removed = change.map_or(String::new(), |change| letters(&change.remove));
        let offers: Vec<Member> = plan
            .offers
            .iter()
            .map(|(_, member)| member.clone())
            .collect();
        assert_eq!(
            (added.as_str(), removed.as_str(), letters(&offers).as_str()),
            (add, remove, noted),
            "{mode} {held} {offered}"
        );
    }
}

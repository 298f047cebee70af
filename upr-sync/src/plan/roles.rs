//! Roles of the code: managed ones are set, seeded ones are offered what they were never offered.

use std::collections::BTreeSet;

use upr_core::catalog::{Role, RoleMode};
use upr_core::{Catalog, Key};

use super::{Fields, Plan, RoleChange, RoleFate, Rule, keys};
use crate::member::Member;
use crate::role::RoleMode as StoredMode;
use crate::state::{StoreState, StoredRole};

pub(super) fn compare(plan: &mut Plan, catalog: &Catalog, state: &StoreState) {
    let application = &catalog.application().name;
    for role in catalog.roles() {
        match state.roles.get(&role.key) {
            Some(stored) if stored.application != *application => {
                let key = &role.key;
                let detail = match stored.application.as_str() {
                    "" => format!("role `{key}` was made in the store"),
                    owner => format!("role `{key}` belongs to application `{owner}`"),
                };
                plan.refuse(Rule::Conflict, detail);
            }
            stored => declared(plan, state, role, stored),
        }
    }
    for (key, stored) in &state.roles {
        let is_declared = catalog.roles().iter().any(|role| role.key == *key);
        if stored.application == *application && !stored.orphan && !is_declared {
            plan.roles.push(RoleChange {
                key: key.clone(),
                change: RoleFate::Orphan,
                add: Vec::new(),
                remove: Vec::new(),
                fields: Fields::new(),
            });
        }
    }
    plan.roles.sort_by(|a, b| a.key.cmp(&b.key));
}

fn declared(plan: &mut Plan, state: &StoreState, role: &Role, stored: Option<&StoredRole>) {
    let nothing = BTreeSet::new();
    let code = members(role);
    let held = stored.map_or(&nothing, |stored| &stored.members);
    let mut remove = Vec::new();
    let add: Vec<Member> = match role.mode {
        RoleMode::Managed => {
            remove = held.difference(&code).cloned().collect();
            code.difference(held).cloned().collect()
        }
        RoleMode::Seeded => {
            let offered = renamed(
                state.offers.get(&role.key).unwrap_or(&nothing),
                &plan.renames,
            );
            let held = renamed(held, &plan.renames);
            let fresh: Vec<Member> = code.difference(&offered).cloned().collect();
            let named = fresh
                .iter()
                .map(|member| (role.key.clone(), member.clone()));
            plan.offers.extend(named);
            fresh
                .into_iter()
                .filter(|member| !held.contains(member))
                .collect()
        }
    };
    let mut fields = Fields::new();
    let change = match stored {
        None => RoleFate::Create,
        Some(stored) => {
            keys::differ(&mut fields, "label", &stored.label, &role.label);
            keys::differ(
                &mut fields,
                "mode",
                stored.mode.as_str(),
                role.mode.as_str(),
            );
            if stored.orphan {
                RoleFate::Restore
            } else {
                RoleFate::Update
            }
        }
    };
    let changes = !add.is_empty() || !remove.is_empty() || !fields.is_empty();
    if changes || change != RoleFate::Update {
        plan.roles.push(RoleChange {
            key: role.key.clone(),
            change,
            add,
            remove,
            fields,
        });
    }
}

/// The members and, for each that is retired for another, that other: it was offered, or is held,
/// under its old name (rule 20).
fn renamed(members: &BTreeSet<Member>, renames: &[(Key, Key)]) -> BTreeSet<Member> {
    let mut members = members.clone();
    for (from, to) in renames {
        if members.contains(&Member::Permission(from.clone())) {
            members.insert(Member::Permission(to.clone()));
        }
    }
    members
}

/// What the code says a role holds.
pub(crate) fn members(role: &Role) -> BTreeSet<Member> {
    let all = role.all.then_some(Member::All);
    let modules = role.modules.iter().cloned().map(Member::Module);
    let permissions = role.permissions.iter().cloned().map(Member::Permission);
    all.into_iter().chain(modules).chain(permissions).collect()
}

/// What this plan takes from managed roles although the permission itself stays, and how much such
/// roles hold in all.
pub(super) fn losses(plan: &Plan, state: &StoreState) -> (u64, u64) {
    let gone: BTreeSet<&str> = plan
        .orphan
        .iter()
        .map(|orphan| orphan.key.as_str())
        .chain(plan.delete.iter().map(Key::as_str))
        .chain(plan.moves.iter().map(|moved| moved.from.as_str()))
        .collect();
    let stays = |member: &&Member| match member {
        Member::Permission(key) => !gone.contains(key.as_str()),
        _ => true,
    };
    let taken = plan
        .roles
        .iter()
        .map(|role| role.remove.iter().filter(stays).count() as u64)
        .sum();
    let managed = state
        .roles
        .values()
        .filter(|role| role.mode == StoredMode::Managed && role.application == plan.application);
    (taken, managed.map(|role| role.members.len() as u64).sum())
}

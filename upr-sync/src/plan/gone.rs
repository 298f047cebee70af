//! Permissions that are no longer declared: retired by a tombstone, or orphans.

use std::collections::BTreeSet;

use upr::access::{GrantFact, State};
use upr_core::catalog::{Retired, RoleMode};
use upr_core::{Catalog, Key, RoleKey, Version};

use super::roles::members;
use super::{Assigned, Breaking, Move, Plan, Rule};
use crate::member::Member;
use crate::state::{Holders, StoreState, StoredPermission, StoredRole};

/// Decides about every row of this application that is not declared.
pub(super) fn absent(plan: &mut Plan, catalog: &Catalog, state: &StoreState) {
    let application = catalog.application().name.as_str();
    for (key, stored) in &state.permissions {
        if stored.application != application || catalog.find(key.as_str()).is_some() {
            continue;
        }
        if stored.state == State::Retired {
            in_use(plan, catalog, state, key);
            continue;
        }
        match catalog.find_retired(key.as_str()) {
            Some(tombstone) => retire(plan, catalog, state, tombstone),
            None => vanish(plan, catalog, state, key, stored),
        }
    }
}

/// A tombstone is a decision: the key goes, and what is assigned must have a place to go to.
fn retire(plan: &mut Plan, catalog: &Catalog, state: &StoreState, tombstone: &Retired) {
    let key = &tombstone.key;
    let holders = holders(catalog, state, key);
    let assignments = holders.count();
    match replacement(catalog, tombstone) {
        Err(problem) => return plan.refuse(Rule::Conflict, problem),
        Ok(Some(target)) => {
            let carried = carried(catalog, state, key, target);
            let assignments = assignments + carried.len() as u64;
            if assignments > 0 {
                let (from, to) = (key.clone(), target.clone());
                plan.moves.push(Move {
                    from,
                    to,
                    assignments,
                    held_by: holders.roles.clone(),
                    carried,
                });
            }
            plan.renames.push((key.clone(), target.clone()));
        }
        Ok(None) if assignments == 0 => {}
        Ok(None) if plan.options.revoke_retired => {
            plan.revoke.push(Assigned {
                key: key.clone(),
                assignments,
                held_by: holders.roles.clone(),
            });
        }
        Ok(None) => {
            plan.refuse(
                Rule::Assigned,
                format!("permission `{key}` is retired without a replacement, and {holders}"),
            );
        }
    }
    plan.delete.push(key.clone());
}

/// What is assigned of a key that is gone already was assigned by hand (rule 24).
fn in_use(plan: &mut Plan, catalog: &Catalog, state: &StoreState, key: &Key) {
    let holders = holders(catalog, state, key);
    let assignments = holders.count();
    if assignments == 0 {
        return;
    }
    if plan.options.revoke_retired {
        plan.revoke.push(Assigned {
            key: key.clone(),
            assignments,
            held_by: holders.roles,
        });
    } else {
        let detail = format!("permission `{key}` is retired, and {holders}");
        plan.refuse(Rule::Assigned, detail);
    }
}

/// The last key in a chain of replacements; `None` when nothing comes instead.
pub(crate) fn replacement<'c>(
    catalog: &'c Catalog,
    tombstone: &'c Retired,
) -> Result<Option<&'c Key>, String> {
    let Some(mut target) = tombstone.replaced_by.as_ref() else {
        return Ok(None);
    };
    // A chain without a cycle passes each tombstone once.
    for _ in 0..=catalog.retired().len() {
        if catalog.find(target.as_str()).is_some() {
            return Ok(Some(target));
        }
        let Some(next) = catalog.find_retired(target.as_str()) else {
            let key = &tombstone.key;
            return Err(format!(
                "permission `{key}` is replaced by `{target}`, which nobody declares"
            ));
        };
        match &next.replaced_by {
            Some(next) => target = next,
            // Its replacement was retired without one of its own: nothing answers for either.
            None => return Ok(None),
        }
    }
    Err(format!(
        "the replacements of permission `{}` lead back to themselves",
        tombstone.key
    ))
}

/// Who has a key by name, other than managed roles from which this very sync takes it.
fn holders(catalog: &Catalog, state: &StoreState, key: &Key) -> Holders {
    let mut holders = state.holders.get(key).cloned().unwrap_or_default();
    holders.roles.retain(|role| !drops(catalog, state, role));
    holders
}

/// Whether this very sync takes from the role whatever the code does not name.
fn drops(catalog: &Catalog, state: &StoreState, role: &RoleKey) -> bool {
    let declared = catalog
        .roles()
        .iter()
        .find(|declared| declared.key == *role);
    let application = &catalog.application().name;
    declared.is_some_and(|declared| declared.mode == RoleMode::Managed)
        && state
            .roles
            .get(role)
            .is_some_and(|stored| stored.application == *application)
}

/// The grants of roles that hold the key through its module only and would not hold its
/// replacement (rule 19).
fn carried(catalog: &Catalog, state: &StoreState, key: &Key, target: &Key) -> Vec<GrantFact> {
    let [old, new] = [key, target].map(|key| Member::Permission(key.clone()));
    let loses = |(key, role): &(&RoleKey, &StoredRole)| {
        let declared = catalog
            .roles()
            .iter()
            .find(|declared| declared.key == **key);
        let held = match declared {
            // What the code gives it in this very sync, it does not lose; and what the code takes
            // from a managed role is the code's decision.
            Some(declared) if declared.mode == RoleMode::Managed => members(declared),
            Some(declared) => role.members.union(&members(declared)).cloned().collect(),
            None => role.members.clone(),
        };
        let covers = |member: &Member| held.iter().any(|wide| wide.covers(member));
        covers(&old) && !covers(&new) && !held.contains(&old) && !held.contains(&new)
    };
    let application = catalog.application().name.as_str();
    let is_near = |role: &StoredRole| [application, ""].contains(&role.application.as_str());
    let roles = state
        .roles
        .iter()
        .filter(|(_, role)| is_near(role))
        .filter(loses);
    roles
        .filter_map(|(key, _)| state.role_grants.get(key))
        .flatten()
        .cloned()
        .collect()
}

/// The modules of retired keys whose replacement stands in another one: what roles hold as a whole
/// of them must be known to carry it over.
pub(crate) fn left(catalog: &Catalog) -> BTreeSet<&str> {
    let leaves = |tombstone: &&Retired| {
        let target = replacement(catalog, tombstone).ok().flatten();
        target.is_some_and(|target| target.module() != tombstone.key.module())
    };
    catalog
        .retired()
        .iter()
        .filter(leaves)
        .map(|tombstone| tombstone.key.module())
        .collect()
}

/// A key that vanished without a tombstone is an orphan, and nothing more is decided.
fn vanish(
    plan: &mut Plan,
    catalog: &Catalog,
    state: &StoreState,
    key: &Key,
    stored: &StoredPermission,
) {
    let is_new = stored.state != State::Orphan;
    if is_new {
        plan.vanished += 1;
        if let Some(reason) = is_breaking(catalog, state, stored) {
            plan.breaking.push(Breaking {
                key: key.clone(),
                reason,
            });
        }
    }
    let is_cleaned = plan.options.clean_orphans && holders(catalog, state, key).count() == 0;
    if is_cleaned {
        plan.delete.push(key.clone());
    } else {
        if plan.options.clean_orphans {
            plan.kept.push(key.clone());
        }
        if is_new {
            plan.orphan.push(assigned(key, state));
        }
    }
}

/// Why programs would stumble over the loss (rule 11).
fn is_breaking(catalog: &Catalog, state: &StoreState, stored: &StoredPermission) -> Option<String> {
    let version = &catalog.application().version;
    // Going back to an older version, on purpose, is without what came later. A higher version that
    // declares what an older one did goes back to nothing: a new crate was not linked into it.
    let is_new = state.version.as_ref().is_some_and(|last| version > last);
    let applied_at = state.applied_at.filter(|_| !is_new);
    if applied_at.is_some_and(|applied_at| stored.created > applied_at) {
        return None;
    }
    if !stored.deprecated {
        return Some("it is no longer declared and was never deprecated".to_owned());
    }
    match stored.removal_version.parse::<Version>() {
        Ok(removal) if *version < removal => Some(format!(
            "it is no longer declared and was to stay until {removal}; this is {version}"
        )),
        _ => None,
    }
}

/// The key with all who have it by name.
pub(super) fn assigned(key: &Key, state: &StoreState) -> Assigned {
    let holders = state.holders.get(key).cloned().unwrap_or_default();
    Assigned {
        key: key.clone(),
        assignments: holders.count(),
        held_by: holders.roles,
    }
}

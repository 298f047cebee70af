//! Permissions: what is declared, and what no longer is.

use serde_json::Value;
use upr::access::State;
use upr_core::catalog::{Permission, Retired};
use upr_core::{Catalog, Key, Version};

use super::compute::owner;
use super::{Assigned, Breaking, Fields, Plan, Rule, Update};
use crate::error::List;
use crate::member::Member;
use crate::state::{StoreState, StoredPermission, StoredRole};

/// Compares every declared permission with its row.
pub(super) fn declared(plan: &mut Plan, catalog: &Catalog, state: &StoreState) {
    for permission in catalog.permissions() {
        let Some(stored) = state.permissions.get(&permission.key) else {
            plan.create.push(permission.key.clone());
            continue;
        };
        if stored.application != owner(catalog, permission.key.module()) {
            let (key, owner) = (&permission.key, &stored.application);
            plan.refuse(
                Rule::Conflict,
                format!("permission `{key}` belongs to application `{owner}`"),
            );
        } else if stored.state == State::Retired {
            let reason = "it was retired, and a retired key never comes back".to_owned();
            plan.breaking.push(Breaking {
                key: permission.key.clone(),
                reason,
            });
            let key = &permission.key;
            plan.refuse(
                Rule::Breaking,
                format!("permission `{key}` was retired and never comes back"),
            );
        } else {
            compare(plan, permission, stored, state);
        }
    }
}

fn compare(
    plan: &mut Plan,
    permission: &Permission,
    stored: &StoredPermission,
    state: &StoreState,
) {
    let mut fields = texts(permission, stored);
    let is_deprecated = permission.deprecation.is_some();
    if is_deprecated && stored.state == State::Active {
        plan.deprecate.push(assigned(&permission.key, state));
    } else {
        if stored.state == State::Orphan {
            plan.restore.push(permission.key.clone());
        }
        ending(&mut fields, permission, stored);
    }
    if !fields.is_empty() {
        plan.update.push(Update {
            key: permission.key.clone(),
            fields,
        });
    }
}

fn texts(permission: &Permission, stored: &StoredPermission) -> Fields {
    let mut fields = Fields::new();
    differ(
        &mut fields,
        "module",
        &stored.module,
        permission.key.module(),
    );
    differ(&mut fields, "label", &stored.label, &permission.label);
    differ(
        &mut fields,
        "description",
        &stored.description,
        &permission.description,
    );
    differ(&mut fields, "kind", &stored.kind, permission.kind.as_str());
    if stored.critical != permission.critical {
        fields.insert(
            "critical",
            [stored.critical.into(), permission.critical.into()],
        );
    }
    fields
}

fn ending(fields: &mut Fields, permission: &Permission, stored: &StoredPermission) {
    let is_deprecated = permission.deprecation.is_some();
    if stored.deprecated != is_deprecated {
        fields.insert(
            "is_deprecated",
            [stored.deprecated.into(), is_deprecated.into()],
        );
    }
    let wished = Ending::of(permission);
    differ(
        fields,
        "deprecation_message",
        &stored.deprecation_message,
        &wished.message,
    );
    differ_or_null(
        fields,
        "deprecated_since",
        &stored.deprecated_since,
        &wished.since,
    );
    differ_or_null(
        fields,
        "removal_version",
        &stored.removal_version,
        &wished.removal,
    );
    differ_or_null(
        fields,
        "replaced_by",
        &stored.replaced_by,
        &wished.replaced_by,
    );
}

/// What the code says about a permission's end, as columns hold it.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    pub(crate) message: String,
    pub(crate) since: String,
    pub(crate) removal: String,
    pub(crate) replaced_by: String,
}

impl Ending {
    pub(crate) fn of(permission: &Permission) -> Self {
        let Some(deprecation) = &permission.deprecation else {
            return Self::default();
        };
        let version = |version: &Option<Version>| {
            version
                .as_ref()
                .map_or_else(String::new, Version::to_string)
        };
        Self {
            message: deprecation.message.clone(),
            since: version(&deprecation.since),
            removal: version(&deprecation.remove_in),
            replaced_by: deprecation
                .replaced_by
                .as_ref()
                .map_or_else(String::new, Key::to_string),
        }
    }
}

pub(super) fn differ(fields: &mut Fields, name: &'static str, old: &str, new: &str) {
    if old != new {
        fields.insert(name, [old.into(), new.into()]);
    }
}

fn differ_or_null(fields: &mut Fields, name: &'static str, old: &str, new: &str) {
    let value = |text: &str| {
        if text.is_empty() {
            Value::Null
        } else {
            text.into()
        }
    };
    if old != new {
        fields.insert(name, [value(old), value(new)]);
    }
}

/// Decides about every row of this application that is not declared.
pub(super) fn absent(plan: &mut Plan, catalog: &Catalog, state: &StoreState) {
    let application = catalog.application().name.as_str();
    for (key, stored) in &state.permissions {
        let is_ours = stored.application == application && stored.state != State::Retired;
        if !is_ours || catalog.find(key.as_str()).is_some() {
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
    match replacement(catalog, tombstone) {
        Err(problem) => plan.refuse(Rule::Conflict, problem),
        Ok(target) => {
            if let Some(holders) = holders(catalog, state, key) {
                plan.refuse(
                    Rule::Assigned,
                    format!("permission `{key}` is retired, and {holders}"),
                );
            } else if let Some(roles) = wildcards(catalog, state, key, target) {
                plan.refuse(
                    Rule::Assigned,
                    format!("permission `{key}` is retired, and its replacement leaves the modules that {roles} as a whole"),
                );
            }
            plan.delete.push(key.clone());
        }
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

/// Who has a key by name, other than managed roles whose code no longer names it.
fn holders(catalog: &Catalog, state: &StoreState, key: &Key) -> Option<String> {
    let holders = state.holders.get(key)?;
    let roles: Vec<_> = holders
        .roles
        .iter()
        .filter(|role| !drops(catalog, state, role))
        .collect();
    match (holders.grants, roles.as_slice()) {
        (0, []) => None,
        (0, roles) => Some(format!("held by the roles {}", List(roles))),
        (grants, []) => Some(format!("assigned by {}", grants_text(grants))),
        (grants, roles) => Some(format!(
            "assigned by {} and held by the roles {}",
            grants_text(grants),
            List(roles)
        )),
    }
}

fn grants_text(grants: u64) -> String {
    if grants == 1 {
        "1 grant".to_owned()
    } else {
        format!("{grants} grants")
    }
}

/// Whether this very sync takes from the role whatever the code does not name.
fn drops(catalog: &Catalog, state: &StoreState, role: &upr_core::RoleKey) -> bool {
    let declared = catalog
        .roles()
        .iter()
        .find(|declared| declared.key == *role);
    let is_managed =
        declared.is_some_and(|declared| declared.mode == upr_core::catalog::RoleMode::Managed);
    let application = &catalog.application().name;
    is_managed
        && state
            .roles
            .get(role)
            .is_some_and(|stored| stored.application == *application)
}

/// Roles that hold the key through its module and would not hold its replacement.
fn wildcards(
    catalog: &Catalog,
    state: &StoreState,
    key: &Key,
    target: Option<&Key>,
) -> Option<String> {
    let target = target.filter(|target| target.module() != key.module())?;
    let application = &catalog.application().name;
    let (old, new) = (
        Member::Permission(key.clone()),
        Member::Permission(target.clone()),
    );
    let loses = |role: &StoredRole| {
        let covers = |member: &Member| role.members.iter().any(|held| held.covers(member));
        covers(&old) && !covers(&new) && !role.members.contains(&new)
    };
    let is_near =
        |role: &StoredRole| [application.as_str(), ""].contains(&role.application.as_str());
    let roles: Vec<_> = state
        .roles
        .iter()
        .filter(|(_, role)| is_near(role) && loses(role))
        .map(|(key, _)| key)
        .collect();
    if roles.is_empty() {
        None
    } else {
        Some(format!("the roles {} hold", List(&roles)))
    }
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
    if !plan.options.clean_orphans {
        if is_new {
            plan.orphan.push(assigned(key, state));
        }
    } else if holders(catalog, state, key).is_none() {
        plan.delete.push(key.clone());
    } else {
        plan.kept.push(key.clone());
        if is_new {
            plan.orphan.push(assigned(key, state));
        }
    }
}

/// Why programs would stumble over the loss (rule 11).
fn is_breaking(catalog: &Catalog, state: &StoreState, stored: &StoredPermission) -> Option<String> {
    // Going back to an older version, on purpose, is without what came later.
    if state
        .applied_at
        .is_some_and(|applied_at| stored.created > applied_at)
    {
        return None;
    }
    if !stored.deprecated {
        return Some("it is no longer declared and was never deprecated".to_owned());
    }
    let version = &catalog.application().version;
    match stored.removal_version.parse::<Version>() {
        Ok(removal) if *version < removal => Some(format!(
            "it is no longer declared and was to stay until {removal}; this is {version}"
        )),
        _ => None,
    }
}

fn assigned(key: &Key, state: &StoreState) -> Assigned {
    let assignments = state
        .holders
        .get(key)
        .map_or(0, |holders| holders.grants + holders.roles.len() as u64);
    Assigned {
        key: key.clone(),
        assignments,
    }
}

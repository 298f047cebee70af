//! Permissions that are declared, beside their rows.

use serde_json::Value;
use upr::access::State;
use upr_core::catalog::Permission;
use upr_core::{Catalog, Key, Version};

use super::compute::{is_outdated, owner};
use super::{Breaking, Fields, Plan, Rule, Update, gone};
use crate::state::{StoreState, StoredPermission};

/// How the refusal of a key that is declared again ends: no option lets it pass.
pub(super) const NEVER: &str = "was retired and never comes back";

/// Compares every declared permission with its row.
pub(super) fn declared(plan: &mut Plan, catalog: &Catalog, state: &StoreState) {
    for permission in catalog.permissions() {
        if is_outdated(catalog, state, permission.key.module()) {
            continue;
        }
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
            plan.refuse(Rule::Breaking, format!("permission `{key}` {NEVER}"));
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
        plan.deprecate.push(gone::assigned(&permission.key, state));
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

//! Carrying out a plan: one place, one transaction, one change set.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;
use upr_core::catalog::Permission;
use upr_core::{Catalog, Key, RoleKey};

use crate::carry;
use crate::chain::Object;
use crate::change::{Change, Item, ItemKind, Unsealed};
use crate::engine::{EngineError, Value};
use crate::member::Member;
use crate::meta;
use crate::plan::compute::{is_outdated, owner, this_version};
use crate::plan::gone::replacement;
use crate::plan::keys::Ending;
use crate::plan::{Plan, RoleChange, RoleFate};
use crate::role::{add_members, insert_members, remove_members};
use crate::state::{RESERVED, StoreState};

/// Writes what `plan` says, which was computed from `catalog` and `state` under the same lock.
pub(crate) fn apply(
    mut change: Change<'_>,
    catalog: &Catalog,
    state: &StoreState,
    plan: &mut Plan,
    key: Option<&[u8]>,
) -> Result<(), Unsealed> {
    change.application.clone_from(&plan.application);
    modules(&mut change, catalog, state)?;
    create(&mut change, catalog, &plan.create)?;
    rewrite(&mut change, catalog, state, plan)?;
    orphan(&mut change, plan)?;
    carry::moves(&mut change, plan)?;
    carry::revokes(&mut change, plan)?;
    retire(&mut change, catalog, plan)?;
    for role in &plan.roles {
        self::role(&mut change, catalog, role)?;
    }
    offers(&mut change, &plan.offers)?;
    let name = &plan.application;
    let version = catalog.application().version.to_string();
    meta::put(change.session, &format!("fingerprint:{name}"), &plan.to)?;
    meta::put(change.session, &format!("version:{name}"), &version)?;
    let carries_reserved = catalog
        .modules()
        .iter()
        .any(|module| owner(catalog, module.key.as_str()) == RESERVED);
    if carries_reserved && this_version() > state.reserved_version {
        let version = env!("CARGO_PKG_VERSION");
        meta::put(change.session, &format!("version:{RESERVED}"), version)?;
    }
    // Last of all, since every row that changed took it away.
    meta::put(change.session, &format!("synced:{name}"), "true")?;
    plan.applied = plan.changes > 0;
    if plan.applied {
        plan.revision = change.number;
    }
    record(&mut change, state, plan, &version)?;
    if plan.applied {
        let from: Object = [
            ("fingerprint", json!(plan.from)),
            (
                "version",
                json!(state.version.as_ref().map(ToString::to_string)),
            ),
        ]
        .into();
        let to: Object = [
            ("fingerprint", json!(plan.to)),
            ("version", json!(version)),
            ("changes", json!(plan.changes)),
        ]
        .into();
        change.summarise(&from, &to);
        change.seal(key)?;
    }
    Ok(())
}

fn modules(
    change: &mut Change<'_>,
    catalog: &Catalog,
    state: &StoreState,
) -> Result<(), EngineError> {
    let mut values = Vec::new();
    for module in catalog.modules() {
        if is_outdated(catalog, state, module.key.as_str()) {
            continue;
        }
        let application = owner(catalog, module.key.as_str());
        match state.modules.get(&module.key) {
            None => values.extend([
                Value::Text(module.key.as_str()),
                Value::Text(application),
                Value::Text(&module.label),
                Value::Text(&module.description),
            ]),
            Some(stored)
                if stored.label != module.label || stored.description != module.description =>
            {
                let sql = "UPDATE upr_module SET label = ?3, description = ?4 \
                           WHERE key = ?1 AND application = ?2";
                let row = [
                    Value::Text(module.key.as_str()),
                    Value::Text(application),
                    Value::Text(&module.label),
                    Value::Text(&module.description),
                ];
                change.session.execute(sql, &row)?;
            }
            Some(_) => {}
        }
    }
    let columns = ["key", "application", "label", "description"];
    change.session.insert_many("upr_module", &columns, &values)
}

const COLUMNS: [&str; 15] = [
    "key",
    "application",
    "module",
    "label",
    "description",
    "kind",
    "critical",
    "state",
    "deprecated",
    "deprecation_message",
    "deprecated_since",
    "removal_version",
    "replaced_by",
    "created",
    "changed",
];

fn create(change: &mut Change<'_>, catalog: &Catalog, keys: &[Key]) -> Result<(), EngineError> {
    let found: Vec<(&Permission, Ending)> = keys
        .iter()
        .filter_map(|key| catalog.find(key.as_str()))
        .map(|permission| (permission, Ending::of(permission)))
        .collect();
    let number = Value::Int(change.revision());
    let mut values = Vec::with_capacity(found.len() * COLUMNS.len());
    for (permission, ending) in &found {
        values.extend(columns(catalog, permission, ending));
        values.extend([number, number]);
    }
    change
        .session
        .insert_many("upr_permission", &COLUMNS, &values)
}

/// What the code says, as the columns up to `replaced_by` hold it.
fn columns<'v>(
    catalog: &'v Catalog,
    permission: &'v Permission,
    ending: &'v Ending,
) -> [Value<'v>; 13] {
    let is_deprecated = permission.deprecation.is_some();
    [
        Value::Text(permission.key.as_str()),
        Value::Text(owner(catalog, permission.key.module())),
        Value::Text(permission.key.module()),
        Value::Text(&permission.label),
        Value::Text(&permission.description),
        Value::Text(permission.kind.as_str()),
        Value::Bool(permission.critical),
        Value::Text(if is_deprecated {
            "deprecated"
        } else {
            "active"
        }),
        Value::Bool(is_deprecated),
        Value::Text(&ending.message),
        Value::Text(&ending.since),
        Value::Text(&ending.removal),
        Value::Text(&ending.replaced_by),
    ]
}

/// Whatever differs in a declared permission, its row becomes what the code says.
fn rewrite(
    change: &mut Change<'_>,
    catalog: &Catalog,
    state: &StoreState,
    plan: &Plan,
) -> Result<(), EngineError> {
    let sql = "UPDATE upr_permission SET application = ?2, module = ?3, label = ?4, \
               description = ?5, kind = ?6, critical = ?7, state = ?8, deprecated = ?9, \
               deprecation_message = ?10, deprecated_since = ?11, removal_version = ?12, \
               replaced_by = ?13, changed = ?14 WHERE key = ?1";
    let updated = plan.update.iter().map(|update| &update.key);
    let deprecated = plan.deprecate.iter().map(|deprecated| &deprecated.key);
    let keys: BTreeSet<&Key> = updated.chain(deprecated).chain(&plan.restore).collect();
    let number = Value::Int(change.revision());
    for permission in keys
        .into_iter()
        .filter_map(|key| catalog.find(key.as_str()))
    {
        let ending = Ending::of(permission);
        let mut values = columns(catalog, permission, &ending).to_vec();
        values.push(number);
        change.session.execute(sql, &values)?;
        let stored = state.permissions.get(&permission.key);
        if let Some(stored) = stored.filter(|stored| stored.critical != permission.critical) {
            change.record(critical_item(
                &permission.key,
                stored.critical,
                permission.critical,
            ));
        }
    }
    for deprecated in &plan.deprecate {
        change.record(state_item(&deprecated.key, "active", "deprecated"));
    }
    for key in &plan.restore {
        let is_deprecated = catalog
            .find(key.as_str())
            .is_some_and(|p| p.deprecation.is_some());
        let state = if is_deprecated {
            "deprecated"
        } else {
            "active"
        };
        change.record(state_item(key, "orphan", state));
    }
    Ok(())
}

fn orphan(change: &mut Change<'_>, plan: &Plan) -> Result<(), EngineError> {
    let sql = "UPDATE upr_permission SET state = 'orphan', changed = ?2 WHERE key = ?1";
    for orphan in &plan.orphan {
        let values = [
            Value::Text(orphan.key.as_str()),
            Value::Int(change.revision()),
        ];
        change.session.execute(sql, &values)?;
        change.record(state_item(&orphan.key, "declared", "orphan"));
    }
    Ok(())
}

/// A retired row stays, so that its key is never used again and its replacement answers for it.
fn retire(change: &mut Change<'_>, catalog: &Catalog, plan: &Plan) -> Result<(), EngineError> {
    let sql = "UPDATE upr_permission SET state = 'retired', alias_of = ?2, retired_in = ?3, \
               changed = ?4 WHERE key = ?1";
    for key in &plan.delete {
        let tombstone = catalog.find_retired(key.as_str());
        let alias = tombstone.and_then(|tombstone| replacement(catalog, tombstone).ok().flatten());
        let version = tombstone.map_or(&catalog.application().version, |found| &found.retired);
        let version = version.to_string();
        let values = [
            Value::Text(key.as_str()),
            Value::Text(alias.map_or("", Key::as_str)),
            Value::Text(&version),
            Value::Int(change.revision()),
        ];
        change.session.execute(sql, &values)?;
        let mut after = state_object(key, "retired");
        after.insert("alias_of", json!(alias.map_or("", Key::as_str)));
        let before = state_object(key, "declared");
        let item = Item::new(ItemKind::Permission, Some(&before), Some(&after));
        change.record(item.of_permission(key.as_str()));
        carry::aliases(change, key, alias)?;
    }
    Ok(())
}

fn state_item(key: &Key, before: &str, after: &str) -> Item {
    let (before, after) = (state_object(key, before), state_object(key, after));
    Item::new(ItemKind::Permission, Some(&before), Some(&after)).of_permission(key.as_str())
}

fn state_object(key: &Key, state: &str) -> Object {
    [("permission", json!(key.as_str())), ("state", json!(state))].into()
}

fn critical_item(key: &Key, before: bool, after: bool) -> Item {
    let object = |critical: bool| -> Object {
        [
            ("permission", json!(key.as_str())),
            ("critical", json!(critical)),
        ]
        .into()
    };
    let (before, after) = (object(before), object(after));
    Item::new(ItemKind::Permission, Some(&before), Some(&after)).of_permission(key.as_str())
}

fn role(change: &mut Change<'_>, catalog: &Catalog, role: &RoleChange) -> Result<(), EngineError> {
    let number = Value::Int(change.revision());
    let key = Value::Text(role.key.as_str());
    let declared = catalog
        .roles()
        .iter()
        .find(|declared| declared.key == role.key);
    let fate = |state: Option<&str>| -> Option<Object> {
        state.map(|state| [("role", json!(role.key.as_str())), ("state", json!(state))].into())
    };
    let (before, after) = match (role.change, declared) {
        (RoleFate::Create, Some(declared)) => {
            let columns = [
                "key",
                "application",
                "label",
                "mode",
                "state",
                "created",
                "changed",
            ];
            let values = [
                key,
                Value::Text(&catalog.application().name),
                Value::Text(&declared.label),
                Value::Text(declared.mode.as_str()),
                Value::Text("active"),
                number,
                number,
            ];
            change.session.insert_many("upr_role", &columns, &values)?;
            (None, Some("declared"))
        }
        (RoleFate::Orphan, _) | (_, None) => {
            let sql = "UPDATE upr_role SET state = 'orphan', changed = ?2 WHERE key = ?1";
            change.session.execute(sql, &[key, number])?;
            (Some("declared"), Some("orphan"))
        }
        (RoleFate::Update | RoleFate::Restore, Some(declared)) => {
            let sql = "UPDATE upr_role SET state = 'active', label = ?2, mode = ?3, changed = ?4 \
                       WHERE key = ?1";
            let values = [
                key,
                Value::Text(&declared.label),
                Value::Text(declared.mode.as_str()),
                number,
            ];
            change.session.execute(sql, &values)?;
            let before = if role.change == RoleFate::Restore {
                "orphan"
            } else {
                "declared"
            };
            (Some(before), Some("declared"))
        }
    };
    if before != after {
        let mut after = fate(after);
        // A new role is one fact: nobody has it yet, so nobody follows its members one by one.
        if let (None, Some(after)) = (before, &mut after) {
            let members: Vec<String> = role.add.iter().map(Member::to_string).collect();
            after.insert("members", json!(members));
            after.insert("application", json!(catalog.application().name));
            if let Some(declared) = declared {
                after.insert("label", json!(declared.label));
                after.insert("mode", json!(declared.mode.as_str()));
            }
        }
        let item = Item::new(ItemKind::Role, fate(before).as_ref(), after.as_ref());
        change.record(item.of_role(role.key.as_str()));
    }
    if role.change == RoleFate::Create {
        return insert_members(change, &role.key, role.add.iter());
    }
    remove_members(change, &role.key, role.remove.iter())?;
    add_members(change, &role.key, role.add.iter())
}

fn offers(change: &mut Change<'_>, offers: &[(RoleKey, Member)]) -> Result<(), EngineError> {
    let mut values = Vec::with_capacity(offers.len() * 3);
    for (role, member) in offers {
        let (kind, name) = member.columns();
        values.extend([
            Value::Text(role.as_str()),
            Value::Text(kind),
            Value::Text(name),
        ]);
    }
    change
        .session
        .insert_many("upr_role_offer", &["role", "kind", "member"], &values)
}

/// Every run is recorded, also one that only wrote down a new version.
fn record(
    change: &mut Change<'_>,
    state: &StoreState,
    plan: &Plan,
    version: &str,
) -> Result<(), EngineError> {
    let from_version = state
        .version
        .as_ref()
        .map_or_else(String::new, ToString::to_string);
    let changes = i64::try_from(plan.changes).unwrap_or(i64::MAX);
    let number = if plan.applied {
        change.number
    } else {
        plan.revision
    };
    let text = serde_json::to_string(plan).unwrap_or_default();
    let row: BTreeMap<&str, Value<'_>> = [
        ("run_id", Value::Text(&change.run_id)),
        (
            "number",
            Value::Int(i64::try_from(number).unwrap_or(i64::MAX)),
        ),
        ("at", Value::Time(change.at)),
        ("by", Value::Text(change.actor.name())),
        ("application", Value::Text(&plan.application)),
        ("version", Value::Text(version)),
        ("fingerprint", Value::Text(&plan.to)),
        ("from_version", Value::Text(&from_version)),
        (
            "from_fingerprint",
            Value::Text(plan.from.as_deref().unwrap_or_default()),
        ),
        ("program", Value::Text(env!("CARGO_PKG_VERSION"))),
        ("changes", Value::Int(changes)),
        ("plan", Value::Text(&text)),
    ]
    .into();
    let columns: Vec<&str> = row.keys().copied().collect();
    let values: Vec<Value<'_>> = row.into_values().collect();
    change
        .session
        .insert_many("upr_sync_run", &columns, &values)
}

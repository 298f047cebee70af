//! Carrying what is assigned of a retired key to its replacement, or taking it away.

use upr::access::{GrantFact, Target};
use upr_core::{Key, RoleKey};

use crate::change::{Change, Item, ItemKind};
use crate::engine::{EngineError, Value};
use crate::facts;
use crate::grant;
use crate::member::Member;
use crate::plan::Plan;
use crate::role::{add_members, remove_members};

/// Scope, effect and end stay; who has both keys keeps the later end (rule 19).
pub(crate) fn moves(change: &mut Change<'_>, plan: &Plan) -> Result<(), EngineError> {
    for (from, to) in &plan.renames {
        offers(change, from, to)?;
    }
    for moved in &plan.moves {
        for grant in &moved.carried {
            grant::carry(change, grant, &moved.to)?;
        }
        for grant in grants(change, &moved.from)? {
            grant::rename(change, &grant, &moved.to)?;
        }
        let (old, new) = (permission(&moved.from), permission(&moved.to));
        for (role, holds_both) in roles(change, plan, &moved.from, &moved.to)? {
            if !holds_both {
                add_members(change, &role, [&new].into_iter())?;
            }
            remove_members(change, &role, [&old].into_iter())?;
        }
    }
    Ok(())
}

/// What is assigned of keys that are retired for nothing goes, where that was asked for (rule 24).
pub(crate) fn revokes(change: &mut Change<'_>, plan: &Plan) -> Result<(), EngineError> {
    for revoked in &plan.revoke {
        for grant in grants(change, &revoked.key)? {
            grant::remove(change, &grant)?;
        }
        let member = permission(&revoked.key);
        for (role, _) in roles(change, plan, &revoked.key, &revoked.key)? {
            remove_members(change, &role, [&member].into_iter())?;
        }
    }
    Ok(())
}

/// Keys that were retired earlier for one that is retired now are answered by its replacement.
pub(crate) fn aliases(
    change: &mut Change<'_>,
    retired: &Key,
    target: Option<&Key>,
) -> Result<(), EngineError> {
    let mut keys = Vec::new();
    let sql = "SELECT key FROM upr_permission WHERE alias_of = ?1 ORDER BY key";
    change
        .session
        .query(sql, &[Value::Text(retired.as_str())], &mut |row| {
            keys.push(facts::key(row.text(0)?)?);
            Ok(())
        })?;
    let sql = "UPDATE upr_permission SET alias_of = ?2, changed = ?3 WHERE key = ?1";
    for key in keys {
        let alias = Value::Text(target.map_or("", Key::as_str));
        let number = Value::Int(change.revision());
        change
            .session
            .execute(sql, &[Value::Text(key.as_str()), alias, number])?;
        let state = |alias: &str| {
            [
                ("permission", key.as_str().into()),
                ("alias_of", alias.into()),
            ]
            .into()
        };
        let (before, after) = (
            state(retired.as_str()),
            state(target.map_or("", Key::as_str)),
        );
        let item = Item::new(ItemKind::Permission, Some(&before), Some(&after));
        change.record(item.of_permission(key.as_str()));
    }
    Ok(())
}

/// A role to which the old key was once offered counts as offered the new one (rule 20).
fn offers(change: &mut Change<'_>, from: &Key, to: &Key) -> Result<(), EngineError> {
    let sql = "INSERT INTO upr_role_offer (role, kind, member) \
               SELECT role, kind, ?2 FROM upr_role_offer WHERE kind = 'permission' AND member = ?1 \
               ON CONFLICT (role, kind, member) DO NOTHING";
    let values = [Value::Text(from.as_str()), Value::Text(to.as_str())];
    change.session.execute(sql, &values).map(|_| ())
}

/// The grants of a key that have not ended; those that have are no assignment (rule 4).
fn grants(change: &mut Change<'_>, key: &Key) -> Result<Vec<GrantFact>, EngineError> {
    let mut grants = Vec::new();
    let sql = "SELECT subject, role, permission, scope, effect, expires_at FROM upr_grant \
               WHERE permission = ?1 AND (expires_at IS NULL OR expires_at > ?2) \
               ORDER BY subject, scope, effect";
    let values = [Value::Text(key.as_str()), Value::Time(change.at)];
    change.session.query(sql, &values, &mut |row| {
        grants.push(facts::grant_fact(row)?);
        Ok(())
    })?;
    grants.retain(|grant| grant.target == Target::Permission(key.clone()));
    Ok(grants)
}

/// Roles that name `from`, and whether each names `to` as well; without those of the code that
/// change of their own accord in this plan.
fn roles(
    change: &mut Change<'_>,
    plan: &Plan,
    from: &Key,
    to: &Key,
) -> Result<Vec<(RoleKey, bool)>, EngineError> {
    let mut roles = Vec::new();
    let sql = "SELECT m.role, (SELECT COUNT(*) FROM upr_role_permission o WHERE o.role = m.role \
               AND o.kind = 'permission' AND o.member = ?2) FROM upr_role_permission m \
               WHERE m.kind = 'permission' AND m.member = ?1 ORDER BY m.role";
    let values = [Value::Text(from.as_str()), Value::Text(to.as_str())];
    change.session.query(sql, &values, &mut |row| {
        roles.push((facts::role_key(row.text(0)?)?, row.int(1)? > 0));
        Ok(())
    })?;
    let member = permission(from);
    let drops = |role: &RoleKey| {
        plan.roles
            .iter()
            .any(|changed| changed.key == *role && changed.remove.contains(&member))
    };
    roles.retain(|(role, _)| !drops(role));
    Ok(roles)
}

fn permission(key: &Key) -> Member {
    Member::Permission(key.clone())
}

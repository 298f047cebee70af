//! Taking over a role that the code declares and somebody else owns (rule 14).

use std::collections::BTreeSet;

use serde::Serialize;
use upr::access::State;
use upr_core::catalog::{Role, RoleMode as Declared};
use upr_core::{Catalog, Key, RoleKey};

use super::{RoleMode, role_object};
use crate::actor::Actor;
use crate::change::{Change, Item, ItemKind};
use crate::engine::{EngineError, Value};
use crate::facts;
use crate::lookup::RoleRow;
use crate::member::Member;
use crate::outcome::Outcome;
use crate::plan::roles::members;
use crate::store::Store;
use crate::wish::WishError;

/// What taking a role over did, or would do, and what the next sync makes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Adopted {
    /// What every command that writes says.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The role.
    pub role: RoleKey,
    /// Who owned it; `""` when it was made in the store.
    pub from: String,
    /// Who owns it now.
    pub to: String,
    /// Who decides what it holds from now on.
    pub mode: RoleMode,
    /// How many subjects have it, by grants that have not ended.
    pub subjects: u64,
    /// To how many subjects it is denied; these lose what it gains and gain what it loses.
    pub denied: u64,
    /// Permissions that it holds from now on: wildcards mean the keys of the new owner.
    pub gains: Vec<Key>,
    /// Permissions that it holds no longer, for the same reason.
    pub loses: Vec<Key>,
    /// What the next sync adds to it, as far as the code and the store are as now.
    pub sync_adds: Vec<Member>,
    /// What the next sync takes from it.
    pub sync_removes: Vec<Member>,
}

impl Store {
    /// Makes a role that `catalog` declares its application's own, whoever owned it before. What
    /// the role holds is set by the next sync, with its guards; who has it keeps it.
    ///
    /// # Errors
    ///
    /// [`WishError::Undeclared`] when the catalog does not declare it, and
    /// [`WishError::NotInStore`] when there is nothing to take over.
    pub fn role_adopt(
        &self,
        catalog: &Catalog,
        key: &RoleKey,
        actor: &Actor,
    ) -> Result<Adopted, WishError> {
        let application = &catalog.application().name;
        let roles = catalog.roles();
        let declared = roles.iter().find(|role| role.key == *key);
        let declared = declared.ok_or_else(|| WishError::Undeclared {
            key: key.clone(),
            application: application.clone(),
        })?;
        let (outcome, mut adopted) = self.change(actor, "role adopt", |change| {
            let Some(role) = self.find_role(change.session, key)? else {
                return Err(WishError::NotInStore { key: key.clone() });
            };
            let held: BTreeSet<Member> =
                self.members_of(change.session, key)?.into_iter().collect();
            let fail = |error: EngineError| self.failure(&error);
            let adopted = foresee(change, application, declared, &role, &held).map_err(fail)?;
            if role.application != *application {
                take_over(change, application, declared, &role, adopted.mode).map_err(fail)?;
            }
            Ok::<_, WishError>(adopted)
        })?;
        adopted.outcome = outcome;
        Ok(adopted)
    }
}

/// Who gains and who loses, now and by the next sync.
fn foresee(
    change: &mut Change<'_>,
    application: &str,
    declared: &Role,
    role: &RoleRow,
    held: &BTreeSet<Member>,
) -> Result<Adopted, EngineError> {
    let (subjects, denied) = holders(change, &declared.key)?;
    let keys = keys(change)?;
    let covered = |owner: &str| -> BTreeSet<Key> {
        let wide = |key: &Key| {
            let permission = Member::Permission(key.clone());
            held.iter().any(|member| member.covers(&permission))
        };
        let reaches = |of: &str| owner.is_empty() || owner == of;
        let named = |key: &Key| held.contains(&Member::Permission(key.clone()));
        keys.iter()
            .filter(|(key, of)| named(key) || (reaches(of) && wide(key)))
            .map(|(key, _)| key.clone())
            .collect()
    };
    let (before, after) = (covered(&role.application), covered(application));
    let code = members(declared);
    let is_managed = declared.mode == Declared::Managed;
    let removed = held.difference(&code).filter(|_| is_managed);
    let offered = offered(change, &declared.key)?;
    let added = code.difference(held);
    let added = added.filter(|member| is_managed || !offered.contains(member));
    Ok(Adopted {
        outcome: Outcome {
            applied: false,
            changes: 0,
            revision: 0,
        },
        role: declared.key.clone(),
        from: role.application.clone(),
        to: application.to_owned(),
        mode: match declared.mode {
            Declared::Managed => RoleMode::Managed,
            Declared::Seeded => RoleMode::Seeded,
        },
        subjects,
        denied,
        gains: after.difference(&before).cloned().collect(),
        loses: before.difference(&after).cloned().collect(),
        sync_adds: added.cloned().collect(),
        sync_removes: removed.cloned().collect(),
    })
}

fn take_over(
    change: &mut Change<'_>,
    application: &str,
    declared: &Role,
    role: &RoleRow,
    mode: RoleMode,
) -> Result<(), EngineError> {
    let sql = "UPDATE upr_role SET application = ?2, mode = ?3, state = 'active', changed = ?4 \
               WHERE key = ?1";
    let key = declared.key.as_str();
    let values = [
        Value::Text(key),
        Value::Text(application),
        Value::Text(mode.as_str()),
        Value::Int(change.revision()),
    ];
    change.session.execute(sql, &values)?;
    let object = |owner: &str, mode: RoleMode| role_object(&declared.key, &role.label, mode, owner);
    let (before, after) = (
        object(&role.application, role.mode),
        object(application, mode),
    );
    let item = Item::new(ItemKind::Role, Some(&before), Some(&after));
    change.record(item.of_role(key));
    Ok(())
}

/// How many subjects have the role, and to how many it is denied.
fn holders(change: &mut Change<'_>, role: &RoleKey) -> Result<(u64, u64), EngineError> {
    let mut counts = (0, 0);
    let sql = "SELECT effect, COUNT(DISTINCT subject) FROM upr_grant WHERE role = ?1 \
               AND (expires_at IS NULL OR expires_at > ?2) GROUP BY effect";
    let values = [Value::Text(role.as_str()), Value::Time(change.at)];
    change.session.query(sql, &values, &mut |row| {
        let count = u64::try_from(row.int(1)?).unwrap_or(0);
        match row.text(0)? {
            "allow" => counts.0 = count,
            _ => counts.1 = count,
        }
        Ok(())
    })?;
    Ok(counts)
}

/// What was ever offered to a role of this name.
fn offered(change: &mut Change<'_>, role: &RoleKey) -> Result<BTreeSet<Member>, EngineError> {
    let mut offered = BTreeSet::new();
    let sql = "SELECT kind, member FROM upr_role_offer WHERE role = ?1";
    let values = [Value::Text(role.as_str())];
    change.session.query(sql, &values, &mut |row| {
        offered.insert(facts::member(row.text(0)?, row.text(1)?)?);
        Ok(())
    })?;
    Ok(offered)
}

/// Every key that decides, and who owns it.
fn keys(change: &mut Change<'_>) -> Result<Vec<(Key, String)>, EngineError> {
    let mut keys = Vec::new();
    let sql = "SELECT key, application, state FROM upr_permission ORDER BY key";
    change.session.query(sql, &[], &mut |row| {
        if facts::state(row.text(2)?)? != State::Retired {
            keys.push((facts::key(row.text(0)?)?, row.text(1)?.to_owned()));
        }
        Ok(())
    })?;
    Ok(keys)
}

//! Roles in the store: making, changing, copying and deleting them.

mod adopt;
mod members;

pub use self::adopt::Adopted;
pub use self::members::Disallowed;
pub(crate) use self::members::{add_members, insert_members, remove_members};

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use upr::access::Effect;
use upr_core::{Key, RoleKey, name};

use crate::actor::Actor;
use crate::chain::Object;
use crate::change::{Change, Item, ItemKind};
use crate::engine::{Begin, EngineError, Value};
use crate::facts;
use crate::grant;
use crate::lookup::{self, RoleRow};
use crate::member::Member;
use crate::outcome::Outcome;
use crate::recorded::RoleLine;
use crate::store::Store;
use crate::text;
use crate::wish::WishError;

/// Who decides what a role holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum RoleMode {
    /// People; it was made in the store.
    Store,
    /// People; the code offers each permission once.
    Seeded,
    /// The code.
    Managed,
}

impl RoleMode {
    /// `store`, `seeded` or `managed`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Store => "store",
            Self::Seeded => "seeded",
            Self::Managed => "managed",
        }
    }
}

/// A role as the store has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct RoleInfo {
    /// Its name.
    pub key: RoleKey,
    /// One line for people.
    pub label: String,
    /// Who decides what it holds.
    pub mode: RoleMode,
    /// Whose code declares it; `""` when it was made in the store.
    pub application: String,
    /// Whether the code that declared it no longer does.
    pub orphan: bool,
    /// What it holds: `all` first, then modules, then permissions, each sorted.
    pub members: Vec<Member>,
    /// How many subjects have it, in whatever scope, by allows that have not ended.
    pub subjects: u64,
}

/// What deleting a role did, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct DeletedRole {
    /// What every command that writes says.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// How many grants of it went with it.
    pub grants: u64,
    /// How many of these were denies: their subjects may have gained.
    pub denies: u64,
    /// Where there is no such role, those that look like it, the nearest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<String>,
}

impl Store {
    /// Every role, sorted by key.
    ///
    /// # Errors
    ///
    /// [`WishError::Store`] when the store cannot be read.
    pub fn role_list(&self) -> Result<Vec<RoleInfo>, WishError> {
        self.read(Begin::Read, |session| {
            let meta = self.meta(session)?;
            let fail = |error: EngineError| self.failure(&error);
            let now = self.clock().max(meta.newest_time().map_err(fail)?);
            let mut roles: BTreeMap<String, RoleInfo> = BTreeMap::new();
            let sql = "SELECT key, label, mode, application, state FROM upr_role ORDER BY key";
            session
                .query(sql, &[], &mut |row| {
                    let info = RoleInfo {
                        key: facts::role_key(row.text(0)?)?,
                        label: row.text(1)?.to_owned(),
                        mode: lookup::mode(row.text(2)?)?,
                        application: row.text(3)?.to_owned(),
                        orphan: row.text(4)? == "orphan",
                        members: Vec::new(),
                        subjects: 0,
                    };
                    roles.insert(row.text(0)?.to_owned(), info);
                    Ok(())
                })
                .map_err(fail)?;
            let sql = "SELECT role, kind, member FROM upr_role_permission";
            session
                .query(sql, &[], &mut |row| {
                    if let Some(role) = roles.get_mut(row.text(0)?) {
                        role.members.push(facts::member(row.text(1)?, row.text(2)?)?);
                    }
                    Ok(())
                })
                .map_err(fail)?;
            let sql = "SELECT role, COUNT(DISTINCT subject) FROM upr_grant WHERE role <> '' \
                       AND effect = 'allow' AND (expires_at IS NULL OR expires_at > ?1) GROUP BY role";
            session
                .query(sql, &[Value::Time(now)], &mut |row| {
                    if let Some(role) = roles.get_mut(row.text(0)?) {
                        role.subjects = u64::try_from(row.int(1)?).unwrap_or(0);
                    }
                    Ok(())
                })
                .map_err(fail)?;
            let sorted = |mut role: RoleInfo| {
                role.members.sort();
                role
            };
            Ok(roles.into_values().map(sorted).collect())
        })
    }

    /// One role.
    ///
    /// # Errors
    ///
    /// [`WishError::UnknownRole`] when there is none of this key.
    pub fn role_show(&self, key: &RoleKey) -> Result<RoleInfo, WishError> {
        let found = self.role_list()?.into_iter().find(|role| role.key == *key);
        match found {
            Some(role) => Ok(role),
            None => self.read(Begin::Read, |session| {
                self.require_role(session, key).and_then(|_| {
                    Err(WishError::UnknownRole {
                        key: key.clone(),
                        nearest: Vec::new(),
                    })
                })
            }),
        }
    }

    /// Makes a role in the store. One that is there already and as wished is left alone.
    ///
    /// # Errors
    ///
    /// [`WishError::Exists`] when another role has the key, and [`WishError`] when a member is
    /// unknown or retired.
    pub fn role_create(
        &self,
        key: &RoleKey,
        label: Option<&str>,
        members: &[Member],
        actor: &Actor,
    ) -> Result<Outcome, WishError> {
        let label = label
            .map(|label| text::checked("label", label))
            .transpose()?;
        self.make_role(key, label, actor, "role create", |change| {
            members
                .iter()
                .try_for_each(|member| self.require_member(change, member))?;
            Ok(members.iter().cloned().collect())
        })
    }

    /// Makes a role in the store that holds what another role holds now.
    ///
    /// Wildcards of a role that code declares mean that application's keys; where they would mean
    /// more in the store, the copy holds the single permissions instead.
    ///
    /// # Errors
    ///
    /// As [`role_create`](Self::role_create), and when the role to be copied is unknown.
    pub fn role_copy(
        &self,
        from: &RoleKey,
        to: &RoleKey,
        label: Option<&str>,
        actor: &Actor,
    ) -> Result<Outcome, WishError> {
        let label = label
            .map(|label| text::checked("label", label))
            .transpose()?;
        self.make_role(to, label, actor, "role copy", |change| {
            let role = self.require_role(change.session, from)?;
            self.members_for_store(change, from, &role)
        })
    }

    /// Deletes a role with its grants. One that code declares stays as long as it does; one that is
    /// not there is a wish that is already so.
    ///
    /// # Errors
    ///
    /// [`WishError::Declared`].
    pub fn role_delete(&self, key: &RoleKey, actor: &Actor) -> Result<DeletedRole, WishError> {
        let (outcome, (grants, denies, nearest)) = self.change(actor, "role delete", |change| {
            let role = match self.require_role(change.session, key) {
                Err(WishError::UnknownRole { nearest, .. }) => return Ok((0, 0, nearest)),
                found => found?,
            };
            if role.is_declared() {
                let application = role.application;
                return Err(WishError::Declared {
                    key: key.clone(),
                    application,
                });
            }
            let held: BTreeSet<Member> =
                self.members_of(change.session, key)?.into_iter().collect();
            let fail = |error: EngineError| self.failure(&error);
            let (grants, denies) = remove_grants(change, key).map_err(fail)?;
            remove_members(change, key, held.iter()).map_err(fail)?;
            remove_role(change, key).map_err(fail)?;
            Ok((grants, denies, Vec::new()))
        })?;
        Ok(DeletedRole {
            outcome,
            grants,
            denies,
            nearest,
        })
    }

    fn make_role(
        &self,
        key: &RoleKey,
        label: Option<&str>,
        actor: &Actor,
        action: &'static str,
        mut members: impl FnMut(&mut Change<'_>) -> Result<BTreeSet<Member>, WishError>,
    ) -> Result<Outcome, WishError> {
        let (outcome, ()) = self.change(actor, action, |change| {
            let wished = members(change)?;
            if let Some(role) = self.find_role(change.session, key)? {
                let held = self.members_of(change.session, key)?;
                return is_as_wished(key, &role, &held, label, &wished);
            }
            let default = name::module_label(key.as_str());
            let fail = |error: EngineError| self.failure(&error);
            insert_role(change, key, label.unwrap_or(&default)).map_err(fail)?;
            add_members(change, key, wished.iter()).map_err(fail)?;
            Ok::<_, WishError>(())
        })?;
        Ok(outcome)
    }

    /// What a role holds, in members that mean the same in a role made in the store.
    fn members_for_store(
        &self,
        change: &mut Change<'_>,
        key: &RoleKey,
        role: &RoleRow,
    ) -> Result<BTreeSet<Member>, WishError> {
        let mut members = BTreeSet::new();
        for member in self.members_of(change.session, key)? {
            if role.application.is_empty() || matches!(member, Member::Permission(_)) {
                members.insert(member);
                continue;
            }
            let covered = covered(change, &member).map_err(|error| self.failure(&error))?;
            if covered
                .iter()
                .all(|(_, application)| *application == role.application)
            {
                members.insert(member);
            } else {
                let own = covered
                    .into_iter()
                    .filter(|(_, owner)| *owner == role.application);
                members.extend(own.map(|(key, _)| Member::Permission(key)));
            }
        }
        Ok(members)
    }
}

/// The keys that a wildcard means in a role made in the store, and who owns them.
fn covered(change: &mut Change<'_>, member: &Member) -> Result<Vec<(Key, String)>, EngineError> {
    let module = match member {
        Member::Module(module) => Some(module.as_str()),
        _ => None,
    };
    let mut keys = Vec::new();
    let sql =
        "SELECT key, application, module FROM upr_permission WHERE state <> 'retired' ORDER BY key";
    change.session.query(sql, &[], &mut |row| {
        if module.is_none_or(|module| row.text(2).is_ok_and(|found| found == module)) {
            keys.push((facts::key(row.text(0)?)?, row.text(1)?.to_owned()));
        }
        Ok(())
    })?;
    Ok(keys)
}

fn is_as_wished(
    key: &RoleKey,
    role: &RoleRow,
    held: &[Member],
    label: Option<&str>,
    wished: &BTreeSet<Member>,
) -> Result<(), WishError> {
    let difference = if role.mode != RoleMode::Store {
        format!("the code of `{}` declares it", role.application)
    } else if !wished.is_empty() && !wished.iter().eq(held) {
        "it holds something else".to_owned()
    } else if label.is_some_and(|label| label != role.label) {
        format!("its label is `{}`", role.label)
    } else {
        return Ok(());
    };
    Err(WishError::Exists {
        key: key.clone(),
        difference,
    })
}

/// Makes a role, in a change set.
fn insert_role(change: &mut Change<'_>, key: &RoleKey, label: &str) -> Result<(), EngineError> {
    let line = RoleLine {
        label: Some(label.to_owned()),
        ..RoleLine::default()
    };
    put_back(change, key, Some(&line))
}

/// Makes a role again as `line` says, or takes one away that holds nothing and that nobody has, in
/// a change set.
pub(crate) fn put_back(
    change: &mut Change<'_>,
    key: &RoleKey,
    line: Option<&RoleLine>,
) -> Result<(), EngineError> {
    let Some(line) = line else {
        return remove_role(change, key);
    };
    let columns = [
        "key",
        "application",
        "label",
        "description",
        "mode",
        "state",
        "created",
        "changed",
    ];
    let application = line.application.as_deref().unwrap_or_default();
    let label = line.label.as_deref().unwrap_or_default();
    let mode = match line.mode.as_deref() {
        Some(mode) => lookup::mode(mode)?,
        None => RoleMode::Store,
    };
    // Of the code's roles only those that it no longer declares can have been deleted.
    let state = if mode == RoleMode::Store {
        "active"
    } else {
        "orphan"
    };
    let number = Value::Int(change.revision());
    let values = [
        Value::Text(key.as_str()),
        Value::Text(application),
        Value::Text(label),
        Value::Text(""),
        Value::Text(mode.as_str()),
        Value::Text(state),
        number,
        number,
    ];
    change.session.insert_many("upr_role", &columns, &values)?;
    let after = role_object(key, label, mode, application);
    change.record(Item::new(ItemKind::Role, None, Some(&after)).of_role(key.as_str()));
    Ok(())
}

fn remove_role(change: &mut Change<'_>, key: &RoleKey) -> Result<(), EngineError> {
    let mut before = None;
    let values = [Value::Text(key.as_str())];
    let sql = "SELECT label, mode, application FROM upr_role WHERE key = ?1";
    change.session.query(sql, &values, &mut |row| {
        let mode = lookup::mode(row.text(1)?)?;
        before = Some(role_object(key, row.text(0)?, mode, row.text(2)?));
        Ok(())
    })?;
    let sql = "DELETE FROM upr_role WHERE key = ?1";
    change.session.execute(sql, &values)?;
    change.record(Item::new(ItemKind::Role, before.as_ref(), None).of_role(key.as_str()));
    Ok(())
}

/// Takes every grant of a role away, a page at a time: a role may be everybody's.
fn remove_grants(change: &mut Change<'_>, role: &RoleKey) -> Result<(u64, u64), EngineError> {
    const PAGE: usize = 1000;
    let (mut removed, mut denies) = (0, 0);
    let sql = "SELECT subject, role, permission, scope, effect, expires_at FROM upr_grant \
               WHERE role = ?1 AND (subject, scope, effect) > (?2, ?3, ?4) \
               ORDER BY subject, scope, effect LIMIT 1000";
    let mut last = [String::new(), String::new(), String::new()];
    loop {
        let mut grants = Vec::new();
        let [subject, scope, effect] = &last;
        let values = [role.as_str(), subject, scope, effect].map(Value::Text);
        change.session.query(sql, &values, &mut |row| {
            grants.push(facts::grant_fact(row)?);
            Ok(())
        })?;
        for grant in &grants {
            grant::remove_one_of_many(change, grant)?;
            removed += 1;
            denies += u64::from(grant.effect == Effect::Deny);
        }
        match grants.last() {
            Some(grant) if grants.len() == PAGE => last = grant::place(grant),
            _ => return Ok((removed, denies)),
        }
    }
}

fn role_object(key: &RoleKey, label: &str, mode: RoleMode, application: &str) -> Object {
    [
        ("role", key.as_str().into()),
        ("application", application.into()),
        ("label", label.into()),
        ("mode", mode.as_str().into()),
    ]
    .into()
}

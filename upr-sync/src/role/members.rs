//! What a role holds: letting it hold more, or less.

use std::collections::BTreeSet;

use serde::Serialize;
use upr_core::RoleKey;

use super::RoleMode;
use crate::actor::Actor;
use crate::chain::Object;
use crate::change::{Change, Item, ItemKind};
use crate::engine::{EngineError, Value};
use crate::member::Member;
use crate::outcome::Outcome;
use crate::store::Store;
use crate::wish::WishError;

/// What taking something from a role did, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Disallowed {
    /// What every command that writes says.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Wider members through which the role still holds what was taken from it.
    pub still_through: Vec<Member>,
}

impl Store {
    /// Lets a role hold more.
    ///
    /// # Errors
    ///
    /// [`WishError`] when the role is unknown or managed by code, or a member is unknown or retired.
    pub fn role_allow(
        &self,
        key: &RoleKey,
        members: &[Member],
        actor: &Actor,
    ) -> Result<Outcome, WishError> {
        let (outcome, ()) = self.change(actor, "role allow", |change| {
            self.require_open_role(change, key)?;
            members
                .iter()
                .try_for_each(|member| self.require_member(change, member))?;
            let held: BTreeSet<Member> =
                self.members_of(change.session, key)?.into_iter().collect();
            let wished: BTreeSet<Member> = members.iter().cloned().collect();
            add_members(change, key, wished.difference(&held))
                .map_err(|error| WishError::from(self.failure(&error)))
        })?;
        Ok(outcome)
    }

    /// Lets a role hold less, and tells through what it still holds the same.
    ///
    /// # Errors
    ///
    /// [`WishError`] when the role is unknown or managed by code, or a member is neither held nor
    /// known.
    pub fn role_disallow(
        &self,
        key: &RoleKey,
        members: &[Member],
        actor: &Actor,
    ) -> Result<Disallowed, WishError> {
        let (outcome, still_through) = self.change(actor, "role disallow", |change| {
            self.require_open_role(change, key)?;
            let held: BTreeSet<Member> =
                self.members_of(change.session, key)?.into_iter().collect();
            let wished: BTreeSet<Member> = members.iter().cloned().collect();
            for member in wished.difference(&held) {
                self.require_named(change, member)?;
            }
            remove_members(change, key, wished.intersection(&held))
                .map_err(|error| self.failure(&error))?;
            let left = held.difference(&wished);
            let covers = |wide: &&Member| wished.iter().any(|member| wide.covers(member));
            Ok::<_, WishError>(left.filter(covers).cloned().collect())
        })?;
        Ok(Disallowed {
            outcome,
            still_through,
        })
    }

    /// A managed role is changed in the code, as long as the code declares it.
    pub(crate) fn require_open_role(
        &self,
        change: &mut Change<'_>,
        key: &RoleKey,
    ) -> Result<(), WishError> {
        let role = self.require_role(change.session, key)?;
        if role.mode == RoleMode::Managed && role.is_declared() {
            return Err(WishError::Managed {
                key: key.clone(),
                application: role.application,
            });
        }
        Ok(())
    }

    pub(crate) fn require_member(
        &self,
        change: &mut Change<'_>,
        member: &Member,
    ) -> Result<(), WishError> {
        match member {
            Member::All => Ok(()),
            Member::Module(module) => self.require_module(change.session, module),
            Member::Permission(key) => self.require_grantable(change.session, key),
        }
    }

    fn require_named(&self, change: &mut Change<'_>, member: &Member) -> Result<(), WishError> {
        match member {
            Member::All => Ok(()),
            Member::Module(module) => self.require_module(change.session, module),
            Member::Permission(key) => self.require_known(change.session, key).map(|_| ()),
        }
    }
}

/// Lets a role hold `members`, none of which it holds, in a change set.
pub(crate) fn add_members<'m>(
    change: &mut Change<'_>,
    role: &RoleKey,
    members: impl Iterator<Item = &'m Member> + Clone,
) -> Result<(), EngineError> {
    for member in members.clone() {
        change.record(member_item(role, member, true));
    }
    insert_members(change, role, members)
}

/// Writes the rows of `members`, and records nothing.
pub(crate) fn insert_members<'m>(
    change: &mut Change<'_>,
    role: &RoleKey,
    members: impl Iterator<Item = &'m Member>,
) -> Result<(), EngineError> {
    let mut values = Vec::new();
    for member in members {
        let (kind, name) = member.columns();
        values.extend([role.as_str(), kind, name].map(Value::Text));
    }
    let columns = ["role", "kind", "member"];
    change
        .session
        .insert_many("upr_role_permission", &columns, &values)
}

/// Takes `members`, all of which it holds, from a role, in a change set.
pub(crate) fn remove_members<'m>(
    change: &mut Change<'_>,
    role: &RoleKey,
    members: impl Iterator<Item = &'m Member>,
) -> Result<(), EngineError> {
    let sql = "DELETE FROM upr_role_permission WHERE role = ?1 AND kind = ?2 AND member = ?3";
    for member in members {
        let (kind, name) = member.columns();
        let values = [
            Value::Text(role.as_str()),
            Value::Text(kind),
            Value::Text(name),
        ];
        change.session.execute(sql, &values)?;
        change.record(member_item(role, member, false));
    }
    Ok(())
}

fn member_item(role: &RoleKey, member: &Member, holds: bool) -> Item {
    let object: Object = [
        ("role", role.as_str().into()),
        ("member", member.to_string().into()),
    ]
    .into();
    let (before, after) = if holds {
        (None, Some(&object))
    } else {
        (Some(&object), None)
    };
    let item = Item::new(ItemKind::Member, before, after).of_role(role.as_str());
    match member {
        Member::Permission(key) => item.of_permission(key.as_str()),
        _ => item,
    }
}

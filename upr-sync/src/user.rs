//! Subjects: making them, letting them in, keeping them out.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use upr::access::{Effect, GrantFact, Target};
use upr_core::{RoleKey, Scope, SubjectId};

use crate::actor::Actor;
use crate::chain::Object;
use crate::change::{Change, Item, ItemKind};
use crate::engine::{Begin, EngineError, Session, Value};
use crate::facts;
use crate::outcome::Outcome;
use crate::recorded::SubjectLine;
use crate::store::Store;
use crate::text;
use crate::wish::WishError;

/// A subject to be made, or to be let in again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUser {
    /// Its id in the application.
    pub id: SubjectId,
    /// Its name; `None` leaves what is there.
    pub username: Option<String>,
    /// Its e-mail address; `None` leaves what is there.
    pub email: Option<String>,
    /// Roles it gets everywhere and without an end.
    pub roles: Vec<RoleKey>,
}

impl NewUser {
    /// A subject with nothing but an id.
    #[must_use]
    pub fn new(id: SubjectId) -> Self {
        Self {
            id,
            username: None,
            email: None,
            roles: Vec::new(),
        }
    }
}

/// A subject as the store has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct UserInfo {
    /// Its id in the application.
    pub id: SubjectId,
    /// Its name; may be empty.
    pub username: String,
    /// Its e-mail address; may be empty.
    pub email: String,
    /// Whether it may do anything.
    pub active: bool,
    /// Where it comes from: `hand`, `bootstrap` or `source`.
    pub origin: String,
    /// Who made it inactive: `hand`, `source`, `conflict`, or `""`.
    pub deactivated_by: String,
    /// Its roles by allows that have not ended, in whatever scope, sorted.
    pub roles: Vec<RoleKey>,
}

impl Store {
    /// Makes a subject, active and with these roles. One that is there is let in again, gets the
    /// roles it lacks, and from then on counts as made by hand: what the nightly synchronisation
    /// of users does not find, it leaves alone (rule 34).
    ///
    /// # Errors
    ///
    /// [`WishError`] when a role is unknown or a text too long.
    pub fn user_create(&self, user: &NewUser, actor: &Actor) -> Result<Outcome, WishError> {
        let (outcome, ()) = self.change(actor, "user create", |change| {
            self.make_user(change, user, "hand")
        })?;
        Ok(outcome)
    }

    /// Lets a subject in again.
    ///
    /// # Errors
    ///
    /// [`WishError::UnknownSubject`].
    pub fn user_activate(&self, id: &SubjectId, actor: &Actor) -> Result<Outcome, WishError> {
        self.set_active(id, "user activate", true, actor)
    }

    /// Keeps a subject out. It keeps its grants, and no synchronisation lets it in again.
    ///
    /// # Errors
    ///
    /// [`WishError::UnknownSubject`].
    pub fn user_deactivate(&self, id: &SubjectId, actor: &Actor) -> Result<Outcome, WishError> {
        self.set_active(id, "user deactivate", false, actor)
    }

    /// Every subject, sorted by id.
    ///
    /// # Errors
    ///
    /// [`WishError::Store`] when the store cannot be read.
    pub fn user_list(&self) -> Result<Vec<UserInfo>, WishError> {
        self.read(Begin::Read, |session| {
            let meta = self.meta(session)?;
            let fail = |error: EngineError| self.failure(&error);
            let now = self.clock().max(meta.newest_time().map_err(fail)?);
            let mut roles: BTreeMap<String, BTreeSet<RoleKey>> = BTreeMap::new();
            let sql = "SELECT DISTINCT subject, role FROM upr_grant WHERE role <> '' \
                       AND effect = 'allow' AND (expires_at IS NULL OR expires_at > ?1)";
            session
                .query(sql, &[Value::Time(now)], &mut |row| {
                    let role = facts::role_key(row.text(1)?)?;
                    roles
                        .entry(row.text(0)?.to_owned())
                        .or_default()
                        .insert(role);
                    Ok(())
                })
                .map_err(fail)?;
            let mut users = users(session, "").map_err(fail)?;
            for user in &mut users {
                let held = roles.remove(user.id.as_str()).unwrap_or_default();
                user.roles = held.into_iter().collect();
            }
            Ok(users)
        })
    }

    /// First administrators and demo data (rule 37): made only where the store has no subject.
    /// Whether it may happen at all (`bootstrap = true`, `DISABLE_BOOTSTRAP`) is the caller's to say.
    ///
    /// # Errors
    ///
    /// [`WishError`] when a role is unknown or a text too long; then nobody is made.
    pub fn bootstrap(&self, users: &[NewUser], actor: &Actor) -> Result<Outcome, WishError> {
        self.bootstrap_with(users, &[], actor)
    }

    /// As [`bootstrap`](Self::bootstrap), with grants to these users in the same change set.
    pub(crate) fn bootstrap_with(
        &self,
        users: &[NewUser],
        grants: &[GrantFact],
        actor: &Actor,
    ) -> Result<Outcome, WishError> {
        let (outcome, ()) = self.change(actor, "bootstrap", |change| {
            let mut is_empty = true;
            let sql = "SELECT 1 FROM upr_subject LIMIT 1";
            change
                .session
                .query(sql, &[], &mut |_| {
                    is_empty = false;
                    Ok(())
                })
                .map_err(|error| self.failure(&error))?;
            if !is_empty {
                return Ok(());
            }
            users
                .iter()
                .try_for_each(|user| self.make_user(change, user, "bootstrap"))?;
            grants
                .iter()
                .try_for_each(|grant| self.add_grant(change, grant).map(drop))
        })?;
        Ok(outcome)
    }

    fn make_user(
        &self,
        change: &mut Change<'_>,
        user: &NewUser,
        origin: &str,
    ) -> Result<(), WishError> {
        let username = user
            .username
            .as_deref()
            .map(|name| text::checked("username", name));
        let email = user
            .email
            .as_deref()
            .map(|email| text::checked("e-mail address", email));
        let (username, email) = (username.transpose()?, email.transpose()?);
        let fail = |error: EngineError| self.failure(&error);
        let stored = find(change.session, &user.id).map_err(fail)?;
        let wished = match &stored {
            Some(stored) => {
                let mut wished = stored.clone();
                if !stored.active {
                    wished.active = true;
                    wished.deactivated_by = String::new();
                    wished.origin = origin.to_owned();
                }
                wished.username = username.map_or(wished.username, str::to_owned);
                wished.email = email.map_or(wished.email, str::to_owned);
                wished
            }
            None => UserInfo {
                id: user.id.clone(),
                username: username.unwrap_or_default().to_owned(),
                email: email.unwrap_or_default().to_owned(),
                active: true,
                origin: origin.to_owned(),
                deactivated_by: String::new(),
                roles: Vec::new(),
            },
        };
        if stored.as_ref() != Some(&wished) {
            write(change, stored.as_ref(), &wished).map_err(fail)?;
        }
        for role in &user.roles {
            self.require_role(change.session, role)?;
            let grant = GrantFact {
                subject: user.id.clone(),
                target: Target::Role(role.clone()),
                scope: Scope::everywhere(),
                effect: Effect::Allow,
                expires_at: None,
            };
            self.write_grant(change, &grant)?;
        }
        Ok(())
    }

    fn set_active(
        &self,
        id: &SubjectId,
        action: &'static str,
        active: bool,
        actor: &Actor,
    ) -> Result<Outcome, WishError> {
        let (outcome, ()) = self.change(actor, action, |change| {
            let fail = |error: EngineError| self.failure(&error);
            let Some(stored) = find(change.session, id).map_err(fail)? else {
                return Err(WishError::UnknownSubject {
                    subject: id.clone(),
                });
            };
            let mut wished = stored.clone();
            wished.active = active;
            wished.deactivated_by = if active {
                String::new()
            } else {
                "hand".to_owned()
            };
            if active && !stored.active {
                wished.origin = "hand".to_owned();
            }
            if wished != stored {
                write(change, Some(&stored), &wished).map_err(fail)?;
            }
            Ok(())
        })?;
        Ok(outcome)
    }
}

/// Makes a subject what `line` says, or takes one away to whom nothing is granted, in a change set.
pub(crate) fn put_back(
    change: &mut Change<'_>,
    id: &SubjectId,
    line: Option<&SubjectLine>,
) -> Result<(), EngineError> {
    let stored = find(change.session, id)?;
    let Some(line) = line else {
        let sql = "DELETE FROM upr_subject WHERE id = ?1";
        change.session.execute(sql, &[Value::Text(id.as_str())])?;
        let before = stored.as_ref().map(object);
        let item = Item::new(ItemKind::Subject, before.as_ref(), None);
        change.record(item.of_subject(id.as_str()));
        return Ok(());
    };
    let wished = UserInfo {
        id: id.clone(),
        username: line.username.clone(),
        email: line.email.clone(),
        active: line.active,
        origin: line.origin.clone(),
        deactivated_by: line.deactivated_by.clone(),
        roles: Vec::new(),
    };
    write(change, stored.as_ref(), &wished)
}

fn find(session: &mut dyn Session, id: &SubjectId) -> Result<Option<UserInfo>, EngineError> {
    users(session, id.as_str()).map(|users| users.into_iter().next())
}

/// The subject with this id, or all of them for `""`; without their roles.
fn users(session: &mut dyn Session, id: &str) -> Result<Vec<UserInfo>, EngineError> {
    let mut users = Vec::new();
    let sql = "SELECT id, username, email, active, origin, deactivated_by FROM upr_subject";
    let (sql, values) = if id.is_empty() {
        (format!("{sql} ORDER BY id"), vec![])
    } else {
        (format!("{sql} WHERE id = ?1"), vec![Value::Text(id)])
    };
    session.query(&sql, &values, &mut |row| {
        users.push(UserInfo {
            id: facts::subject_id(row.text(0)?)?,
            username: row.text(1)?.to_owned(),
            email: row.text(2)?.to_owned(),
            active: row.bool(3)?,
            origin: row.text(4)?.to_owned(),
            deactivated_by: row.text(5)?.to_owned(),
            roles: Vec::new(),
        });
        Ok(())
    })?;
    Ok(users)
}

fn write(
    change: &mut Change<'_>,
    stored: Option<&UserInfo>,
    wished: &UserInfo,
) -> Result<(), EngineError> {
    let sql = "INSERT INTO upr_subject \
               (id, username, email, active, origin, deactivated_by, kept, created, changed) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) \
               ON CONFLICT (id) DO UPDATE SET username = excluded.username, \
               email = excluded.email, active = excluded.active, origin = excluded.origin, \
               deactivated_by = excluded.deactivated_by, kept = excluded.kept, \
               changed = excluded.changed";
    let values = [
        Value::Text(wished.id.as_str()),
        Value::Text(&wished.username),
        Value::Text(&wished.email),
        Value::Bool(wished.active),
        Value::Text(&wished.origin),
        Value::Text(&wished.deactivated_by),
        Value::Bool(false),
        Value::Int(change.revision()),
    ];
    change.session.execute(sql, &values)?;
    let before = stored.map(object);
    let item = Item::new(ItemKind::Subject, before.as_ref(), Some(&object(wished)));
    change.record(item.of_subject(wished.id.as_str()));
    Ok(())
}

fn object(user: &UserInfo) -> Object {
    [
        ("subject", user.id.as_str().into()),
        ("username", user.username.as_str().into()),
        ("email", user.email.as_str().into()),
        ("active", user.active.into()),
        ("origin", user.origin.as_str().into()),
        ("deactivated_by", user.deactivated_by.as_str().into()),
    ]
    .into()
}

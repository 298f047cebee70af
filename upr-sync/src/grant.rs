//! Giving and taking: grants.

use serde::{Serialize, Serializer};
use upr::access::{Effect, GrantFact, Target};
use upr_core::{Key, Scope, SubjectId, Timestamp};

use crate::actor::Actor;
use crate::chain::Object;
use crate::change::{Change, Item, ItemKind};
use crate::engine::{EngineError, Value};
use crate::facts;
use crate::outcome::Outcome;
use crate::store::Store;
use crate::time;
use crate::wish::WishError;

/// What a grant did, or would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Granted {
    /// What every command that writes says.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// Whether a grant of the same identity was in force and got another end.
    pub changed_end: bool,
}

/// Which grants are to be taken away.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revoke {
    /// From whom.
    pub subject: SubjectId,
    /// What.
    pub target: Target,
    /// In which scope exactly; `None` takes all scopes.
    pub scope: Option<Scope>,
    /// Whether allows or denies are taken away.
    pub effect: Effect,
}

/// What a revocation did, or would do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Revoked {
    /// What every command that writes says.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The scopes in which it was taken away, sorted.
    pub removed: Vec<Scope>,
    /// What the subject still has of the same role or permission, sorted; ended grants do not
    /// count.
    #[serde(serialize_with = "remaining")]
    pub remaining: Vec<GrantFact>,
}

impl Store {
    /// Gives a role or a permission to a subject, or denies it.
    ///
    /// # Errors
    ///
    /// [`WishError`] when subject, role or permission are unknown, the permission is retired, or
    /// the grant would have ended already.
    pub fn grant(&self, grant: &GrantFact, actor: &Actor) -> Result<Granted, WishError> {
        let (outcome, changed_end) =
            self.change(actor, "grant", |change| self.add_grant(change, grant))?;
        Ok(Granted {
            outcome,
            changed_end,
        })
    }

    /// Takes away what was granted, exactly in the scope named, and tells what remains (rule 7).
    ///
    /// # Errors
    ///
    /// [`WishError`] when subject, role or permission are unknown.
    pub fn revoke(&self, revoke: &Revoke, actor: &Actor) -> Result<Revoked, WishError> {
        let (outcome, (removed, remaining)) = self.change(actor, "revoke", |change| {
            self.require_subject(change.session, &revoke.subject)?;
            match &revoke.target {
                Target::Role(role) => self.require_role(change.session, role).map(|_| ())?,
                Target::Permission(key) => self.require_known(change.session, key).map(|_| ())?,
            }
            let held = grants_of(change, &revoke.subject, &revoke.target)
                .map_err(|error| self.failure(&error))?;
            let is_meant = |grant: &GrantFact| {
                grant.effect == revoke.effect
                    && revoke
                        .scope
                        .as_ref()
                        .is_none_or(|scope| *scope == grant.scope)
            };
            let (meant, remaining): (Vec<_>, Vec<_>) = held.into_iter().partition(is_meant);
            for grant in &meant {
                remove(change, grant).map_err(|error| self.failure(&error))?;
            }
            Ok::<_, WishError>((
                meant.into_iter().map(|grant| grant.scope).collect(),
                remaining,
            ))
        })?;
        Ok(Revoked {
            outcome,
            removed,
            remaining,
        })
    }

    /// Writes a grant into a change set, if it is not there; tells whether the end of one that was
    /// in force changed.
    pub(crate) fn add_grant(
        &self,
        change: &mut Change<'_>,
        grant: &GrantFact,
    ) -> Result<bool, WishError> {
        self.require_subject(change.session, &grant.subject)?;
        self.require_target(change.session, &grant.target)?;
        self.write_grant(change, grant)
    }

    /// As [`add_grant`](Self::add_grant), of what is known to exist.
    pub(crate) fn write_grant(
        &self,
        change: &mut Change<'_>,
        grant: &GrantFact,
    ) -> Result<bool, WishError> {
        if let Some(until) = grant.expires_at.filter(|until| *until <= change.at) {
            return Err(WishError::Ended { until });
        }
        let fail = |error: EngineError| self.failure(&error);
        let stored = find(change, grant).map_err(fail)?;
        if stored.as_ref() == Some(grant) {
            return Ok(false);
        }
        insert(change, grant).map_err(fail)?;
        let before = stored.as_ref().map(object);
        change.record(item(grant, before.as_ref(), Some(&object(grant))));
        Ok(stored.is_some_and(|stored| holds(&stored, change.at)))
    }
}

/// The grants of a target to a subject that have not ended, in order of their identity.
fn grants_of(
    change: &mut Change<'_>,
    subject: &SubjectId,
    target: &Target,
) -> Result<Vec<GrantFact>, EngineError> {
    let mut grants = Vec::new();
    let now = change.at;
    let sql = "SELECT subject, role, permission, scope, effect, expires_at FROM upr_grant \
               WHERE subject = ?1 ORDER BY role, permission, scope, effect";
    change
        .session
        .query(sql, &[Value::Text(subject.as_str())], &mut |row| {
            let grant = facts::grant_fact(row)?;
            if holds(&grant, now) && *target == grant.target {
                grants.push(grant);
            }
            Ok(())
        })?;
    Ok(grants)
}

/// A grant holds while now is before its end (rule 4).
fn holds(grant: &GrantFact, now: Timestamp) -> bool {
    grant.expires_at.is_none_or(|end| now < end)
}

fn find(change: &mut Change<'_>, grant: &GrantFact) -> Result<Option<GrantFact>, EngineError> {
    let mut found = None;
    let sql = "SELECT subject, role, permission, scope, effect, expires_at FROM upr_grant \
               WHERE subject = ?1 AND role = ?2 AND permission = ?3 AND scope = ?4 AND effect = ?5";
    change.session.query(sql, &identity(grant), &mut |row| {
        found = Some(facts::grant_fact(row)?);
        Ok(())
    })?;
    Ok(found)
}

fn insert(change: &mut Change<'_>, grant: &GrantFact) -> Result<(), EngineError> {
    let sql = "INSERT INTO upr_grant \
               (subject, role, permission, scope, effect, expires_at, reason, actor, at, revision) \
               VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10) \
               ON CONFLICT (subject, role, permission, scope, effect) DO UPDATE SET \
               expires_at = excluded.expires_at, reason = excluded.reason, \
               actor = excluded.actor, at = excluded.at, revision = excluded.revision";
    let [subject, role, permission, scope, effect] = identity(grant);
    let values = [
        subject,
        role,
        permission,
        scope,
        effect,
        Value::from(grant.expires_at),
        Value::Text(change.actor.reason()),
        Value::Text(change.actor.name()),
        Value::Time(change.at),
        Value::Int(change.revision()),
    ];
    change.session.execute(sql, &values).map(|_| ())
}

/// Removes a grant that is there, in a change set.
pub(crate) fn remove(change: &mut Change<'_>, grant: &GrantFact) -> Result<(), EngineError> {
    delete(change, grant)?;
    change.record(item(grant, Some(&object(grant)), None));
    Ok(())
}

/// As [`remove`], in change sets of any length.
pub(crate) fn remove_one_of_many(
    change: &mut Change<'_>,
    grant: &GrantFact,
) -> Result<(), EngineError> {
    delete(change, grant)?;
    change.stream(item(grant, Some(&object(grant)), None))
}

fn delete(change: &mut Change<'_>, grant: &GrantFact) -> Result<(), EngineError> {
    let sql = "DELETE FROM upr_grant \
               WHERE subject = ?1 AND role = ?2 AND permission = ?3 AND scope = ?4 AND effect = ?5";
    change.session.execute(sql, &identity(grant)).map(drop)
}

/// Where a grant stands among those of one role.
pub(crate) fn place(grant: &GrantFact) -> [String; 3] {
    [
        grant.subject.as_str().to_owned(),
        grant.scope.as_str().to_owned(),
        effect(grant.effect).to_owned(),
    ]
}

/// Lets a grant that is there name another permission, in a change set.
pub(crate) fn rename(
    change: &mut Change<'_>,
    grant: &GrantFact,
    to: &Key,
) -> Result<(), EngineError> {
    carry(change, grant, to)?;
    remove(change, grant)
}

/// Gives, or denies, another permission to whom a grant that is there is given, in a change set.
/// Where the subject has that already, in the same scope and to the same effect, the later end
/// counts. Who gave it and why stays with it.
pub(crate) fn carry(
    change: &mut Change<'_>,
    grant: &GrantFact,
    to: &Key,
) -> Result<(), EngineError> {
    let mut carried = GrantFact {
        target: Target::Permission(to.clone()),
        ..grant.clone()
    };
    let stored = find(change, &carried)?;
    if let Some(stored) = &stored {
        let ends = (stored.expires_at, grant.expires_at);
        carried.expires_at = if let (Some(a), Some(b)) = ends {
            Some(a.max(b))
        } else {
            None
        };
    }
    if stored.as_ref() == Some(&carried) {
        return Ok(());
    }
    let sql = "INSERT INTO upr_grant \
               (subject, role, permission, scope, effect, expires_at, reason, actor, at, revision) \
               SELECT subject, '', ?6, scope, effect, ?7, reason, actor, at, ?8 FROM upr_grant \
               WHERE subject = ?1 AND role = ?2 AND permission = ?3 AND scope = ?4 AND effect = ?5 \
               ON CONFLICT (subject, role, permission, scope, effect) DO UPDATE SET \
               expires_at = excluded.expires_at, revision = excluded.revision";
    let mut values = identity(grant).to_vec();
    let number = Value::Int(change.revision());
    values.extend([
        Value::Text(to.as_str()),
        Value::from(carried.expires_at),
        number,
    ]);
    change.session.execute(sql, &values)?;
    let before = stored.as_ref().map(object);
    change.record(item(&carried, before.as_ref(), Some(&object(&carried))));
    Ok(())
}

fn identity(grant: &GrantFact) -> [Value<'_>; 5] {
    let (role, permission) = columns(&grant.target);
    [
        Value::Text(grant.subject.as_str()),
        Value::Text(role),
        Value::Text(permission),
        Value::Text(grant.scope.as_str()),
        Value::Text(effect(grant.effect)),
    ]
}

fn columns(target: &Target) -> (&str, &str) {
    match target {
        Target::Role(role) => (role.as_str(), ""),
        Target::Permission(key) => ("", key.as_str()),
    }
}

fn effect(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allow",
        Effect::Deny => "deny",
    }
}

fn item(grant: &GrantFact, before: Option<&Object>, after: Option<&Object>) -> Item {
    let (role, permission) = columns(&grant.target);
    Item::new(ItemKind::Grant, before, after)
        .of_subject(grant.subject.as_str())
        .of_role(role)
        .of_permission(permission)
}

/// A grant as files, histories and JSON have it.
pub(crate) fn object(grant: &GrantFact) -> Object {
    let (role, permission) = columns(&grant.target);
    let target = if role.is_empty() {
        ("permission", permission)
    } else {
        ("role", role)
    };
    [
        ("subject", grant.subject.as_str().into()),
        (target.0, target.1.into()),
        ("scope", grant.scope.as_str().into()),
        ("effect", effect(grant.effect).into()),
        ("expires_at", grant.expires_at.map(time::shown).into()),
    ]
    .into()
}

fn remaining<S: Serializer>(grants: &[GrantFact], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(grants.iter().map(object))
}

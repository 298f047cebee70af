//! Reading what decisions rest on.

use std::collections::HashMap;

use upr::access::{
    Access, Decision, Effect, Facts, GrantFact, GrantRow, PermissionFact, RoleFact, RowError,
    Snapshot, State, SubjectFact, Target,
};
use upr_core::{Key, ModuleKey, RoleKey, Scope, SubjectId};

use crate::engine::{Begin, EngineError, Row, Session, Value};
use crate::error::StoreError;
use crate::member::Member;
use crate::store::{Store, misplaced};

const PERMISSIONS: &str = "SELECT key, application, state, alias_of, critical FROM upr_permission";
const GRANTS: &str = "SELECT subject, role, permission, scope, effect, expires_at FROM upr_grant";

impl Store {
    /// Everything that decisions rest on, in one state of the store.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the store cannot be read, or holds rows that no program of ours wrote.
    pub fn facts(&self) -> Result<Facts, StoreError> {
        self.read(Begin::Read, |session| {
            let mut facts = self.common_facts(session)?;
            let fail = |error: EngineError| self.failure(&error);
            let sql = "SELECT id, active FROM upr_subject ORDER BY id";
            session
                .query(sql, &[], &mut |row| {
                    facts.subjects.push(subject_fact(row)?);
                    Ok(())
                })
                .map_err(fail)?;
            session
                .query(GRANTS, &[], &mut |row| {
                    facts.grants.push(grant_fact(row)?);
                    Ok(())
                })
                .map_err(fail)?;
            Ok(facts)
        })
    }

    /// A handle that decides from the store as it is now. It does not follow the store.
    ///
    /// # Errors
    ///
    /// As [`facts`](Self::facts).
    pub fn access(&self) -> Result<Access, StoreError> {
        Ok(Access::new(self.snapshot()?))
    }

    /// What [`Snapshot::compile`] makes of [`facts`](Self::facts), row by row as they are read:
    /// memory holds no more than the snapshot.
    ///
    /// # Errors
    ///
    /// As [`facts`](Self::facts).
    pub fn snapshot(&self) -> Result<Snapshot, StoreError> {
        self.read(Begin::Read, |session| {
            let facts = self.common_facts(session)?;
            let fail = |error: EngineError| self.failure(&error);
            let mut builder = Snapshot::builder(facts.permissions, facts.roles);
            let wrong = |error: RowError| misplaced(error.to_string());
            let sql = "SELECT id, active FROM upr_subject ORDER BY id";
            session
                .query(sql, &[], &mut |row| {
                    let (id, active) = (row.text(0)?, row.bool(1)?);
                    builder.read_subject(id, active).map_err(wrong)
                })
                .map_err(fail)?;
            // In the order in which they are stored: by subject.
            session
                .query(GRANTS, &[], &mut |row| {
                    let grant = GrantRow {
                        subject: row.text(0)?,
                        role: row.text(1)?,
                        permission: row.text(2)?,
                        scope: row.text(3)?,
                        effect: effect(row.text(4)?)?,
                        expires_at: row.time(5)?,
                    };
                    builder.read_grant(&grant).map_err(wrong)
                })
                .map_err(fail)?;
            Ok(builder.finish(facts.revision, facts.newest_time))
        })
    }

    /// What decisions about one subject rest on; answers about others would be wrong.
    ///
    /// # Errors
    ///
    /// As [`facts`](Self::facts).
    pub fn facts_of(&self, subject: &SubjectId) -> Result<Facts, StoreError> {
        self.read(Begin::Read, |session| {
            let mut facts = self.common_facts(session)?;
            self::subject(session, subject, &mut facts).map_err(|error| self.failure(&error))?;
            Ok(facts)
        })
    }

    /// One decision, from the store as it is now.
    ///
    /// # Errors
    ///
    /// As [`facts`](Self::facts): an outage is neither a denial nor a grant.
    pub fn check(
        &self,
        subject: &SubjectId,
        key: &Key,
        scope: &Scope,
    ) -> Result<Decision, StoreError> {
        let snapshot = Snapshot::compile(self.facts_of(subject)?);
        Ok(snapshot.check_key_at(subject.as_str(), key.as_str(), scope.as_str(), self.clock()))
    }

    pub(crate) fn common_facts(&self, session: &mut dyn Session) -> Result<Facts, StoreError> {
        let meta = self.meta(session)?;
        let fail = |error: EngineError| self.failure(&error);
        Ok(Facts {
            permissions: permissions(session).map_err(fail)?,
            roles: roles(session).map_err(fail)?,
            subjects: Vec::new(),
            grants: Vec::new(),
            revision: meta.revision().map_err(fail)?,
            newest_time: meta.newest_time().map_err(fail)?,
        })
    }
}

/// Reads one subject and its grants into `facts`; nothing, when it is not there.
pub(crate) fn subject(
    session: &mut dyn Session,
    id: &SubjectId,
    facts: &mut Facts,
) -> Result<(), EngineError> {
    let values = [Value::Text(id.as_str())];
    let sql = "SELECT id, active FROM upr_subject WHERE id = ?1";
    session.query(sql, &values, &mut |row| {
        facts.subjects.push(subject_fact(row)?);
        Ok(())
    })?;
    let sql = "SELECT subject, role, permission, scope, effect, expires_at FROM upr_grant \
               WHERE subject = ?1";
    session.query(sql, &values, &mut |row| {
        facts.grants.push(grant_fact(row)?);
        Ok(())
    })
}

fn permissions(session: &mut dyn Session) -> Result<Vec<PermissionFact>, EngineError> {
    let mut facts = Vec::new();
    let sql = format!("{PERMISSIONS} ORDER BY key");
    session.query(&sql, &[], &mut |row| {
        facts.push(permission_fact(row)?);
        Ok(())
    })?;
    Ok(facts)
}

/// Reads one permission, if it is there.
pub(crate) fn permission(
    session: &mut dyn Session,
    key: &Key,
) -> Result<Option<PermissionFact>, EngineError> {
    let mut fact = None;
    let sql = format!("{PERMISSIONS} WHERE key = ?1");
    session.query(&sql, &[Value::Text(key.as_str())], &mut |row| {
        fact = Some(permission_fact(row)?);
        Ok(())
    })?;
    Ok(fact)
}

/// Reads the columns of `PERMISSIONS`.
fn permission_fact(row: &dyn Row) -> Result<PermissionFact, EngineError> {
    let alias_of = match row.text(3)? {
        "" => None,
        alias => Some(key(alias)?),
    };
    Ok(PermissionFact {
        key: key(row.text(0)?)?,
        application: row.text(1)?.to_owned(),
        state: state(row.text(2)?)?,
        alias_of,
        critical: row.bool(4)?,
    })
}

/// Reads one role and what it holds, if it is there.
pub(crate) fn role(
    session: &mut dyn Session,
    key: &RoleKey,
) -> Result<Option<RoleFact>, EngineError> {
    let values = [Value::Text(key.as_str())];
    let mut fact = None;
    let sql = "SELECT key, application FROM upr_role WHERE key = ?1";
    session.query(sql, &values, &mut |row| {
        fact = Some(role_fact(row)?);
        Ok(())
    })?;
    let sql = "SELECT kind, member FROM upr_role_permission WHERE role = ?1";
    session.query(sql, &values, &mut |row| {
        if let Some(fact) = &mut fact {
            hold(fact, member(row.text(0)?, row.text(1)?)?);
        }
        Ok(())
    })?;
    Ok(fact)
}

fn role_fact(row: &dyn Row) -> Result<RoleFact, EngineError> {
    Ok(RoleFact {
        key: role_key(row.text(0)?)?,
        application: row.text(1)?.to_owned(),
        all: false,
        modules: Vec::new(),
        permissions: Vec::new(),
    })
}

pub(crate) fn hold(fact: &mut RoleFact, member: Member) {
    match member {
        Member::All => fact.all = true,
        Member::Module(module) => fact.modules.push(module),
        Member::Permission(key) => fact.permissions.push(key),
    }
}

fn roles(session: &mut dyn Session) -> Result<Vec<RoleFact>, EngineError> {
    let mut facts: Vec<RoleFact> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    let sql = "SELECT key, application FROM upr_role ORDER BY key";
    session.query(sql, &[], &mut |row| {
        places.insert(row.text(0)?.to_owned(), facts.len());
        facts.push(role_fact(row)?);
        Ok(())
    })?;
    let sql = "SELECT role, kind, member FROM upr_role_permission ORDER BY role, kind, member";
    session.query(sql, &[], &mut |row| {
        let fact = places
            .get(row.text(0)?)
            .and_then(|place| facts.get_mut(*place));
        if let Some(fact) = fact {
            hold(fact, member(row.text(1)?, row.text(2)?)?);
        }
        Ok(())
    })?;
    Ok(facts)
}

fn subject_fact(row: &dyn Row) -> Result<SubjectFact, EngineError> {
    Ok(SubjectFact {
        id: subject_id(row.text(0)?)?,
        active: row.bool(1)?,
    })
}

/// Reads the columns of `GRANTS`.
pub(crate) fn grant_fact(row: &dyn Row) -> Result<GrantFact, EngineError> {
    let target = match (row.text(1)?, row.text(2)?) {
        ("", permission) => Target::Permission(key(permission)?),
        (role, _) => Target::Role(role_key(role)?),
    };
    let effect = effect(row.text(4)?)?;
    Ok(GrantFact {
        subject: subject_id(row.text(0)?)?,
        target,
        scope: scope(row.text(3)?)?,
        effect,
        expires_at: row.time(5)?,
    })
}

fn effect(text: &str) -> Result<Effect, EngineError> {
    match text {
        "allow" => Ok(Effect::Allow),
        "deny" => Ok(Effect::Deny),
        other => Err(misplaced(format!("`{other}` is no effect of a grant"))),
    }
}

/// Reads the column `state` of a permission.
pub(crate) fn state(text: &str) -> Result<State, EngineError> {
    match text {
        "active" => Ok(State::Active),
        "deprecated" => Ok(State::Deprecated),
        "orphan" => Ok(State::Orphan),
        "retired" => Ok(State::Retired),
        other => Err(misplaced(format!("`{other}` is no state of a permission"))),
    }
}

/// As the column has it.
pub(crate) fn state_name(state: State) -> &'static str {
    match state {
        State::Active => "active",
        State::Deprecated => "deprecated",
        State::Orphan => "orphan",
        State::Retired => "retired",
    }
}

pub(crate) fn key(text: &str) -> Result<Key, EngineError> {
    Key::parse(text).map_err(|error| misplaced(error.to_string()))
}

pub(crate) fn module_key(text: &str) -> Result<ModuleKey, EngineError> {
    ModuleKey::parse(text).map_err(|error| misplaced(error.to_string()))
}

pub(crate) fn role_key(text: &str) -> Result<RoleKey, EngineError> {
    RoleKey::parse(text).map_err(|error| misplaced(error.to_string()))
}

pub(crate) fn member(kind: &str, member: &str) -> Result<Member, EngineError> {
    Member::from_columns(kind, member).map_err(misplaced)
}

pub(crate) fn subject_id(text: &str) -> Result<SubjectId, EngineError> {
    SubjectId::parse(text).map_err(|error| misplaced(error.to_string()))
}

pub(crate) fn scope(text: &str) -> Result<Scope, EngineError> {
    Scope::parse(text).map_err(|error| misplaced(error.to_string()))
}

//! Finding what a wish names, and what it may have meant.

use upr::access::{State, Target};
use upr_core::{Key, ModuleKey, RoleKey, SubjectId};

use crate::engine::{Begin, EngineError, Session, Value};
use crate::facts;
use crate::member::Member;
use crate::role::RoleMode;
use crate::store::{Store, misplaced};
use crate::wish::WishError;

/// A role without what it holds.
#[derive(Clone, Debug)]
pub(crate) struct RoleRow {
    pub(crate) label: String,
    pub(crate) mode: RoleMode,
    pub(crate) application: String,
    pub(crate) orphan: bool,
}

impl RoleRow {
    /// Whether code that is in force declares it.
    pub(crate) fn is_declared(&self) -> bool {
        self.mode != RoleMode::Store && !self.orphan
    }
}

impl Store {
    /// What became of a permission that the store knows; retired ones are known.
    ///
    /// # Errors
    ///
    /// [`WishError::UnknownPermission`], with the keys that look like it.
    pub fn permission_state(&self, key: &Key) -> Result<State, WishError> {
        self.read(Begin::Read, |session| {
            self.meta(session)?;
            Ok(self.require_known(session, key)?.0)
        })
    }

    pub(crate) fn require_subject(
        &self,
        session: &mut dyn Session,
        subject: &SubjectId,
    ) -> Result<(), WishError> {
        let mut found = false;
        let sql = "SELECT 1 FROM upr_subject WHERE id = ?1";
        session
            .query(sql, &[Value::Text(subject.as_str())], &mut |_| {
                found = true;
                Ok(())
            })
            .map_err(|error| self.failure(&error))?;
        if found {
            Ok(())
        } else {
            Err(WishError::UnknownSubject {
                subject: subject.clone(),
            })
        }
    }

    /// Refuses keys that nobody knows; a retired one is known.
    pub(crate) fn require_known(
        &self,
        session: &mut dyn Session,
        key: &Key,
    ) -> Result<(State, Option<Key>), WishError> {
        let mut found = None;
        let sql = "SELECT state, alias_of FROM upr_permission WHERE key = ?1";
        session
            .query(sql, &[Value::Text(key.as_str())], &mut |row| {
                let alias = match row.text(1)? {
                    "" => None,
                    alias => Some(facts::key(alias)?),
                };
                found = Some((facts::state(row.text(0)?)?, alias));
                Ok(())
            })
            .map_err(|error| self.failure(&error))?;
        if let Some(found) = found {
            return Ok(found);
        }
        let sql = "SELECT key FROM upr_permission WHERE state <> 'retired'";
        let nearest = nearest(session, sql, key.as_str()).map_err(|error| self.failure(&error))?;
        Err(WishError::UnknownPermission {
            key: key.clone(),
            nearest,
        })
    }

    /// Refuses keys that cannot be given to anybody.
    pub(crate) fn require_grantable(
        &self,
        session: &mut dyn Session,
        key: &Key,
    ) -> Result<(), WishError> {
        match self.require_known(session, key)? {
            (State::Retired, replaced_by) => Err(WishError::Retired {
                key: key.clone(),
                replaced_by,
            }),
            _ => Ok(()),
        }
    }

    pub(crate) fn require_module(
        &self,
        session: &mut dyn Session,
        key: &ModuleKey,
    ) -> Result<(), WishError> {
        let fail = |error: EngineError| self.failure(&error);
        let mut found = false;
        let sql = "SELECT 1 FROM upr_module WHERE key = ?1";
        session
            .query(sql, &[Value::Text(key.as_str())], &mut |_| {
                found = true;
                Ok(())
            })
            .map_err(fail)?;
        if found {
            return Ok(());
        }
        let sql = "SELECT DISTINCT key FROM upr_module";
        let nearest = nearest(session, sql, key.as_str()).map_err(fail)?;
        Err(WishError::UnknownModule {
            key: key.clone(),
            nearest,
        })
    }

    pub(crate) fn find_role(
        &self,
        session: &mut dyn Session,
        key: &RoleKey,
    ) -> Result<Option<RoleRow>, WishError> {
        let mut found = None;
        let sql = "SELECT label, mode, application, state FROM upr_role WHERE key = ?1";
        session
            .query(sql, &[Value::Text(key.as_str())], &mut |row| {
                found = Some(RoleRow {
                    label: row.text(0)?.to_owned(),
                    mode: mode(row.text(1)?)?,
                    application: row.text(2)?.to_owned(),
                    orphan: row.text(3)? == "orphan",
                });
                Ok(())
            })
            .map_err(|error| self.failure(&error))?;
        Ok(found)
    }

    pub(crate) fn require_role(
        &self,
        session: &mut dyn Session,
        key: &RoleKey,
    ) -> Result<RoleRow, WishError> {
        if let Some(role) = self.find_role(session, key)? {
            return Ok(role);
        }
        let nearest = nearest(session, "SELECT key FROM upr_role", key.as_str())
            .map_err(|error| self.failure(&error))?;
        Err(WishError::UnknownRole {
            key: key.clone(),
            nearest,
        })
    }

    /// Refuses a role or permission that cannot be given to anybody.
    pub(crate) fn require_target(
        &self,
        session: &mut dyn Session,
        target: &Target,
    ) -> Result<(), WishError> {
        match target {
            Target::Role(role) => self.require_role(session, role).map(|_| ()),
            Target::Permission(key) => self.require_grantable(session, key),
        }
    }

    /// What a role holds, in order.
    pub(crate) fn members_of(
        &self,
        session: &mut dyn Session,
        role: &RoleKey,
    ) -> Result<Vec<Member>, WishError> {
        let mut members = Vec::new();
        let sql = "SELECT kind, member FROM upr_role_permission WHERE role = ?1";
        session
            .query(sql, &[Value::Text(role.as_str())], &mut |row| {
                members.push(facts::member(row.text(0)?, row.text(1)?)?);
                Ok(())
            })
            .map_err(|error| self.failure(&error))?;
        members.sort();
        Ok(members)
    }
}

/// Reads the column `mode` of a role.
pub(crate) fn mode(text: &str) -> Result<RoleMode, EngineError> {
    match text {
        "store" => Ok(RoleMode::Store),
        "seeded" => Ok(RoleMode::Seeded),
        "managed" => Ok(RoleMode::Managed),
        other => Err(misplaced(format!("`{other}` is no mode of a role"))),
    }
}

/// Up to three words of a query that look like `word`, the nearest first.
fn nearest(session: &mut dyn Session, sql: &str, word: &str) -> Result<Vec<String>, EngineError> {
    /// Below this, suggestions read as noise.
    const NEAR: f64 = 0.6;
    let mut found: Vec<(f64, String)> = Vec::new();
    session.query(sql, &[], &mut |row| {
        let candidate = row.text(0)?;
        let likeness = strsim::normalized_damerau_levenshtein(word, candidate);
        if likeness >= NEAR {
            found.push((likeness, candidate.to_owned()));
        }
        Ok(())
    })?;
    found.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    found.truncate(3);
    Ok(found.into_iter().map(|(_, word)| word).collect())
}

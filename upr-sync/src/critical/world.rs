//! A store as it is, or as it would be with other lines in the place of some.

use std::collections::{BTreeMap, BTreeSet};

use upr::access::{Effect, GrantFact, State, Target};
use upr_core::{Key, ModuleKey, SubjectId, Timestamp};

use super::touched::Touched;
use crate::engine::{EngineError, Session, Value};
use crate::facts;
use crate::member::Member;

pub(super) struct World<'w> {
    session: &'w mut dyn Session,
    now: Timestamp,
    touched: &'w Touched,
}

/// What decides about a permission.
#[derive(Clone)]
struct Line {
    key: Key,
    application: String,
    state: State,
    alias_of: String,
    critical: bool,
}

/// A permission that decides, and the roles that hold it.
struct Held {
    key: Key,
    roles: BTreeSet<String>,
}

impl Held {
    fn holds(&self, target: &Target) -> bool {
        match target {
            Target::Permission(key) => *key == self.key,
            Target::Role(role) => self.roles.contains(role.as_str()),
        }
    }
}

impl<'w> World<'w> {
    pub(super) fn new(session: &'w mut dyn Session, now: Timestamp, touched: &'w Touched) -> Self {
        Self {
            session,
            now,
            touched,
        }
    }

    /// Whether somebody must hold it: it is critical, and it decides or another answers for it.
    pub(super) fn is_protected(&mut self, key: &Key) -> Result<bool, EngineError> {
        let line = self.line(key)?;
        Ok(line.is_some_and(|line| {
            line.critical && (line.state != State::Retired || !line.alias_of.is_empty())
        }))
    }

    /// Whether it is there and not retired.
    pub(super) fn is_live(&mut self, key: &Key) -> Result<bool, EngineError> {
        let line = self.line(key)?;
        Ok(line.is_some_and(|line| line.state != State::Retired))
    }

    /// Up to `most` subjects that hold a permission, sorted.
    pub(super) fn holders(
        &mut self,
        key: &Key,
        most: usize,
    ) -> Result<Vec<SubjectId>, EngineError> {
        let Some(line) = self.answering(key)? else {
            return Ok(Vec::new());
        };
        let roles = self.covering(&line)?;
        let held = Held {
            key: line.key,
            roles,
        };
        let mut holders = BTreeSet::new();
        self.untouched(&held, most, &mut holders)?;
        let touched: BTreeSet<&String> = self
            .touched
            .subjects
            .keys()
            .chain(self.touched.grants.keys())
            .collect();
        for subject in touched {
            if holders.len() >= most {
                break;
            }
            if self.is_holder(subject, &held)? {
                holders.insert(facts::subject_id(subject)?);
            }
        }
        Ok(holders.into_iter().collect())
    }

    fn line(&mut self, key: &Key) -> Result<Option<Line>, EngineError> {
        let mut found = None;
        let sql =
            "SELECT application, state, alias_of, critical FROM upr_permission WHERE key = ?1";
        self.session
            .query(sql, &[Value::Text(key.as_str())], &mut |row| {
                found = Some(Line {
                    key: key.clone(),
                    application: row.text(0)?.to_owned(),
                    state: facts::state(row.text(1)?)?,
                    alias_of: row.text(2)?.to_owned(),
                    critical: row.bool(3)?,
                });
                Ok(())
            })?;
        let Some(touched) = self.touched.permissions.get(key.as_str()) else {
            return Ok(found);
        };
        let (Some(told), Some(mut line)) = (touched, found) else {
            return Ok(None);
        };
        if let Some(state) = told.state.as_deref() {
            line.state = match state {
                "declared" => State::Active,
                other => facts::state(other)?,
            };
            if line.state != State::Retired {
                line.alias_of = String::new();
            }
        }
        line.alias_of = told.alias_of.clone().unwrap_or(line.alias_of);
        line.critical = told.critical.unwrap_or(line.critical);
        Ok(Some(line))
    }

    /// The line that decides: its own, or that of the last of its replacements.
    fn answering(&mut self, key: &Key) -> Result<Option<Line>, EngineError> {
        let mut passed = BTreeSet::new();
        let mut line = self.line(key)?;
        while let Some(retired) = line.take_if(|line| line.state == State::Retired) {
            if retired.alias_of.is_empty() || !passed.insert(retired.alias_of.clone()) {
                return Ok(None);
            }
            let alias = facts::key(&retired.alias_of)?;
            // What is made by the very change set that is tried out is not there yet.
            let made = Line {
                key: alias.clone(),
                state: State::Active,
                alias_of: String::new(),
                ..retired
            };
            line = Some(self.line(&alias)?.unwrap_or(made));
        }
        Ok(line)
    }

    /// The roles that hold a permission by name, by its module or by holding everything.
    fn covering(&mut self, line: &Line) -> Result<BTreeSet<String>, EngineError> {
        let module = line.key.module();
        let mut roles = BTreeSet::new();
        let sql = "SELECT m.role, m.kind, r.application FROM upr_role_permission m \
                   JOIN upr_role r ON r.key = m.role \
                   WHERE (m.kind = 'permission' AND m.member = ?1) \
                   OR (m.kind = 'module' AND m.member = ?2) OR (m.kind = 'all' AND m.member = '')";
        let values = [Value::Text(line.key.as_str()), Value::Text(module)];
        self.session.query(sql, &values, &mut |row| {
            let owner = row.text(2)?;
            let reaches = owner.is_empty() || owner == line.application;
            if reaches || row.text(1)? == "permission" {
                roles.insert(row.text(0)?.to_owned());
            }
            Ok(())
        })?;
        let touched = self.touched;
        for role in touched.roles.keys().chain(touched.members.keys()) {
            if self.covers(role, line)? {
                roles.insert(role.clone());
            } else {
                roles.remove(role);
            }
        }
        Ok(roles)
    }

    /// Whether a role of which something was touched holds a permission.
    fn covers(&mut self, role: &str, line: &Line) -> Result<bool, EngineError> {
        let Some(application) = self.owner(role)? else {
            return Ok(false);
        };
        let reaches = application.is_empty() || application == line.application;
        let mut members = vec![Member::Permission(line.key.clone())];
        if reaches {
            members.push(Member::All);
            members.extend(ModuleKey::parse(line.key.module()).map(Member::Module));
        }
        for member in members {
            let told = self.touched.members.get(role);
            let told = told.and_then(|members| members.get(&member)).copied();
            let holds = match told {
                Some(holds) => holds,
                None => self.has_member(role, &member)?,
            };
            if holds {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whose role it is; `None` when it is not there.
    fn owner(&mut self, role: &str) -> Result<Option<String>, EngineError> {
        let told = self.touched.roles.get(role);
        match told {
            Some(None) => return Ok(None),
            Some(Some(line)) if line.application.is_some() => {
                return Ok(line.application.clone());
            }
            _ => {}
        }
        let mut owner = told.map(|_| String::new());
        let sql = "SELECT application FROM upr_role WHERE key = ?1";
        self.session.query(sql, &[Value::Text(role)], &mut |row| {
            owner = Some(row.text(0)?.to_owned());
            Ok(())
        })?;
        Ok(owner)
    }

    fn has_member(&mut self, role: &str, member: &Member) -> Result<bool, EngineError> {
        let (kind, name) = member.columns();
        let mut found = false;
        let sql = "SELECT 1 FROM upr_role_permission WHERE role = ?1 AND kind = ?2 AND member = ?3";
        let values = [role, kind, name].map(Value::Text);
        self.session.query(sql, &values, &mut |_| {
            found = true;
            Ok(())
        })?;
        Ok(found)
    }

    /// Looks through the subjects of which nothing was touched, a few at a time.
    fn untouched(
        &mut self,
        held: &Held,
        most: usize,
        holders: &mut BTreeSet<SubjectId>,
    ) -> Result<(), EngineError> {
        let permission = ("permission", held.key.as_str());
        let roles = held.roles.iter().map(|role| ("role", role.as_str()));
        for (column, target) in roles.chain([permission]) {
            let mut last = String::new();
            while holders.len() < most {
                let candidates = self.candidates(column, target, &last)?;
                let Some(end) = candidates.last() else { break };
                last.clone_from(end);
                for subject in &candidates {
                    let is_free = !self.touched.knows_subject(subject);
                    if holders.len() < most && is_free && !self.is_denied(subject, held)? {
                        holders.insert(facts::subject_id(subject)?);
                    }
                }
            }
        }
        Ok(())
    }

    /// The next active subjects that have a target everywhere and without an end.
    fn candidates(
        &mut self,
        column: &'static str,
        target: &str,
        last: &str,
    ) -> Result<Vec<String>, EngineError> {
        let mut found = Vec::new();
        let sql = format!(
            "SELECT g.subject FROM upr_grant g JOIN upr_subject s ON s.id = g.subject \
             WHERE g.{column} = ?1 AND g.subject > ?2 AND g.effect = 'allow' AND g.scope = '' \
             AND g.expires_at IS NULL AND s.active = ?3 ORDER BY g.subject LIMIT 32"
        );
        let values = [Value::Text(target), Value::Text(last), Value::Bool(true)];
        self.session.query(&sql, &values, &mut |row| {
            found.push(row.text(0)?.to_owned());
            Ok(())
        })?;
        Ok(found)
    }

    fn is_denied(&mut self, subject: &str, held: &Held) -> Result<bool, EngineError> {
        let grants = self.grants(subject)?;
        Ok(grants.iter().any(|grant| self.denies(grant, held)))
    }

    fn denies(&self, grant: &GrantFact, held: &Held) -> bool {
        let is_in_force = grant.expires_at.is_none_or(|end| self.now < end);
        grant.effect == Effect::Deny && is_in_force && held.holds(&grant.target)
    }

    /// The grants of a subject that reach the empty scope, as they stand in the store.
    fn grants(&mut self, subject: &str) -> Result<Vec<GrantFact>, EngineError> {
        let mut grants = Vec::new();
        let sql = "SELECT subject, role, permission, scope, effect, expires_at FROM upr_grant \
                   WHERE subject = ?1 AND scope = ''";
        self.session
            .query(sql, &[Value::Text(subject)], &mut |row| {
                grants.push(facts::grant_fact(row)?);
                Ok(())
            })?;
        Ok(grants)
    }

    /// Whether a subject of which something was touched is a holder.
    fn is_holder(&mut self, subject: &str, held: &Held) -> Result<bool, EngineError> {
        let active = match self.touched.subjects.get(subject) {
            Some(told) => *told,
            None => self.is_active(subject)?,
        };
        if active != Some(true) {
            return Ok(false);
        }
        let stored = self.grants(subject)?;
        let mut grants: BTreeMap<(Target, bool), GrantFact> = stored
            .into_iter()
            .map(|grant| ((grant.target.clone(), grant.effect == Effect::Deny), grant))
            .collect();
        for (identity, told) in self.touched.grants.get(subject).into_iter().flatten() {
            match told {
                Some(grant) => grants.insert(identity.clone(), grant.clone()),
                None => grants.remove(identity),
            };
        }
        let allows = |grant: &GrantFact| {
            grant.effect == Effect::Allow && grant.expires_at.is_none() && held.holds(&grant.target)
        };
        let is_denied = grants.values().any(|grant| self.denies(grant, held));
        Ok(!is_denied && grants.values().any(allows))
    }

    fn is_active(&mut self, subject: &str) -> Result<Option<bool>, EngineError> {
        let mut active = None;
        let sql = "SELECT active FROM upr_subject WHERE id = ?1";
        self.session
            .query(sql, &[Value::Text(subject)], &mut |row| {
                active = Some(row.bool(0)?);
                Ok(())
            })?;
        Ok(active)
    }
}

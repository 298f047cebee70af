//! What was so at a moment: the present, and from there back through the trail.

use std::collections::BTreeMap;

use thiserror::Error;
use upr::access::{Facts, GrantFact, PermissionFact, RoleFact, State, SubjectFact};
use upr_core::{Key, RoleKey, SubjectId, Timestamp};

use super::item;
use crate::change::{Item, ItemKind};
use crate::engine::{Begin, EngineError, Session, Value};
use crate::error::{Class, Failure, StoreError};
use crate::facts;
use crate::member::Member;
use crate::recorded;
use crate::store::Store;
use crate::time;

/// What decisions about one subject rested on at a moment.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct PastFacts {
    /// The facts, at the revision that was the present then.
    pub facts: Facts,
    /// The moment that was asked for.
    pub at: Timestamp,
}

/// Why nothing can be said about a moment.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PastError {
    /// The store itself failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing was written down yet.
    #[error(
        "nothing is known of {}: the history begins at {}",
        time::shown(*at),
        time::shown(*begin)
    )]
    BeforeHistory {
        /// The moment that was asked for.
        at: Timestamp,
        /// The first change set's.
        begin: Timestamp,
    },
}

impl Failure for PastError {
    fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::BeforeHistory { .. } => "before-history",
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Store(error) => error.class(),
            Self::BeforeHistory { .. } => Class::CouldNot,
        }
    }

    fn hints(&self) -> Vec<String> {
        match self {
            Self::Store(error) => error.hints(),
            Self::BeforeHistory { begin, .. } => {
                let begin = time::shown(*begin);
                vec![format!("name a moment that is not before {begin}")]
            }
        }
    }
}

impl Store {
    /// What decisions about one subject rested on at a moment; answers about others would be wrong.
    ///
    /// It is computed from what is so now, taking back every change set that came later. What was
    /// changed by SQL is in no change set, and so counts as if it had always been so. A moment that
    /// is still to come is answered from what is so now.
    ///
    /// # Errors
    ///
    /// [`PastError::BeforeHistory`] for a moment before the first change set.
    pub fn facts_at(&self, subject: &SubjectId, at: Timestamp) -> Result<PastFacts, PastError> {
        self.read(Begin::Read, |session| {
            let mut facts = self.common_facts(session)?;
            let fail = |error: EngineError| self.failure(&error);
            facts::subject(session, subject, &mut facts).map_err(fail)?;
            let place = place(session, at).map_err(fail)?;
            let (number, newest_time) = match place {
                Place::Before(begin) => return Err(PastError::BeforeHistory { at, begin }),
                Place::At(number, newest_time) => (number, newest_time),
            };
            let mut past = Past::of(facts);
            past.unmake(session, number).map_err(fail)?;
            for item in later(session, subject.as_str(), number).map_err(fail)? {
                past.take_back(&item).map_err(fail)?;
            }
            for item in later(session, "", number).map_err(fail)? {
                past.take_back(&item).map_err(fail)?;
            }
            let revision = u64::try_from(number).unwrap_or(0);
            let facts = past.facts(revision, newest_time);
            Ok(PastFacts { facts, at })
        })
    }
}

/// Where a moment stands in the trail.
enum Place {
    /// Before its beginning, which is then.
    Before(Timestamp),
    /// After this change set, which was made then, and before the next.
    At(i64, Timestamp),
}

/// Numbers and times grow together, so a few looks are enough in a trail of any length.
fn place(session: &mut dyn Session, at: Timestamp) -> Result<Place, EngineError> {
    let (mut low, mut high) = (0, 0);
    let sql = "SELECT COALESCE(MIN(number), 0), COALESCE(MAX(number), 0) FROM upr_change";
    session.query(sql, &[], &mut |row| {
        (low, high) = (row.int(0)?, row.int(1)?);
        Ok(())
    })?;
    let begin = made(session, low)?;
    if at < begin {
        return Ok(Place::Before(begin));
    }
    while low < high {
        let middle = low + (high - low + 1) / 2;
        if made(session, middle)? <= at {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(Place::At(low, made(session, low)?))
}

/// When the last change set up to a number was made.
fn made(session: &mut dyn Session, number: i64) -> Result<Timestamp, EngineError> {
    let mut made = None;
    let sql = "SELECT at FROM upr_change WHERE number <= ?1 ORDER BY number DESC LIMIT 1";
    session.query(sql, &[Value::Int(number)], &mut |row| {
        made = row.time(0)?;
        Ok(())
    })?;
    Ok(made.unwrap_or(Timestamp::EPOCH))
}

/// The facts about a subject that came after a change set, the newest first; for `""`, those about
/// nobody: of roles, their members and permissions.
fn later(session: &mut dyn Session, subject: &str, number: i64) -> Result<Vec<Item>, EngineError> {
    let mut items = Vec::new();
    let sql = "SELECT kind, subject, role, permission, before, after FROM upr_change_item \
               WHERE subject = ?1 AND number > ?2 ORDER BY number DESC, item DESC";
    let values = [Value::Text(subject), Value::Int(number)];
    session.query(sql, &values, &mut |row| {
        items.push(item(row)?);
        Ok(())
    })?;
    Ok(items)
}

/// Facts by what they are about, so that one can be taken back.
struct Past {
    permissions: BTreeMap<Key, PermissionFact>,
    roles: BTreeMap<RoleKey, RoleFact>,
    subjects: BTreeMap<SubjectId, SubjectFact>,
    grants: Vec<GrantFact>,
}

impl Past {
    fn of(facts: Facts) -> Self {
        let permissions = facts.permissions.into_iter();
        let roles = facts.roles.into_iter();
        let subjects = facts.subjects.into_iter();
        Self {
            permissions: permissions.map(|fact| (fact.key.clone(), fact)).collect(),
            roles: roles.map(|fact| (fact.key.clone(), fact)).collect(),
            subjects: subjects.map(|fact| (fact.id.clone(), fact)).collect(),
            grants: facts.grants,
        }
    }

    fn facts(self, revision: u64, newest_time: Timestamp) -> Facts {
        Facts {
            permissions: self.permissions.into_values().collect(),
            roles: self.roles.into_values().collect(),
            subjects: self.subjects.into_values().collect(),
            grants: self.grants,
            revision,
            newest_time,
        }
    }

    /// Permissions that were made later are no facts of their own; their rows say when.
    fn unmake(&mut self, session: &mut dyn Session, number: i64) -> Result<(), EngineError> {
        let sql = "SELECT key FROM upr_permission WHERE created > ?1";
        session.query(sql, &[Value::Int(number)], &mut |row| {
            self.permissions.remove(&facts::key(row.text(0)?)?);
            Ok(())
        })
    }

    fn take_back(&mut self, item: &Item) -> Result<(), EngineError> {
        match item.kind {
            ItemKind::Permission => self.permission(item),
            ItemKind::Role => self.role(item),
            ItemKind::Member => self.member(item),
            ItemKind::Subject => {
                let id = facts::subject_id(&item.subject)?;
                match recorded::subject(&item.before)? {
                    Some(line) => {
                        let active = line.active;
                        self.subjects.insert(id.clone(), SubjectFact { id, active });
                    }
                    None => drop(self.subjects.remove(&id)),
                }
                Ok(())
            }
            ItemKind::Grant => {
                let (before, after) = (
                    recorded::grant(&item.before)?,
                    recorded::grant(&item.after)?,
                );
                if let Some(grant) = after.as_ref().or(before.as_ref()) {
                    self.grants.retain(|held| !is_same(held, grant));
                }
                self.grants.extend(before);
                Ok(())
            }
        }
    }

    fn permission(&mut self, item: &Item) -> Result<(), EngineError> {
        let key = facts::key(&item.permission)?;
        let Some(line) = recorded::permission(&item.before)? else {
            self.permissions.remove(&key);
            return Ok(());
        };
        let fact = self
            .permissions
            .entry(key.clone())
            .or_insert_with(|| PermissionFact {
                key,
                application: line.application.clone().unwrap_or_default(),
                state: State::Active,
                alias_of: None,
                critical: false,
            });
        match line.state.as_deref() {
            None => {}
            Some("declared") => fact.state = State::Active,
            Some(state) => fact.state = facts::state(state)?,
        }
        if let Some(alias) = &line.alias_of {
            fact.alias_of = if alias.is_empty() {
                None
            } else {
                Some(facts::key(alias)?)
            };
        }
        if fact.state != State::Retired {
            fact.alias_of = None;
        }
        fact.critical = line.critical.unwrap_or(fact.critical);
        Ok(())
    }

    fn role(&mut self, item: &Item) -> Result<(), EngineError> {
        let key = facts::role_key(&item.role)?;
        let Some(line) = recorded::role(&item.before)? else {
            self.roles.remove(&key);
            return Ok(());
        };
        let fact = self.roles.entry(key.clone()).or_insert_with(|| RoleFact {
            key,
            application: String::new(),
            all: false,
            modules: Vec::new(),
            permissions: Vec::new(),
        });
        if let Some(application) = line.application {
            fact.application = application;
        }
        for member in line.members {
            facts::hold(fact, member);
        }
        Ok(())
    }

    fn member(&mut self, item: &Item) -> Result<(), EngineError> {
        let Some(fact) = self.roles.get_mut(&facts::role_key(&item.role)?) else {
            return Ok(());
        };
        if let Some(member) = recorded::member(&item.before)? {
            facts::hold(fact, member);
        }
        match recorded::member(&item.after)? {
            Some(Member::All) => fact.all = false,
            Some(Member::Module(module)) => fact.modules.retain(|held| *held != module),
            Some(Member::Permission(key)) => fact.permissions.retain(|held| *held != key),
            None => {}
        }
        Ok(())
    }
}

/// Whether two grants have the same identity (rule 6).
fn is_same(a: &GrantFact, b: &GrantFact) -> bool {
    let identity = |grant: &GrantFact| {
        (
            grant.subject.clone(),
            grant.target.clone(),
            grant.scope.clone(),
            grant.effect,
        )
    };
    identity(a) == identity(b)
}

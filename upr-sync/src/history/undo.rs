//! Taking a change set back, by another one (rule 31).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use thiserror::Error;
use upr::access::{GrantFact, Target};
use upr_core::{RoleKey, SubjectId};

use super::{ChangedFact, item};
use crate::actor::Actor;
use crate::change::{Change, Item, ItemKind};
use crate::engine::{EngineError, Session, Value};
use crate::error::{Class, Failure, StoreError};
use crate::facts;
use crate::grant;
use crate::outcome::Outcome;
use crate::recorded;
use crate::role;
use crate::store::{Store, misplaced};
use crate::user;
use crate::wish::WishError;

/// What the summary of an undo calls the change set that it took back.
const UNDONE: &str = "undone";
/// How many facts are read at once.
const PAGE: usize = 1000;
/// More later change sets than these are not named.
const NAMED: usize = 20;

/// What taking a change set back did, or would do.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct Undone {
    /// What every command that writes says.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The change set that was taken back.
    pub undone: u64,
    /// What it was.
    pub action: String,
    /// The facts that change, the first hundred of them.
    pub facts: Vec<ChangedFact>,
    /// How many grants were not given back because they have ended meanwhile.
    pub ended: u64,
}

/// A later change set that is in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Later {
    /// Its number.
    pub number: u64,
    /// What it was.
    pub action: String,
    /// Who made it.
    pub by: String,
}

/// `12 (role allow by ada)`.
impl fmt::Display for Later {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { number, action, by } = self;
        write!(f, "{number} ({action} by {by})")
    }
}

/// Why a change set cannot be taken back; nothing was changed.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UndoError {
    /// What it would give back is not to be had: a rule of new changes forbids it.
    #[error(transparent)]
    Wish(#[from] WishError),
    /// No change set has this number.
    #[error("there is no change set {number}; the newest is {newest}")]
    Unknown {
        /// The number.
        number: u64,
        /// The store's revision.
        newest: u64,
    },
    /// It is not about what subjects and roles have.
    #[error("change set {number} ({action}) cannot be undone")]
    NotUndoable {
        /// The number.
        number: u64,
        /// What it was.
        action: String,
    },
    /// Later change sets touched the same grants, roles or subjects.
    #[error("change set {number} cannot be undone: {} on it", rest(later))]
    RestedOn {
        /// The number.
        number: u64,
        /// Those, the newest first.
        later: Vec<Later>,
    },
}

impl From<StoreError> for UndoError {
    fn from(error: StoreError) -> Self {
        Self::Wish(error.into())
    }
}

impl Failure for UndoError {
    fn code(&self) -> &'static str {
        match self {
            Self::Wish(error) => error.code(),
            Self::Unknown { .. } => "unknown-change",
            Self::NotUndoable { .. } => "not-undoable",
            Self::RestedOn { .. } => "rested-on",
        }
    }

    fn class(&self) -> Class {
        match self {
            Self::Wish(error) => error.class(),
            _ => Class::No,
        }
    }

    fn hints(&self) -> Vec<String> {
        let hint = match self {
            Self::Wish(error) => return error.hints(),
            Self::Unknown { .. } => "`upr history` lists them".to_owned(),
            Self::NotUndoable { action, .. } => otherwise(action).to_owned(),
            Self::RestedOn { later, .. } => match later.first() {
                Some(newest) => format!(
                    "undo the newest of them first: `upr undo {}`",
                    newest.number
                ),
                None => return Vec::new(),
            },
        };
        vec![hint]
    }
}

/// `later changes rest`, with their numbers.
fn rest(later: &[Later]) -> String {
    let named: Vec<String> = later.iter().map(Later::to_string).collect();
    match named.as_slice() {
        [one] => format!("change set {one} rests"),
        many => format!("change sets {} rest", many.join(", ")),
    }
}

/// What to do about what cannot be undone.
fn otherwise(action: &str) -> &'static str {
    match action {
        "sync" => {
            "go back with the earlier release: `upr sync --allow-older`; or restore the backup that was taken before it: `upr backup list`, `upr backup restore FILE`"
        }
        "restore" => {
            "restore the backup of the present that was taken before it: `upr backup list`, `upr backup restore FILE --exact`"
        }
        "migrate" => "schemas only go forward; restore a backup with the earlier release",
        "role adopt" => {
            "adopt the role with the other application's catalog, or remove it from the code and run `upr sync`"
        }
        _ => "it was made by another release of upr, which knows what it did",
    }
}

/// What people and programs do to roles, grants and subjects, fact by fact.
fn is_undoable(action: &str) -> bool {
    let known = [
        "grant",
        "revoke",
        "bootstrap",
        "undo",
        "role create",
        "role copy",
        "role delete",
        "role allow",
        "role disallow",
        "user create",
        "user activate",
        "user deactivate",
    ];
    known.contains(&action)
}

impl Store {
    /// Takes a change set back, by another one that obeys every rule of a new change (rule 31).
    ///
    /// It never revives a grant that has ended; those are counted and left out.
    ///
    /// # Errors
    ///
    /// [`UndoError`] when it is no change of grants, roles or subjects, when later ones touched the
    /// same, and when what it would give back cannot be given any more.
    pub fn undo(&self, number: u64, actor: &Actor) -> Result<Undone, UndoError> {
        let told = match actor.reason() {
            "" => format!("undo of {number}"),
            reason => format!("undo of {number}: {reason}"),
        };
        let actor = Actor::new(actor.name()).because(&told);
        let (outcome, mut undone) = self.change(&actor, "undo", |change| {
            let action = self.undoable(change, number)?;
            let mut undo = Undo {
                store: self,
                number: i64::try_from(number).unwrap_or(i64::MAX),
                facts: Vec::new(),
                ended: 0,
                roles: BTreeSet::new(),
                subjects: BTreeSet::new(),
            };
            undo.require_free(change, number)?;
            undo.carry_out(change)?;
            if !change.is_empty() {
                change.summarise(&[(UNDONE, number.into())].into(), &change.kinds());
            }
            Ok::<_, UndoError>(Undone {
                outcome: Outcome {
                    applied: false,
                    changes: 0,
                    revision: 0,
                },
                undone: number,
                action,
                facts: undo.facts,
                ended: undo.ended,
            })
        })?;
        undone.outcome = outcome;
        Ok(undone)
    }

    fn undoable(&self, change: &mut Change<'_>, number: u64) -> Result<String, UndoError> {
        let mut action = None;
        let sql = "SELECT action FROM upr_change WHERE number = ?1";
        let values = [Value::Int(i64::try_from(number).unwrap_or(i64::MAX))];
        change
            .session
            .query(sql, &values, &mut |row| {
                action = Some(row.text(0)?.to_owned());
                Ok(())
            })
            .map_err(|error| self.failure(&error))?;
        match action {
            None => Err(UndoError::Unknown {
                number,
                newest: change.number.saturating_sub(1),
            }),
            Some(action) if !is_undoable(&action) => Err(UndoError::NotUndoable { number, action }),
            Some(action) => Ok(action),
        }
    }
}

struct Undo<'u> {
    store: &'u Store,
    number: i64,
    facts: Vec<ChangedFact>,
    ended: u64,
    /// What was put back already, which a dry run does not find in the store.
    roles: BTreeSet<RoleKey>,
    subjects: BTreeSet<SubjectId>,
}

impl Undo<'_> {
    /// Refuses while later change sets rest on this one, naming them.
    fn require_free(&self, change: &mut Change<'_>, number: u64) -> Result<(), UndoError> {
        let numbers = rested_on(change.session, self.number)
            .and_then(|numbers| standing(change.session, numbers))
            .and_then(|numbers| named(change.session, &numbers))
            .map_err(|error| self.store.failure(&error))?;
        if numbers.is_empty() {
            return Ok(());
        }
        Err(UndoError::RestedOn {
            number,
            later: numbers,
        })
    }

    /// Takes fact after fact back, the last first.
    fn carry_out(&mut self, change: &mut Change<'_>) -> Result<(), UndoError> {
        let mut last = i64::MAX;
        loop {
            let page = page(change.session, self.number, last)
                .map_err(|error| self.store.failure(&error))?;
            for (place, item) in &page {
                last = *place;
                self.take_back(change, item)?;
            }
            if page.len() < PAGE {
                return Ok(());
            }
        }
    }

    fn take_back(&mut self, change: &mut Change<'_>, item: &Item) -> Result<(), UndoError> {
        let taken = match item.kind {
            ItemKind::Grant => self.grant(change, item)?,
            ItemKind::Subject => self.subject(change, item)?,
            ItemKind::Role => self.role(change, item)?,
            ItemKind::Member => self.member(change, item)?,
            ItemKind::Permission => false,
        };
        if taken && self.facts.len() < 100 {
            let mut fact = ChangedFact::of(item);
            std::mem::swap(&mut fact.before, &mut fact.after);
            self.facts.push(fact);
        }
        Ok(())
    }

    fn grant(&mut self, change: &mut Change<'_>, item: &Item) -> Result<bool, UndoError> {
        let (before, after) = (
            self.read_grant(&item.before)?,
            self.read_grant(&item.after)?,
        );
        match (before, after) {
            // What has ended meanwhile is not given back.
            (Some(before), None) if has_ended(&before, change) => {
                self.ended += 1;
                return Ok(false);
            }
            // Of what had another end, the one that would be left is over.
            (Some(before), Some(after)) if has_ended(&before, change) => {
                self.ended += 1;
                let fail = |error: EngineError| self.store.failure(&error);
                grant::remove(change, &after).map_err(fail)?;
            }
            (Some(before), _) => self.give_back(change, &before)?,
            (None, Some(after)) => {
                let fail = |error: EngineError| self.store.failure(&error);
                grant::remove(change, &after).map_err(fail)?;
            }
            (None, None) => return Ok(false),
        }
        Ok(true)
    }

    fn give_back(&self, change: &mut Change<'_>, grant: &GrantFact) -> Result<(), UndoError> {
        if !self.subjects.contains(&grant.subject) {
            self.store.require_subject(change.session, &grant.subject)?;
        }
        match &grant.target {
            Target::Role(role) if self.roles.contains(role) => {}
            target => self.store.require_target(change.session, target)?,
        }
        self.store.write_grant(change, grant)?;
        Ok(())
    }

    fn read_grant(&self, fact: &str) -> Result<Option<GrantFact>, StoreError> {
        recorded::grant(fact).map_err(|error| self.store.failure(&error))
    }

    fn subject(&mut self, change: &mut Change<'_>, item: &Item) -> Result<bool, UndoError> {
        let fail = |error: EngineError| self.store.failure(&error);
        let line = recorded::subject(&item.before).map_err(fail)?;
        let id = facts::subject_id(&item.subject).map_err(fail)?;
        user::put_back(change, &id, line.as_ref()).map_err(fail)?;
        self.subjects.insert(id);
        Ok(true)
    }

    fn role(&mut self, change: &mut Change<'_>, item: &Item) -> Result<bool, UndoError> {
        let fail = |error: EngineError| self.store.failure(&error);
        let key = facts::role_key(&item.role).map_err(fail)?;
        let line = recorded::role(&item.before).map_err(fail)?;
        role::put_back(change, &key, line.as_ref()).map_err(fail)?;
        self.roles.insert(key);
        Ok(true)
    }

    fn member(&self, change: &mut Change<'_>, item: &Item) -> Result<bool, UndoError> {
        let fail = |error: EngineError| self.store.failure(&error);
        let key = facts::role_key(&item.role).map_err(fail)?;
        let (before, after) = (
            recorded::member(&item.before).map_err(fail)?,
            recorded::member(&item.after).map_err(fail)?,
        );
        // A role that is the code's by now is changed in the code.
        if !self.roles.contains(&key) {
            self.store.require_open_role(change, &key)?;
        }
        if let Some(member) = &before {
            self.store.require_member(change, member)?;
            role::add_members(change, &key, [member].into_iter()).map_err(fail)?;
        }
        if let Some(member) = &after {
            role::remove_members(change, &key, [member].into_iter()).map_err(fail)?;
        }
        Ok(true)
    }
}

fn has_ended(grant: &GrantFact, change: &Change<'_>) -> bool {
    grant.expires_at.is_some_and(|end| end <= change.at)
}

/// The facts of a change set before a place, the last first.
fn page(
    session: &mut dyn Session,
    number: i64,
    before: i64,
) -> Result<Vec<(i64, Item)>, EngineError> {
    let mut items = Vec::new();
    let sql = "SELECT kind, subject, role, permission, before, after, item FROM upr_change_item \
               WHERE number = ?1 AND item < ?2 ORDER BY item DESC LIMIT ?3";
    let most = i64::try_from(PAGE).unwrap_or(i64::MAX);
    session.query(sql, &[number, before, most].map(Value::Int), &mut |row| {
        items.push((row.int(6)?, item(row)?));
        Ok(())
    })?;
    Ok(items)
}

/// The change sets after `number` that touched the same grants, roles or subjects.
fn rested_on(session: &mut dyn Session, number: i64) -> Result<BTreeSet<i64>, EngineError> {
    let mut rested = BTreeSet::new();
    grants(session, number, &mut rested)?;
    let own = own(session, number)?;
    for (role, fate) in &own.roles {
        // What is taken away again must not be in use; what only changes must be as it was left.
        let kinds = match fate {
            Fate::Goes => "'role', 'member', 'grant'",
            Fate::Stays => "'role', 'member'",
        };
        let sql = format!(
            "SELECT DISTINCT number FROM upr_change_item \
             WHERE role = ?1 AND number > ?2 AND kind IN ({kinds})"
        );
        collect(session, &sql, role.as_str(), number, &mut rested)?;
    }
    for (subject, fate) in &own.subjects {
        let kinds = match fate {
            Fate::Goes => "'subject', 'grant'",
            Fate::Stays => "'subject'",
        };
        let sql = format!(
            "SELECT DISTINCT number FROM upr_change_item \
             WHERE subject = ?1 AND number > ?2 AND kind IN ({kinds})"
        );
        collect(session, &sql, subject.as_str(), number, &mut rested)?;
    }
    for role in &own.granted {
        let sql = "SELECT DISTINCT number FROM upr_change_item \
                   WHERE role = ?1 AND number > ?2 AND kind = 'role' AND after = ''";
        collect(session, sql, role.as_str(), number, &mut rested)?;
    }
    Ok(rested)
}

/// What becomes of something when a change set is taken back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Stays,
    Goes,
}

/// What a change set touched, without its grants.
#[derive(Default)]
struct Own {
    roles: BTreeMap<RoleKey, Fate>,
    subjects: BTreeMap<SubjectId, Fate>,
    /// The roles of which grants would be given back.
    granted: BTreeSet<RoleKey>,
}

fn own(session: &mut dyn Session, number: i64) -> Result<Own, EngineError> {
    let mut own = Own::default();
    let sql = "SELECT DISTINCT kind, subject, role, before = '' FROM upr_change_item \
               WHERE number = ?1 AND kind IN ('role', 'member', 'subject')";
    session.query(sql, &[Value::Int(number)], &mut |row| {
        let is_new = row.bool(3)?;
        let fate = |is_line: bool| {
            if is_line && is_new {
                Fate::Goes
            } else {
                Fate::Stays
            }
        };
        match ItemKind::from_column(row.text(0)?)? {
            ItemKind::Subject => {
                let known = own.subjects.entry(facts::subject_id(row.text(1)?)?);
                let known = known.or_insert(Fate::Stays);
                *known = (*known).max(fate(true));
            }
            kind => {
                let known = own.roles.entry(facts::role_key(row.text(2)?)?);
                let known = known.or_insert(Fate::Stays);
                *known = (*known).max(fate(kind == ItemKind::Role));
            }
        }
        Ok(())
    })?;
    let sql = "SELECT DISTINCT role FROM upr_change_item \
               WHERE number = ?1 AND kind = 'grant' AND role <> '' AND before <> ''";
    session.query(sql, &[Value::Int(number)], &mut |row| {
        own.granted.insert(facts::role_key(row.text(0)?)?);
        Ok(())
    })?;
    // A role that comes back with its grants is not missed.
    own.granted.retain(|role| !own.roles.contains_key(role));
    Ok(own)
}

fn collect(
    session: &mut dyn Session,
    sql: &str,
    word: &str,
    number: i64,
    found: &mut BTreeSet<i64>,
) -> Result<(), EngineError> {
    session.query(sql, &[Value::Text(word), Value::Int(number)], &mut |row| {
        found.insert(row.int(0)?);
        Ok(())
    })
}

/// Later facts of the same grants: same subject and target by columns, same scope and effect by
/// what they say.
fn grants(
    session: &mut dyn Session,
    number: i64,
    rested: &mut BTreeSet<i64>,
) -> Result<(), EngineError> {
    let sql = "SELECT l.number, i.before, i.after, l.before, l.after FROM upr_change_item i \
               JOIN upr_change_item l ON l.subject = i.subject AND l.number > i.number \
               AND l.kind = 'grant' AND l.role = i.role AND l.permission = i.permission \
               WHERE i.number = ?1 AND i.kind = 'grant'";
    session.query(sql, &[Value::Int(number)], &mut |row| {
        let identity = |before: &str, after: &str| {
            let fact = if before.is_empty() { after } else { before };
            let grant = recorded::grant(fact)?;
            let grant = grant.ok_or_else(|| misplaced("a grant in a change set is empty"))?;
            Ok::<_, EngineError>((grant.scope, grant.effect))
        };
        if identity(row.text(1)?, row.text(2)?)? == identity(row.text(3)?, row.text(4)?)? {
            rested.insert(row.int(0)?);
        }
        Ok(())
    })
}

/// Those of some change sets that still say something: one that was taken back, and the one that
/// took it back, have left everything as it was.
fn standing(
    session: &mut dyn Session,
    mut numbers: BTreeSet<i64>,
) -> Result<BTreeSet<i64>, EngineError> {
    let sql = "SELECT before FROM upr_change WHERE number = ?1 AND action = 'undo'";
    for number in numbers.clone().into_iter().rev() {
        // One that took this one back took it out of the set.
        if !numbers.contains(&number) {
            continue;
        }
        let mut undone = None;
        session.query(sql, &[Value::Int(number)], &mut |row| {
            let before = super::json(row.text(0)?);
            undone = before.get(UNDONE).and_then(serde_json::Value::as_i64);
            Ok(())
        })?;
        if let Some(undone) = undone.filter(|undone| numbers.contains(undone)) {
            numbers.remove(&number);
            numbers.remove(&undone);
        }
    }
    Ok(numbers)
}

/// The newest of some change sets, as messages name them.
fn named(session: &mut dyn Session, numbers: &BTreeSet<i64>) -> Result<Vec<Later>, EngineError> {
    let mut named = Vec::new();
    let sql = "SELECT action, by FROM upr_change WHERE number = ?1";
    for number in numbers.iter().rev().take(NAMED) {
        session.query(sql, &[Value::Int(*number)], &mut |row| {
            named.push(Later {
                number: u64::try_from(*number).unwrap_or(0),
                action: row.text(0)?.to_owned(),
                by: row.text(1)?.to_owned(),
            });
            Ok(())
        })?;
    }
    Ok(named)
}

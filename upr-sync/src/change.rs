//! Change sets: whatever is done to access is one numbered row with its reasons and facts.

use serde_json::Value as Json;
use upr_core::Timestamp;

use crate::actor::Actor;
use crate::chain::{self, Lines, Object};
use crate::engine::{EngineError, Fault, Session, Value};
use crate::error::StoreError;
use crate::meta::{self, Meta};
use crate::outcome::Outcome;
use crate::store::{Store, Verdict};
use crate::time;
use crate::trail::{self, ChangeRow};

const ITEM_COLUMNS: &[&str] = &[
    "number",
    "item",
    "kind",
    "subject",
    "role",
    "permission",
    "before",
    "after",
];

/// What kind of fact changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ItemKind {
    Permission,
    Role,
    Member,
    Subject,
    Grant,
}

impl ItemKind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Permission => "permission",
            Self::Role => "role",
            Self::Member => "member",
            Self::Subject => "subject",
            Self::Grant => "grant",
        }
    }
}

/// One fact, before and after.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) kind: ItemKind,
    pub(crate) subject: String,
    pub(crate) role: String,
    pub(crate) permission: String,
    /// Canonical JSON; `""` for what was not there.
    pub(crate) before: String,
    /// Canonical JSON; `""` for what is gone.
    pub(crate) after: String,
}

impl Item {
    pub(crate) fn new(kind: ItemKind, before: Option<&Object>, after: Option<&Object>) -> Self {
        let text = |object: Option<&Object>| object.map_or_else(String::new, chain::canonical);
        Self {
            kind,
            subject: String::new(),
            role: String::new(),
            permission: String::new(),
            before: text(before),
            after: text(after),
        }
    }

    pub(crate) fn of_subject(mut self, subject: &str) -> Self {
        self.subject = subject.to_owned();
        self
    }

    pub(crate) fn of_role(mut self, role: &str) -> Self {
        self.role = role.to_owned();
        self
    }

    pub(crate) fn of_permission(mut self, permission: &str) -> Self {
        self.permission = permission.to_owned();
        self
    }

    fn columns(&self) -> [&str; 6] {
        let Self {
            kind,
            subject,
            role,
            permission,
            before,
            after,
        } = self;
        [kind.as_str(), subject, role, permission, before, after]
    }
}

/// A change set that is being made, under the lock.
pub(crate) struct Change<'s> {
    pub(crate) session: &'s mut dyn Session,
    /// Its number: the revision it makes.
    pub(crate) number: u64,
    /// Never earlier than anything that was written before.
    pub(crate) at: Timestamp,
    pub(crate) run_id: String,
    pub(crate) actor: &'s Actor,
    pub(crate) action: &'static str,
    pub(crate) application: String,
    items: Vec<Item>,
    summary: Option<[String; 2]>,
}

impl<'s> Change<'s> {
    pub(crate) fn begin(
        session: &'s mut dyn Session,
        meta: &Meta,
        clock: Timestamp,
        actor: &'s Actor,
        action: &'static str,
    ) -> Result<Self, EngineError> {
        Ok(Self {
            number: meta.revision()? + 1,
            at: clock.max(meta.newest_time()?),
            run_id: random_id()?,
            session,
            actor,
            action,
            application: String::new(),
            items: Vec::new(),
            summary: None,
        })
    }

    /// The number as a column holds it.
    pub(crate) fn revision(&self) -> i64 {
        i64::try_from(self.number).unwrap_or(i64::MAX)
    }

    pub(crate) fn record(&mut self, item: Item) {
        self.items.push(item);
    }

    /// What people read of a change set that is more than its facts.
    pub(crate) fn summarise(&mut self, before: &Object, after: &Object) {
        self.summary = Some([chain::canonical(before), chain::canonical(after)]);
    }

    /// How many facts changed so far.
    pub(crate) fn len(&self) -> u64 {
        self.items.len() as u64
    }

    /// Whether there is anything to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.items.is_empty() && self.summary.is_none()
    }

    /// Writes the row, its facts and the revision; nothing is written after it.
    pub(crate) fn seal(self, key: Option<&[u8]>) -> Result<(), EngineError> {
        let previous = previous_hash(self.session, self.number)?;
        let mut lines = Lines::new();
        self.items
            .iter()
            .for_each(|item| lines.add(&trail::item_line(&item.columns())));
        let [before, after] = self.summary.clone().unwrap_or_else(|| summary(&self.items));
        let mut row = ChangeRow {
            number: self.revision(),
            at: time::stored(self.at),
            by: self.actor.name().to_owned(),
            reason: self.actor.reason().to_owned(),
            action: self.action.to_owned(),
            application: self.application,
            subject: only(self.items.iter().map(|item| item.subject.as_str())).to_owned(),
            role: only(self.items.iter().map(|item| item.role.as_str())).to_owned(),
            before,
            after,
            items: i64::try_from(self.items.len()).unwrap_or(i64::MAX),
            items_hash: lines.finish(),
            run_id: self.run_id,
            previous_hash: previous,
            hash: String::new(),
        };
        row.hash = chain::seal(&row.columns(), key);
        row.insert(self.session)?;
        insert_items(self.session, row.number, &self.items)?;
        meta::put(self.session, "newest_time", &time::stored(self.at))?;
        meta::put(self.session, "revision", &self.number.to_string())
    }
}

fn insert_items(session: &mut dyn Session, number: i64, items: &[Item]) -> Result<(), EngineError> {
    let mut values = Vec::with_capacity(items.len() * ITEM_COLUMNS.len());
    for (index, item) in (1..).zip(items) {
        values.extend([
            Value::Int(number),
            Value::Int(index),
            Value::Text(item.kind.as_str()),
            Value::Text(&item.subject),
            Value::Text(&item.role),
            Value::Text(&item.permission),
            Value::Text(&item.before),
            Value::Text(&item.after),
        ]);
    }
    session.insert_many("upr_change_item", ITEM_COLUMNS, &values)
}

fn previous_hash(session: &mut dyn Session, number: u64) -> Result<String, EngineError> {
    let mut hash = String::new();
    let previous = i64::try_from(number.saturating_sub(1)).unwrap_or(i64::MAX);
    let sql = "SELECT hash FROM upr_change WHERE number = ?1";
    session.query(sql, &[Value::Int(previous)], &mut |row| {
        row.text(0)?.clone_into(&mut hash);
        Ok(())
    })?;
    Ok(hash)
}

/// One fact tells itself; of several people read how many there are.
fn summary(items: &[Item]) -> [String; 2] {
    if let [item] = items {
        return [item.before.clone(), item.after.clone()];
    }
    let mut counts = Object::new();
    for item in items {
        let count = counts.entry(item.kind.as_str()).or_insert(Json::from(0));
        *count = Json::from(count.as_u64().unwrap_or(0) + 1);
    }
    [String::new(), chain::canonical(&counts)]
}

/// The word that all share, else `""`.
fn only<'a>(mut words: impl Iterator<Item = &'a str>) -> &'a str {
    let first = words.next().unwrap_or_default();
    if words.all(|word| word == first) {
        first
    } else {
        ""
    }
}

/// 128 random bits as text; names runs, stores and epochs.
pub(crate) fn random_id() -> Result<String, EngineError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|error| {
        EngineError::new(
            Fault::Other,
            format!("the system gives no random numbers: {error}"),
        )
    })?;
    Ok(chain::hex(&bytes))
}

impl Store {
    /// Makes one change set. When `body` records nothing, nothing is written.
    pub(crate) fn change<T, E: From<StoreError>>(
        &self,
        actor: &Actor,
        action: &'static str,
        mut body: impl FnMut(&mut Change<'_>) -> Result<T, E>,
    ) -> Result<(Outcome, T), E> {
        let applies = !matches!(self.mode(), crate::store::Mode::DryRun);
        self.write(|session| {
            let meta = self.meta(session)?;
            let fail = |error: &EngineError| E::from(self.failure(error));
            let before = meta.revision().map_err(|error| fail(&error))?;
            let mut change = Change::begin(session, &meta, self.clock(), actor, action)
                .map_err(|error| fail(&error))?;
            let value = body(&mut change)?;
            let changes = change.len();
            if change.is_empty() {
                let outcome = Outcome {
                    applied: false,
                    changes,
                    revision: before,
                };
                return Ok((Verdict::Discard, (outcome, value)));
            }
            let revision = if applies { change.number } else { before };
            change
                .seal(self.audit_key())
                .map_err(|error| fail(&error))?;
            Ok((
                Verdict::Keep,
                (
                    Outcome {
                        applied: applies,
                        changes,
                        revision,
                    },
                    value,
                ),
            ))
        })
    }
}

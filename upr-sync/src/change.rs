//! Change sets: whatever is done to access is one numbered row with its reasons and facts.

use serde_json::Value as Json;
use upr_core::Timestamp;

use crate::acting::Holdings;
use crate::actor::Actor;
use crate::chain::{self, Lines, Object};
use crate::critical::{self, Bulk, Lost, Written};
use crate::engine::{EngineError, Fault, Session, Value};
use crate::error::StoreError;
use crate::meta::{self, Meta};
use crate::outcome::Outcome;
use crate::store::{Store, Verdict, misplaced};
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
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Permission => "permission",
            Self::Role => "role",
            Self::Member => "member",
            Self::Subject => "subject",
            Self::Grant => "grant",
        }
    }

    pub(crate) fn from_column(text: &str) -> Result<Self, EngineError> {
        Ok(match text {
            "permission" => Self::Permission,
            "role" => Self::Role,
            "member" => Self::Member,
            "subject" => Self::Subject,
            "grant" => Self::Grant,
            other => return Err(misplaced(format!("`{other}` is no kind of a fact"))),
        })
    }
}

/// One fact, before and after.
#[derive(Clone, Debug, PartialEq, Eq)]
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

    pub(crate) fn columns(&self) -> [&str; 6] {
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
    /// Whether the store holds what is recorded; not in a dry run.
    written: Written,
    /// Facts that are not written yet.
    items: Vec<Item>,
    /// Whether facts are held until they have been judged, however many there are.
    keeps_all: bool,
    /// What a dry run of any length keeps of its facts.
    bulk: Option<Bulk>,
    told: Told,
    summary: Option<[String; 2]>,
}

/// Why a change set is not sealed: nothing of it stays.
#[derive(Debug)]
pub(crate) enum Unsealed {
    Engine(EngineError),
    /// Nobody would be left who holds a critical permission (rule 26).
    Critical(Lost),
}

impl From<EngineError> for Unsealed {
    fn from(error: EngineError) -> Self {
        Self::Engine(error)
    }
}

/// What is known of all facts, written or not.
#[derive(Default)]
struct Told {
    count: u64,
    written: u64,
    /// How many of each kind.
    kinds: Object,
    /// The subject and the role that all facts share, `""` when they share none.
    shared: Option<[String; 2]>,
    lines: Option<Lines>,
}

impl Told {
    fn of(&mut self, item: &Item) {
        self.count += 1;
        let kind = self
            .kinds
            .entry(item.kind.as_str())
            .or_insert(Json::from(0));
        *kind = Json::from(kind.as_u64().unwrap_or(0) + 1);
        let words = [&item.subject, &item.role];
        match &mut self.shared {
            None => self.shared = Some(words.map(Clone::clone)),
            Some(shared) => {
                for (shared, word) in shared.iter_mut().zip(words) {
                    if shared != word {
                        shared.clear();
                    }
                }
            }
        }
    }
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
            written: Written::Yes,
            items: Vec::new(),
            keeps_all: false,
            bulk: None,
            told: Told::default(),
            summary: None,
        })
    }

    /// The same, of a session that writes nothing.
    pub(crate) fn tried_out(mut self) -> Self {
        self.written = Written::No;
        self
    }

    /// The number as a column holds it.
    pub(crate) fn revision(&self) -> i64 {
        i64::try_from(self.number).unwrap_or(i64::MAX)
    }

    pub(crate) fn record(&mut self, item: Item) {
        self.told.of(&item);
        self.items.push(item);
    }

    /// As [`record`](Self::record), for change sets of any length: facts are written as they come,
    /// and memory holds only a few.
    pub(crate) fn stream(&mut self, item: Item) -> Result<(), EngineError> {
        const HELD: usize = 1000;
        if self.keeps_all {
            self.record(item);
            return Ok(());
        }
        if self.written == Written::No {
            self.told.of(&item);
            let bulk = match &mut self.bulk {
                Some(bulk) => bulk,
                none => none.insert(Bulk::of(self.session)?),
            };
            return bulk.keep(item);
        }
        self.record(item);
        if self.items.len() < HELD {
            return Ok(());
        }
        self.write_items()
    }

    /// Facts refer to the row of their change set, so it comes first and is completed later.
    fn write_items(&mut self) -> Result<(), EngineError> {
        let items = std::mem::take(&mut self.items);
        if self.told.written == 0 {
            self.row().insert(self.session)?;
        }
        let lines = self.told.lines.get_or_insert_with(Lines::new);
        items
            .iter()
            .for_each(|item| lines.add(&trail::item_line(&item.columns())));
        let number = self.revision();
        insert_items(self.session, number, self.told.written, &items)?;
        self.told.written += items.len() as u64;
        Ok(())
    }

    fn row(&self) -> ChangeRow {
        let [subject, role] = self.told.shared.clone().unwrap_or_default();
        ChangeRow {
            number: self.revision(),
            at: time::stored(self.at),
            by: self.actor.name().to_owned(),
            reason: self.actor.reason().to_owned(),
            action: self.action.to_owned(),
            application: self.application.clone(),
            subject,
            role,
            before: String::new(),
            after: String::new(),
            items: i64::try_from(self.told.count).unwrap_or(i64::MAX),
            items_hash: String::new(),
            run_id: self.run_id.clone(),
            previous_hash: String::new(),
            hash: String::new(),
        }
    }

    /// What people read of a change set that is more than its facts.
    pub(crate) fn summarise(&mut self, before: &Object, after: &Object) {
        self.summary = Some([chain::canonical(before), chain::canonical(after)]);
    }

    /// How many facts changed so far.
    pub(crate) fn len(&self) -> u64 {
        self.told.count
    }

    /// How many facts of each kind changed so far.
    pub(crate) fn kinds(&self) -> Object {
        self.told.kinds.clone()
    }

    /// Whether there is anything to write.
    pub(crate) fn is_empty(&self) -> bool {
        self.told.count == 0 && self.summary.is_none()
    }

    /// Refuses to take a critical permission from the last who hold it (rule 26): the one place
    /// where that is decided, whatever is written.
    fn guard(&mut self) -> Result<(), Unsealed> {
        let (now, number) = (self.at, self.revision());
        let lost = if self.told.written > 0 {
            self.write_items()?;
            let items = Bulk::read(self.session, number)?;
            critical::lost(self.session, now, &items, self.written)?
        } else {
            if let Some(bulk) = self.bulk.take() {
                self.items.extend(bulk.items());
            }
            critical::lost(self.session, now, &self.items, self.written)?
        };
        lost.map_or(Ok(()), |lost| Err(Unsealed::Critical(lost)))
    }

    /// Writes the row, its facts and the revision; nothing is written after it.
    pub(crate) fn seal(mut self, key: Option<&[u8]>) -> Result<(), Unsealed> {
        self.guard()?;
        let told = [String::new(), chain::canonical(&self.told.kinds)];
        let [before, after] = match (self.summary.take(), self.items.as_slice()) {
            (Some(summary), _) => summary,
            // One fact tells itself; of several people read how many there are.
            (None, [item]) if self.told.count == 1 => [item.before.clone(), item.after.clone()],
            (None, _) => told,
        };
        let previous = previous_hash(self.session, self.number)?;
        self.write_items()?;
        let lines = self.told.lines.take().unwrap_or_else(Lines::new);
        let mut row = ChangeRow {
            before,
            after,
            items_hash: lines.finish(),
            previous_hash: previous,
            ..self.row()
        };
        row.hash = chain::seal(&row.columns(), key);
        row.complete(self.session)?;
        meta::put(self.session, "newest_time", &time::stored(self.at))?;
        meta::put(self.session, "revision", &self.number.to_string())?;
        Ok(())
    }
}

fn insert_items(
    session: &mut dyn Session,
    number: i64,
    written: u64,
    items: &[Item],
) -> Result<(), EngineError> {
    let first = i64::try_from(written).unwrap_or(i64::MAX).saturating_add(1);
    let mut values = Vec::with_capacity(items.len() * ITEM_COLUMNS.len());
    for (index, item) in (first..).zip(items) {
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
            if !applies {
                change = change.tried_out();
            }
            // What it held before: nobody gives itself what it then gives on.
            let mut holdings = None;
            if let Some(subject) = self.acting() {
                let now = change.at;
                let held = Holdings::of(change.session, subject, now);
                holdings = Some(held.map_err(|error| fail(&error))?);
                change.keeps_all = true;
            }
            let value = body(&mut change)?;
            if let Some(holdings) = &mut holdings {
                let missing = holdings.missing(change.session, &change.items);
                let missing = missing.map_err(|error| fail(&error))?;
                if !missing.is_empty() {
                    return Err(StoreError::Beyond {
                        subject: holdings.subject.clone(),
                        missing: missing.into_iter().collect(),
                    }
                    .into());
                }
            }
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
                .map_err(|unsealed| self.unsealed(unsealed))?;
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

//! What was changed, when, by whom and why: change sets as people read them.
//!
//! [`undo`] makes a change set that takes one back; [`past`] tells what was so at a moment.

mod past;
mod undo;

use serde::Serialize;
use serde_json::Value as Json;
use upr_core::SubjectId;

pub use self::past::{PastError, PastFacts};
pub use self::undo::{Later, UndoError, Undone};

use crate::change::{Item, ItemKind};
use crate::engine::{Begin, EngineError, Row, Session, Value};
use crate::store::Store;
use crate::time;
use crate::wish::WishError;

/// More facts of one change set than these are not told one by one.
const MOST_FACTS: i64 = 100;

/// Which change sets are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryQuery {
    /// Only those that touched this subject or what was given to it.
    pub subject: Option<SubjectId>,
    /// At most so many, the newest.
    pub limit: u32,
}

/// A change set: one number, one moment, one author.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangeSet {
    /// Its number, which is the revision that it made.
    pub number: u64,
    /// When, RFC 3339 in UTC.
    pub at: String,
    /// By whom.
    pub by: String,
    /// Why; may be empty.
    pub reason: String,
    /// By what: `grant`, `role allow`, `sync`.
    pub action: String,
    /// Whose code, for what an application did; else `""`.
    pub application: String,
    /// Whom all its facts are about; `""` when it is not one.
    pub subject: String,
    /// Which role all its facts are about; `""` when it is not one.
    pub role: String,
    /// What was so: the one fact, or what sums up many; `null` when nothing was.
    pub before: Json,
    /// What is so since: the one fact, or how many there are of each kind.
    pub after: Json,
    /// How many facts changed.
    pub items: u64,
    /// The first hundred of them, in their order.
    pub facts: Vec<ChangedFact>,
}

/// One fact, before and after.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct ChangedFact {
    /// `permission`, `role`, `member`, `subject` or `grant`.
    pub kind: &'static str,
    /// Whom it is about; `""` when it is about nobody.
    pub subject: String,
    /// The role it is about, or `""`.
    pub role: String,
    /// The permission it is about, or `""`.
    pub permission: String,
    /// What was so; `null` when nothing was.
    pub before: Json,
    /// What is so since; `null` when nothing is.
    pub after: Json,
}

impl ChangedFact {
    fn of(item: &Item) -> Self {
        Self {
            kind: item.kind.as_str(),
            subject: item.subject.clone(),
            role: item.role.clone(),
            permission: item.permission.clone(),
            before: json(&item.before),
            after: json(&item.after),
        }
    }
}

impl Store {
    /// Change sets, the newest first.
    ///
    /// # Errors
    ///
    /// [`WishError::UnknownSubject`] when nothing was ever said of a subject that is asked for, and
    /// [`WishError::Store`] when the store cannot be read.
    pub fn history(&self, query: &HistoryQuery) -> Result<Vec<ChangeSet>, WishError> {
        self.read(Begin::Read, |session| {
            self.meta(session)?;
            let fail = |error: EngineError| self.failure(&error);
            let mut sets = sets(session, query).map_err(fail)?;
            for set in &mut sets {
                set.facts = facts(session, set.number).map_err(fail)?;
            }
            match &query.subject {
                Some(subject) if sets.is_empty() => self.require_subject(session, subject)?,
                _ => {}
            }
            Ok(sets)
        })
    }
}

const COLUMNS: &str = "SELECT number, at, by, reason, action, application, subject, role, before, \
                       after, items FROM upr_change";

fn sets(session: &mut dyn Session, query: &HistoryQuery) -> Result<Vec<ChangeSet>, EngineError> {
    let mut sets = Vec::new();
    let limit = Value::Int(query.limit.into());
    let mut each = |row: &dyn Row| {
        sets.push(set(row)?);
        Ok(())
    };
    match &query.subject {
        None => {
            let sql = format!("{COLUMNS} ORDER BY number DESC LIMIT ?1");
            session.query(&sql, &[limit], &mut each)?;
        }
        Some(subject) => {
            let sql = format!(
                "{COLUMNS} WHERE number IN \
                 (SELECT number FROM upr_change_item WHERE subject = ?2 \
                 GROUP BY number ORDER BY number DESC LIMIT ?1) ORDER BY number DESC"
            );
            let values = [limit, Value::Text(subject.as_str())];
            session.query(&sql, &values, &mut each)?;
        }
    }
    Ok(sets)
}

fn set(row: &dyn Row) -> Result<ChangeSet, EngineError> {
    let text = |column| row.text(column).map(str::to_owned);
    Ok(ChangeSet {
        number: u64::try_from(row.int(0)?).unwrap_or(0),
        at: row.time(1)?.map(time::shown).unwrap_or_default(),
        by: text(2)?,
        reason: text(3)?,
        action: text(4)?,
        application: text(5)?,
        subject: text(6)?,
        role: text(7)?,
        before: json(row.text(8)?),
        after: json(row.text(9)?),
        items: u64::try_from(row.int(10)?).unwrap_or(0),
        facts: Vec::new(),
    })
}

fn facts(session: &mut dyn Session, number: u64) -> Result<Vec<ChangedFact>, EngineError> {
    let number = i64::try_from(number).unwrap_or(i64::MAX);
    let mut facts = Vec::new();
    let sql = "SELECT kind, subject, role, permission, before, after FROM upr_change_item \
               WHERE number = ?1 ORDER BY item LIMIT ?2";
    let values = [Value::Int(number), Value::Int(MOST_FACTS)];
    session.query(sql, &values, &mut |row| {
        facts.push(ChangedFact::of(&item(row)?));
        Ok(())
    })?;
    Ok(facts)
}

/// Reads the columns `kind`, `subject`, `role`, `permission`, `before` and `after`.
fn item(row: &dyn Row) -> Result<Item, EngineError> {
    Ok(Item {
        kind: ItemKind::from_column(row.text(0)?)?,
        subject: row.text(1)?.to_owned(),
        role: row.text(2)?.to_owned(),
        permission: row.text(3)?.to_owned(),
        before: row.text(4)?.to_owned(),
        after: row.text(5)?.to_owned(),
    })
}

/// What the trail holds is shown as it stands, also where it is no JSON.
fn json(text: &str) -> Json {
    if text.is_empty() {
        return Json::Null;
    }
    serde_json::from_str(text).unwrap_or_else(|_| text.into())
}

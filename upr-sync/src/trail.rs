//! The audit trail: change sets as rows, chained by their hashes, and the check of the chain.

use serde::Serialize;

use crate::chain::{self, Lines, Object};
use crate::engine::{Begin, EngineError, Row, Session, Value};
use crate::error::StoreError;
use crate::store::Store;

/// Read in one go, so that a trail of any length needs little memory.
const PAGE: i64 = 500;

const COLUMNS: [&str; 15] = [
    "number",
    "at",
    "by",
    "reason",
    "action",
    "application",
    "subject",
    "role",
    "before",
    "after",
    "items",
    "items_hash",
    "run_id",
    "previous_hash",
    "hash",
];

/// The state of the audit trail.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Trail {
    /// How many change sets were found whole.
    pub changes: u64,
    /// The hash of the last of them; `""` when there is none.
    pub head: String,
    /// The first thing that is not as it was written; `None` when the trail is whole.
    pub broken: Option<Broken>,
}

/// Where a trail is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Broken {
    /// Which change set.
    pub number: u64,
    /// What is wrong with it.
    pub problem: &'static str,
}

impl Store {
    /// Checks the hash of every change set, with the key of
    /// [`with_audit_key`](Self::with_audit_key) if there is one.
    ///
    /// Without a key, whoever can write to the database can compute the hashes anew; a trail that
    /// was cut off at its end shows by the revision, or where the head was noted elsewhere.
    ///
    /// # Errors
    ///
    /// [`StoreError`] when the trail cannot be read. A broken trail is an answer, not an error.
    pub fn trail(&self) -> Result<Trail, StoreError> {
        self.read(Begin::Read, |session| {
            let meta = self.meta(session)?;
            let fail = |error: EngineError| self.failure(&error);
            let revision = meta.revision().map_err(fail)?;
            let mut trail = Trail {
                changes: 0,
                head: String::new(),
                broken: None,
            };
            while trail.broken.is_none() && trail.changes < revision {
                let after = i64::try_from(trail.changes).unwrap_or(i64::MAX);
                let rows = page(session, after).map_err(fail)?;
                let sums = sums(session, after).map_err(fail)?;
                if rows.is_empty() {
                    trail.miss();
                }
                for row in &rows {
                    let sum = sums.iter().find(|(number, _)| *number == row.number);
                    trail.follow(row, sum.map(|(_, sum)| sum.as_str()), self.audit_key());
                }
            }
            if trail.broken.is_none() && trail.changes > revision {
                let problem = "the store's revision is lower than its number";
                trail.broken = Some(Broken {
                    number: trail.changes,
                    problem,
                });
            }
            Ok(trail)
        })
    }
}

impl Trail {
    fn miss(&mut self) {
        self.broken = Some(Broken {
            number: self.changes + 1,
            problem: "it is missing",
        });
    }

    fn follow(&mut self, row: &ChangeRow, items_hash: Option<&str>, key: Option<&[u8]>) {
        if self.broken.is_some() {
            return;
        }
        let number = self.changes + 1;
        if u64::try_from(row.number) != Ok(number) {
            return self.miss();
        }
        let nothing = Lines::new().finish();
        let problem = if row.previous_hash != self.head {
            "it does not follow the one before"
        } else if row.items_hash != items_hash.unwrap_or(&nothing) {
            "its facts are not those that were written"
        } else if row.hash != chain::seal(&row.columns(), key) {
            "its columns are not those that were written"
        } else {
            self.changes = number;
            self.head.clone_from(&row.hash);
            return;
        };
        self.broken = Some(Broken { number, problem });
    }
}

/// A row of `upr_change`.
#[derive(Clone, Debug)]
pub(crate) struct ChangeRow {
    pub(crate) number: i64,
    pub(crate) at: String,
    pub(crate) by: String,
    pub(crate) reason: String,
    pub(crate) action: String,
    pub(crate) application: String,
    pub(crate) subject: String,
    pub(crate) role: String,
    pub(crate) before: String,
    pub(crate) after: String,
    pub(crate) items: i64,
    pub(crate) items_hash: String,
    pub(crate) run_id: String,
    pub(crate) previous_hash: String,
    pub(crate) hash: String,
}

impl ChangeRow {
    /// What the hash covers: every column but the hash itself.
    pub(crate) fn columns(&self) -> Object {
        [
            ("number", self.number.into()),
            ("at", self.at.as_str().into()),
            ("by", self.by.as_str().into()),
            ("reason", self.reason.as_str().into()),
            ("action", self.action.as_str().into()),
            ("application", self.application.as_str().into()),
            ("subject", self.subject.as_str().into()),
            ("role", self.role.as_str().into()),
            ("before", self.before.as_str().into()),
            ("after", self.after.as_str().into()),
            ("items", self.items.into()),
            ("items_hash", self.items_hash.as_str().into()),
            ("run_id", self.run_id.as_str().into()),
            ("previous_hash", self.previous_hash.as_str().into()),
        ]
        .into()
    }

    pub(crate) fn insert(&self, session: &mut dyn Session) -> Result<(), EngineError> {
        let values = [
            Value::Int(self.number),
            Value::Text(&self.at),
            Value::Text(&self.by),
            Value::Text(&self.reason),
            Value::Text(&self.action),
            Value::Text(&self.application),
            Value::Text(&self.subject),
            Value::Text(&self.role),
            Value::Text(&self.before),
            Value::Text(&self.after),
            Value::Int(self.items),
            Value::Text(&self.items_hash),
            Value::Text(&self.run_id),
            Value::Text(&self.previous_hash),
            Value::Text(&self.hash),
        ];
        session.insert_many("upr_change", &COLUMNS, &values)
    }

    /// Writes what is known only when every fact was written.
    pub(crate) fn complete(&self, session: &mut dyn Session) -> Result<(), EngineError> {
        let sql = "UPDATE upr_change SET subject = ?2, role = ?3, before = ?4, after = ?5, \
                   items = ?6, items_hash = ?7, previous_hash = ?8, hash = ?9 WHERE number = ?1";
        let values = [
            Value::Int(self.number),
            Value::Text(&self.subject),
            Value::Text(&self.role),
            Value::Text(&self.before),
            Value::Text(&self.after),
            Value::Int(self.items),
            Value::Text(&self.items_hash),
            Value::Text(&self.previous_hash),
            Value::Text(&self.hash),
        ];
        session.execute(sql, &values).map(|_| ())
    }

    fn read(row: &dyn Row) -> Result<Self, EngineError> {
        let text = |column| row.text(column).map(str::to_owned);
        Ok(Self {
            number: row.int(0)?,
            at: text(1)?,
            by: text(2)?,
            reason: text(3)?,
            action: text(4)?,
            application: text(5)?,
            subject: text(6)?,
            role: text(7)?,
            before: text(8)?,
            after: text(9)?,
            items: row.int(10)?,
            items_hash: text(11)?,
            run_id: text(12)?,
            previous_hash: text(13)?,
            hash: text(14)?,
        })
    }
}

/// One fact of a change set as its sum covers it: kind, subject, role, permission, before, after.
pub(crate) fn item_line(columns: &[&str; 6]) -> String {
    // INVARIANT: texts always serialise.
    serde_json::to_string(columns).unwrap_or_default()
}

fn page(session: &mut dyn Session, after: i64) -> Result<Vec<ChangeRow>, EngineError> {
    let mut rows = Vec::new();
    let sql = format!(
        "SELECT {} FROM upr_change WHERE number > ?1 AND number <= ?2 ORDER BY number",
        COLUMNS.join(", ")
    );
    session.query(&sql, &range(after), &mut |row| {
        rows.push(ChangeRow::read(row)?);
        Ok(())
    })?;
    Ok(rows)
}

/// The sum over the facts of each change set that has any.
fn sums(session: &mut dyn Session, after: i64) -> Result<Vec<(i64, String)>, EngineError> {
    let mut sums = Vec::new();
    let mut current: Option<(i64, Lines)> = None;
    let sql = "SELECT number, kind, subject, role, permission, before, after FROM upr_change_item \
               WHERE number > ?1 AND number <= ?2 ORDER BY number, item";
    session.query(sql, &range(after), &mut |row| {
        let number = row.int(0)?;
        if current.as_ref().is_none_or(|(open, _)| *open != number) {
            let next = (number, Lines::new());
            sums.extend(
                current
                    .replace(next)
                    .map(|(number, lines)| (number, lines.finish())),
            );
        }
        let columns = [
            row.text(1)?,
            row.text(2)?,
            row.text(3)?,
            row.text(4)?,
            row.text(5)?,
            row.text(6)?,
        ];
        if let Some((_, lines)) = &mut current {
            lines.add(&item_line(&columns));
        }
        Ok(())
    })?;
    sums.extend(current.map(|(number, lines)| (number, lines.finish())));
    Ok(sums)
}

fn range(after: i64) -> [Value<'static>; 2] {
    [Value::Int(after), Value::Int(after.saturating_add(PAGE))]
}

//! What happens to tickets, whoever asks for it.
//!
//! The functions that change or reveal the most take a proof. There is no way to make one but to
//! pass the check, so no caller, in a handler, a job or a test, can reach them unchecked.
//!
//! A proof knows the scope it was made for: here the desk. Whoever closes a ticket of the desk
//! `berlin` holds a proof for `berlin`, and with it finds no others.

use rusqlite::{OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};

use super::Tickets;
use crate::web::Failure;

#[derive(Debug, Serialize)]
pub struct Ticket {
    id: i64,
    desk: String,
    title: String,
    body: String,
    status: String,
    priority: i64,
    reporter: String,
    assignee: Option<String>,
    opened: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewTicket {
    pub title: String,
    pub body: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub title: Option<String>,
    pub body: Option<String>,
}

const COLUMNS: &str = "id, desk, title, body, status, priority, reporter, assignee, opened";

pub fn list(db: &Transaction<'_>, desk: &str) -> Result<Vec<Ticket>, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM tickets WHERE desk = ?1 ORDER BY priority DESC, id");
    let mut query = db.prepare(&sql)?;
    let tickets = query
        .query_map([desk], Ticket::read)?
        .collect::<Result<_, _>>()?;
    Ok(tickets)
}

pub fn find(db: &Transaction<'_>, desk: &str, id: i64) -> Result<Ticket, Failure> {
    let sql = format!("SELECT {COLUMNS} FROM tickets WHERE desk = ?1 AND id = ?2");
    let found = db
        .query_row(&sql, params![desk, id], Ticket::read)
        .optional()?;
    found.ok_or_else(|| Failure::NotFound(format!("The desk `{desk}` has no ticket {id}.")))
}

pub fn create(
    granted: &upr::granted!(Tickets::CREATE),
    db: &Transaction<'_>,
    new: &NewTicket,
) -> Result<Ticket, Failure> {
    db.execute(
        "INSERT INTO tickets (desk, title, body, reporter) VALUES (?1, ?2, ?3, ?4)",
        params![
            granted.scope(),
            new.title.trim(),
            new.body.trim(),
            granted.subject()
        ],
    )?;
    find(db, granted.scope(), db.last_insert_rowid())
}

pub fn update(
    db: &Transaction<'_>,
    desk: &str,
    id: i64,
    change: &Change,
) -> Result<Ticket, Failure> {
    find(db, desk, id)?;
    db.execute(
        "UPDATE tickets SET title = coalesce(?2, title), body = coalesce(?3, body) WHERE id = ?1",
        params![id, change.title, change.body],
    )?;
    find(db, desk, id)
}

pub fn delete(
    granted: &upr::granted!(Tickets::DELETE),
    db: &Transaction<'_>,
    id: i64,
) -> Result<(), Failure> {
    let ticket = find(db, granted.scope(), id)?;
    db.execute("DELETE FROM tickets WHERE id = ?1", [ticket.id])?;
    Ok(())
}

pub fn assign(
    db: &Transaction<'_>,
    desk: &str,
    id: i64,
    assignee: Option<i64>,
) -> Result<Ticket, Failure> {
    find(db, desk, id)?;
    if let Some(user) = assignee {
        let sql = "SELECT 1 FROM auth_users WHERE id = ?1 AND is_active = 1";
        db.query_row(sql, [user], |_| Ok(()))
            .optional()?
            .ok_or_else(|| Failure::Invalid(format!("There is no active user {user}.")))?;
    }
    let assignee = assignee.map(|user| user.to_string());
    db.execute(
        "UPDATE tickets SET assignee = ?2 WHERE id = ?1",
        params![id, assignee],
    )?;
    find(db, desk, id)
}

pub fn escalate(db: &Transaction<'_>, desk: &str, id: i64) -> Result<Ticket, Failure> {
    find(db, desk, id)?;
    db.execute(
        "UPDATE tickets SET priority = 1 + (SELECT max(priority) FROM tickets) WHERE id = ?1",
        [id],
    )?;
    find(db, desk, id)
}

pub fn close(
    granted: &upr::granted!(Tickets::CLOSE),
    db: &Transaction<'_>,
    id: i64,
) -> Result<Ticket, Failure> {
    set_status(db, granted.scope(), id, "closed")
}

pub fn reopen(db: &Transaction<'_>, desk: &str, id: i64) -> Result<Ticket, Failure> {
    set_status(db, desk, id, "open")
}

pub fn merge(
    update: &upr::granted!(Tickets::UPDATE),
    closing: &upr::granted!(Tickets::CLOSE),
    db: &Transaction<'_>,
    id: i64,
    into: i64,
) -> Result<Ticket, Failure> {
    if id == into {
        return Err(Failure::Invalid(
            "A ticket cannot be merged into itself.".into(),
        ));
    }
    let target = find(db, update.scope(), into)?;
    let merged = close(closing, db, id)?;
    let body = format!("{}\n\n[{}]\n{}", target.body, merged.title, merged.body);
    let change = Change {
        title: None,
        body: Some(body),
    };
    self::update(db, update.scope(), into, &change)
}

pub fn export(
    granted: &upr::granted!(Tickets::EXPORT),
    db: &Transaction<'_>,
) -> Result<String, Failure> {
    let mut csv = String::from("id,desk,title,status,priority\n");
    for ticket in list(db, granted.scope())? {
        let Ticket {
            id,
            desk,
            title,
            status,
            priority,
            ..
        } = ticket;
        let (desk, title) = (quote(&desk), quote(&title));
        csv.push_str(&format!("{id},{desk},{title},{status},{priority}\n"));
    }
    Ok(csv)
}

fn set_status(db: &Transaction<'_>, desk: &str, id: i64, status: &str) -> Result<Ticket, Failure> {
    let ticket = find(db, desk, id)?;
    if ticket.status == status {
        return Err(Failure::Conflict(format!(
            "Ticket {id} is {status} already."
        )));
    }
    db.execute(
        "UPDATE tickets SET status = ?2 WHERE id = ?1",
        params![id, status],
    )?;
    find(db, desk, id)
}

/// A field of CSV (RFC 4180).
fn quote(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

impl Ticket {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            desk: row.get(1)?,
            title: row.get(2)?,
            body: row.get(3)?,
            status: row.get(4)?,
            priority: row.get(5)?,
            reporter: row.get(6)?,
            assignee: row.get(7)?,
            opened: row.get(8)?,
        })
    }
}

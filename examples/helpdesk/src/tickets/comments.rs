//! Comments on tickets: a module below `tickets`, with a key that says so.
//!
//! A role that holds `tickets.*` does not hold these: a wildcard is exactly its module.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use rusqlite::{Row, Transaction, params};
use serde::{Deserialize, Serialize};

use super::handlers::Which;
use super::service;
use crate::app::App;
use crate::web::{Body, Checked, Failure, check_text};

/// What is said about a ticket.
#[upr::module(
    "tickets.comments",
    crud(view, create, delete),
    label = "Comments on tickets"
)]
pub struct Comments;

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/{id}/comments", get(list).post(create))
        .route("/{id}/comments/{comment}", axum::routing::delete(delete))
        .route("/{id}/comments/{comment}/pin", post(pin))
}

#[derive(Deserialize)]
struct WhichComment {
    id: i64,
    comment: i64,
}

#[derive(Serialize)]
struct Comment {
    id: i64,
    author: String,
    body: String,
    pinned: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct NewComment {
    body: String,
}

impl Checked for NewComment {
    fn check(&self) -> Result<(), String> {
        check_text("body", &self.body, 10_000)
    }
}

#[upr::requires(Comments::VIEW)]
async fn list(
    granted: upr::granted!(Comments::VIEW),
    State(app): State<App>,
    Path(Which { id: ticket }): Path<Which>,
) -> Result<Json<Vec<Comment>>, Failure> {
    let comments = app.database.read(move |db| {
        service::find(db, granted.scope(), ticket)?;
        let sql = "SELECT id, author, body, pinned FROM comments \
                   WHERE ticket_id = ?1 ORDER BY pinned DESC, id";
        let mut query = db.prepare(sql)?;
        let comments = query
            .query_map([ticket], Comment::read)?
            .collect::<Result<_, _>>()?;
        Ok(comments)
    });
    Ok(Json(comments.await?))
}

#[upr::requires(Comments::CREATE)]
async fn create(
    granted: upr::granted!(Comments::CREATE),
    State(app): State<App>,
    Path(Which { id: ticket }): Path<Which>,
    Body(new): Body<NewComment>,
) -> Result<(StatusCode, Json<Comment>), Failure> {
    let comment = app.database.write(move |db| {
        service::find(db, granted.scope(), ticket)?;
        let comment = db.query_row(
            "INSERT INTO comments (ticket_id, author, body) VALUES (?1, ?2, ?3) \
             RETURNING id, author, body, pinned",
            params![ticket, granted.subject(), new.body.trim()],
            Comment::read,
        )?;
        Ok(comment)
    });
    Ok((StatusCode::CREATED, Json(comment.await?)))
}

#[upr::requires(Comments::DELETE)]
async fn delete(
    granted: upr::granted!(Comments::DELETE),
    State(app): State<App>,
    Path(WhichComment {
        id: ticket,
        comment,
    }): Path<WhichComment>,
) -> Result<StatusCode, Failure> {
    let sql = "DELETE FROM comments WHERE ticket_id = ?1 AND id = ?2";
    let scope = granted.scope().to_owned();
    app.database
        .write(move |db| touch(db, &scope, ticket, comment, sql))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Keep a comment at the top.
#[upr::action(Comments)]
async fn pin(
    granted: upr::granted!(Comments::PIN),
    State(app): State<App>,
    Path(WhichComment {
        id: ticket,
        comment,
    }): Path<WhichComment>,
) -> Result<StatusCode, Failure> {
    let sql = "UPDATE comments SET pinned = 1 WHERE ticket_id = ?1 AND id = ?2";
    let scope = granted.scope().to_owned();
    app.database
        .write(move |db| touch(db, &scope, ticket, comment, sql))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Runs `sql` on one comment of a ticket that is at this desk.
fn touch(
    db: &Transaction<'_>,
    desk: &str,
    ticket: i64,
    comment: i64,
    sql: &str,
) -> Result<(), Failure> {
    service::find(db, desk, ticket)?;
    match db.execute(sql, [ticket, comment])? {
        0 => Err(Failure::NotFound(format!(
            "Ticket {ticket} has no comment {comment}."
        ))),
        _ => Ok(()),
    }
}

impl Comment {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            author: row.get(1)?,
            body: row.get(2)?,
            pinned: row.get(3)?,
        })
    }
}

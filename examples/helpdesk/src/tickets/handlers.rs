//! What can be done with tickets over HTTP.
//!
//! `#[upr::action(Tickets)]` declares a permission named after the function and guards it;
//! `#[upr::requires(…)]` guards with permissions that are declared elsewhere. Both put the guard in
//! front of everything else: axum asks it before it looks at the path or reads the body.
//!
//! A handler that names its proof (`granted: upr::granted!(…)`, always the first parameter) can hand
//! it on to a function that wants to see it, or ask it for the subject and the scope.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use serde::Deserialize;

use super::Tickets;
use super::service::{self, Change, NewTicket, Ticket};
use crate::app::App;
use crate::insight::reports;
use crate::web::{Body, Checked, Failure, check_text};

/// Which ticket. The desk is in the path too, and already in the proof.
#[derive(Deserialize)]
pub struct Which {
    pub id: i64,
}

/// Either may look: those who work on tickets, and those who count them.
#[upr::requires(any(Tickets::VIEW, reports::VIEW))]
pub async fn list(
    granted: upr::granted!(any(Tickets::VIEW, reports::VIEW)),
    State(app): State<App>,
) -> Result<Json<Vec<Ticket>>, Failure> {
    let desk = granted.scope().to_owned();
    let tickets = app.database.read(move |db| service::list(db, &desk));
    Ok(Json(tickets.await?))
}

#[upr::requires(Tickets::VIEW)]
pub async fn show(
    granted: upr::granted!(Tickets::VIEW),
    State(app): State<App>,
    Path(Which { id }): Path<Which>,
) -> Result<Json<Ticket>, Failure> {
    let ticket = app
        .database
        .read(move |db| service::find(db, granted.scope(), id));
    Ok(Json(ticket.await?))
}

#[upr::requires(Tickets::CREATE)]
pub async fn create(
    granted: upr::granted!(Tickets::CREATE),
    State(app): State<App>,
    Body(new): Body<NewTicket>,
) -> Result<(StatusCode, Json<Ticket>), Failure> {
    let ticket = app
        .database
        .write(move |db| service::create(&granted, db, &new));
    Ok((StatusCode::CREATED, Json(ticket.await?)))
}

#[upr::requires(Tickets::UPDATE)]
pub async fn update(
    granted: upr::granted!(Tickets::UPDATE),
    State(app): State<App>,
    Path(Which { id }): Path<Which>,
    Body(change): Body<Change>,
) -> Result<Json<Ticket>, Failure> {
    let ticket = app
        .database
        .write(move |db| service::update(db, granted.scope(), id, &change));
    Ok(Json(ticket.await?))
}

/// What clients of version 1.2 and older still call. It goes on working, with a permission of its
/// own, until 2.0.0; from then on this attribute no longer compiles.
#[upr::action(
    Tickets,
    deprecated = "use `update` instead",
    since = "1.3.0",
    remove_in = "2.0.0",
    replaced_by = Tickets::UPDATE
)]
pub async fn edit(
    granted: upr::granted!(Tickets::EDIT),
    State(app): State<App>,
    Path(Which { id }): Path<Which>,
    Body(change): Body<Change>,
) -> Result<Json<Ticket>, Failure> {
    let ticket = app
        .database
        .write(move |db| service::update(db, granted.scope(), id, &change));
    Ok(Json(ticket.await?))
}

#[upr::requires(Tickets::DELETE)]
pub async fn delete(
    granted: upr::granted!(Tickets::DELETE),
    State(app): State<App>,
    Path(Which { id }): Path<Which>,
) -> Result<StatusCode, Failure> {
    app.database
        .write(move |db| service::delete(&granted, db, id))
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Assignment {
    /// The user's number; `null` takes the ticket away from whoever has it.
    assignee: Option<i64>,
}

/// Say who works on a ticket.
#[upr::action(Tickets)]
pub async fn assign(
    granted: upr::granted!(Tickets::ASSIGN),
    State(app): State<App>,
    Path(Which { id }): Path<Which>,
    Body(Assignment { assignee }): Body<Assignment>,
) -> Result<Json<Ticket>, Failure> {
    let ticket = app
        .database
        .write(move |db| service::assign(db, granted.scope(), id, assignee));
    Ok(Json(ticket.await?))
}

/// Put a ticket before all others.
#[upr::action(Tickets)]
pub async fn escalate(
    granted: upr::granted!(Tickets::ESCALATE),
    State(app): State<App>,
    Path(Which { id }): Path<Which>,
) -> Result<Json<Ticket>, Failure> {
    let ticket = app
        .database
        .write(move |db| service::escalate(db, granted.scope(), id));
    Ok(Json(ticket.await?))
}

/// Say that a ticket is done.
#[upr::action(Tickets)]
pub async fn close(
    granted: upr::granted!(Tickets::CLOSE),
    State(app): State<App>,
    Path(Which { id }): Path<Which>,
) -> Result<Json<Ticket>, Failure> {
    let ticket = app
        .database
        .write(move |db| service::close(&granted, db, id));
    Ok(Json(ticket.await?))
}

/// Say that a ticket was not done after all.
#[upr::action(Tickets)]
pub async fn reopen(
    granted: upr::granted!(Tickets::REOPEN),
    State(app): State<App>,
    Path(Which { id }): Path<Which>,
) -> Result<Json<Ticket>, Failure> {
    let ticket = app
        .database
        .write(move |db| service::reopen(db, granted.scope(), id));
    Ok(Json(ticket.await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merge {
    into: i64,
}

/// Moves the text of one ticket into another and closes it. That changes the one and closes the
/// other, so it takes both permissions, and the proof of both splits into the proof of each.
#[upr::requires(all(Tickets::UPDATE, Tickets::CLOSE))]
pub async fn merge(
    granted: upr::granted!(all(Tickets::UPDATE, Tickets::CLOSE)),
    State(app): State<App>,
    Path(Which { id }): Path<Which>,
    Body(Merge { into }): Body<Merge>,
) -> Result<Json<Ticket>, Failure> {
    let (update, close) = granted.split();
    let merged = app
        .database
        .write(move |db| service::merge(&update, &close, db, id, into));
    Ok(Json(merged.await?))
}

#[upr::requires(Tickets::EXPORT)]
pub async fn export(
    granted: upr::granted!(Tickets::EXPORT),
    State(app): State<App>,
) -> Result<impl IntoResponse, Failure> {
    let csv = app.database.read(move |db| service::export(&granted, db));
    Ok(([(CONTENT_TYPE, "text/csv; charset=utf-8")], csv.await?))
}

impl Checked for Assignment {}

impl Checked for Merge {}

impl Checked for NewTicket {
    fn check(&self) -> Result<(), String> {
        check_text("title", &self.title, 200)?;
        check_text("body", &self.body, 10_000)
    }
}

impl Checked for Change {
    fn check(&self) -> Result<(), String> {
        if self.title.is_none() && self.body.is_none() {
            return Err("There is nothing to change: give `title` or `body`.".to_owned());
        }
        if let Some(title) = &self.title {
            check_text("title", title, 200)?;
        }
        self.body
            .as_ref()
            .map_or(Ok(()), |body| check_text("body", body, 10_000))
    }
}

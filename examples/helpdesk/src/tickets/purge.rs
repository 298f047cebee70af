//! Taking closed tickets away for good: only in a help desk that is built with the feature `purge`.
//!
//! Without it the permission is not declared. The lock records the condition, so that this is no removal.

use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::Tickets;
use crate::app::App;
use crate::web::Failure;

#[derive(Serialize)]
pub struct Purged {
    tickets: usize,
}

/// Take all closed tickets away for good.
#[upr::action(Tickets)]
pub async fn purge(
    granted: upr::granted!(Tickets::PURGE),
    State(app): State<App>,
) -> Result<Json<Purged>, Failure> {
    let sql = "DELETE FROM tickets WHERE desk = ?1 AND status = 'closed'";
    let tickets = app
        .database
        .write(move |db| Ok(db.execute(sql, [granted.scope()])?));
    Ok(Json(Purged {
        tickets: tickets.await?,
    }))
}

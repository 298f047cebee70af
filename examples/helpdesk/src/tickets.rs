//! Tickets: what people ask, and what becomes of it.
//!
//! The module's permissions are declared in three places, each where it belongs: the four of
//! `crud` and `export` here, one on each handler that does more (`tickets/handlers.rs`), and those
//! of the comments in a module of their own. `Tickets::` lists them all.

mod comments;
mod handlers;
mod service;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

pub use comments::Comments;

/// Tickets, from the first question to the last answer.
#[upr::module(crud, actions(export(label = "Export as CSV")))]
pub struct Tickets;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/tickets", get(handlers::list).post(handlers::create))
        .route("/tickets.csv", get(handlers::export))
        .route(
            "/tickets/{id}",
            get(handlers::show)
                .patch(handlers::update)
                .delete(handlers::delete),
        )
        .route("/tickets/{id}/edit", post(handlers::edit))
        .route("/tickets/{id}/assign", post(handlers::assign))
        .route("/tickets/{id}/escalate", post(handlers::escalate))
        .route("/tickets/{id}/close", post(handlers::close))
        .route("/tickets/{id}/reopen", post(handlers::reopen))
        .route("/tickets/{id}/merge", post(handlers::merge))
        .merge(comments::routes())
}

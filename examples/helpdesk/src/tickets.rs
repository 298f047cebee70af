//! Tickets: what people ask, and what becomes of it.
//!
//! The module's permissions are declared in three places, each where it belongs: the four of
//! `crud` and `export` here, one on each handler that does more (`tickets/handlers.rs`), and those
//! of the comments in a module of their own. `Tickets::` lists them all.

mod comments;
mod handlers;
#[cfg(feature = "purge")]
mod purge;
mod service;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

pub use comments::Comments;

/// Tickets, from the first question to the last answer.
#[upr::module(crud, actions(export(label = "Export as CSV")))]
pub struct Tickets;

/// Every path names its desk, and the desk is the scope of the check (`desk.rs`).
pub fn routes() -> Router<App> {
    let tickets = Router::new()
        .route("/", get(handlers::list).post(handlers::create))
        .route(
            "/{id}",
            get(handlers::show)
                .patch(handlers::update)
                .delete(handlers::delete),
        )
        .route("/{id}/edit", post(handlers::edit))
        .route("/{id}/assign", post(handlers::assign))
        .route("/{id}/escalate", post(handlers::escalate))
        .route("/{id}/close", post(handlers::close))
        .route("/{id}/reopen", post(handlers::reopen))
        .route("/{id}/merge", post(handlers::merge))
        .merge(comments::routes());
    #[cfg(feature = "purge")]
    let tickets = tickets.route("/closed", axum::routing::delete(purge::purge));
    Router::new()
        .nest("/desks/{desk}/tickets", tickets)
        .route("/desks/{desk}/tickets.csv", get(handlers::export))
}

//! Users: who works here, who asks, and what each of them may do.

mod handlers;
mod service;

use axum::Router;
use axum::routing::{get, post};

use crate::app::App;

pub use service::{NewUser, User, count, insert, named};

/// User accounts.
#[upr::module(crud)]
pub struct Users;

pub fn routes() -> Router<App> {
    Router::new()
        .route("/users", get(handlers::list).post(handlers::create))
        .route(
            "/users/{id}",
            get(handlers::show)
                .patch(handlers::update)
                .delete(handlers::delete),
        )
        .route("/users/{id}/reset-password", post(handlers::reset_password))
        .route("/users/{id}/deactivate", post(handlers::deactivate))
        .route("/users/{id}/activate", post(handlers::activate))
        .route(
            "/users/{id}/roles",
            post(handlers::give_role).delete(handlers::take_role),
        )
}

//! The routes, and the server that answers them until it is told to stop.

use axum::Router;
use axum::http::HeaderValue;
use axum::http::request::Parts;
use tokio::net::TcpListener;
use upr::Scope;
use upr_sync::{Auth, Health};
use upr_web::axum::IdentifyLayer;

use crate::app::App;
use crate::web::CHALLENGE;
use crate::{insight, knowledge, sign_in, tickets, users};

/// Everything the help desk answers.
pub fn router(app: App) -> Router {
    let database = app.database.clone();
    // The layer finds out who is asking, for all routes. It turns nobody away: the guards do.
    let identify = IdentifyLayer::new(app.permissions.follower().access(), move |parts| {
        sign_in::identify(database.clone(), parts)
    })
    .scope(desk)
    .challenge(HeaderValue::from_static(CHALLENGE));

    let catalog = upr::Registry::global().catalog();
    let observed = app.clone();
    Router::new()
        .merge(sign_in::routes())
        .merge(tickets::routes())
        .merge(users::routes())
        .merge(knowledge::articles::routes())
        .merge(insight::reports::routes())
        .merge(insight::settings::routes())
        .with_state(app)
        .layer(identify)
        // What machines ask for. Neither knows who is asking.
        .merge(upr_web::axum::catalog(&catalog))
        .merge(upr_web::axum::health(move || observe(observed.clone())))
}

/// How we are: upr looks at its store, and we at the table that people sign in with.
async fn observe(app: App) -> Health {
    let sign_in = app.database.read(|db| {
        Ok(db.query_row("SELECT count(*) FROM auth_users", [], |row| {
            row.get::<_, i64>(0)
        })?)
    });
    let auth = if sign_in.await.is_ok() {
        Auth::Operational
    } else {
        Auth::Unavailable
    };
    let catalog = upr::Registry::global().catalog();
    tokio::task::block_in_place(|| Health::observe(app.permissions.follower(), &catalog, auth))
}

/// The scope of a request: the desk that its header names, or all desks.
fn desk(parts: &Parts) -> Result<Scope, String> {
    let Some(desk) = parts.headers.get("x-desk") else {
        return Ok(Scope::everywhere());
    };
    let desk = desk
        .to_str()
        .map_err(|_| "the header `X-Desk` is no text".to_owned())?;
    Scope::parse(desk).map_err(|error| format!("the header `X-Desk`: {error}"))
}

/// Serves until `stop` is done, then answers what was already asked and returns.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, router(app))
        .with_graceful_shutdown(stop)
        .await
}

/// Done on Ctrl-C or SIGTERM, which from the call on no longer end the program by themselves.
#[cfg(unix)]
pub fn stop() -> std::io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

/// Done on Ctrl-C.
#[cfg(not(unix))]
pub fn stop() -> std::io::Result<impl Future<Output = ()> + Send> {
    Ok(async {
        // A program that cannot hear Ctrl-C must not take that for Ctrl-C.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}

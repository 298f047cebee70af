//! The routes, and the server that answers them until it is told to stop.

use std::time::Duration;

use axum::Router;
use axum::http::{HeaderValue, Uri};
use tokio::net::TcpListener;
use upr_sync::{Auth, Health};
use upr_web::axum::IdentifyLayer;

use crate::app::App;
use crate::web::{CHALLENGE, Failure};
use crate::{desk, insight, knowledge, sign_in, tickets, users};

/// Everything the help desk answers.
pub fn router(app: App) -> Router {
    let database = app.database.clone();
    // The layer finds out who is asking, for all routes. It turns nobody away: the guards do.
    let identify = IdentifyLayer::new(app.permissions.follower().access(), move |parts| {
        sign_in::identify(database.clone(), parts)
    })
    .scope(desk::of)
    .challenge(HeaderValue::from_static(CHALLENGE));

    let catalog = upr_web::axum::catalog(&app.catalog);
    let health = upr_web::axum::health({
        let app = app.clone();
        move || observe(app.clone())
    });
    Router::new()
        .merge(sign_in::routes())
        .merge(tickets::routes())
        .merge(users::routes())
        .merge(knowledge::articles::routes())
        .merge(insight::reports::routes())
        .merge(insight::settings::routes())
        .fallback(nothing)
        .with_state(app)
        .layer(identify)
        // What machines ask for. Neither knows who is asking.
        .merge(catalog)
        .merge(health)
}

async fn nothing(uri: Uri) -> Failure {
    Failure::NotFound(format!("There is no `{}`.", uri.path()))
}

/// How we are: upr looks at its store, and we at the table that people sign in with.
async fn observe(app: App) -> Health {
    let auth = match app.database.read(users::count).await {
        Ok(_) => Auth::Operational,
        Err(_) => Auth::Unavailable,
    };
    let follower = app.permissions.follower();
    tokio::task::block_in_place(|| Health::observe(follower, &app.catalog, auth))
}

/// How long requests may go on after the help desk was told to stop.
const PATIENCE: Duration = Duration::from_secs(5);

/// Serves until `stop` is done, answers what was already asked, and returns.
pub async fn serve(
    listener: TcpListener,
    app: App,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (tell, told) = tokio::sync::oneshot::channel();
    let stop = async {
        stop.await;
        // Nobody listens any more when serving has failed.
        let _ = tell.send(());
    };
    let too_long = async {
        if told.await.is_ok() {
            tokio::time::sleep(PATIENCE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        served = axum::serve(listener, router(app)).with_graceful_shutdown(stop) => served,
        () = too_long => Ok(()),
    }
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

//! Who is asking.
//!
//! THIS IS A DEMO. It shows where an application's own sign-in meets upr, and no more: there is no
//! limit on attempts, no second factor, no way to change a password, and no TLS.
//!
//! Two ways are taken: name and password with each request (HTTP Basic, for `curl -u`), or a token
//! from `POST /sign-in`. upr knows nothing of either. It is told a subject id, here the user's
//! number in `auth_users`, and decides what that subject may do.

mod password;
mod session;

use axum::extract::State;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::{Json, Router, routing};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rusqlite::{OptionalExtension, Transaction};
use serde::{Deserialize, Serialize};
use upr::SubjectId;

use crate::app::App;
use crate::database::Database;
use crate::web::{Body, Checked, Failure};

pub use password::hash;

/// The function that `upr_web::axum::IdentifyLayer` calls for each request.
///
/// `Ok(None)` is an anonymous caller, also one whose password is wrong: the guard answers 401. An
/// error means that we cannot tell, say because the database does not answer: the guard says 503.
pub async fn identify(database: Database, parts: Parts) -> Result<Option<SubjectId>, Failure> {
    let Some(credentials) = Credentials::read(&parts) else {
        return Ok(None);
    };
    credentials
        .user(&database)
        .await?
        .map(subject_id)
        .transpose()
}

/// A user's number as upr's subject id.
pub fn subject_id(user: i64) -> Result<SubjectId, Failure> {
    SubjectId::parse(&user.to_string()).map_err(|error| Failure::Internal(error.to_string()))
}

pub fn routes() -> Router<App> {
    Router::new().route("/sign-in", routing::post(sign_in))
}

#[derive(Deserialize)]
struct SignIn {
    username: String,
    password: String,
}

impl Checked for SignIn {}

#[derive(Serialize)]
struct SignedIn {
    token: String,
    ends_in_seconds: i64,
}

/// Whoever signs in is not signed in yet: this handler says aloud that it is for everyone.
#[upr::public("signs in")]
async fn sign_in(
    State(app): State<App>,
    Body(body): Body<SignIn>,
) -> Result<Json<SignedIn>, Failure> {
    let credentials = Credentials::Password(body.username, body.password);
    let user = credentials
        .user(&app.database)
        .await?
        .ok_or(Failure::WrongPassword)?;
    let token = app
        .database
        .write(move |db| session::begin(db, user))
        .await?;
    Ok(Json(SignedIn {
        token,
        ends_in_seconds: session::SECONDS,
    }))
}

enum Credentials {
    Password(String, String),
    Token(String),
}

impl Credentials {
    /// What the request says about its caller; `None` when it says nothing that we understand.
    fn read(parts: &Parts) -> Option<Self> {
        let header = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, rest) = header.split_once(' ')?;
        if scheme.eq_ignore_ascii_case("bearer") {
            return Some(Self::Token(rest.trim().to_owned()));
        }
        if scheme.eq_ignore_ascii_case("basic") {
            let decoded = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
            let (username, password) = decoded.split_once(':')?;
            return Some(Self::Password(username.to_owned(), password.to_owned()));
        }
        None
    }

    /// The active user that these credentials belong to.
    async fn user(self, database: &Database) -> Result<Option<i64>, Failure> {
        match self {
            Self::Token(token) => database.read(move |db| session::user(db, &token)).await,
            Self::Password(username, password) => {
                let found = database.read(move |db| stored(db, &username)).await?;
                // An unknown name takes as long as a wrong password, and tells as little.
                let check = move || {
                    let hash = found.as_ref().map(|(_, hash)| hash.as_str());
                    let is_right = password::verify(&password, hash);
                    found.filter(|_| is_right).map(|(user, _)| user)
                };
                Ok(tokio::task::spawn_blocking(check).await?)
            }
        }
    }
}

/// The number and the password's hash of an active user.
fn stored(db: &Transaction<'_>, username: &str) -> Result<Option<(i64, String)>, Failure> {
    let sql = "SELECT id, password_hash FROM auth_users WHERE username = ?1 AND is_active = 1";
    Ok(db
        .query_row(sql, [username], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?)
}

//! What can be done with users over HTTP.
//!
//! Some of it changes what people may do. That is upr's to keep, and goes through
//! [`Permissions::change`](crate::permissions::Permissions::change), which also puts the change in
//! force before it returns: when the administrator is told "done", it is done.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use super::Users;
use super::service::{self, Change, NewUser, User};
use crate::app::App;
use crate::web::{Body, Checked, Failure, check_text};

#[upr::requires(Users::VIEW)]
pub async fn list(State(app): State<App>) -> Result<Json<Vec<User>>, Failure> {
    Ok(Json(app.database.read(service::list).await?))
}

#[upr::requires(Users::VIEW)]
pub async fn show(State(app): State<App>, Path(id): Path<i64>) -> Result<Json<User>, Failure> {
    Ok(Json(
        app.database.read(move |db| service::find(db, id)).await?,
    ))
}

#[upr::requires(Users::CREATE)]
pub async fn create(
    granted: upr::granted!(Users::CREATE),
    State(app): State<App>,
    Body(new): Body<NewUser>,
) -> Result<(StatusCode, Json<User>), Failure> {
    let user = service::create(&granted, &app, new).await?;
    Ok((StatusCode::CREATED, Json(user)))
}

#[upr::requires(Users::UPDATE)]
pub async fn update(
    State(app): State<App>,
    Path(id): Path<i64>,
    Body(change): Body<Change>,
) -> Result<Json<User>, Failure> {
    Ok(Json(
        app.database
            .write(move |db| service::update(db, id, &change))
            .await?,
    ))
}

#[upr::requires(Users::DELETE)]
pub async fn delete(
    granted: upr::granted!(Users::DELETE),
    State(app): State<App>,
    Path(id): Path<i64>,
) -> Result<StatusCode, Failure> {
    service::delete(&granted, &app, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

#[derive(Serialize)]
pub struct NewPassword {
    password: String,
}

/// Give a new password and end all sessions. Whoever holds this can sign in as anybody.
#[upr::action(Users, label = "Reset password")]
pub async fn reset_password(
    State(app): State<App>,
    Path(id): Path<i64>,
) -> Result<Json<NewPassword>, Failure> {
    let password = app
        .database
        .write(move |db| service::reset_password(db, id))
        .await?;
    Ok(Json(NewPassword { password }))
}

/// Lock someone out and keep what they have.
#[upr::action(Users)]
pub async fn deactivate(
    granted: upr::granted!(Users::DEACTIVATE),
    State(app): State<App>,
    Path(id): Path<i64>,
) -> Result<Json<User>, Failure> {
    Ok(Json(
        service::set_active(&app, granted.subject(), id, false).await?,
    ))
}

/// Let someone in again.
#[upr::action(Users)]
pub async fn activate(
    granted: upr::granted!(Users::ACTIVATE),
    State(app): State<App>,
    Path(id): Path<i64>,
) -> Result<Json<User>, Failure> {
    Ok(Json(
        service::set_active(&app, granted.subject(), id, true).await?,
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleAt {
    pub role: String,
    /// The desk; without one, everywhere.
    #[serde(default)]
    pub desk: String,
}

/// Say what someone may do. Whoever holds this can give themselves everything else, so the store
/// always keeps somebody who holds it: it is `critical`.
#[upr::action(Users, critical)]
pub async fn give_role(
    granted: upr::granted!(Users::GIVE_ROLE),
    State(app): State<App>,
    Path(id): Path<i64>,
    Body(role): Body<RoleAt>,
) -> Result<StatusCode, Failure> {
    service::give_role(&granted, &app, id, &role).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// The opposite takes no permission of its own.
#[upr::requires(Users::GIVE_ROLE)]
pub async fn take_role(
    granted: upr::granted!(Users::GIVE_ROLE),
    State(app): State<App>,
    Path(id): Path<i64>,
    Body(role): Body<RoleAt>,
) -> Result<StatusCode, Failure> {
    service::take_role(&granted, &app, id, &role).await?;
    Ok(StatusCode::NO_CONTENT)
}

impl Checked for RoleAt {}

impl Checked for NewUser {
    fn check(&self) -> Result<(), String> {
        check_text("username", &self.username, 64)?;
        if self.username.contains(':') {
            return Err("`username` holds a colon, which HTTP Basic cannot carry.".to_owned());
        }
        check_text("email", &self.email, 191)?;
        check_password(&self.password)
    }
}

impl Checked for Change {
    fn check(&self) -> Result<(), String> {
        check_text("email", &self.email, 191)
    }
}

fn check_password(password: &str) -> Result<(), String> {
    match password.chars().count() {
        8.. => Ok(()),
        count => Err(format!(
            "`password` has {count} characters, and needs at least 8."
        )),
    }
}

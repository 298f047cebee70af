//! What happens to users, whoever asks for it.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rusqlite::{ErrorCode, OptionalExtension, Row, Transaction, params};
use serde::{Deserialize, Serialize};
use upr::{RoleKey, Scope};

use super::Users;
use super::handlers::RoleAt;
use crate::app::App;
use crate::sign_in;
use crate::web::Failure;

/// A user, without the password's hash.
#[derive(Debug, Serialize)]
pub struct User {
    pub id: i64,
    pub username: String,
    pub email: String,
    pub is_active: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewUser {
    pub username: String,
    pub email: String,
    pub password: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Change {
    pub email: String,
}

pub fn list(db: &Transaction<'_>) -> Result<Vec<User>, Failure> {
    let mut query =
        db.prepare("SELECT id, username, email, is_active FROM auth_users ORDER BY id")?;
    let users = query.query_map([], User::read)?.collect::<Result<_, _>>()?;
    Ok(users)
}

pub fn count(db: &Transaction<'_>) -> Result<i64, Failure> {
    Ok(db.query_row("SELECT count(*) FROM auth_users", [], |row| row.get(0))?)
}

pub fn find(db: &Transaction<'_>, id: i64) -> Result<User, Failure> {
    let sql = "SELECT id, username, email, is_active FROM auth_users WHERE id = ?1";
    let found = db.query_row(sql, [id], User::read).optional()?;
    found.ok_or_else(|| Failure::NotFound(format!("There is no user {id}.")))
}

pub fn named(db: &Transaction<'_>, username: &str) -> Result<Option<User>, Failure> {
    let sql = "SELECT id, username, email, is_active FROM auth_users WHERE username = ?1";
    Ok(db.query_row(sql, [username], User::read).optional()?)
}

/// Two stores are told, ours first. Should upr's fail, there is a user who may do nothing: the safe
/// side, and `upr user create ID` mends it.
pub async fn create(
    granted: &upr::granted!(Users::CREATE),
    app: &App,
    new: NewUser,
) -> Result<User, Failure> {
    let user = app.database.write(move |db| insert(db, &new)).await?;
    app.permissions
        .create_subject(granted.subject(), &user)
        .await?;
    Ok(user)
}

/// Adds a row to `auth_users`.
pub fn insert(db: &Transaction<'_>, new: &NewUser) -> Result<User, Failure> {
    let password_hash = sign_in::hash(&new.password)?;
    let inserted = db.query_row(
        "INSERT INTO auth_users (username, email, password_hash) VALUES (?1, ?2, ?3) \
         RETURNING id, username, email, is_active",
        params![new.username, new.email, password_hash],
        User::read,
    );
    inserted.map_err(|error| match error.sqlite_error_code() {
        Some(ErrorCode::ConstraintViolation) => {
            Failure::Conflict(format!("There is a user `{}` already.", new.username))
        }
        _ => error.into(),
    })
}

pub fn update(db: &Transaction<'_>, id: i64, change: &Change) -> Result<User, Failure> {
    find(db, id)?;
    db.execute(
        "UPDATE auth_users SET email = ?2 WHERE id = ?1",
        params![id, change.email],
    )?;
    find(db, id)
}

/// upr's side first: whatever happens then, the subject may do nothing any more.
pub async fn delete(
    granted: &upr::granted!(Users::DELETE),
    app: &App,
    id: i64,
) -> Result<(), Failure> {
    set_active(app, granted.subject(), id, false).await?;
    let delete = move |db: &Transaction<'_>| {
        db.execute("DELETE FROM auth_users WHERE id = ?1", [id])?;
        Ok(())
    };
    app.database.write(delete).await
}

pub async fn set_active(app: &App, by: &str, id: i64, active: bool) -> Result<User, Failure> {
    app.database.read(move |db| find(db, id)).await?;
    app.permissions.set_active(by, id, active).await?;
    let set = move |db: &Transaction<'_>| {
        db.execute(
            "UPDATE auth_users SET is_active = ?2 WHERE id = ?1",
            params![id, active],
        )?;
        if !active {
            end_sessions(db, id)?;
        }
        find(db, id)
    };
    app.database.write(set).await
}

/// The new password is shown once, here.
pub fn reset_password(db: &Transaction<'_>, id: i64) -> Result<String, Failure> {
    find(db, id)?;
    let mut random = [0; 12];
    getrandom::fill(&mut random).map_err(|error| Failure::Internal(error.to_string()))?;
    let password = BASE64_URL_SAFE_NO_PAD.encode(random);
    let hash = sign_in::hash(&password)?;
    db.execute(
        "UPDATE auth_users SET password_hash = ?2 WHERE id = ?1",
        params![id, hash],
    )?;
    end_sessions(db, id)?;
    Ok(password)
}

pub async fn give_role(
    granted: &upr::granted!(Users::GIVE_ROLE),
    app: &App,
    id: i64,
    role: &RoleAt,
) -> Result<(), Failure> {
    let (role, desk) = read(role)?;
    app.permissions
        .give_role(granted.subject(), id, role, desk)
        .await
}

pub async fn take_role(
    granted: &upr::granted!(Users::GIVE_ROLE),
    app: &App,
    id: i64,
    role: &RoleAt,
) -> Result<(), Failure> {
    let (role, desk) = read(role)?;
    app.permissions
        .take_role(granted.subject(), id, role, desk)
        .await
}

fn read(role: &RoleAt) -> Result<(RoleKey, Scope), Failure> {
    let key = RoleKey::parse(&role.role).map_err(|error| Failure::Invalid(error.to_string()))?;
    let desk = Scope::parse(&role.desk).map_err(|error| Failure::Invalid(error.to_string()))?;
    Ok((key, desk))
}

fn end_sessions(db: &Transaction<'_>, id: i64) -> Result<(), Failure> {
    db.execute("DELETE FROM sessions WHERE user_id = ?1", [id])?;
    Ok(())
}

impl User {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        Ok(Self {
            id: row.get(0)?,
            username: row.get(1)?,
            email: row.get(2)?,
            is_active: row.get(3)?,
        })
    }
}

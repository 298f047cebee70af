//! Tokens from `POST /sign-in`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use rusqlite::{OptionalExtension, Transaction, params};

use crate::web::Failure;

/// How long a token is good for.
pub(super) const SECONDS: i64 = 8 * 60 * 60;

/// A new token for `user`: 256 random bits.
pub(super) fn begin(db: &Transaction<'_>, user: i64) -> Result<String, Failure> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| Failure::Internal(error.to_string()))?;
    let token = BASE64_URL_SAFE_NO_PAD.encode(random);
    db.execute("DELETE FROM sessions WHERE ends_at <= unixepoch()", [])?;
    db.execute(
        "INSERT INTO sessions (token_hash, user_id, ends_at) VALUES (?1, ?2, unixepoch() + ?3)",
        params![digest(&token), user, SECONDS],
    )?;
    Ok(token)
}

/// The active user that `token` was given to, if it has not ended.
pub(super) fn user(db: &Transaction<'_>, token: &str) -> Result<Option<i64>, Failure> {
    let sql = "SELECT user_id FROM sessions JOIN auth_users ON auth_users.id = user_id \
               WHERE token_hash = ?1 AND ends_at > unixepoch() AND is_active = 1";
    Ok(db
        .query_row(sql, [digest(token)], |row| row.get(0))
        .optional()?)
}

/// The token is random and long, so that a plain hash is enough to keep it unreadable.
fn digest(token: &str) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(hmac_sha256::Hash::hash(token.as_bytes()))
}

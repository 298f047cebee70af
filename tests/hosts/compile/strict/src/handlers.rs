//! Handlers of a module that stands in another file.

use core::fmt::Display;
use core::future::ready;

use crate::Accounts;

/// Send a reset link and end all sessions.
///
/// # Errors
///
/// Never.
#[upr::action(Accounts, label = "Reset the password", critical)]
pub async fn reset_password(account: u64) -> Result<u64, ()> {
    ready(Ok(account)).await
}

/// Edit an account.
#[upr::action(
    Accounts,
    deprecated = "use `update` instead",
    since = "0.9.0",
    remove_in = "2.0.0",
    replaced_by = Accounts::UPDATE
)]
pub fn edit() {}

/// Stream what an account did.
#[upr::action(Accounts)]
pub fn stream<'a, T, const N: usize>(parts: &'a [T; N]) -> impl Iterator<Item = String> + 'a
where
    T: Display + 'a,
{
    parts.iter().map(ToString::to_string)
}

/// Close an account; the proof has a name, since a service wants it.
#[upr::action(Accounts)]
#[must_use]
pub fn close(granted: upr::granted!(Accounts::CLOSE), account: u64) -> (String, u64) {
    close_checked(granted, account)
}

/// Cannot be called by who may not.
fn close_checked(granted: upr::granted!(Accounts::CLOSE), account: u64) -> (String, u64) {
    let by = granted.subject().to_string();
    drop(granted);
    (by, account)
}

/// List accounts.
#[upr::requires(any(Accounts::VIEW, all(Accounts::EXPORT, Accounts::CREATE)))]
pub async fn list() {
    ready(()).await;
}

/// Everybody may know the time.
#[upr::public("it is no secret")]
#[must_use]
pub fn time() -> u64 {
    0
}

//! A library whose authors allow nothing: what upr generates must be as clean as what they write.
//!
//! ```
//! use host_strict::Accounts;
//! assert_eq!(Accounts::RESET_PASSWORD.key(), "accounts.reset_password");
//! assert_eq!(Accounts::RESET_PASSWORD.label(), "Reset the password");
//! ```
#![forbid(unsafe_code)]
#![deny(
    warnings,
    missing_docs,
    missing_debug_implementations,
    unreachable_pub,
    unused_qualifications,
    elided_lifetimes_in_paths,
    single_use_lifetimes,
    let_underscore_drop,
    non_local_definitions,
    unused_results,
    unused_crate_dependencies,
    rustdoc::all,
    clippy::all,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_docs_in_private_items,
    clippy::wildcard_imports
)]

pub mod handlers;

mod hidden;

/// Accounts of people.
///
/// More than one line may be said.
#[upr::module(crud(view, create, update), actions(export, "listAll"))]
#[derive(Clone, Copy, Debug)]
pub struct Accounts;

/// Tickets of customers.
#[upr::module(crud(view, update))]
pub mod tickets {
    use core::future::ready;

    /// Give a ticket to somebody.
    #[upr::action]
    pub async fn assign(ticket: u64) -> u64 {
        ready(ticket).await
    }

    /// See a ticket.
    #[upr::requires(VIEW)]
    pub fn show() {}

    /// Sign in to write one.
    #[upr::public]
    pub fn sign_in() {}

    /// What is closed.
    #[upr::module]
    pub mod archive {
        /// Bring a ticket back.
        #[upr::action]
        pub fn restore(_ticket: u64) {}
    }
}

upr::role!(
    /// Those who help.
    pub SUPPORT = "support",
    label = "Support",
    seeded,
    Accounts::VIEW,
    tickets::Permissions::*
);

/// The proof of either is asked for by name.
pub type ViewOrExport = upr::granted!(any(Accounts::VIEW, Accounts::EXPORT));

#[cfg(test)]
mod tests {
    use upr::Registry;

    #[test]
    fn everything_is_registered_once() {
        let keys: Vec<&str> = Registry::global()
            .iter()
            .map(upr::Permission::key)
            .collect();
        assert_eq!(
            keys,
            [
                "accounts.close",
                "accounts.create",
                "accounts.edit",
                "accounts.export",
                "accounts.listAll",
                "accounts.reset_password",
                "accounts.stream",
                "accounts.update",
                "accounts.view",
                "hidden_things.look",
                "hidden_things.peek",
                "tickets.archive.restore",
                "tickets.assign",
                "tickets.update",
                "tickets.view",
            ]
        );
    }
}

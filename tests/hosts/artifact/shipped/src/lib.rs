//! Declares of everything one; its tests read it from what is built.

pub mod tickets;

/// User accounts.
#[upr::module(crud(view, delete(critical)))]
pub struct Users;

/// Send a reset link and end all sessions.
#[upr::action(Users, label = "Reset password")]
pub fn reset_password() {}

upr::role! {
    /// Who answers.
    pub SUPPORT = "support", label = "Support", seeded, Users::VIEW, tickets::Tickets::*
}

//! What a customer asks.

use crate::Users;

/// What a customer asks.
#[upr::module(actions(close))]
pub struct Tickets;

#[upr::action(Tickets, deprecated = "look at the user", since = "0.9.0", remove_in = "2.0.0", replaced_by = Users::VIEW)]
pub fn look() {}

#[cfg(feature = "extra")]
#[upr::action(Tickets)]
pub fn export() {}

//! The second of two.

use crate::first_action::Users;

#[upr::action(Users)]
pub fn export() {}

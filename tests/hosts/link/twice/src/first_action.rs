//! The first of two.

/// Users.
#[upr::module(crud(view))]
pub struct Users;

#[upr::action(Users)]
pub fn export() {}

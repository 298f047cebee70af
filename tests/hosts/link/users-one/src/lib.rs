//! Declares users.

/// Users.
#[upr::module(crud(view))]
pub struct Users;

//! The first of two.

/// Users.
#[upr::module("users", crud(view))]
pub struct Users;

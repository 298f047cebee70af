//! Declares users too, and does not know of the other.

/// Users.
#[upr::module(crud(view, update))]
pub struct Users;

//! A library without a prelude: whatever upr generates names things by their whole path.
#![no_implicit_prelude]
#![deny(warnings, missing_docs)]
#![forbid(unsafe_code)]

/// Users.
#[::upr::module(crud, actions(export, "listAll"))]
pub struct Users;

/// Reset.
#[::upr::action(Users, label = "Reset", deprecated = "no more", since = "0.1.0", replaced_by = Users::EXPORT)]
pub async fn reset() {}

/// List.
#[::upr::requires(any(Users::VIEW, Users::EXPORT))]
pub fn list() {}

/// Compact.
#[::upr::module]
pub mod compact {
    /// First.
    #[::upr::action]
    pub fn first() {}
}

::upr::role!(
    /// Owners.
    pub OWNER = "owner", label = "Owner", managed, all
);

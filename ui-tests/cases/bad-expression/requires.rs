#[upr::module(crud)]
pub struct Users;

#[upr::requires]
pub fn nothing() {}

#[upr::requires(any())]
pub fn nobody() {}

#[upr::requires(not(Users::VIEW))]
pub fn strangers() {}

#[upr::requires(either(Users::VIEW, Users::UPDATE))]
pub fn either() {}

#[upr::requires(Users::VIEW, Users::UPDATE)]
pub fn both() {}

#[upr::requires(Users::*)]
pub fn whole() {}

#[upr::requires("users.view")]
pub fn text() {}

fn main() {}

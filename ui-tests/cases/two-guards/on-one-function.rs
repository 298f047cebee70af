use upr::requires;

#[upr::module(crud)]
pub struct Users;

#[upr::action(Users)]
#[upr::requires(Users::VIEW)]
pub fn export() {}

#[upr::requires(Users::VIEW)]
#[upr::public]
pub fn list() {}

#[upr::action(Users)]
#[upr::action(Users)]
pub fn send() {}

#[upr::public]
#[upr::public]
pub fn sign_in() {}

#[upr::public]
#[requires(Users::VIEW)]
pub fn sign_out() {}

#[requires(Users::VIEW)]
pub fn show() {}

fn main() {}

#[upr::module(crud)]
pub struct Users;

#[upr::action(Users)]
#[upr::requires(Users::VIEW)]
pub fn export() {}

#[upr::requires(Users::VIEW)]
#[upr::public]
pub fn list() {}

fn main() {}

#[upr::module(crud)]
pub struct Users;

#[upr::action(Users)]
pub fn rename(_name: String, _granted: upr::granted!(Users::RENAME)) {}

#[upr::requires(Users::VIEW)]
pub fn list(_page: u32, _granted: upr::granted!(Users::VIEW)) {}

fn main() {}

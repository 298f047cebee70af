#[upr::module(crud)]
#[upr::module(actions(export))]
pub struct Users;

#[upr::module(crud)]
#[upr::module]
pub mod tickets {}

#[upr::requires(all(Users::VIEW, tickets::VIEW))]
pub fn list() {}

fn main() {}

#[upr::module(crud = true, actions, label)]
pub struct Users;

#[upr::action(Users, critical = true, label("Reset"), since = 1)]
pub fn reset_password() {}

fn main() {}

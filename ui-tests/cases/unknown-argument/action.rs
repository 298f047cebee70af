#[upr::module(crud)]
pub struct Users;

#[upr::action(Users, lable = "Reset password", citical, expires = "never")]
pub fn reset_password() {}

#[upr::action(Users, crud, actions(export))]
pub fn export() {}

fn main() {}

#[upr::module(members)]
pub struct Users;

#[upr::action(Users, name = "reset")]
pub fn reset_password() {}

fn main() {}

#[upr::module(crud, 42, label = )]
pub struct Users;

#[upr::action(Users, , label = "Reset")]
pub fn reset_password() {}

fn main() {}

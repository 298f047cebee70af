#[upr::module(crud, label = "Users", label = "People")]
pub struct Users;

#[upr::action(Users, "reset", "reset_password", critical, critical)]
pub fn reset_password() {}

fn main() {}

#[upr::module(crud)]
pub struct Users;

#[upr::action(Users, since = "1.0.0", remove_in = "2.0.0", replaced_by = Users::UPDATE)]
pub fn edit() {}

fn main() {}

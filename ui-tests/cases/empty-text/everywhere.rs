#[upr::module(crud, label = "", description = "  ")]
pub struct Users;

#[upr::action(Users, label = "", deprecated = "")]
pub fn edit() {}

#[upr::public("")]
pub fn sign_in() {}

fn main() {}

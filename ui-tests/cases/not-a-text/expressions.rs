const LABEL: &str = "Users";

#[upr::module(crud, label = LABEL)]
pub struct Users;

#[upr::action(Users, description = format!("{}", 1), deprecated = include_str!("gone.txt"))]
pub fn edit() {}

fn main() {}

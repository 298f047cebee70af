#[upr::module(crud)]
pub struct Users;

#[upr::action]
pub fn edit() {}

#[upr::action(label = "Close")]
pub fn close() {}

#[upr::action(Users, Users)]
pub fn open() {}

fn main() {}

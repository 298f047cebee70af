#[upr::module(members)]
pub struct Users;

#[upr::module(People)]
pub struct Members;

#[upr::module(key = "desk.tickets", crud)]
pub struct Tickets;

#[upr::module(view, create)]
pub struct Reports;

#[upr::action(Users, name = "reset")]
pub fn reset_password() {}

#[upr::action(Users, close)]
pub fn close_all() {}

#[upr::action(Users, "users.export")]
pub fn export() {}

#[upr::action(module = Users)]
pub fn send() {}

#[upr::action(Users::*)]
pub fn open() {}

fn main() {
    let _ = [Tickets::VIEW, Users::CLOSE_ALL, Users::SEND, Users::OPEN];
}

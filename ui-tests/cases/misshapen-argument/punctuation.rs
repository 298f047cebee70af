#[upr::module(crud; actions(export))]
pub struct Users;

#[upr::module("tickets" crud, actions["merge"], label: "Tickets")]
pub struct Tickets;

#[upr::action(Users, label: "Reset password")]
pub fn reset_password() {}

#[upr::action(Users label = "Send")]
pub fn send() {}

#[upr::action(Users; label = "Close")]
pub fn close() {}

#[upr::action(Users<u32>)]
pub fn open() {}

#[upr::action(&Users)]
pub fn read() {}

#[upr::action(Users::)]
pub fn half() {}

#[upr::action(Users, label = )]
pub fn half_a_label() {}

#[upr::action(Users, label = "a" "b")]
pub fn two_texts() {}

#[upr::public(concat!("a", "b"))]
pub fn sign_in() {}

pub const ALL: [upr::Permission; 8] = [
    Users::VIEW,
    Users::EXPORT,
    Users::RESET_PASSWORD,
    Users::SEND,
    Users::CLOSE,
    Users::OPEN,
    Tickets::VIEW,
    Tickets::MERGE,
];

fn main() {}

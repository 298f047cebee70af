#[upr::module(actions(export(const = exported), purge(const = "PURGE"), send(const = __UPR_SEND)))]
pub struct Users;

#[upr::action(Users, const = r#type)]
pub fn kind() {}

#[upr::action(Users, const = fn)]
pub fn function() {}

fn main() {}

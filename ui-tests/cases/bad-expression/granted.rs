#[upr::module(crud)]
pub struct Users;

pub fn nothing(_: upr::granted!()) {}
pub fn negated(_: upr::granted!(all(Users::VIEW, not(Users::DELETE)))) {}

fn main() {}

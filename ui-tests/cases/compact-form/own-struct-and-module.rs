#[upr::module(crud)]
pub struct Tickets;

#[upr::module]
pub mod users {
    pub enum Permissions {}

    #[upr::action(super::Tickets)]
    pub fn list() {}
}

fn main() {}

#[upr::module(crud)]
pub struct Users {
    pub name: String,
}

#[upr::module]
pub enum Tickets {}

#[upr::module]
pub fn reports() {}

fn main() {}

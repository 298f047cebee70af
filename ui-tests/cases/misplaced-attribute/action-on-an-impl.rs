#[upr::module(crud)]
pub struct Users;

#[upr::action(Users)]
impl Users {
    pub fn list() {}
}

fn main() {}

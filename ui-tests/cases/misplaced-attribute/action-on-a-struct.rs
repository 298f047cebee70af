#[upr::action(Users)]
pub struct Users;

fn main() {}

#[upr::module(actions(old(deprecated = "use `new`", remove_in = "0.0.0-alpha.1")))]
pub struct Users;

#[upr::action(Users, deprecated = "use `update`", remove_in = "0.0.0-alpha.2")]
pub fn edit() {}

fn main() {}

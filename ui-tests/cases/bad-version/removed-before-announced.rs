#[upr::module(actions(old(deprecated = "use `new`", since = "2.0.0", remove_in = "2.0.0")))]
pub struct Users;

#[upr::action(Users, deprecated = "use `update`", since = "2.0.0", remove_in = "1.0.0")]
pub fn edit() {}

fn main() {}

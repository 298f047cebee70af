#[upr::module]
pub struct Users;

#[upr::action(Users, deprecated = "use `update`", since = "1.1", remove_in = "v2")]
pub fn edit() {}

fn main() {}

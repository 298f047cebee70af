#[upr::module]
pub mod users {}

#[upr::action(users)]
pub fn edit() {}

#[upr::action(critical)]
pub fn close() {}

fn main() {}

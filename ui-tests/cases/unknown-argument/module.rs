#[upr::module(curd, action(export), critical, deprecated = "gone", Users::VIEW, "users"(view))]
pub struct Users;

fn main() {}

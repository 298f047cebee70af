#[upr::module(curd, action(export), critical, Users::VIEW)]
pub struct Users;

fn main() {}

#[upr::module(crud(view, export), actions(purge(lable = "Purge"), Users::VIEW))]
pub struct Users;

fn main() {}

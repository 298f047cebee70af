#[upr::module(crud, actions(view, export, export))]
pub struct Users;

fn main() {}

#[upr::module(crud)]
pub struct Users;

upr::role!(pub SUPPORT = "support", sedeed, description = "…", Users::VIEW);

fn main() {}

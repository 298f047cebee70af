#[upr::module(crud)]
pub struct Users;

upr::role!(pub NO_MODE = "no_mode", Users::VIEW);
upr::role!(pub TWO_MODES = "two_modes", seeded, managed, Users::VIEW);
upr::role!(pub EMPTY = "empty", managed);
upr::role!(pub ALL_AND = "all_and", managed, all, Users::VIEW);
upr::role!(pub TEXTS = "texts", managed, "users.view");
upr::role!(pub BAD = "bad key", managed, Users::*);
upr::role!(pub NO_KEY, managed, Users::*);

fn main() {}

#[upr::module(crud)]
pub struct Users;

upr::role!();
upr::role!(ONLY_NAME);
upr::role!("no_name", seeded, Users::VIEW);
upr::role!(pub COLON: "colon", seeded, Users::VIEW);
upr::role!(pub const KEYWORD = "keyword", seeded, Users::VIEW);
upr::role!(pub NO_TEXT = OTHER, seeded, Users::VIEW);
upr::role!(pub NO_COMMA = "no_comma" seeded, Users::VIEW);
upr::role!(pub EMPTY_KEY = "", seeded, Users::VIEW);

fn main() {}

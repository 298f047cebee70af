#[upr::module("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb",
    actions("cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc", "ccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",
        "9lives", "re.open", ""))]
pub struct Users;

#[upr::action(Users, "reset password")]
pub fn reset_password() {}

#[upr::action(Users)]
pub fn _private() {}

fn main() {}

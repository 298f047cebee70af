#[upr::module("us ers", crud, lable = "Users")]
pub struct Users;

#[upr::action(Users, since = "1.1", remove_in = "soon", const = __UPR_X)]
pub fn edit() {}

pub fn uses() -> [upr::Permission; 2] {
    [Users::VIEW, Users::DELETE]
}

fn main() {}

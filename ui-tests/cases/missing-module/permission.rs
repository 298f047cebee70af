#[upr::module(crud)]
pub struct Users;

#[upr::action(Users::VIEW)]
pub fn list() {}

#[upr::action(self::Users::EXPORT, label = "Export")]
pub fn export() {}

fn main() {}

#[upr::module(crud)]
pub struct Users;

#[upr::public]
pub fn sign_in(_granted: upr::granted!(Users::VIEW)) {}

#[upr::requires(Users::VIEW)]
pub fn list(_public: upr::Public) {}

#[upr::action(Users)]
pub fn export(_public: upr::Public) {}

fn main() {}

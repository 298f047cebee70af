#[upr::module(crud)]
pub struct Users;

pub struct Service;

impl Service {
    #[upr::action(Users)]
    pub fn reset_password(&self) {}

    #[upr::action(Users)]
    pub fn renew() -> Option<Self> {
        None
    }

    #[upr::requires(Users::VIEW)]
    pub fn list(&self) {}

    #[upr::public]
    pub fn sign_in(&mut self) {}
}

fn main() {}

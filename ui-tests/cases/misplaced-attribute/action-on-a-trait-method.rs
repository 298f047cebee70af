#[upr::module(crud)]
pub struct Users;

pub trait Service {
    #[upr::requires(Users::VIEW)]
    fn list();
}

fn main() {}

#[upr::module(crud)]
pub struct Users;

pub struct Service;

// Nothing in their signatures shows that they belong to a type.
impl Service {
    #[upr::action(Users)]
    pub fn reset_password(id: u32) -> u32 {
        id
    }

    // These can stand here.
    #[upr::requires(Users::VIEW)]
    pub fn list() {}

    #[upr::public]
    pub fn sign_in() {}
}

pub trait Listed {
    fn list(page: u32) -> u32;

    #[upr::action(Users)]
    fn export() {}
}

impl Listed for Service {
    #[upr::requires(Users::VIEW)]
    fn list(page: u32) -> u32 {
        page
    }
}

pub trait Signed {
    fn sign_in();
}

impl Signed for Service {
    #[upr::public]
    fn sign_in() {}
}

pub fn calls(granted: upr::granted!(Users::VIEW)) {
    Service::list(granted);
    Service::sign_in(upr::Public::new());
}

fn main() {}

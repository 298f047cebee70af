#[upr::module(crud)]
pub struct Users;

#[upr::requires(any[Users::VIEW, Users::UPDATE])]
pub fn square() {}

#[upr::requires(upr::any(Users::VIEW))]
pub fn path() {}

#[upr::requires(any(Users::VIEW Users::UPDATE))]
pub fn comma() {}

#[upr::requires(any(Users::VIEW,, Users::UPDATE))]
pub fn two_commas() {}

#[upr::requires(any(Users::VIEW, any()))]
pub fn empty_inside() {}

#[upr::requires(permission = Users::VIEW)]
pub fn named() {}

#[upr::requires(Users::VIEW())]
pub fn called() {}

#[upr::requires(Users.VIEW)]
pub fn dot() {}

#[upr::requires(Users::)]
pub fn half() {}

#[upr::requires(any(Users::VIEW, Users::))]
pub fn half_inside() {}

#[upr::requires(Users::<u32>::VIEW)]
pub fn generic() {}

#[upr::requires(42)]
pub fn number() {}

fn main() {}

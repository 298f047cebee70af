#[upr::module(crud)]
pub struct Users;

#[upr::action(Users)]
pub const fn limit() {}

#[upr::action(Users)]
pub extern "C" fn callback() {}

#[upr::requires(Users::VIEW)]
pub const fn guarded() {}

#[upr::action(Users)]
fn main() {}

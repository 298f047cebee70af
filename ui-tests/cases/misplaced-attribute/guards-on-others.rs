#[upr::module(crud)]
pub struct Users;

#[upr::action(Users)]
pub enum Tickets {}

#[upr::action(Users)]
pub trait Reports {}

#[upr::requires(Users::VIEW)]
pub type Alias = u32;

#[upr::action(Users)]
pub const LIMIT: fn() = || {};

#[upr::requires(Users::VIEW)]
pub static COUNT: u32 = 1;

#[upr::public]
pub use std::fmt;

#[upr::action(Users)]
pub mod inner {}

#[upr::requires(Users::VIEW)]
unsafe extern "C" {}

#[upr::public]
pub struct Plain;

#[upr::requires(Users::VIEW)]
impl Plain {}

#[upr::action(Users)]
macro_rules! unused {
    () => {};
}

unused!();

fn main() {}

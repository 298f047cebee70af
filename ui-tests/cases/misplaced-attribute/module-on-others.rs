#[upr::module(crud)]
pub struct Fields {
    pub name: String,
}

#[upr::module(crud)]
pub struct Tuple(u32);

#[upr::module(crud)]
pub(crate) struct Brackets {}

#[upr::module(crud)]
pub enum Tickets {}

#[upr::module(crud)]
pub struct Clause
where
    u32: Copy;

#[upr::module]
pub trait Reports {}

#[upr::module]
pub type Alias = u32;

#[upr::module]
pub const LIMIT: u32 = 1;

#[upr::module]
pub static COUNT: u32 = 1;

#[upr::module]
pub use std::fmt;

#[upr::module]
impl Tuple {}

#[upr::module]
pub const fn reports() {}

#[upr::module]
macro_rules! unused {
    () => {};
}

// What names them is not wrong for that.
#[upr::action(Fields)]
pub fn export() {}

#[upr::requires(any(Fields::VIEW, Tuple::VIEW, Brackets::EXPORT, Tickets::UPDATE))]
pub fn list() {}

#[upr::action(Brackets, "export")]
pub fn export_brackets() {}

upr::role!(pub SUPPORT = "support", managed, Fields::EXPORT, Tickets::*);

unused!();

fn main() {}

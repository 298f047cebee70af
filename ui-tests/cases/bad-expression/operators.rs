#[upr::module(crud)]
pub struct Users;

#[upr::requires(Users::VIEW || Users::UPDATE)]
pub fn either() {}

#[upr::requires(Users::VIEW & Users::UPDATE)]
pub fn both() {}

#[upr::requires(all(Users::VIEW | Users::UPDATE, Users::DELETE))]
pub fn nested() {}

#[upr::requires(Users::VIEW and Users::UPDATE or Users::DELETE)]
pub fn words() {}

#[upr::requires(!Users::VIEW)]
pub fn negated() {}

#[upr::requires(&Users::VIEW)]
pub fn reference() {}

#[upr::requires(Any(Users::VIEW, Users::UPDATE))]
pub fn capital() {}

#[upr::requires(all_of(Users::VIEW, Users::UPDATE))]
pub fn another_word() {}

pub fn proof(_: upr::granted!(Users::VIEW || Users::UPDATE)) {}

fn main() {}

use upr::{action as may, module};
use self::deep::{Users, other::Things as T};
mod deep {
    /** Block. */
    #[super::module("deep.users")]
    pub struct Users;
    pub mod other { #[upr::module] pub struct Things; }
}
#[may(Users, "x-y", const = XY)] fn f() {}
#[may(T)] fn r#type() {}

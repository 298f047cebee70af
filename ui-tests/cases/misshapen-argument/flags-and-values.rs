#[upr::module(crud = true, actions, label, allow_case_variants = true)]
pub struct Users;

#[upr::module(actions(export = "Export", purge("Purge")), crud(view = "View"))]
pub struct Tickets;

#[upr::action(Users, critical = true, label("Reset"), description)]
pub fn reset_password() {}

#[upr::action(Users, deprecated, since = "1.0.0")]
pub fn bare() {}

#[upr::action(Users, deprecated(since = "1.0.0", note = "use `update`"))]
pub fn rustc_style() {}

#[upr::action(Users, deprecated = true)]
pub fn flag() {}

#[upr::action(Users, deprecated = "use `update`", since = 1.0)]
pub fn number() {}

#[upr::action(Users, deprecated = "use `update`", replaced_by = Users::UPDATE())]
pub fn call() {}

#[allow(deprecated)]
fn main() {
    let _ = [Tickets::EXPORT, Tickets::PURGE, Tickets::VIEW, Users::NUMBER];
}

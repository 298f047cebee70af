#[upr::module(crud)]
pub struct Users;

#[upr::requires(Users)]
pub fn a_module() {}

#[upr::requires(self::Users)]
pub fn a_module_by_path() {}

#[upr::requires(Users::view)]
pub fn small_letters() {}

#[upr::requires(any(users, Users::VIEW))]
pub fn a_word() {}

#[upr::requires(any("audit_log.read_all", Users::VIEW))]
pub fn a_key() {}

#[upr::action(Users, deprecated = "use `update`", replaced_by = Users)]
pub fn edit() {}

#[upr::action(Users, deprecated = "use `update`", replaced_by = "users.update")]
pub fn change() {}

pub fn proof(_: upr::granted!(Users)) {}

#[allow(deprecated)]
fn main() {
    let _ = [Users::EDIT, Users::CHANGE];
}

/// User accounts.
#[upr::module(crud, actions(export(critical), "createTag"(const = TAG)))]
pub struct Users;

/// Sends a link.
#[upr::action(Users, label = "Reset password", deprecated = "use `update`", since = "1.1.0", remove_in = "2.0.0", replaced_by = Users::UPDATE)]
pub fn reset_password() {}

#[cfg(feature = "extra")]
#[upr::action(Users)]
pub fn extra() {}

upr::role!(pub SUPPORT = "support", label = "Support", seeded, Users::VIEW);

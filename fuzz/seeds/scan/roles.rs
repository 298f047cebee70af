mod a { #[upr::module(crud)] pub struct Users; pub use self::Users as People; }
use a::*;
use upr as permissions;
permissions::role!(pub ALL = "all", managed, all);
upr::role!(#[cfg(unix)] SOME = "desk.some", managed, People::VIEW, a::Users::*);
#[cfg(not(unix))]
upr::role!(NONE = "none", managed, Users::VIEW);
upr::application!();

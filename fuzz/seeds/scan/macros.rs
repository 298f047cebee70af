macro_rules! handlers { ($($name:ident),*) => { $(pub fn $name() {})* } }
handlers!(a, b);
/// Users.
#[cfg_attr(unix, upr::module(crud))]
struct Users;
const _: () = { fn inner() { println!("{}", "}"); } };
include!("missing.rs");
mod missing;
#[path = "other.rs"] mod other;

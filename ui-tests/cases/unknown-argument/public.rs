#[upr::public(reason = "everybody signs in")]
pub fn sign_in() {}

fn main() {}

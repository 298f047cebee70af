//! Declares what only the whole program shows to be wrong: a handler does not know its module.

/// Its actions may not differ in case only.
#[upr::module(actions(print))]
pub struct Pages;

#[upr::action(Pages, "Print", const = PRINT_ALL)]
pub fn print_all() {}

#[upr::action(Pages, "PRINT", const = PRINT_LOUD)]
pub fn print_loud() {}

/// Its actions may.
#[upr::module(allow_case_variants, actions(print))]
pub struct Books;

#[upr::action(Books, "Print", const = PRINT_ALL)]
pub fn print_books() {}

/// A long key, which an action makes too long.
#[upr::module(
    "a123456789b123456789c123456789d123456789e123456789f123456789.a123456789b123456789c123456789d123456789e123456789f123456789.a123456789b123456789c123456789d123456789e123456789f123456789"
)]
pub struct Long;

#[upr::action(Long)]
pub fn fits() {}

#[upr::action(Long)]
pub fn is_too_long() {}

fn main() -> std::process::ExitCode {
    match upr::Registry::try_global() {
        Ok(registry) => println!("{} permissions", registry.len()),
        Err(error) => println!("{}", error.report()),
    }
    std::process::ExitCode::SUCCESS
}

//! Nothing here is public, and only the registry knows of it.

use core::fmt::Debug;

/// A private module.
#[upr::module(actions(look))]
struct HiddenThings;

/// A private handler that a private router names.
#[upr::action(HiddenThings)]
fn peek<T: Debug>(thing: T) -> T {
    thing
}

/// The private router.
const _: fn(upr::granted!(HiddenThings::PEEK), u8) -> u8 = peek;

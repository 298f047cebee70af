//! Ids: FNV-1a with 64 bits over a key.
//!
//! An id stands for a key where text is too slow or not allowed, as in const generics. FNV-1a
//! works byte by byte from left to right, so the id of `users.view` continues the id of `users`:
//! a handler's macro knows the module's id only as a constant and can still compute its own.

/// The state before the first byte.
const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
const PRIME: u64 = 0x0000_0100_0000_01b3;
/// What undoes a multiplication by [`PRIME`].
const INVERSE: u64 = 0xce96_5057_aff6_957b;
const _: () = assert!(PRIME.wrapping_mul(INVERSE) == 1);

/// The id of `bytes`. `0` is reserved for "none" and is refused by the registry.
///
/// ```
/// assert_eq!(upr_core::id::fnv1a(b""), 0xcbf2_9ce4_8422_2325);
/// assert_eq!(upr_core::id::fnv1a(b"foobar"), 0x8594_4171_f739_67e8);
/// ```
#[must_use]
pub const fn fnv1a(bytes: &[u8]) -> u64 {
    fnv1a_continue(OFFSET, bytes)
}

/// The id of what `state` is the id of, followed by `bytes`.
///
/// ```
/// use upr_core::id::{fnv1a, fnv1a_continue};
/// assert_eq!(fnv1a_continue(fnv1a(b"users"), b".view"), fnv1a(b"users.view"));
/// ```
#[must_use]
pub const fn fnv1a_continue(state: u64, mut bytes: &[u8]) -> u64 {
    let mut hash = state;
    while let [byte, rest @ ..] = bytes {
        hash = (hash ^ *byte as u64).wrapping_mul(PRIME);
        bytes = rest;
    }
    hash
}

/// The id that [`fnv1a_continue`] took to `id` by `bytes`: what a handler's record tells of its module.
///
/// ```
/// use upr_core::id::{fnv1a, fnv1a_undo};
/// assert_eq!(fnv1a_undo(fnv1a(b"users.view"), b".view"), fnv1a(b"users"));
/// ```
#[must_use]
pub fn fnv1a_undo(id: u64, bytes: &[u8]) -> u64 {
    let undo = |hash: u64, byte: &u8| hash.wrapping_mul(INVERSE) ^ u64::from(*byte);
    bytes.iter().rev().fold(id, undo)
}

//! What each fuzz target does with its input.
//!
//! A body takes any bytes, and asserts what must hold of them: no panic, errors that name the place, and that what was read
//! is written and read again the same. libFuzzer calls it from `fuzz/fuzz_targets/`; the tests of this crate call it with the
//! committed seeds, so that every finding stays found on a stable compiler. `docs/fuzzing.md` says how to run both.

mod artifact;
mod catalog;
mod diff;
mod keys;
mod lock;
mod macros;
mod scan;
mod section;

pub use self::artifact::artifact;
pub use self::catalog::catalog;
pub use self::diff::diff;
pub use self::keys::keys;
pub use self::lock::lock;
pub use self::macros::macros;
pub use self::scan::scan;
pub use self::section::section;

/// A body: it panics when something does not hold.
pub type Body = fn(&[u8]);

/// Every target with its body, by name.
pub const TARGETS: [(&str, Body); 8] = [
    ("artifact", artifact),
    ("catalog", catalog),
    ("diff", diff),
    ("keys", keys),
    ("lock", lock),
    ("macros", macros),
    ("scan", scan),
    ("section", section),
];

/// The text that bytes are, if they are one.
fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// Two inputs in one: what stands before and behind the first NUL.
fn halves(data: &[u8]) -> (&[u8], &[u8]) {
    let end = data.iter().position(|byte| *byte == 0);
    match end.and_then(|end| data.split_at_checked(end)) {
        Some((first, rest)) => (first, rest.get(1..).unwrap_or_default()),
        None => (data, &[]),
    }
}

/// A message is one line that says something.
fn says_something(message: &str) {
    assert!(!message.trim().is_empty(), "a message says nothing");
    assert!(
        !message.contains('\n'),
        "a message has several lines: {message:?}"
    );
}

//! Helps to test the crate that it needs.

/// Uses the other copy.
#[must_use]
pub fn key() -> &'static str {
    host_cycle::Wheels::VIEW.key()
}

//! A library for other languages.

/// Uses both.
#[unsafe(no_mangle)]
pub extern "C" fn permissions() -> usize {
    [host_users_one::Users::VIEW, host_users_two::Users::UPDATE].len()
}

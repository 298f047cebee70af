//! Texts that people write: labels, names, addresses.

use crate::wish::WishError;

/// The most bytes such a text may have.
const MAX_BYTES: usize = 1000;

/// Refuses texts that are too long or break a line.
pub(crate) fn checked<'a>(what: &str, text: &'a str) -> Result<&'a str, WishError> {
    let problem = if text.len() > MAX_BYTES {
        format!(
            "the {what} has {} bytes, and at most {MAX_BYTES} are allowed",
            text.len()
        )
    } else if let Some(character) = text.chars().find(|c| c.is_control()) {
        format!(
            "the {what} holds the control character `{}`",
            character.escape_debug()
        )
    } else {
        return Ok(text);
    };
    Err(WishError::Text { problem })
}

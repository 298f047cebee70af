//! Who is granted something, and in which part of the world.
//!
//! Both are the application's own words, so the grammar is wide: up to 191 bytes of UTF-8 without
//! control characters, compared by bytes.

use std::error::Error;
use std::fmt;

use crate::key::MAX_BYTES;
use crate::text::checked_text;

checked_text! {
    /// The id of a subject, as the application's own table of users has it: 1 to 191 bytes.
    ///
    /// ```
    /// use upr_core::SubjectId;
    /// assert_eq!(SubjectId::parse("42")?.as_str(), "42");
    /// assert!(SubjectId::parse("a\nb").is_err());
    /// # Ok::<(), upr_core::subject::SubjectError>(())
    /// ```
    SubjectId, SubjectError, |text| check(text, "subject id", 1)
}

checked_text! {
    /// A tenant, project or other boundary; the empty scope is everywhere. Scopes do not nest.
    ///
    /// ```
    /// use upr_core::Scope;
    /// assert!(Scope::everywhere().is_everywhere());
    /// assert!(!Scope::parse("acme")?.is_everywhere());
    /// # Ok::<(), upr_core::subject::SubjectError>(())
    /// ```
    Scope, SubjectError, |text| check(text, "scope", 0)
}

impl Scope {
    /// The empty scope.
    #[must_use]
    pub fn everywhere() -> Self {
        Self("".into())
    }

    /// Whether this is the empty scope.
    #[must_use]
    pub fn is_everywhere(&self) -> bool {
        self.0.is_empty()
    }
}

impl Default for Scope {
    fn default() -> Self {
        Self::everywhere()
    }
}

fn check(text: &str, what: &'static str, min: usize) -> Result<(), SubjectError> {
    let fault = if text.len() < min {
        Fault::Empty
    } else if text.len() > MAX_BYTES {
        Fault::TooLong(text.len())
    } else if let Some(character) = text.chars().find(|c| c.is_control()) {
        Fault::Control(character)
    } else {
        return Ok(());
    };
    Err(SubjectError { what, fault })
}

/// Why a text is no subject id or scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubjectError {
    what: &'static str,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    Empty,
    TooLong(usize),
    Control(char),
}

impl fmt::Display for SubjectError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = self.what;
        match self.fault {
            Fault::Empty => write!(f, "the {what} is empty"),
            Fault::TooLong(bytes) => {
                write!(
                    f,
                    "the {what} has {bytes} bytes, and at most {MAX_BYTES} are allowed"
                )
            }
            Fault::Control(character) => {
                write!(
                    f,
                    "the {what} holds the control character `{}`",
                    character.escape_debug()
                )
            }
        }
    }
}

impl Error for SubjectError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_counted_not_characters() {
        assert!(SubjectId::parse(&"x".repeat(191)).is_ok());
        assert!(SubjectId::parse(&"é".repeat(96)).is_err());
        assert_eq!(
            SubjectId::parse("").unwrap_err().to_string(),
            "the subject id is empty"
        );
        assert!(Scope::parse("").unwrap().is_everywhere());
    }

    #[test]
    fn control_characters_are_named() {
        let message = Scope::parse("a\u{0}b").unwrap_err().to_string();
        assert_eq!(message, "the scope holds the control character `\\0`");
        assert!(SubjectId::parse("\u{85}").is_err());
    }
}

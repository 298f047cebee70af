//! Who is granted something, and in which part of the world.
//!
//! Both are the application's own words, so the grammar is wide: up to 191 bytes of UTF-8 without
//! control characters, compared by bytes.

use std::borrow::Borrow;
use std::error::Error;
use std::fmt;
use std::str::FromStr;

use serde_core::{Serialize, Serializer};

use crate::key::MAX_BYTES;

macro_rules! text_type {
    ($(#[$doc:meta])* $name:ident, $what:literal, $min:literal) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(Box<str>);

        impl $name {
            /// Checks `text`.
            ///
            /// # Errors
            ///
            /// [`SubjectError`] when it is too short, too long or holds a control character.
            pub fn parse(text: &str) -> Result<Self, SubjectError> {
                check(text, $what, $min).map(|()| Self(text.into()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = SubjectError;
            fn from_str(text: &str) -> Result<Self, SubjectError> {
                Self::parse(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        // Sound: `Ord`, `Eq` and `Hash` are those of the text.
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

text_type! {
    /// The id of a subject, as the application's own table of users has it: 1 to 191 bytes.
    ///
    /// ```
    /// use upr_core::SubjectId;
    /// assert_eq!(SubjectId::parse("42")?.as_str(), "42");
    /// assert!(SubjectId::parse("a\nb").is_err());
    /// # Ok::<(), upr_core::subject::SubjectError>(())
    /// ```
    SubjectId, "subject id", 1
}

text_type! {
    /// A tenant, project or other boundary; the empty scope is everywhere. Scopes do not nest.
    ///
    /// ```
    /// use upr_core::Scope;
    /// assert!(Scope::everywhere().is_everywhere());
    /// assert!(!Scope::parse("acme")?.is_everywhere());
    /// # Ok::<(), upr_core::subject::SubjectError>(())
    /// ```
    Scope, "scope", 0
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

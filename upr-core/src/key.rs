//! The grammar of keys.
//!
//! A key is two to eight segments joined by dots; the last is the action, what stands before it is
//! the module. A segment is `[A-Za-z][A-Za-z0-9_-]*`, at most 64 bytes; a key has at most 191
//! bytes. Keys are case-sensitive and compare by bytes.

use std::error::Error;
use std::fmt;

use crate::id;
use crate::text::checked_text;

/// The most bytes a key, a subject id or a scope may have.
pub const MAX_BYTES: usize = 191;
/// The most bytes one segment of a key may have.
pub const MAX_SEGMENT_BYTES: usize = 64;
/// The most segments a permission's key may have.
pub const MAX_SEGMENTS: usize = 8;

checked_text! {
    /// A permission's key, such as `users.view` or `compute.instances.create`.
    ///
    /// ```
    /// use upr_core::Key;
    /// let key = Key::parse("compute.instances.create")?;
    /// assert_eq!((key.module(), key.action()), ("compute.instances", "create"));
    /// assert_eq!(
    ///     Key::parse("users").unwrap_err().to_string(),
    ///     "`users` is no permission key: it has 1 segment, and needs 2 to 8 (`module.action`)",
    /// );
    /// # Ok::<(), upr_core::KeyError>(())
    /// ```
    Key, KeyError, |text| check(text, &PERMISSION)
}

checked_text! {
    /// A module's key: what stands before the action, such as `users` or `compute.instances`.
    ///
    /// ```
    /// use upr_core::ModuleKey;
    /// let module = ModuleKey::parse("compute.instances")?;
    /// assert_eq!(module.action("create")?, "compute.instances.create");
    /// # Ok::<(), upr_core::KeyError>(())
    /// ```
    ModuleKey, KeyError, |text| check(text, &MODULE)
}

checked_text! {
    /// A role's key: one to eight segments, such as `support` or `compute.admin`.
    RoleKey, KeyError, |text| check(text, &ROLE)
}

impl Key {
    /// What stands before the last dot.
    #[must_use]
    pub fn module(&self) -> &str {
        self.0.rsplit_once('.').map_or("", |(module, _)| module)
    }

    /// What stands behind the last dot.
    #[must_use]
    pub fn action(&self) -> &str {
        self.0.rsplit_once('.').map_or("", |(_, action)| action)
    }

    /// The key's module as a key of its own.
    #[must_use]
    pub fn module_key(&self) -> ModuleKey {
        // INVARIANT: the head of a checked key is a checked module key.
        ModuleKey(self.module().into())
    }

    /// FNV-1a 64 of the key; see [`id`].
    #[must_use]
    pub fn id(&self) -> u64 {
        id::fnv1a(self.0.as_bytes())
    }
}

impl ModuleKey {
    /// The key of an action of this module.
    ///
    /// # Errors
    ///
    /// [`KeyError`] when the action is no segment or the whole grows too long.
    pub fn action(&self, action: &str) -> Result<Key, KeyError> {
        Key::parse(&format!("{}.{action}", self.0))
    }

    /// FNV-1a 64 of the module's key; [`Key::id`] continues it.
    #[must_use]
    pub fn id(&self) -> u64 {
        id::fnv1a(self.0.as_bytes())
    }
}

/// Checks one segment, such as an action's name.
///
/// # Errors
///
/// [`KeyError`], which names what is wrong.
pub fn check_segment(segment: &str) -> Result<(), KeyError> {
    check(segment, &SEGMENT)
}

/// What a kind of key looks like, for the check and for its message.
struct Shape {
    what: &'static str,
    min: usize,
    max: usize,
    example: &'static str,
}

const PERMISSION: Shape = Shape {
    what: "permission key",
    min: 2,
    max: MAX_SEGMENTS,
    example: "`module.action`",
};
const MODULE: Shape = Shape {
    what: "module key",
    min: 1,
    max: MAX_SEGMENTS - 1,
    example: "`users`",
};
const ROLE: Shape = Shape {
    what: "role key",
    min: 1,
    max: MAX_SEGMENTS,
    example: "`support`",
};
const SEGMENT: Shape = Shape {
    what: "segment of a key",
    min: 1,
    max: 1,
    example: "`view`",
};

fn check(text: &str, shape: &Shape) -> Result<(), KeyError> {
    let fail = |fault| {
        Err(KeyError {
            text: abbreviate(text),
            what: shape.what,
            fault,
        })
    };
    if text.is_empty() {
        return fail(Fault::Empty);
    }
    if text.len() > MAX_BYTES {
        return fail(Fault::TooLong { bytes: text.len() });
    }
    let mut count = 0;
    for segment in text.split('.') {
        count += 1;
        if let Some(fault) = segment_fault(segment, count) {
            return fail(fault);
        }
    }
    if count < shape.min || count > shape.max {
        let Shape {
            min, max, example, ..
        } = *shape;
        return fail(Fault::Count {
            count,
            min,
            max,
            example,
        });
    }
    Ok(())
}

fn segment_fault(segment: &str, number: usize) -> Option<Fault> {
    let Some(first) = segment.chars().next() else {
        return Some(Fault::EmptySegment { number });
    };
    if let Some(character) = segment.chars().find(|c| !is_segment_character(*c)) {
        return Some(Fault::Character {
            character,
            segment: abbreviate(segment),
        });
    }
    if !first.is_ascii_alphabetic() {
        return Some(Fault::FirstCharacter {
            character: first,
            segment: abbreviate(segment),
        });
    }
    if segment.len() > MAX_SEGMENT_BYTES {
        return Some(Fault::SegmentTooLong {
            number,
            bytes: segment.len(),
        });
    }
    None
}

fn is_segment_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_' || c == '-'
}

/// Long or strange input must not flood or break a message of one line.
fn abbreviate(text: &str) -> String {
    let escaped: String = text.chars().take(60).flat_map(char::escape_debug).collect();
    if text.chars().nth(60).is_some() {
        format!("{escaped}…")
    } else {
        escaped
    }
}

/// Why a text is no key: the text, what it was meant to be, and the first fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyError {
    text: String,
    what: &'static str,
    fault: Fault,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Fault {
    Empty,
    TooLong {
        bytes: usize,
    },
    EmptySegment {
        number: usize,
    },
    SegmentTooLong {
        number: usize,
        bytes: usize,
    },
    FirstCharacter {
        character: char,
        segment: String,
    },
    Character {
        character: char,
        segment: String,
    },
    Count {
        count: usize,
        min: usize,
        max: usize,
        example: &'static str,
    },
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, what, fault } = self;
        write!(f, "`{text}` is no {what}: {fault}")
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("it is empty"),
            Self::TooLong { bytes } => {
                write!(
                    f,
                    "it has {bytes} bytes, and at most {MAX_BYTES} are allowed"
                )
            }
            Self::EmptySegment { number } => write!(f, "segment {number} is empty"),
            Self::SegmentTooLong { number, bytes } => write!(
                f,
                "segment {number} has {bytes} bytes, and at most {MAX_SEGMENT_BYTES} are allowed"
            ),
            Self::FirstCharacter { character, segment } => write!(
                f,
                "segment `{segment}` starts with `{}`, and must start with an ASCII letter",
                character.escape_debug()
            ),
            Self::Character { character, segment } => write!(
                f,
                "segment `{segment}` holds `{}`, and only ASCII letters, digits, `_` and `-` are allowed",
                character.escape_debug()
            ),
            Self::Count {
                count,
                min,
                max,
                example,
            } => {
                let plural = if *count == 1 { "" } else { "s" };
                let needs = if min == max {
                    format!("{min}")
                } else {
                    format!("{min} to {max}")
                };
                write!(
                    f,
                    "it has {count} segment{plural}, and needs {needs} ({example})"
                )
            }
        }
    }
}

impl Error for KeyError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_what_the_grammar_allows() {
        for text in ["a.b", "users.view", "A-b_1.C", "a.b.c.d.e.f.g.h"] {
            assert_eq!(Key::parse(text).unwrap().as_str(), text);
        }
        let longest = format!("{0}.{0}.{1}", "a".repeat(64), "b".repeat(61));
        assert_eq!(longest.len(), 191);
        assert!(Key::parse(&longest).is_ok());
    }

    #[test]
    fn names_the_first_fault_and_its_place() {
        let cases = [
            ("", "it is empty"),
            (
                "users",
                "it has 1 segment, and needs 2 to 8 (`module.action`)",
            ),
            (
                "a.b.c.d.e.f.g.h.i",
                "it has 9 segments, and needs 2 to 8 (`module.action`)",
            ),
            ("users..view", "segment 2 is empty"),
            (".view", "segment 1 is empty"),
            ("users.", "segment 2 is empty"),
            (
                "users.1st",
                "segment `1st` starts with `1`, and must start with an ASCII letter",
            ),
            (
                "users._x",
                "segment `_x` starts with `_`, and must start with an ASCII letter",
            ),
            (
                "a/b.c",
                "segment `a/b` holds `/`, and only ASCII letters, digits, `_` and `-` are allowed",
            ),
            (
                "users.vi\u{7}ew",
                "segment `vi\\u{7}ew` holds `\\u{7}`, and only ASCII letters, digits, `_` and `-` are allowed",
            ),
            (
                "usérs.view",
                "segment `usérs` holds `é`, and only ASCII letters, digits, `_` and `-` are allowed",
            ),
        ];
        for (text, fault) in cases {
            let message = Key::parse(text).unwrap_err().to_string();
            assert!(message.ends_with(fault), "{text:?} gave {message}");
        }
    }

    #[test]
    fn counts_bytes_of_segments_and_keys() {
        let segment = format!("a.{}", "b".repeat(65));
        assert!(
            Key::parse(&segment)
                .unwrap_err()
                .to_string()
                .contains("segment 2 has 65 bytes")
        );
        let long = ["a".repeat(64), "b".repeat(64), "c".repeat(62)].join(".");
        assert_eq!(long.len(), 192);
        assert!(
            Key::parse(&long)
                .unwrap_err()
                .to_string()
                .contains("192 bytes")
        );
    }

    #[test]
    fn a_message_is_one_short_line_whatever_the_input() {
        let message = Key::parse(&"\n".repeat(1000)).unwrap_err().to_string();
        assert!(message.len() < 250 && !message.contains('\n'), "{message}");
    }

    #[test]
    fn modules_and_roles_have_their_own_lengths() {
        assert!(ModuleKey::parse("a.b.c.d.e.f.g").is_ok());
        assert!(ModuleKey::parse("a.b.c.d.e.f.g.h").is_err());
        assert!(RoleKey::parse("support").is_ok());
        assert!(RoleKey::parse("a.b.c.d.e.f.g.h").is_ok());
        assert!(check_segment("a.b").is_err());
        assert_eq!(
            Key::parse("a.b.c").unwrap().module_key(),
            ModuleKey::parse("a.b").unwrap()
        );
    }

    #[test]
    fn an_id_continues_its_modules() {
        let key = Key::parse("users.view").unwrap();
        assert_eq!(
            key.id(),
            id::fnv1a_continue(key.module_key().id(), b".view")
        );
    }
}

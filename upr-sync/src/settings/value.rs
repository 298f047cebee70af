//! One value as it was written, and what it may be read as.
//!
//! A file has types, a variable has only text: both are read by the same rules here.

use std::fmt;
use std::time::Duration;

use jiff::SignedDuration;
use toml::de::DeValue;

/// A value as it was written.
#[derive(Clone, Debug)]
pub(super) enum Value<'a> {
    /// Text of the file.
    Text(&'a str),
    /// `true` or `false` of the file.
    Flag(bool),
    /// A whole number of the file, as written.
    Number(&'a str),
    /// Something else of the file, such as an array.
    Other(&'static str),
    /// The text of a variable or option, of whatever type its key has.
    Untyped(&'a str),
}

/// What a key would have taken, for the message: "`true` or `false`".
pub(super) type Expected = String;

impl<'a> Value<'a> {
    pub(super) fn of(value: &'a DeValue<'_>) -> Self {
        match value {
            DeValue::String(text) => Self::Text(text),
            DeValue::Boolean(flag) => Self::Flag(*flag),
            DeValue::Integer(number) => Self::Number(number.as_str()),
            DeValue::Float(_) => Self::Other("a number with a fraction"),
            DeValue::Datetime(_) => Self::Other("a date"),
            DeValue::Array(_) => Self::Other("an array"),
            DeValue::Table(_) => Self::Other("a table"),
        }
    }

    pub(super) fn text(&self) -> Result<&'a str, Expected> {
        match self {
            Self::Text(text) | Self::Untyped(text) if !text.trim().is_empty() => Ok(text),
            _ => Err("a text that is not empty".to_owned()),
        }
    }

    pub(super) fn flag(&self) -> Result<bool, Expected> {
        match self {
            Self::Flag(flag) => Ok(*flag),
            Self::Untyped(text) => match text.to_ascii_lowercase().as_str() {
                "true" | "1" | "yes" | "on" => Ok(true),
                "false" | "0" | "no" | "off" => Ok(false),
                _ => Err("`true` or `false`".to_owned()),
            },
            _ => Err("`true` or `false`".to_owned()),
        }
    }

    pub(super) fn number(&self, least: u32, most: u32) -> Result<u32, Expected> {
        let number = match self {
            Self::Number(text) | Self::Untyped(text) => text.parse().ok(),
            _ => None,
        };
        number
            .filter(|number| (least..=most).contains(number))
            .ok_or_else(|| match most {
                u32::MAX => format!("a whole number, at least {least}"),
                _ => format!("a whole number from {least} to {most}"),
            })
    }

    /// A length of time with its unit, more than nothing: `30s`, `500ms`, `1h 30m`.
    pub(super) fn duration(&self) -> Result<Duration, Expected> {
        let read = match self {
            Self::Text(text) | Self::Untyped(text) => text.parse::<SignedDuration>().ok(),
            _ => None,
        };
        read.and_then(|span| Duration::try_from(span).ok())
            .filter(|duration| !duration.is_zero())
            .ok_or_else(|| "a length of time such as \"30s\", \"500ms\" or \"5m\"".to_owned())
    }

    pub(super) fn one_of<T: Copy>(&self, names: &[(&str, T)]) -> Result<T, Expected> {
        let chosen = match self {
            Self::Text(text) | Self::Untyped(text) => names.iter().find(|(name, _)| name == text),
            _ => None,
        };
        chosen.map(|(_, value)| *value).ok_or_else(|| {
            let names: Vec<String> = names.iter().map(|(name, _)| format!("`{name}`")).collect();
            match names.split_last() {
                Some((last, rest)) if !rest.is_empty() => {
                    format!("{} or {last}", rest.join(", "))
                }
                _ => names.join(""),
            }
        })
    }

    /// A name in SQL, perhaps with a schema: letters, digits and `_`, joined by at most one dot.
    pub(super) fn sql_name(&self) -> Result<&'a str, Expected> {
        let is_word = |word: &str| {
            let mut bytes = word.bytes();
            bytes
                .next()
                .is_some_and(|first| first.is_ascii_alphabetic() || first == b'_')
                && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && word.len() <= 63
        };
        self.text()
            .ok()
            .filter(|name| name.split('.').count() <= 2 && name.split('.').all(is_word))
            .ok_or_else(|| "a name of letters, digits and `_`".to_owned())
    }
}

impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            // With its quotes, so that "true" and true look different.
            Self::Text(text) => write!(f, "`\"{}\"`", printable(text)),
            Self::Untyped(text) | Self::Number(text) => write!(f, "`{}`", printable(text)),
            Self::Flag(flag) => write!(f, "`{flag}`"),
            Self::Other(kind) => f.write_str(kind),
        }
    }
}

/// `text` on one line: control characters as escapes.
pub(super) fn printable(text: &str) -> String {
    let escape = |character: char| -> Vec<char> {
        if character.is_control() {
            character.escape_default().collect()
        } else {
            vec![character]
        }
    };
    text.chars().flat_map(escape).collect()
}

//! Names of subjects, as they are asked for and as they are stored.

use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, OnceLock};

use upr_core::{Scope, SubjectId};

/// Names a subject: by its id as a text, or by a number that the text is the decimal form of.
///
/// ```
/// use upr::access::SubjectRef;
/// assert_eq!(SubjectRef::from(42_u64), SubjectRef::from("42"));
/// assert_ne!(SubjectRef::from(42_u64), SubjectRef::from("042"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SubjectRef<'a>(pub(super) Name<'a>);

/// Numbers are told from texts by how they are written, so that one id has one form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Name<'a> {
    Number { negative: bool, magnitude: u64 },
    Text(&'a str),
}

impl<'a> Name<'a> {
    pub(super) fn parse(text: &'a str) -> Self {
        Self::number(text.as_bytes()).unwrap_or(Self::Text(text))
    }

    /// A number written as Rust writes it: no sign but `-`, no zeros in front, no `-0`.
    fn number(bytes: &[u8]) -> Option<Self> {
        let (negative, digits) = match bytes {
            [b'-', digits @ ..] => (true, digits),
            digits => (false, digits),
        };
        let magnitude = match digits {
            [b'0'] if !negative => 0,
            [b'1'..=b'9', ..] if digits.len() <= 20 => {
                digits.iter().try_fold(0_u64, |sum, digit| {
                    let digit = digit.wrapping_sub(b'0');
                    let digit = (digit < 10).then_some(u64::from(digit))?;
                    sum.checked_mul(10)?.checked_add(digit)
                })?
            }
            _ => return None,
        };
        Some(Self::Number {
            negative,
            magnitude,
        })
    }

    /// The lowest bits of the head of its record; two names of different length or kind differ in them.
    pub(super) fn tag(self) -> u64 {
        match self {
            Self::Number { negative, .. } => u64::from(negative) << 8,
            // Ids and scopes have at most 191 bytes, and no others are stored.
            Self::Text(text) => text.len() as u64,
        }
    }

    /// Its content in words, texts with zeros behind.
    pub(super) fn words(self) -> Vec<u64> {
        match self {
            Self::Number { magnitude, .. } => vec![magnitude],
            Self::Text(text) => {
                let (whole, rest) = text.as_bytes().as_chunks();
                let whole = whole.iter().copied().map(u64::from_le_bytes);
                whole.chain(padded(rest)).collect()
            }
        }
    }

    /// Whether its content is `words`.
    #[inline]
    pub(super) fn is(self, words: &[u64]) -> bool {
        match (self, words) {
            (Self::Number { magnitude, .. }, words) => *words == [magnitude],
            (Self::Text(text), words) => {
                let (whole, rest) = text.as_bytes().as_chunks();
                let Some((first, last)) = words.split_at_checked(whole.len()) else {
                    return false;
                };
                let mut pairs = whole.iter().zip(first);
                pairs.all(|(bytes, word)| u64::from_le_bytes(*bytes) == *word)
                    && last.first().copied() == padded(rest)
            }
        }
    }

    /// See [`hash`].
    #[inline]
    pub(super) fn hash(self) -> u64 {
        match self {
            Self::Number { magnitude, .. } => hash(self.tag(), [magnitude].into_iter()),
            Self::Text(text) => {
                let (whole, rest) = text.as_bytes().as_chunks();
                let whole = whole.iter().copied().map(u64::from_le_bytes);
                hash(self.tag(), whole.chain(padded(rest)))
            }
        }
    }
}

/// A hash of a name that who does not know the seed cannot foresee, so that nobody picks ids that
/// collide.
#[inline]
pub(super) fn hash(tag: u64, words: impl Iterator<Item = u64>) -> u64 {
    let [first, second] = *seed();
    let hash = words.fold(first ^ tag, |hash, word| fold(hash ^ word, second));
    fold(hash, first)
}

/// Up to seven bytes as a word; none is none. Reads that overlap are quicker than a loop.
#[inline]
fn padded(bytes: &[u8]) -> Option<u64> {
    match (bytes.first_chunk(), bytes.last_chunk()) {
        (Some(first), Some(last)) => {
            let behind = 8 * (bytes.len() - 4);
            let (first, last) = (u32::from_le_bytes(*first), u32::from_le_bytes(*last));
            Some(u64::from(first) | u64::from(last) << behind)
        }
        _ => match *bytes {
            [a, b, c] => Some(u64::from(a) | u64::from(b) << 8 | u64::from(c) << 16),
            [a, b] => Some(u64::from(a) | u64::from(b) << 8),
            [a] => Some(u64::from(a)),
            _ => None,
        },
    }
}

/// Both halves of the product: each bit of the result depends on all bits of both.
fn fold(left: u64, right: u64) -> u64 {
    let product = u128::from(left) * u128::from(right);
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the lower half is what is wanted"
    )]
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}

/// One for the process: snapshots share what they hold.
#[inline]
fn seed() -> &'static [u64; 2] {
    static SEED: OnceLock<[u64; 2]> = OnceLock::new();
    // Odd numbers lose nothing when they are multiplied with.
    SEED.get_or_init(|| [1_u64, 2].map(|which| RandomState::new().hash_one(which) | 1))
}

impl<'a> From<&'a str> for SubjectRef<'a> {
    fn from(id: &'a str) -> Self {
        Self(Name::parse(id))
    }
}

impl<'a> From<&'a String> for SubjectRef<'a> {
    fn from(id: &'a String) -> Self {
        id.as_str().into()
    }
}

impl<'a> From<&'a Arc<str>> for SubjectRef<'a> {
    fn from(id: &'a Arc<str>) -> Self {
        (**id).into()
    }
}

impl<'a> From<&'a SubjectId> for SubjectRef<'a> {
    fn from(id: &'a SubjectId) -> Self {
        id.as_str().into()
    }
}

impl From<u64> for SubjectRef<'_> {
    fn from(id: u64) -> Self {
        Self(Name::Number {
            negative: false,
            magnitude: id,
        })
    }
}

impl From<u32> for SubjectRef<'_> {
    fn from(id: u32) -> Self {
        u64::from(id).into()
    }
}

impl From<i64> for SubjectRef<'_> {
    fn from(id: i64) -> Self {
        Self(Name::Number {
            negative: id < 0,
            magnitude: id.unsigned_abs(),
        })
    }
}

impl From<i32> for SubjectRef<'_> {
    fn from(id: i32) -> Self {
        i64::from(id).into()
    }
}

impl<'a> From<&'a Scope> for Name<'a> {
    fn from(scope: &'a Scope) -> Self {
        Self::Text(scope.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_rust_would_write_is_a_number() {
        let numbers = [
            "0",
            "7",
            "-7",
            "18446744073709551615",
            "-18446744073709551615",
        ];
        for text in numbers {
            let Name::Number {
                negative,
                magnitude,
            } = Name::parse(text)
            else {
                panic!("{text} is a number");
            };
            let sign = if negative { "-" } else { "" };
            assert_eq!(format!("{sign}{magnitude}"), text);
        }
        let texts = [
            "",
            "-",
            "-0",
            "00",
            "07",
            "+7",
            " 7",
            "7 ",
            "7a",
            "7.0",
            "٧",
            "18446744073709551616",
            "100000000000000000000",
            "-01",
        ];
        for text in texts {
            assert_eq!(Name::parse(text), Name::Text(text));
        }
        assert_eq!(SubjectRef::from(-7_i64), SubjectRef::from("-7"));
        assert_eq!(
            SubjectRef::from(i64::MIN),
            SubjectRef::from(&i64::MIN.to_string())
        );
    }

    #[test]
    fn words_are_the_bytes_in_their_order() {
        let text = "abcdefghijklmnopqrstuvw";
        for length in 1..=text.len() {
            let part = &text[..length];
            let bytes: Vec<u8> = Name::Text(part)
                .words()
                .into_iter()
                .flat_map(u64::to_le_bytes)
                .collect();
            assert!(Name::Text(part).is(&Name::Text(part).words()));
            let (content, padding) = bytes.split_at(length);
            assert_eq!(content, part.as_bytes());
            assert!(padding.len() < 8 && padding.iter().all(|byte| *byte == 0));
        }
    }

    #[test]
    fn names_that_differ_hash_apart() {
        let names: Vec<String> = (0..20_000)
            .flat_map(|number| {
                [
                    number.to_string(),
                    format!("-{number}"),
                    format!("user-{number}"),
                ]
            })
            .collect();
        for bits in [0, 30, 52] {
            let mut buckets = vec![0_u32; 4096];
            for name in &names {
                let place = Name::parse(name).hash() >> bits & 4095;
                buckets[usize::try_from(place).unwrap()] += 1;
            }
            // 14.6 on average.
            assert!(buckets.iter().all(|count| *count < 45), "{bits}");
        }
    }
}

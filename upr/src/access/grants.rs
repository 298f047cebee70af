//! The grants of one subject, in a word each; those that end in two.

use upr_core::Timestamp;

use super::decision::Reason;

/// Kept where the name of a subject stands; see [`Table`](super::table::Table).
///
/// INVARIANT: sorted, so that denies stand before allows and the first grant that applies is the
/// one that decides.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grants<'a>(pub(super) &'a [u64]);

/// One of them. Its order is that in which they are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Grant {
    word: u64,
    end: Option<Timestamp>,
}

/// 0 is the empty scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ScopeIndex(u64);

/// What a grant gives or takes, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Held {
    Permission(u32),
    Role(u32),
}

const ALLOW: u64 = 1 << 63;
const ENDS: u64 = 1 << 62;
const ROLE: u64 = 1 << 61;
const SCOPE_SHIFT: u32 = 32;
const SCOPE: u64 = (1 << 29) - 1;

impl ScopeIndex {
    pub(super) const EVERYWHERE: Self = Self(0);
    /// A scope that no grant names: only grants in the empty one apply there.
    pub(super) const UNNAMED: Self = Self(SCOPE);

    /// The scope with this number, counted from 1; `None` when there are too many.
    pub(super) fn new(number: u64) -> Option<Self> {
        (1..SCOPE).contains(&number).then_some(Self(number))
    }
}

impl Grant {
    pub(super) fn new(
        is_allow: bool,
        scope: ScopeIndex,
        held: Held,
        end: Option<Timestamp>,
    ) -> Self {
        let effect = if is_allow { ALLOW } else { 0 };
        let ends = if end.is_some() { ENDS } else { 0 };
        let held = match held {
            Held::Permission(index) => u64::from(index),
            Held::Role(index) => ROLE | u64::from(index),
        };
        let word = effect | ends | scope.0 << SCOPE_SHIFT | held;
        Self { word, end }
    }

    /// Appends it to a subject's words.
    pub(super) fn write(self, words: &mut Vec<u64>) {
        words.push(self.word);
        words.extend(self.end.map(|end| end.micros().cast_unsigned()));
    }

    pub(super) fn is_allow(self) -> bool {
        self.word & ALLOW != 0
    }

    /// Why a check is decided as it is when this one decides it.
    pub(super) fn reason(self) -> Reason {
        if self.is_allow() {
            Reason::Allowed
        } else {
            Reason::Denied
        }
    }

    pub(super) fn scope(self) -> ScopeIndex {
        ScopeIndex(self.word >> SCOPE_SHIFT & SCOPE)
    }

    pub(super) fn held(self) -> Held {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the lower half is what is wanted"
        )]
        let index = self.word as u32;
        if self.word & ROLE == 0 {
            Held::Permission(index)
        } else {
            Held::Role(index)
        }
    }

    pub(super) fn end(self) -> Option<Timestamp> {
        self.end
    }

    /// Whether it has not ended. The clock is read only for one that ends.
    pub(super) fn holds_at(self, now: impl FnOnce() -> Timestamp) -> bool {
        self.end.is_none_or(|end| now() < end)
    }
}

impl Grants<'_> {
    /// The next one, if it is for everywhere and for ever.
    #[inline]
    pub(super) fn next_plain(&mut self) -> Option<Grant> {
        let (&word, rest) = self.0.split_first()?;
        if word & (ENDS | SCOPE << SCOPE_SHIFT) != 0 {
            return None;
        }
        self.0 = rest;
        Some(Grant { word, end: None })
    }

    pub(super) fn is_empty(self) -> bool {
        self.0.is_empty()
    }
}

impl Iterator for Grants<'_> {
    type Item = Grant;

    fn next(&mut self) -> Option<Grant> {
        let (&word, rest) = self.0.split_first()?;
        self.0 = rest;
        if word & ENDS == 0 {
            return Some(Grant { word, end: None });
        }
        let (&end, rest) = self.0.split_first()?;
        self.0 = rest;
        let end = Some(Timestamp::from_micros(end.cast_signed()));
        Some(Grant { word, end })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let ends = [None, Some(i64::MIN), Some(-1), Some(i64::MAX)];
        let scopes = [0, 1, SCOPE - 1].map(ScopeIndex);
        let held = [
            Held::Permission(0),
            Held::Permission(u32::MAX),
            Held::Role(0),
            Held::Role(u32::MAX),
        ];
        let mut grants = Vec::new();
        for is_allow in [true, false] {
            for scope in scopes {
                for held in held {
                    for end in ends {
                        let end = end.map(Timestamp::from_micros);
                        let grant = Grant::new(is_allow, scope, held, end);
                        assert_eq!((grant.is_allow(), grant.scope()), (is_allow, scope));
                        assert_eq!((grant.held(), grant.end()), (held, end));
                        grants.push(grant);
                    }
                }
            }
        }
        grants.sort_unstable();
        let denies = grants.iter().take_while(|grant| !grant.is_allow()).count();
        assert_eq!(denies, grants.len() / 2);
        let mut words = Vec::new();
        grants.iter().for_each(|grant| grant.write(&mut words));
        assert_eq!(Grants(&words).collect::<Vec<_>>(), grants);
    }

    #[test]
    fn scopes_are_numbered_as_far_as_they_fit() {
        assert_eq!(ScopeIndex::new(0), None);
        assert_eq!(ScopeIndex::new(1), Some(ScopeIndex(1)));
        assert_eq!(ScopeIndex::new(SCOPE), None);
    }
}

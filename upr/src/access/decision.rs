//! The answer of a check.

use std::fmt;

/// Allowed or denied, with the reason.
///
/// It is not a `bool`, and it is not the error: when nothing can be decided, a check returns
/// [`Unavailable`](crate::access::Unavailable) instead, and that is neither a denial nor a grant.
#[must_use = "a decision that nobody looks at protects nothing"]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decision {
    reason: Reason,
}

impl Decision {
    pub(crate) const fn new(reason: Reason) -> Self {
        Self { reason }
    }

    /// Whether the subject may.
    #[must_use]
    pub const fn is_allowed(self) -> bool {
        matches!(self.reason, Reason::Allowed)
    }

    /// Whether the subject may not.
    #[must_use]
    pub const fn is_denied(self) -> bool {
        !self.is_allowed()
    }

    /// Why. For logs and administrators; the caller is not told.
    #[must_use]
    pub const fn reason(self) -> Reason {
        self.reason
    }
}

/// `allowed` or `denied`.
impl fmt::Display for Decision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(if self.is_allowed() {
            "allowed"
        } else {
            "denied"
        })
    }
}

/// Why a decision fell as it did; the first of these that holds, in the order in which they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The store knows no such permission.
    UnknownPermission,
    /// The permission is retired and nothing answers for it.
    RetiredPermission,
    /// The store knows no such subject.
    UnknownSubject,
    /// The subject is there and inactive.
    InactiveSubject,
    /// A deny applies.
    Denied,
    /// An allow applies, and no deny does.
    Allowed,
    /// No grant applies.
    NoGrant,
}

impl Reason {
    /// The reason as one word of JSON, such as `no-grant`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownPermission => "unknown-permission",
            Self::RetiredPermission => "retired-permission",
            Self::UnknownSubject => "unknown-subject",
            Self::InactiveSubject => "inactive-subject",
            Self::Denied => "denied",
            Self::Allowed => "allowed",
            Self::NoGrant => "no-grant",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(feature = "serde")]
impl serde_core::Serialize for Decision {
    fn serialize<S: serde_core::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(feature = "serde")]
impl serde_core::Serialize for Reason {
    fn serialize<S: serde_core::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_allow_allows() {
        let denials = [
            Reason::UnknownPermission,
            Reason::RetiredPermission,
            Reason::UnknownSubject,
            Reason::InactiveSubject,
            Reason::Denied,
            Reason::NoGrant,
        ];
        for reason in denials {
            let decision = Decision::new(reason);
            assert!(decision.is_denied() && !decision.is_allowed(), "{reason}");
            assert_eq!(decision.to_string(), "denied");
        }
        assert!(Decision::new(Reason::Allowed).is_allowed());
        assert_eq!(Decision::new(Reason::Allowed).to_string(), "allowed");
    }
}

//! Why somebody was turned away.

use std::error::Error;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use super::decision::Reason;
use super::unavailable::Unavailable;
use crate::Permission;

/// Why there is no proof: the three answers besides "granted".
///
/// It is for the code that asked, and for the log. What the caller is told is a
/// [`ProblemDetails`](crate::ProblemDetails), which leaves the reasons out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody is signed in (401). Only guards of web frameworks answer so.
    Anonymous,
    /// Somebody is, and may not (403).
    Denied(Denial),
    /// It cannot be found out (503).
    Unavailable(Unavailable),
}

/// A denied check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    subject: Arc<str>,
    scope: Arc<str>,
    permission: Permission,
    reason: Reason,
    decision_id: Box<str>,
}

impl Denial {
    pub(crate) fn new(
        subject: Arc<str>,
        scope: Arc<str>,
        permission: Permission,
        reason: Reason,
    ) -> Self {
        Self {
            subject,
            scope,
            permission,
            reason,
            decision_id: new_decision_id(),
        }
    }

    /// Who was denied.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// Where; empty is everywhere.
    #[must_use]
    pub fn scope(&self) -> &str {
        &self.scope
    }

    /// What was missing: of `any` and `all` the first.
    #[must_use]
    pub fn permission(&self) -> Permission {
        self.permission
    }

    /// Why. The caller is not told.
    #[must_use]
    pub fn reason(&self) -> Reason {
        self.reason
    }

    /// What the caller is told instead, and the log beside the reason: 16 hexadecimal digits, drawn
    /// anew for each denial.
    #[must_use]
    pub fn decision_id(&self) -> &str {
        &self.decision_id
    }
}

impl fmt::Display for Denial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            subject,
            permission,
            reason,
            ..
        } = self;
        write!(f, "`{permission}` is denied to `{subject}`")?;
        if !self.scope.is_empty() {
            write!(f, " in `{}`", self.scope)?;
        }
        write!(f, " ({reason})")
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Anonymous => f.write_str("nobody is signed in"),
            Self::Denied(denial) => denial.fmt(f),
            Self::Unavailable(outage) => outage.fmt(f),
        }
    }
}

impl Error for Refusal {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Anonymous | Self::Denied(_) => None,
            Self::Unavailable(outage) => Some(outage),
        }
    }
}

impl From<Unavailable> for Refusal {
    fn from(outage: Unavailable) -> Self {
        Self::Unavailable(outage)
    }
}

/// Distinct within the process, and between processes as far as the randomness that seeds std's
/// hash maps reaches; enough to find a line in a log, and nobody's secret.
fn new_decision_id() -> Box<str> {
    static SEED: OnceLock<RandomState> = OnceLock::new();
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let id = SEED.get_or_init(RandomState::new).hash_one(number);
    format!("{id:016x}").into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decision_ids_differ() {
        let ids: std::collections::BTreeSet<_> = (0..1000).map(|_| new_decision_id()).collect();
        assert_eq!(ids.len(), 1000);
        assert!(
            ids.iter()
                .all(|id| id.len() == 16 && id.bytes().all(|b| b.is_ascii_hexdigit()))
        );
    }
}

//! Two catalogs or locks, compared.

use upr_core::diff::{self, Difference, Side};
use upr_core::finding::Bump;
use upr_core::{Catalog, Lock};

use crate::{halves, says_something, text};

/// Compares what stands before and behind a NUL, each a catalog or a lock.
pub fn diff(data: &[u8]) {
    let (old, new) = halves(data);
    let (Some(old), Some(new)) = (
        text(old).and_then(Read::from),
        text(new).and_then(Read::from),
    ) else {
        return;
    };
    for one in [&old, &new] {
        let same = diff::diff(one.side(), one.side());
        assert_eq!(same.changes, [], "nothing differs from itself");
        assert_eq!(same.bump(), Bump::None);
    }
    let (there, back) = (
        diff::diff(old.side(), new.side()),
        diff::diff(new.side(), old.side()),
    );
    assert_eq!(
        there.changes.is_empty(),
        back.changes.is_empty(),
        "what differs does so from both sides"
    );
    if let (Read::Catalog(old), Read::Catalog(new)) = (&old, &new)
        && old.application().name == new.application().name
        && !old.is_partial()
        && !new.is_partial()
    {
        assert_eq!(
            there.changes.is_empty(),
            old.fingerprint() == new.fingerprint(),
            "a fingerprint is equal exactly when nothing changed"
        );
    }
    for difference in [&there, &back] {
        told(difference);
    }
}

fn told(difference: &Difference) {
    for change in &difference.changes {
        says_something(&change.message);
        assert!(
            change.bump <= difference.bump(),
            "the whole asks for the most"
        );
    }
    let major = difference
        .changes
        .iter()
        .any(|change| change.bump == Bump::Major);
    assert_eq!(difference.bump() == Bump::Major, major);
    for finding in difference.findings() {
        says_something(&finding.message);
        says_something(&finding.remedy);
    }
}

enum Read {
    Catalog(Box<Catalog>),
    Lock(Lock),
}

impl Read {
    fn from(text: &str) -> Option<Self> {
        Catalog::from_json(text)
            .map(|catalog| Self::Catalog(Box::new(catalog)))
            .or_else(|_| Lock::parse(text).map(Self::Lock))
            .ok()
    }

    fn side(&self) -> Side<'_> {
        match self {
            Self::Catalog(catalog) => Side::Catalog(catalog),
            Self::Lock(lock) => Side::Lock(lock),
        }
    }
}

//! The lock: JSON Lines.

use upr_core::Lock;

use crate::{says_something, text};

/// Reads a text as a lock, and writes it again.
pub fn lock(data: &[u8]) {
    let Some(text) = text(data) else {
        return;
    };
    let lock = match Lock::parse(text) {
        Ok(lock) => lock,
        Err(error) => {
            says_something(error.problem());
            says_something(error.remedy());
            let lines = text.lines().count().max(1);
            assert!(
                (1..=lines + 1).contains(&error.line()),
                "line {} of {lines}",
                error.line()
            );
            return;
        }
    };
    let written = lock.to_text();
    let again = Lock::parse(&written);
    assert_eq!(
        again.as_ref(),
        Ok(&lock),
        "what was written is read again: {written}"
    );
    assert_eq!(
        again.map(|lock| lock.to_text()),
        Ok(written),
        "equal locks give equal bytes"
    );
    asked(&lock);
}

/// Whatever a lock holds, it answers.
fn asked(lock: &Lock) {
    assert_eq!(lock.entries().count(), lock.len());
    for entry in lock.entries() {
        assert_eq!(lock.get(entry.key.as_str()), Some(entry));
        match lock.resolve(&entry.key) {
            Ok(_) => {}
            Err(cycle) => says_something(&cycle.to_string()),
        }
    }
    // With nothing declared, each published key is missing, and no finding is about anything else.
    for finding in lock.check(&[]).findings {
        says_something(&finding.message);
        says_something(&finding.remedy);
    }
    let mut recorded = lock.clone();
    recorded.record(&[]);
    assert_eq!(&recorded, lock, "nothing declared records nothing");
}

//! The bytes of a `.upr` section.

use upr_core::fragment::{Fragment, assemble};
use upr_core::section;

use crate::says_something;

/// Reads bytes as a section, and encodes what was read.
pub fn section(data: &[u8]) {
    match section::read(data) {
        Ok(fragments) => encoded(&fragments),
        Err(error) => {
            says_something(&error.to_string());
            says_something(error.remedy());
            assert!(
                error.offset() <= data.len(),
                "{} of {}",
                error.offset(),
                data.len()
            );
        }
    }
}

/// What was read is written and read again the same, and can be put together or says why not.
fn encoded(fragments: &[Fragment]) {
    let bytes: Vec<u8> = fragments.iter().flat_map(section::encode).collect();
    assert_eq!(section::read(&bytes).as_deref(), Ok(fragments));
    if let Err(error) = assemble(fragments.to_vec(), None) {
        says_something(&error.to_string());
        assert!(!error.problems().is_empty());
    }
}

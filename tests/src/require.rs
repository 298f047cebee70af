//! What tests need beside Rust: where it is missing they are skipped, and say so.
//!
//! `UPR_REQUIRE` names what must be there, separated by commas, so that in CI no skipped test passes
//! for one that passed.

use std::error::Error;

/// Says that a test is skipped for want of `what`, such as `node`.
///
/// # Errors
///
/// When `UPR_REQUIRE` names it.
#[expect(
    clippy::print_stderr,
    reason = "who runs tests wants to know what was not run"
)]
pub fn skip(what: &str, why: &str) -> Result<(), Box<dyn Error>> {
    let required = std::env::var("UPR_REQUIRE").unwrap_or_default();
    if names(&required, what) {
        return Err(format!("UPR_REQUIRE names `{what}`: {why}").into());
    }
    eprintln!("skipped for want of {what}: {why}");
    Ok(())
}

fn names(required: &str, what: &str) -> bool {
    required.split(',').any(|named| named.trim() == what)
}

#[cfg(test)]
mod tests {
    use super::names;

    #[test]
    fn names_are_whole_words() {
        assert!(names("postgres, node", "node"));
        assert!(!names("postgres,nodejs", "node"));
        assert!(!names("", "node"));
    }
}

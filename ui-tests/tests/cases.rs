//! One case per mistake, with the message that a person sees.
//!
//! The messages were read by people: after a change, look at the difference before accepting it
//! (`TRYBUILD=overwrite cargo test -p upr-ui-tests --test cases`). Mistakes that rustc itself words stand in
//! `fixtures.rs`, so that a newer compiler breaks nothing here.

#[test]
fn cases() {
    trybuild::TestCases::new().compile_fail("cases/*/*.rs");
}

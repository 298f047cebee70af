//! One case per mistake, with the message that a person sees.
//!
//! The messages were read by people: after a change, look at the difference before accepting it
//! (`TRYBUILD=overwrite cargo test -p upr-ui-tests --test cases`). They are compared whole on the compiler of the
//! workspace's `rust-version`, since another one may draw them otherwise; `mistakes/` compares what is upr's on any.

#![cfg(test)]

use std::process::Command;

#[test]
fn cases() {
    let output = Command::new("rustc").arg("--version").output().unwrap();
    let version = String::from_utf8(output.stdout).unwrap();
    let pinned = env!("CARGO_PKG_RUST_VERSION");
    if version.starts_with(&format!("rustc {pinned}.")) {
        trybuild::TestCases::new().compile_fail("cases/*/*.rs");
    } else {
        println!("skipped what rustc {pinned} shows: this is {version}");
    }
}

//! What an application pays for that only declares permissions.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;

use upr_tests::host::{self, Host};

/// Procedural ones counted; `upr` itself is one of them.
const MOST: usize = 16;

#[test]
fn upr_needs_few_crates() -> Result<(), Box<dyn Error>> {
    let root = host::workspace().to_owned();
    let host = Host::within(root, Path::new(env!("CARGO_TARGET_TMPDIR")));
    let arguments = ["tree", "-p", "upr", "-e", "normal", "--prefix", "none"];
    let tree = host.cargo(&arguments)?.expect_code(0)?.stdout;
    let crates: BTreeSet<&str> = tree
        .lines()
        .map(|line| line.trim_end_matches(" (*)"))
        .filter(|line| !line.is_empty())
        .collect();
    assert!(
        crates.iter().any(|name| name.starts_with("inventory v")),
        "{crates:#?}"
    );
    assert!(crates.len() <= MOST, "{} crates: {crates:#?}", crates.len());
    Ok(())
}

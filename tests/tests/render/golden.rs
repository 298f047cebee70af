//! Files that were read by a person once, and stay as they were.

use crate::{Outcome, upr};

/// Each is held by the check that users hold theirs with. After a change that is meant, the message
/// says which command writes it again; run it in `tests/data/render`, and read the difference.
#[test]
fn what_is_written_is_what_was_read() -> Outcome {
    for (format, file) in [
        ("json", "catalog-v1.json"),
        ("json2", "catalog-v2.json"),
        ("markdown", "permissions.md"),
        ("typescript", "permissions.ts"),
        ("openapi", "openapi.json"),
    ] {
        let command = ["catalog", "--catalog", "catalog.json", "--format", format];
        let check = [&command[..], &["--out", file, "--check"]].concat();
        upr().run(&check)?.expect_code(0)?;
    }
    Ok(())
}

//! Files that were read by a person once, and stay as they were.

use upr_core::render;

use crate::{Outcome, catalog, upr};

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

/// What may be missing declarations says so, in each form.
#[test]
fn a_partial_catalog_says_so() -> Outcome {
    let part = catalog()?.with_partial(true);
    for (text, mark) in [
        (part.to_json(), "\"partial\": true"),
        (part.to_json_v2(), "\"partial\": true"),
        (render::markdown(&part), "**Partial**"),
        (render::typescript(&part), "// Partial"),
    ] {
        assert!(text.contains(mark), "{mark}");
    }
    assert!(!render::markdown(&catalog()?).contains("Partial"));
    Ok(())
}

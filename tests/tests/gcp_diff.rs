//! Releases of Google's size compared: everything is told, what matters first, and in no time.

use std::error::Error;
use std::time::{Duration, Instant};

use upr_core::Catalog;
use upr_core::diff::{Class, Markdown, diff, markdown};
use upr_core::finding::Bump;
use upr_tests::gcp::{self, Roles};

type Outcome = Result<(), Box<dyn Error>>;

/// What a test may take where others run beside it, unoptimised; a comparison whose cost grows with the square of what changed
/// takes minutes. Figures are in docs/ci.md.
const SOON: Duration = Duration::from_secs(30);

#[test]
fn a_service_that_is_called_otherwise_is_found_key_by_key() -> Outcome {
    let old = gcp::catalog(Roles::Managed)?;
    let text = old.to_json().replace("\"compute.", "\"computing.");
    let new = Catalog::from_json(&text)?;
    let start = Instant::now();
    let difference = diff(&old, &new);
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());

    let renamed: Vec<_> = difference
        .of(Class::Breaking)
        .filter(|change| change.about.kind() == "permission")
        .collect();
    let of_compute = old
        .permissions()
        .filter(|permission| permission.key.as_str().starts_with("compute."))
        .count();
    assert!(of_compute > 1_000);
    assert_eq!(renamed.len(), of_compute);
    for change in renamed {
        let key = change.about.key().replacen("compute.", "computing.", 1);
        assert!(
            change.message.ends_with(&format!("(renamed to `{key}`?)")),
            "{}",
            change.message
        );
    }
    assert_eq!(difference.bump(), Bump::Major);

    let findings = difference.findings();
    let comment = markdown(&Markdown {
        difference: &difference,
        old: "old.json",
        new: "new.json",
        findings: &findings,
        ignored: &[],
    });
    assert!(comment.len() < 65_536, "a service takes no longer comment");
    assert!(comment.starts_with(&format!(
        "## Permissions: {} findings break somebody\n",
        findings.len() - 1
    )));
    Ok(())
}

#[test]
fn what_did_not_change_is_passed_over() -> Outcome {
    let catalog = gcp::catalog(Roles::Managed)?;
    let lock = gcp::lock(&gcp::permissions()?, gcp::APPLICATION)?;
    let start = Instant::now();
    assert!(diff(&catalog, &catalog).changes.is_empty());
    assert!(diff(&lock, &catalog).changes.is_empty());
    assert!(diff(&lock, &lock).changes.is_empty());
    assert!(start.elapsed() < SOON, "{:?}", start.elapsed());
    Ok(())
}

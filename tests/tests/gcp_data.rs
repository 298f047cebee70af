//! Google's keys against upr's grammar: what is good is taken, what is bad is refused with the reason.

use std::collections::BTreeMap;
use std::error::Error;

use upr_core::Catalog;
use upr_core::finding::FindingId;
use upr_core::key::Key;
use upr_core::lock::Declared;
use upr_tests::gcp::{self, Roles};

type Outcome = Result<(), Box<dyn Error>>;

#[test]
fn every_permission_is_a_key() -> Outcome {
    let permissions = gcp::permissions()?;
    assert_eq!(permissions.len(), gcp::PERMISSIONS);
    assert!(
        permissions.is_sorted(),
        "the order of the file is that of keys"
    );
    let modules: std::collections::BTreeSet<&str> = permissions.iter().map(Key::module).collect();
    assert_eq!(modules.len(), gcp::MODULES);
    Ok(())
}

/// 138 lines, refused one by one: the key (its head, when it is long), the segment, the reason.
#[test]
fn every_invalid_key_is_refused_with_the_reason() {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for line in gcp::invalid_keys() {
        let message = match Key::parse(line) {
            Ok(key) => panic!("`{key}` was taken"),
            Err(error) => error.to_string(),
        };
        let (said, reason) = message.split_once("` is no permission key: ").unwrap();
        let head = said.strip_prefix('`').unwrap().trim_end_matches('…');
        assert!(
            line.starts_with(head) && head.len() >= line.len().min(60),
            "{message}"
        );
        let segment = line
            .split('.')
            .find(|segment| segment.contains('/'))
            .unwrap();
        assert!(
            reason.starts_with(&format!("segment `{segment}` ")),
            "{message}"
        );
        let reason = reason.replacen(segment, "com/…", 1);
        *reasons.entry(reason).or_default() += 1;
    }
    assert_eq!(reasons.values().sum::<usize>(), 138);
    insta::assert_debug_snapshot!(reasons, @r#"
    {
        "segment `com/…` holds `/`, and only ASCII letters, digits, `_` and `-` are allowed": 138,
    }
    "#);
}

#[test]
fn the_catalog_holds_everything_and_reads_itself_back() -> Outcome {
    let catalog = gcp::catalog(Roles::Managed)?;
    assert_eq!(catalog.len(), gcp::PERMISSIONS);
    assert_eq!(catalog.modules().len(), gcp::MODULES);
    assert_eq!(catalog.roles().len(), gcp::ROLES);
    let pairs: usize = catalog
        .roles()
        .iter()
        .map(|role| role.permissions.len())
        .sum();
    assert_eq!(pairs, 164_407);
    let text = catalog.to_json();
    let again = Catalog::from_json(&text)?;
    assert_eq!(again, catalog);
    assert_eq!(again.to_json(), text);
    Ok(())
}

const VARIANTS: [(&str, &str); 5] = [
    (
        "networkservices.httpFilters.create",
        "networkservices.httpfilters.create",
    ),
    (
        "networkservices.httpFilters.delete",
        "networkservices.httpfilters.delete",
    ),
    (
        "networkservices.httpFilters.get",
        "networkservices.httpfilters.get",
    ),
    (
        "networkservices.httpFilters.list",
        "networkservices.httpfilters.list",
    ),
    (
        "networkservices.httpFilters.update",
        "networkservices.httpfilters.update",
    ),
];

#[test]
fn pairs_that_differ_in_case_are_reported_across_modules() -> Outcome {
    let catalog = gcp::catalog(Roles::Left)?;
    let pairs = catalog.case_variants();
    let pairs: Vec<(&str, &str)> = pairs
        .iter()
        .map(|(a, b)| (a.as_str(), b.as_str()))
        .collect();
    assert_eq!(pairs, VARIANTS);
    Ok(())
}

#[test]
fn the_lock_records_every_key_and_warns_of_the_pairs() -> Outcome {
    let permissions = gcp::permissions()?;
    let lock = gcp::lock(&permissions, gcp::APPLICATION)?;
    assert_eq!(lock.len(), gcp::PERMISSIONS);
    let declared: Vec<Declared> = lock
        .entries()
        .map(|entry| Declared {
            key: entry.key.clone(),
            deprecation: None,
            cfg: None,
            package: entry.package.clone(),
            krate: entry.krate.clone(),
            version: entry.published.clone(),
        })
        .collect();
    let checked = lock.check(&declared);
    assert!(!checked.has_errors());
    let ids: Vec<FindingId> = checked.findings.iter().map(|finding| finding.id).collect();
    assert_eq!(ids, [FindingId::CaseVariant; 5]);
    let keys: Vec<&str> = checked
        .findings
        .iter()
        .map(|finding| finding.key())
        .collect();
    assert_eq!(keys, VARIANTS.map(|(_, second)| second));
    Ok(())
}

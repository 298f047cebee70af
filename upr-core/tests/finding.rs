//! Findings that somebody answers for, and findings for code-scanning services.

#![cfg(test)]

use serde_json::{Value, json};
use upr_core::finding::{Check, Day, Ignore, IgnoreError, Place, Sarif, sarif, sift};
use upr_core::{Finding, FindingId, Key};

fn finding(id: FindingId, key: &str) -> Finding {
    let key = Key::parse(key).unwrap();
    Finding::new(id, &key, format!("`{key}` is wrong"), "mend it".to_owned())
}

fn day(text: &str) -> Day {
    Day::parse(text).unwrap()
}

fn ignore(id: &str, key: &str) -> Ignore {
    Ignore::new(id, key, "the partner moves in January", day("2027-01-31")).unwrap()
}

fn codes(findings: &[Finding]) -> Vec<String> {
    findings
        .iter()
        .map(|finding| format!("{} {}", finding.id, finding.key()))
        .collect()
}

#[test]
fn what_is_ignored_counts_no_more_until_its_day_is_over() {
    let found = || {
        vec![
            finding(FindingId::RemovalOverdue, "users.edit"),
            finding(FindingId::RemovalOverdue, "users.old"),
            finding(FindingId::KeyRemoved, "users.edit"),
        ]
    };
    let ignores = [ignore("UPR004", "users.edit")];
    let sifted = sift(found(), &ignores, day("2027-01-31"), Check::Lock);
    assert_eq!(
        codes(&sifted.findings),
        ["UPR004 users.old", "UPR001 users.edit"]
    );
    assert_eq!(sifted.ignored.len(), 1);
    assert_eq!(
        serde_json::to_value(&sifted.ignored[0]).unwrap(),
        json!({
            "id": "UPR004", "name": "removal-overdue", "key": "users.edit",
            "message": "`users.edit` is wrong", "reason": "the partner moves in January",
            "until": "2027-01-31",
        })
    );
    let late = sift(found(), &ignores, day("2027-02-01"), Check::Lock);
    assert!(late.ignored.is_empty());
    assert_eq!(late.findings.len(), 4);
    let ended = late.findings.last().unwrap();
    assert_eq!(
        (ended.id, ended.key()),
        (FindingId::IgnoreEnded, "UPR004 users.edit")
    );
    assert!(
        !ended.is_error(),
        "what it ignored is back, and fails by itself"
    );
}

#[test]
fn an_entry_for_a_module_covers_its_actions_only() {
    let found = vec![
        finding(FindingId::NotLinked, "users.edit"),
        finding(FindingId::NotLinked, "users.tokens.edit"),
    ];
    let sifted = sift(
        found,
        &[ignore("UPR008", "users.*")],
        day("2027-01-01"),
        Check::Lock,
    );
    assert_eq!(codes(&sifted.findings), ["UPR008 users.tokens.edit"]);
}

#[test]
fn an_entry_that_matches_nothing_is_reported_by_the_check_it_is_for() {
    let ignores = [ignore("UPR004", "users.edit"), ignore("UPR012", "support")];
    let unused = |check| codes(&sift(Vec::new(), &ignores, day("2027-01-01"), check).findings);
    assert_eq!(unused(Check::Lock), ["UPR017 UPR004 users.edit"]);
    assert_eq!(unused(Check::Diff), ["UPR017 UPR012 support"]);
}

#[test]
fn some_findings_are_nobodys_to_ignore() {
    let entry = |id: &str, key: &str, reason: &str| Ignore::new(id, key, reason, day("2027-01-31"));
    for id in ["UPR002", "UPR007", "UPR016", "UPR017"] {
        let error = entry(id, "users.edit", "because").unwrap_err();
        assert!(matches!(error, IgnoreError::Never { .. }), "{error}");
    }
    assert_eq!(
        entry("UPR099", "users.edit", "because")
            .unwrap_err()
            .to_string(),
        "`UPR099` is no rule"
    );
    assert_eq!(
        entry("UPR001", " ", "because").unwrap_err(),
        IgnoreError::NoKey
    );
    assert_eq!(
        entry("UPR001", "users.edit", " ").unwrap_err(),
        IgnoreError::NoReason
    );
}

#[test]
fn days_are_those_of_the_calendar() {
    for text in [
        "2027-2-1",
        "2027-13-01",
        "2027-04-31",
        "2100-02-29",
        "27-01-01",
        "2027-01-01-",
        "+027-01-01",
        "",
    ] {
        assert_eq!(Day::parse(text), None, "{text}");
    }
    assert_eq!(day("2000-02-29").to_string(), "2000-02-29");
}

/// What the schema and the services that read it ask for.
#[test]
fn a_sarif_log_is_what_code_scanning_accepts() {
    let mut placed = finding(FindingId::KeyRemoved, "users.edit");
    placed.place = Some(Place {
        file: "crates/my app/upr.lock".to_owned(),
        line: 7,
    });
    let open = [placed, finding(FindingId::CaseVariant, "users.View")];
    let suppressed = sift(
        vec![finding(FindingId::RemovalOverdue, "users.old")],
        &[ignore("UPR004", "users.old")],
        day("2027-01-01"),
        Check::Lock,
    );
    let log = sarif(&Sarif {
        version: "0.1.0",
        findings: &open,
        ignored: &suppressed.ignored,
        fallback: Place {
            file: "upr.lock".to_owned(),
            line: 1,
        },
    });
    assert_eq!(log["version"], "2.1.0");
    let run = &log["runs"][0];
    let rules = run["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.len(), FindingId::ALL.len());
    for rule in rules {
        for text in ["shortDescription", "fullDescription", "help"] {
            assert!(!rule[text]["text"].as_str().unwrap().is_empty());
        }
    }
    let results = run["results"].as_array().unwrap();
    assert_eq!(results.len(), 3);
    let mut fingerprints = Vec::new();
    for result in results {
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(["error", "warning"].contains(&result["level"].as_str().unwrap()));
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["region"]["startLine"].as_u64().unwrap() >= 1);
        let base = place["artifactLocation"]["uriBaseId"].as_str().unwrap();
        assert!(run["originalUriBaseIds"].get(base).is_some());
        fingerprints.push(result["partialFingerprints"]["primaryLocationLineHash"].clone());
    }
    fingerprints.dedup();
    assert_eq!(fingerprints.len(), 3);
    let first = &results[0]["locations"][0]["physicalLocation"];
    assert_eq!(first["artifactLocation"]["uri"], "crates/my%20app/upr.lock");
    assert_eq!(first["region"]["startLine"], 7);
    assert_eq!(results[1]["level"], "warning");
    assert_eq!(results[0]["suppressions"], Value::Null);
    assert_eq!(
        results[2]["suppressions"],
        json!([{
            "kind": "external", "status": "accepted",
            "justification": "the partner moves in January (until 2027-01-31)",
        }])
    );
}

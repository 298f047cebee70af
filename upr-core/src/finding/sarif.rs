//! Findings as SARIF 2.1.0, which code-scanning services read.
//!
//! What they ask for beyond the schema is here too: every result has a place, and a fingerprint that stays the same when lines
//! move, so that a finding is opened once and closed when it is gone.

use serde_json::{Value, json};

use super::{Finding, FindingId, Ignored, Place};
use crate::id::fnv1a;

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";
/// Where the rules are explained.
const HELP: &str = "https://github.com/upr-rs/upr/blob/main/docs/releases.md#findings";
/// The name of the directory that places start at; services put their checkout in its place.
const ROOT: &str = "%SRCROOT%";

/// What goes into a SARIF log.
///
/// The files of places are relative to the root of the repository.
#[derive(Clone, Debug)]
pub struct Sarif<'a> {
    /// The version of the program that checked.
    pub version: &'a str,
    /// What counts.
    pub findings: &'a [Finding],
    /// What is ignored; it stands in the log as suppressed.
    pub ignored: &'a [Ignored],
    /// Where a finding without a place of its own is shown.
    pub fallback: Place,
}

/// The log, with every rule whether it was broken or not.
///
/// ```
/// use upr_core::finding::{Place, Sarif, sarif};
/// let fallback = Place { file: "upr.lock".to_owned(), line: 1 };
/// let log = sarif(&Sarif { version: "1.0.0", findings: &[], ignored: &[], fallback });
/// assert_eq!(log["version"], "2.1.0");
/// assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["id"], "UPR001");
/// ```
#[must_use]
pub fn sarif(sarif: &Sarif<'_>) -> Value {
    let open = sarif
        .findings
        .iter()
        .map(|finding| result(finding, &sarif.fallback));
    let suppressed = sarif.ignored.iter().map(|ignored| {
        let mut result = result(&ignored.finding, &sarif.fallback);
        let justification = format!("{} (until {})", ignored.reason, ignored.until);
        if let Some(fields) = result.as_object_mut() {
            let suppression = json!({
                "kind": "external", "status": "accepted", "justification": justification,
            });
            fields.insert("suppressions".to_owned(), json!([suppression]));
        }
        result
    });
    let results: Vec<Value> = open.chain(suppressed).collect();
    json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "upr",
                "semanticVersion": sarif.version,
                "informationUri": "https://github.com/upr-rs/upr",
                "rules": FindingId::ALL.map(rule),
            }},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
            "results": results,
        }],
    })
}

fn rule(id: FindingId) -> Value {
    json!({
        "id": id.code(),
        "name": pascal_case(id.name()),
        "shortDescription": {"text": id.name()},
        "fullDescription": {"text": id.help()},
        "help": {"text": id.help(), "markdown": format!("{} [More]({HELP})", id.help())},
        "helpUri": HELP,
        "defaultConfiguration": {"level": id.severity().as_str()},
        "properties": {"tags": ["permissions"], "problem.severity": id.severity().as_str()},
    })
}

fn result(finding: &Finding, fallback: &Place) -> Value {
    let place = finding.place.as_ref().unwrap_or(fallback);
    let identity = format!("{} {} {}", finding.id, finding.about.kind(), finding.key());
    let index = FindingId::ALL.iter().position(|id| *id == finding.id);
    json!({
        "ruleId": finding.id.code(),
        "ruleIndex": index,
        "level": finding.level.as_str(),
        "message": {"text": format!("{}. To do: {}.", sentence(&finding.message), finding.remedy)},
        "locations": [{"physicalLocation": {
            "artifactLocation": {"uri": uri(&place.file), "uriBaseId": ROOT},
            "region": {"startLine": place.line.max(1)},
        }}],
        // Services match results by it across runs; what it is made of does not move with lines.
        "partialFingerprints": {
            "primaryLocationLineHash": format!("{:016x}:1", fnv1a(identity.as_bytes())),
        },
        "properties": {"key": finding.key(), "about": finding.about.kind()},
    })
}

/// `key-removed` as `KeyRemoved`, which the schema's authors ask for in names.
fn pascal_case(name: &str) -> String {
    let words = name.split('-').map(|word| {
        let mut characters = word.chars();
        let first = characters.next().map(|first| first.to_ascii_uppercase());
        first.into_iter().chain(characters).collect::<String>()
    });
    words.collect()
}

/// With a capital, unless it starts with a key.
fn sentence(message: &str) -> String {
    let mut characters = message.chars();
    let first = characters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(characters).collect()
}

/// A path as a relative reference: `/` between names, and everything percent-encoded that is no plain name.
fn uri(path: &str) -> String {
    let path = path.replace('\\', "/");
    let mut uri = String::with_capacity(path.len());
    for byte in path.trim_start_matches("./").bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' => {
                uri.push(char::from(byte));
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_references() {
        assert_eq!(uri("./src/a b.rs"), "src/a%20b.rs");
        assert_eq!(uri("src\\lib.rs"), "src/lib.rs");
        assert_eq!(uri("crates/ä.rs"), "crates/%C3%A4.rs");
    }
}

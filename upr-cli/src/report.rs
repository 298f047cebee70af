//! Findings, as text, JSON and SARIF: what counts, and what is ignored.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;
use upr_core::finding::{self, Check, Day, Finding, Ignored, Place, Sarif, Severity, Sifted};
use upr_core::{FindingId, Key};
use upr_sync::settings::Settings;

use crate::failure::Failure;
use crate::git;
use crate::output::{BOLD, DIM, Detail, Output, RED, YELLOW};
use crate::shorten::{counted, number, shown};

/// Takes out what the settings ignore today.
pub(crate) fn sift(
    findings: Vec<Finding>,
    settings: &Settings,
    check: Check,
) -> Result<Sifted, Failure> {
    let date = jiff::Timestamp::now()
        .to_zoned(jiff::tz::TimeZone::UTC)
        .date();
    let today = Day::parse(&date.to_string()).ok_or_else(|| {
        Failure::could_not(
            "clock",
            format!("the clock says {date}, which no ignore entry can be compared with"),
        )
        .remedy("set the clock right")
    })?;
    Ok(finding::sift(findings, &settings.ignores, today, check))
}

/// Findings for people. Of each rule the first few, unless everything was asked for.
pub(crate) fn text(sifted: &Sifted, detail: Detail) -> String {
    let mut text = String::new();
    for (id, findings) in by_rule(&sifted.findings, |finding| finding.id) {
        let total = findings.len();
        let shown = shown(total, detail);
        for finding in findings.iter().take(shown) {
            text.push_str(&one(finding));
        }
        text.push_str(&hidden(id, total - shown));
    }
    for (id, ignored) in by_rule(&sifted.ignored, |ignored| ignored.finding.id) {
        let total = ignored.len();
        let shown = shown(total, detail);
        for ignored in ignored.iter().take(shown) {
            let Ignored {
                finding,
                reason,
                until,
            } = ignored;
            text.push_str(&format!(
                "{DIM}{id} {} {}: ignored until {until}: {reason}{DIM:#}\n",
                id.name(),
                finding.key()
            ));
        }
        text.push_str(&hidden(id, total - shown));
    }
    text
}

fn by_rule<T>(all: &[T], id: impl Fn(&T) -> FindingId) -> BTreeMap<FindingId, Vec<&T>> {
    let mut groups: BTreeMap<FindingId, Vec<&T>> = BTreeMap::new();
    for one in all {
        groups.entry(id(one)).or_default().push(one);
    }
    groups
}

fn one(finding: &Finding) -> String {
    let style = match finding.level {
        Severity::Error => RED,
        Severity::Warning => YELLOW,
    };
    format!(
        "{style}{}{style:#} {DIM}{}{DIM:#} {BOLD}{}{BOLD:#}: {}\n       {}\n",
        finding.id.code(),
        finding.id.name(),
        finding.key(),
        finding.message,
        finding.remedy
    )
}

fn hidden(id: FindingId, hidden: usize) -> String {
    match hidden {
        0 => String::new(),
        _ => format!(
            "{DIM}{id} {}: … and {} more (-v shows all){DIM:#}\n",
            id.name(),
            number(hidden)
        ),
    }
}

/// `2 errors, 1 warning, 1 ignored`.
pub(crate) fn summary(sifted: &Sifted) -> String {
    let errors = sifted
        .findings
        .iter()
        .filter(|finding| finding.is_error())
        .count();
    let ignored = match sifted.ignored.len() {
        0 => String::new(),
        ignored => format!("{} ignored", number(ignored)),
    };
    let count = |count, what: &str| match count {
        0 => String::new(),
        _ => counted(count, what),
    };
    let parts = [
        count(errors, "error"),
        count(sifted.findings.len() - errors, "warning"),
        ignored,
    ];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(", ")
}

/// The SARIF log on standard output. `root` is a directory of the repository, and `fallback` the file that is shown for what has
/// no place of its own.
pub(crate) fn sarif(
    sifted: &Sifted,
    root: &Path,
    fallback: &Path,
    out: Output,
) -> Result<(), Failure> {
    // Outside of a repository places stand as they are.
    let root = git::root(root).ok();
    let root = root.as_deref();
    let mut findings = sifted.findings.clone();
    let mut ignored = sifted.ignored.clone();
    for finding in findings
        .iter_mut()
        .chain(ignored.iter_mut().map(|one| &mut one.finding))
    {
        finding.place = finding.place.take().map(|place| Place {
            file: relative(Path::new(&place.file), root),
            line: place.line,
        });
    }
    let log = finding::sarif(&Sarif {
        version: env!("CARGO_PKG_VERSION"),
        findings: &findings,
        ignored: &ignored,
        fallback: Place {
            file: relative(fallback, root),
            line: 1,
        },
    });
    document(&log, out)
}

/// One JSON document, whether `--json` was given or a format asks for it.
pub(crate) fn document(document: &Value, out: Output) -> Result<(), Failure> {
    Output { json: true, ..out }.json(document)
}

/// A path as code-scanning services want it: from the root of the repository.
fn relative(path: &Path, root: Option<&Path>) -> String {
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let real: PathBuf = match (
        absolute.parent().map(Path::canonicalize),
        absolute.file_name(),
    ) {
        (Some(Ok(parent)), Some(name)) => parent.join(name),
        _ => absolute,
    };
    let inside = root.and_then(|root| real.strip_prefix(root).ok());
    inside.unwrap_or(path).display().to_string()
}

/// What is said of keys that are not declared and stand under a condition.
pub(crate) fn waiting(conditional: &[Key]) -> String {
    let (count, verb) = (
        counted(conditional.len(), "key"),
        match conditional {
            [_] => "waits",
            _ => "wait",
        },
    );
    format!("{count} under a condition that is off here {verb} for a build that has it.")
}

//! A comparison as a comment for a pull request.

use std::fmt::Write as _;

use super::{Class, Difference};
use crate::finding::{Finding, Ignored};

/// What services take for one comment, with room to spare (GitHub: 65,536 characters).
const LENGTH: usize = 60_000;
/// How many lines of one class are shown.
const SHOWN: usize = 100;

/// What goes into a comment.
#[derive(Clone, Debug)]
pub struct Markdown<'a> {
    /// What changed.
    pub difference: &'a Difference,
    /// What the old side is called, such as `git:main`.
    pub old: &'a str,
    /// What the new side is called.
    pub new: &'a str,
    /// What counts of what was found.
    pub findings: &'a [Finding],
    /// What is ignored of it.
    pub ignored: &'a [Ignored],
}

/// The comment: what matters first, long lists folded, never longer than a service takes.
#[must_use]
pub fn markdown(parts: &Markdown<'_>) -> String {
    let Markdown {
        difference,
        old,
        new,
        findings,
        ignored,
    } = parts;
    let errors = findings.iter().filter(|finding| finding.is_error()).count();
    let title = match errors {
        0 => difference.summary(),
        1 => "1 finding breaks somebody".to_owned(),
        _ => format!("{errors} findings break somebody"),
    };
    let mut text = format!(
        "## Permissions: {title}\n\n`{}` → `{}`",
        code(old),
        code(new)
    );
    text.push_str(&step(difference));
    text.push_str("\n\n");
    text.push_str(&counts(difference));
    if !findings.is_empty() {
        text.push_str("\n### Findings\n\n");
        let lines = findings.iter().map(finding_line).collect();
        list(&mut text, lines);
    }
    if !ignored.is_empty() {
        text.push_str("\n### Ignored\n\n");
        list(&mut text, ignored.iter().map(ignored_line).collect());
    }
    for class in Class::ALL {
        // Those stand under the findings already.
        if class != Class::Breaking {
            section(&mut text, difference, class);
        }
    }
    text
}

fn step(difference: &Difference) -> String {
    let bump = difference.bump();
    match difference.step() {
        Some(step) if step.suffices => {
            format!(
                "; {} → {}, which is enough for **{bump}**",
                step.old, step.new
            )
        }
        Some(step) => format!(
            "; {} → {}, while **{bump}** asks for at least {}",
            step.old, step.new, step.least
        ),
        None => format!("; asks for **{bump}**"),
    }
}

fn counts(difference: &Difference) -> String {
    let mut text = String::from("|");
    for class in Class::ALL {
        text.push_str(&format!(" {} |", class.as_str()));
    }
    text.push_str("\n|");
    text.push_str(&" ---: |".repeat(Class::ALL.len()));
    text.push_str("\n|");
    for class in Class::ALL {
        text.push_str(&format!(" {} |", difference.count(class)));
    }
    text.push('\n');
    text
}

fn section(text: &mut String, difference: &Difference, class: Class) {
    let lines = difference.lines(class);
    if lines.is_empty() {
        return;
    }
    // Writing into a text cannot fail.
    let _ = write!(
        text,
        "\n<details{}><summary>{} {}</summary>\n\n",
        if lines.len() <= 10 { " open" } else { "" },
        difference.count(class),
        class.as_str()
    );
    list(text, lines.iter().map(|line| escaped(line)).collect());
    text.push_str("\n</details>\n");
}

fn finding_line(finding: &Finding) -> String {
    let level = if finding.is_error() { "" } else { "warning " };
    format!(
        "{level}**{}** {}: {}. {}",
        finding.id,
        finding.id.name(),
        escaped(&finding.message),
        escaped(&finding.remedy)
    )
}

fn ignored_line(ignored: &Ignored) -> String {
    format!(
        "{} {} until {}: {}",
        ignored.finding.id,
        escaped(&ignored.finding.message),
        ignored.until,
        escaped(&ignored.reason)
    )
}

fn list(text: &mut String, lines: Vec<String>) {
    let total = lines.len();
    for (number, line) in lines.into_iter().enumerate() {
        if number == SHOWN || text.len() + line.len() > LENGTH {
            text.push_str(&format!("- … and {} more\n", total - number));
            return;
        }
        text.push_str(&format!("- {line}\n"));
    }
}

/// Reasons and names come from people: no tags, no mentions.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('@', "&#64;")
        .replace(['\n', '\r'], " ")
}

/// What stands between backticks.
fn code(text: &str) -> String {
    text.replace(['`', '\n', '\r'], " ")
}

//! trybuild's goldens, read as far as any compiler must agree with them.

use std::fs;
use std::path::Path;

use crate::message::Message;

/// One error: its code or upr's sentence, with line and column where the sentence is upr's.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Error {
    line: u64,
    /// None where rustc chooses it.
    column: Option<u64>,
    text: String,
}

/// How the errors differ from those of a case's golden, if they do.
pub(crate) fn compare(case: &Path, messages: &[Message]) -> Option<String> {
    let golden = fs::read_to_string(case.with_extension("stderr")).unwrap_or_default();
    let mut expected: Vec<Error> = golden.split("\n\n").filter_map(read).collect();
    let mut seen: Vec<Error> = messages
        .iter()
        .filter(|message| message.level == "error")
        .map(error)
        .collect();
    expected.sort();
    seen.sort();
    (expected != seen).then(|| {
        format!(
            "--- {}\nexpected: {expected:#?}\nseen: {seen:#?}",
            case.display()
        )
    })
}

fn error(message: &Message) -> Error {
    let (_, line, column) = message.place;
    match &message.code {
        Some(code) => Error {
            line,
            column: None,
            text: code.clone(),
        },
        None => Error {
            line,
            column: Some(column),
            text: message.ours.clone().unwrap_or_default(),
        },
    }
}

/// One block of a golden: the message, continued at the seventh column, up to the arrow with the place.
fn read(block: &str) -> Option<Error> {
    let start = block.trim_start_matches('\n');
    let rest = start.strip_prefix("error")?;
    let (head, _) = rest.split_once("--> ")?;
    let (_, place) = start.split_once("--> ")?;
    let mut numbers = place.lines().next()?.rsplit(':');
    let column = numbers.next()?.trim().parse().ok()?;
    let line = numbers.next()?.trim().parse().ok()?;
    if let Some(rest) = head.strip_prefix('[') {
        let (code, _) = rest.split_once(']')?;
        return Some(Error {
            line,
            column: None,
            text: code.to_owned(),
        });
    }
    let text: Vec<&str> = head
        .strip_prefix(": ")?
        .trim_end()
        .lines()
        .map(|line| line.strip_prefix("       ").unwrap_or(line))
        .collect();
    Some(Error {
        line,
        column: Some(column),
        text: text.join("\n"),
    })
}

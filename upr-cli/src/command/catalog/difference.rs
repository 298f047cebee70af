//! Where a file first differs from what would be written.

use std::fmt;

use serde_json::{Value, json};

/// The first line that differs.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Difference {
    /// Counted from 1.
    line: usize,
    /// Nothing where the file ends before it.
    found: Option<String>,
    /// Nothing where the file should end before it.
    wanted: Option<String>,
}

impl Difference {
    /// Compares line by line; how lines end is the business of Git.
    ///
    /// The fingerprint stands near the top and differs whenever anything does, so that its line says
    /// nothing: what differs below it is the answer.
    pub(super) fn between(found: &str, wanted: &str) -> Option<Self> {
        let (mut there, mut here) = (split(found), split(wanted));
        let mut fingerprint = None;
        let mut line = 0;
        loop {
            line += 1;
            match (there.next(), here.next()) {
                (None, None) => return fingerprint,
                (found, wanted) if found == wanted => {}
                (found, wanted) => {
                    let first = Self::of(line, found, wanted);
                    if !(found.is_some_and(is_fingerprint) && wanted.is_some_and(is_fingerprint)) {
                        return Some(first);
                    }
                    fingerprint.get_or_insert(first);
                }
            }
        }
    }

    fn of(line: usize, found: Option<&str>, wanted: Option<&str>) -> Self {
        let start = start(found.unwrap_or_default(), wanted.unwrap_or_default());
        Self {
            line,
            found: found.map(|line| excerpt(line, start)),
            wanted: wanted.map(|line| excerpt(line, start)),
        }
    }

    pub(super) fn to_json(&self) -> Value {
        json!({"line": self.line, "found": self.found, "wanted": self.wanted})
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.line)?;
        match &self.found {
            Some(found) => writeln!(f, "  is:        {found}")?,
            None => writeln!(f, "  is:        (the end of the file)")?,
        }
        match &self.wanted {
            Some(wanted) => writeln!(f, "  should be: {wanted}"),
            None => writeln!(f, "  should be: (the end of the file)"),
        }
    }
}

/// The lines, and an empty last one where the text ends with a line break, so that its lack shows.
fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line))
}

fn is_fingerprint(line: &str) -> bool {
    line.contains("sha256:")
}

/// How many characters are the same in front.
fn start(a: &str, b: &str) -> usize {
    let pairs = a.chars().zip(b.chars());
    pairs.take_while(|(a, b)| a == b).count()
}

/// As much of a line as fits beside the words, around where it differs.
fn excerpt(line: &str, start: usize) -> String {
    const SHOWN: usize = 80;
    const BEFORE: usize = 30;
    let length = line.chars().count();
    let first = if length <= SHOWN {
        0
    } else {
        start.saturating_sub(BEFORE)
    };
    let shown = line.chars().skip(first).take(SHOWN);
    let mut text: String = shown.flat_map(char::escape_debug).collect();
    // Quotes need no mark here.
    text = text.replace("\\\"", "\"").replace("\\'", "'");
    if first > 0 {
        text.insert(0, '…');
    }
    if length > first + SHOWN {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(found: &str, wanted: &str) -> String {
        Difference::between(found, wanted).map_or(String::new(), |found| found.to_string())
    }

    #[test]
    fn the_first_line_that_differs() {
        assert_eq!(
            shown("a\nb\nc\n", "a\nB\nC\n"),
            "2\n  is:        b\n  should be: B\n"
        );
        assert_eq!(shown("", "a\n"), "1\n  is:        \n  should be: a\n");
        assert_eq!(shown("a\nb\n", "a\n"), "2\n  is:        b\n  should be: \n");
        assert_eq!(
            shown("a", "a\n"),
            "2\n  is:        (the end of the file)\n  should be: \n"
        );
    }

    #[test]
    fn a_fingerprint_is_passed_over_for_what_it_tells_of() {
        let (found, wanted) = ("x sha256:1\na\n", "x sha256:2\nb\n");
        assert_eq!(shown(found, wanted), "2\n  is:        a\n  should be: b\n");
        assert!(shown(found, "x sha256:2\na\n").starts_with("1\n"));
        assert!(shown(found, "x\na\n").starts_with("1\n"));
    }

    #[test]
    fn the_ends_of_lines_make_no_difference() {
        assert_eq!(Difference::between("a\r\nb\r\n", "a\nb\n"), None);
        assert!(Difference::between("a\r\r\n", "a\n").is_some());
    }

    #[test]
    fn long_lines_show_where_they_differ() {
        let wanted = format!("{}x{}", "a".repeat(200), "b".repeat(200));
        let found = wanted.replace('x', "\u{7}");
        let text = shown(&found, &wanted);
        let a = "a".repeat(30);
        assert!(
            text.contains(&format!("is:        …{a}\\u{{7}}bbb")),
            "{text}"
        );
        assert!(text.contains(&format!("should be: …{a}xbbb")), "{text}");
        assert!(
            text.lines().all(|line| line.chars().count() < 110),
            "{text}"
        );
    }
}

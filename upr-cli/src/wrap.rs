//! Lines broken at spaces, so that they fit.

use std::io::IsTerminal;

use anstream::adapter::strip_str;

use crate::table;

/// Where nobody says how wide the screen is: a log, a file.
const ELSEWHERE: usize = 100;

/// `text` broken into lines that fit; the first starts with `first`, the others with `others`.
pub(crate) fn wrapped(text: &str, first: &str, others: &str) -> String {
    let width = if std::io::stdout().is_terminal() {
        usize::from(table::width())
    } else {
        ELSEWHERE
    };
    broken(text, first, others, width)
}

fn broken(text: &str, first: &str, others: &str, width: usize) -> String {
    let mut result = String::from(first);
    let mut column = first.chars().count();
    let mut is_start = true;
    for word in text.split(' ') {
        let length = strip_str(word).to_string().chars().count();
        if !is_start && column + 1 + length > width {
            result.push('\n');
            result.push_str(others);
            column = others.chars().count();
            is_start = true;
        }
        if !is_start {
            result.push(' ');
            column += 1;
        }
        result.push_str(word);
        column += length;
        is_start = false;
    }
    result.push('\n');
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_fit_and_lose_nothing() {
        let words: Vec<String> = (0..40).map(|word| format!("word{word},")).collect();
        let text = words.join(" ");
        let lines = broken(&text, "+ ", "    ", 40);
        assert!(
            lines.lines().all(|line| line.chars().count() <= 40),
            "{lines}"
        );
        assert!(
            lines.starts_with("+ word0, ") && lines.ends_with("word39,\n"),
            "{lines}"
        );
        let found: Vec<&str> = lines.trim_start_matches("+ ").split_whitespace().collect();
        assert_eq!(found, words.iter().map(String::as_str).collect::<Vec<_>>());
    }

    #[test]
    fn a_word_that_is_too_long_stands_alone() {
        assert_eq!(
            broken("a looooooooong b", "", "  ", 8),
            "a\n  looooooooong\n  b\n"
        );
    }
}

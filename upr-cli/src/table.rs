//! Rows for people: a table on a terminal, tab-separated lines without a header elsewhere.

use std::io::IsTerminal;

use comfy_table::{ContentArrangement, Table, presets};

use crate::output::BOLD;

/// `rows` under `header`, ready for standard output.
pub(crate) fn render(header: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| printable(cell)).collect())
        .collect();
    if std::io::stdout().is_terminal() {
        drawn(header, &rows, width())
    } else {
        lines(&rows)
    }
}

/// Names come from outside: what would move the cursor or break the row is shown as an escape.
fn printable(cell: &str) -> String {
    let mut text = String::with_capacity(cell.len());
    for character in cell.chars() {
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}

/// The columns of the terminal on standard output; 80 where there is none.
pub(crate) fn width() -> u16 {
    terminal_size::terminal_size().map_or(80, |(width, _)| width.0)
}

fn drawn(header: &[&str], rows: &[Vec<String>], width: u16) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width)
        .set_header(header.iter().copied());
    for row in rows {
        table.add_row(row);
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    // The header may be broken over lines where the terminal is narrow; one line is the rule.
    let text = table.trim_fmt();
    let (first, rest) = text.split_once('\n').unwrap_or((&text, ""));
    format!("{BOLD}{first}{BOLD:#}\n{rest}\n")
}

fn lines(rows: &[Vec<String>]) -> String {
    let mut text = String::new();
    for row in rows {
        text.push_str(&row.join("\t"));
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_keeps_to_its_width() {
        let rows = vec![vec!["compute".to_owned(), "word ".repeat(40)]];
        let text = drawn(&["KEY", "LABEL"], &rows, 40);
        let plain = anstream::adapter::strip_str(&text).to_string();
        assert!(
            plain.lines().all(|line| line.chars().count() <= 40),
            "{plain}"
        );
        assert!(text.contains("KEY"));
    }

    #[test]
    fn what_would_break_a_row_is_escaped() {
        let rows = vec![vec!["a\tb\n\u{1b}[31m".to_owned(), "ä".to_owned()]];
        assert_eq!(render(&[], &rows), "a\\tb\\n\\u{1b}[31m\tä\n");
    }

    #[test]
    fn elsewhere_a_row_is_a_line() {
        let rows = vec![
            vec!["a".to_owned(), "b".to_owned()],
            vec!["c".to_owned(), String::new()],
        ];
        assert_eq!(lines(&rows), "a\tb\nc\t\n");
    }
}

//! Long lists, cut so that a person reads on, and numbers that can be read.

use std::fmt::Display;

use crate::output::{DIM, Detail};

/// How many lines of one group are shown unless `-v` asks for all.
const SHOWN: usize = 10;

/// `items` a line each, indented; cut after the first few unless everything was asked for.
pub(crate) fn listed<T: Display>(
    items: impl ExactSizeIterator<Item = T>,
    detail: Detail,
) -> String {
    let total = items.len();
    let shown = shown(total, detail);
    let mut text: String = items
        .take(shown)
        .map(|item| format!("  {item}\n"))
        .collect();
    if shown < total {
        text.push_str(&rest(total - shown));
    }
    text
}

/// How many of `total` lines to show. One line is never hidden: saying so takes one too.
pub(crate) fn shown(total: usize, detail: Detail) -> usize {
    if detail == Detail::Verbose || total <= SHOWN + 1 {
        total
    } else {
        SHOWN
    }
}

/// The line that stands for `hidden` others.
pub(crate) fn rest(hidden: usize) -> String {
    format!(
        "  {DIM}… and {} more (-v shows all){DIM:#}\n",
        number(hidden)
    )
}

/// `13652` as `13,652`.
pub(crate) fn number(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `1 permission`, `3 permissions`.
pub(crate) fn counted(count: usize, one: &str) -> String {
    match count {
        1 => format!("1 {one}"),
        _ => format!("{} {one}s", number(count)),
    }
}

/// As [`number`], for what a store counts.
pub(crate) fn thousands(count: u64) -> String {
    number(usize::try_from(count).unwrap_or(usize::MAX))
}

/// As [`counted`], for what a store counts.
pub(crate) fn many(count: u64, one: &str) -> String {
    counted(usize::try_from(count).unwrap_or(usize::MAX), one)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_lists_are_cut_and_say_so() {
        let all: Vec<usize> = (0..30).collect();
        let text = listed(all.iter(), Detail::Normal);
        assert_eq!(text.lines().count(), SHOWN + 1);
        assert!(text.contains("… and 20 more"), "{text}");
        assert_eq!(listed(all.iter(), Detail::Verbose).lines().count(), 30);
        assert_eq!(listed(all[..11].iter(), Detail::Normal).lines().count(), 11);
    }

    #[test]
    fn numbers_can_be_read() {
        for (value, text) in [(0, "0"), (999, "999"), (1000, "1,000"), (13652, "13,652")] {
            assert_eq!(number(value), text);
        }
        assert_eq!(counted(1, "role"), "1 role");
        assert_eq!(counted(2461, "role"), "2,461 roles");
    }
}

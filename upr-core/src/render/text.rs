//! Texts of declarations, taken apart so that no format has to know what may stand in them.

/// A piece of a description that stands by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Block {
    /// A paragraph, on one line.
    Paragraph(String),
    /// An item of a list, on one line and without its mark.
    Item(String),
}

/// The blocks of a description: paragraphs are parted by empty lines, items start with `-` or `*`.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(bool, String)> = None;
    let close = |open: &mut Option<(bool, String)>, blocks: &mut Vec<Block>| {
        let Some((is_item, text)) = open.take() else {
            return;
        };
        let text = line(&text);
        if text.is_empty() {
            return;
        }
        blocks.push(if is_item {
            Block::Item(text)
        } else {
            Block::Paragraph(text)
        });
    };
    for written in text.lines().map(str::trim) {
        let item = written
            .strip_prefix("- ")
            .or_else(|| written.strip_prefix("* "));
        if written.is_empty() || item.is_some() {
            close(&mut open, &mut blocks);
        }
        match (&mut open, item) {
            (_, Some(item)) => open = Some((true, item.to_owned())),
            (Some((_, text)), None) => {
                text.push(' ');
                text.push_str(written);
            }
            (None, None) => open = Some((false, written.to_owned())),
        }
    }
    close(&mut open, &mut blocks);
    blocks
}

/// The text on one line, without what a reader cannot see: control characters, and those that
/// change the direction of what follows.
pub(super) fn line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let words = words.map(|word| word.replace(is_invisible, ""));
    let words: Vec<String> = words.filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

/// Marks of direction and the mark of byte order: what is shown is not what is written.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `1 role`, `2 roles`.
pub(super) fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}

#[cfg(test)]
mod tests {
    use super::Block::{Item, Paragraph};
    use super::*;

    #[test]
    fn paragraphs_and_items_are_lines() {
        let text = " One\n line.\n\n\n- first\n  goes on\n* second\n\nLast\u{2028}line.\r\n";
        let expected = [
            Paragraph("One line.".to_owned()),
            Item("first goes on".to_owned()),
            Item("second".to_owned()),
            Paragraph("Last line.".to_owned()),
        ];
        assert_eq!(blocks(text), expected);
        assert_eq!(blocks(" \n\n\u{202e}\n- \u{0}"), []);
    }

    #[test]
    fn a_line_shows_everything_that_it_holds() {
        assert_eq!(line("a\u{202e}b\u{0}c\td\u{a0}\n"), "ab c d");
    }
}

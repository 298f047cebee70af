//! Texts inside Markdown: what is written is what is read.

use crate::render::text::{Block, blocks, line};

/// A text on one line, for any place: a heading, a paragraph, the cell of a table.
///
/// Code spans stay code, since messages name keys in them; everything else that Markdown, HTML or
/// MDX would understand is escaped.
pub(super) fn inline(text: &str) -> String {
    let text = line(text);
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find('`') {
        let (before, from) = rest.split_at(start);
        escape(&mut out, before);
        let ticks = from.len() - from.trim_start_matches('`').len();
        let (fence, behind) = from.split_at(ticks);
        match span_end(behind, ticks) {
            Some(end) => {
                let (code, behind) = behind.split_at(end);
                write_code(&mut out, code.trim());
                rest = behind.get(ticks..).unwrap_or_default();
            }
            None => {
                escape(&mut out, fence);
                rest = behind;
            }
        }
    }
    escape(&mut out, rest);
    out
}

/// A description in the cell of a table, which is one line.
pub(super) fn cell(text: &str) -> String {
    let blocks = blocks(text);
    let lines = blocks.iter().map(|block| match block {
        Block::Paragraph(text) => inline(text),
        Block::Item(text) => format!("• {}", inline(text)),
    });
    let lines: Vec<String> = lines.collect();
    // With a slash, which MDX wants.
    lines.join("<br/>")
}

/// Where a run of exactly `ticks` backticks ends what a like run began.
fn span_end(text: &str, ticks: usize) -> Option<usize> {
    let mut from = 0;
    while let Some(found) = text.get(from..)?.find('`') {
        let start = from + found;
        let run = text.get(start..)?;
        let length = run.len() - run.trim_start_matches('`').len();
        if length == ticks {
            return Some(start);
        }
        from = start + length;
    }
    None
}

/// Code in backticks where they can hold it. A bar would end a cell however it is escaped, in one
/// renderer or another, and so stands as an entity.
fn write_code(out: &mut String, code: &str) {
    if code.is_empty() {
        return;
    }
    if !code.contains(['`', '|']) {
        out.push_str(&format!("`{code}`"));
        return;
    }
    out.push_str("<code>");
    for c in code.chars() {
        if c.is_ascii_punctuation() {
            out.push_str(&format!("&#{};", u32::from(c)));
        } else {
            out.push(c);
        }
    }
    out.push_str("</code>");
}

fn escape(out: &mut String, text: &str) {
    let is_start = out.is_empty();
    let number = text.chars().take_while(char::is_ascii_digit).count();
    for (index, c) in text.chars().enumerate() {
        match c {
            '|' => out.push_str("&#124;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '~' | '$' => {
                out.push('\\');
                out.push(c);
            }
            // What makes a list, or a line of a list, when it stands first.
            '-' | '+' | '=' if is_start && index == 0 => {
                out.push('\\');
                out.push(c);
            }
            '.' | ')' if is_start && index == number && number > 0 => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        for (text, markdown) in [
            ("plain words, (with) marks!", "plain words, (with) marks!"),
            ("a | b", "a &#124; b"),
            (r"a \| b", r"a \\&#124; b"),
            ("*a* _b_ ~c~ $d$", r"\*a\* \_b\_ \~c\~ \$d\$"),
            ("<b> & {x}", r"&lt;b&gt; &amp; \{x\}"),
            ("![i](u)", r"!\[i\](u)"),
            ("two\nlines\r\n\r\nand  more", "two lines and more"),
            ("# h", r"\# h"),
            ("- item", r"\- item"),
            ("---", r"\---"),
            ("12. item", r"12\. item"),
            ("v1.2", "v1.2"),
            ("use `update` instead", "use `update` instead"),
            ("``a ` b``", "<code>a &#96; b</code>"),
            ("`a|b`", "<code>a&#124;b</code>"),
            (r"`a\` *b*", r"`a\` \*b\*"),
            ("lone ` tick", r"lone \` tick"),
            ("`` and `", r"\`\` and \`"),
            ("` `", ""),
        ] {
            assert_eq!(inline(text), markdown, "{text}");
        }
    }

    #[test]
    fn a_cell_is_one_line() {
        let text = "First.\n\n- one\n- two | three\n\nLast `x`.";
        assert_eq!(
            cell(text),
            "First.<br/>• one<br/>• two &#124; three<br/>Last `x`."
        );
        assert_eq!(cell(" \n "), "");
    }
}

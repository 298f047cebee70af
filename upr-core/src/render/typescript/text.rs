//! Texts inside TypeScript: string literals and comments.

use crate::render::text::{Block, blocks, is_invisible, line};

/// A string literal.
///
/// Beside what JSON escapes, it escapes line separators, which end a line in older engines, and what
/// would make the source read differently from what it says.
pub(super) fn literal(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' => out.push_str("\\n"),
            c if c.is_control() || is_invisible(c) || matches!(c, '\u{2028}' | '\u{2029}') => {
                // All of them are in the first plane, and so are four digits.
                out.push_str(&format!("\\u{:04x}", u32::from(c)));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// A text on one line, so that it neither ends a comment nor starts a tag in it.
pub(super) fn comment(text: &str) -> String {
    let text = line(text);
    let mut out = String::with_capacity(text.len());
    let mut previous = ' ';
    for c in text.chars() {
        let ends = previous == '*' && c == '/';
        let tags = c == '@' && !previous.is_alphanumeric();
        if ends || tags {
            // Markdown, which editors read comments as, shows the mark alone.
            out.push('\\');
        }
        out.push(c);
        previous = c;
    }
    out
}

/// A comment as editors read it: text, then tags.
#[derive(Debug)]
pub(super) struct Doc {
    lines: Vec<String>,
}

impl Doc {
    pub(super) fn new(label: &str) -> Self {
        Self {
            lines: vec![comment(label)],
        }
    }

    /// Paragraphs and items of a list.
    pub(super) fn description(&mut self, text: &str) {
        let mut is_list = false;
        for block in blocks(text) {
            match block {
                Block::Paragraph(text) => {
                    self.paragraph(&comment(&text));
                    is_list = false;
                }
                Block::Item(text) => {
                    if !is_list {
                        self.lines.push(String::new());
                    }
                    self.lines.push(format!("- {}", comment(&text)));
                    is_list = true;
                }
            }
        }
    }

    /// A line that is safe already, parted from what stands before it.
    pub(super) fn paragraph(&mut self, line: &str) {
        self.lines.extend([String::new(), line.to_owned()]);
    }

    /// A tag, with a text that is safe already.
    pub(super) fn tag(&mut self, tag: &str, text: &str) {
        self.paragraph(&format!("{tag} {text}"));
    }

    pub(super) fn write(&self, code: &mut String, indent: &str) {
        if let [line] = self.lines.as_slice() {
            code.push_str(&format!("{indent}/** {line} */\n"));
            return;
        }
        code.push_str(&format!("{indent}/**\n"));
        for line in &self.lines {
            let space = if line.is_empty() { "" } else { " " };
            code.push_str(&format!("{indent} *{space}{line}\n"));
        }
        code.push_str(&format!("{indent} */\n"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_hold_any_text() {
        for (text, code) in [
            ("Edit", r#""Edit""#),
            (r#"a "b" \ c"#, r#""a \"b\" \\ c""#),
            ("a\nb\r\t\u{0}", r#""a\nb\u000d\u0009\u0000""#),
            ("\u{2028}\u{2029}\u{202e}", r#""\u2028\u2029\u202e""#),
            ("ä 😀 `${x}`", "\"ä 😀 `${x}`\""),
        ] {
            assert_eq!(literal(text), code);
        }
    }

    #[test]
    fn comments_neither_end_nor_tag() {
        for (text, safe) in [
            ("a */ b", r"a *\/ b"),
            ("**/", r"**\/"),
            ("@deprecated soon", r"\@deprecated soon"),
            ("see {@link x}", r"see {\@link x}"),
            ("ada@example.com", "ada@example.com"),
            ("two\nlines", "two lines"),
        ] {
            assert_eq!(comment(text), safe);
        }
    }

    #[test]
    fn a_description_keeps_its_blocks() {
        let mut doc = Doc::new("Edit");
        doc.description("One.\n\n- a\n- b\n\nTwo.");
        doc.tag("@deprecated", "why");
        let mut code = String::new();
        doc.write(&mut code, "  ");
        let expected = "  /**\n   * Edit\n   *\n   * One.\n   *\n   * - a\n   * - b\n   *\n   * Two.\n   *\n   * @deprecated why\n   */\n";
        assert_eq!(code, expected);
        code.clear();
        Doc::new("Edit").write(&mut code, "");
        assert_eq!(code, "/** Edit */\n");
    }
}

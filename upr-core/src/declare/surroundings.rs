//! What an item stands in, from its source text: an attribute on a function is not told whether an `impl` is around it.
//!
//! Only braces and the words in front of them are read, so it works on text that does not parse. Which file it comes from
//! is the caller's matter.

/// What a function belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// `impl Service { … }`
    Type,
    /// `impl Check for Service { … }`
    TraitOfType,
    /// `trait Check { … }`
    Trait,
}

/// Which places of a source text are directly inside of an `impl` or a trait.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Where the innermost braces change, in the order of the text: line and column from 1, and what they belong to.
    changes: Vec<((usize, usize), Option<Owner>)>,
}

impl Surroundings {
    /// Reads a source text.
    ///
    /// ```
    /// use upr_core::declare::{Owner, Surroundings};
    ///
    /// let surroundings = Surroundings::of("impl Service {\n    fn renew() {}\n}\nfn free() {}\n");
    /// assert_eq!(surroundings.owner_at(2, 8), Some(Owner::Type));
    /// assert_eq!(surroundings.owner_at(4, 4), None);
    /// ```
    #[must_use]
    pub fn of(text: &str) -> Self {
        let mut surroundings = Self::default();
        if !text.contains("impl") && !text.contains("trait") {
            return surroundings;
        }
        let mut owners: Vec<Option<Owner>> = Vec::new();
        let mut words = Vec::new();
        let mut lexer = Lexer::new(text);
        while let Some(lexeme) = lexer.next() {
            match lexeme {
                Lexeme::Word(word) => words.push(word),
                Lexeme::Punct(b'{') => {
                    owners.push(owner(&words));
                    words.clear();
                }
                Lexeme::Punct(b'}') => {
                    owners.pop();
                    words.clear();
                }
                Lexeme::Punct(b';') => words.clear(),
                // `for<'a>` is no `for` of an implementation.
                Lexeme::Punct(b'<') if words.last() == Some(&"for") => {
                    words.pop();
                }
                Lexeme::Punct(_) => {}
            }
            surroundings.note(lexer.place(), owners.last().copied().flatten());
        }
        surroundings
    }

    /// What the place of a text, counted from 1, is directly inside of; `None` for a free function.
    #[must_use]
    pub fn owner_at(&self, line: usize, column: usize) -> Option<Owner> {
        let behind = self
            .changes
            .partition_point(|(place, _)| *place <= (line, column));
        let (_, owner) = self.changes.get(behind.checked_sub(1)?)?;
        *owner
    }

    fn note(&mut self, place: (usize, usize), owner: Option<Owner>) {
        let last = self.changes.last().and_then(|(_, owner)| *owner);
        if last != owner {
            self.changes.push((place, owner));
        }
    }
}

/// What a block belongs to, from the words between it and the end of what stands in front of it.
fn owner(words: &[&str]) -> Option<Owner> {
    let start = words
        .iter()
        .position(|word| ["impl", "trait", "fn"].contains(word))?;
    match (words.get(start).copied(), words.get(start..)) {
        (Some("trait"), _) => Some(Owner::Trait),
        (Some("impl"), Some(rest)) if rest.contains(&"for") => Some(Owner::TraitOfType),
        (Some("impl"), _) => Some(Owner::Type),
        _ => None,
    }
}

pub(super) enum Lexeme<'a> {
    Word(&'a str),
    Punct(u8),
}

/// Words and punctuation of a text, without comments, literals and lifetimes.
pub(super) struct Lexer<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    /// The byte at which the line starts.
    start: usize,
}

impl<'a> Lexer<'a> {
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            line: 1,
            start: 0,
        }
    }

    /// The place behind what was read last, in characters, as rustc counts columns.
    pub(super) fn place(&self) -> (usize, usize) {
        let line = self.text.get(self.start..self.at).unwrap_or_default();
        (self.line, line.chars().count() + 1)
    }

    /// The byte behind what was read last.
    pub(super) fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn next(&mut self) -> Option<Lexeme<'a>> {
        loop {
            let byte = self.peek(0)?;
            match byte {
                b'/' if self.peek(1) == Some(b'/') => self.skip_until(b"\n"),
                b'/' if self.peek(1) == Some(b'*') => self.skip_comment(),
                b'"' => self.skip_string(),
                b'\'' => self.skip_quote(),
                byte if is_word(byte) => match self.word() {
                    Some(word) => return Some(Lexeme::Word(word)),
                    None => continue,
                },
                byte if byte.is_ascii_whitespace() => self.advance(1),
                byte => {
                    self.advance(1);
                    return Some(Lexeme::Punct(byte));
                }
            }
        }
    }

    /// A word; `None` where it was the prefix of a literal, which is skipped.
    fn word(&mut self) -> Option<&'a str> {
        let start = self.at;
        while self.peek(0).is_some_and(is_word) {
            self.advance(1);
        }
        let word = self.text.get(start..self.at)?;
        let hashes = self.rest().iter().take_while(|byte| **byte == b'#').count();
        let is_raw = matches!(word, "r" | "br" | "cr") && self.peek(hashes) == Some(b'"');
        if is_raw {
            self.advance(hashes + 1);
            let mut end = vec![b'"'];
            end.resize(hashes + 1, b'#');
            self.skip_until(&end);
            return None;
        }
        if matches!(word, "b" | "c") && self.peek(0) == Some(b'"') {
            return None;
        }
        Some(word)
    }

    fn skip_comment(&mut self) {
        let mut depth = 0_usize;
        while let Some(byte) = self.peek(0) {
            match (byte, self.peek(1)) {
                (b'/', Some(b'*')) => {
                    depth += 1;
                    self.advance(2);
                }
                (b'*', Some(b'/')) => {
                    depth = depth.saturating_sub(1);
                    self.advance(2);
                    if depth == 0 {
                        return;
                    }
                }
                _ => self.advance(1),
            }
        }
    }

    fn skip_string(&mut self) {
        self.advance(1);
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\\' => self.advance(2),
                b'"' => return self.advance(1),
                _ => self.advance(1),
            }
        }
    }

    /// `'{'` and `'\u{1}'` are literals, `'a` is a lifetime.
    fn skip_quote(&mut self) {
        if self.peek(1) == Some(b'\\') {
            self.advance(3);
            return self.skip_until(b"'");
        }
        let character = self
            .text
            .get(self.at + 1..)
            .and_then(|rest| rest.chars().next());
        let length = character.map_or(0, char::len_utf8);
        let is_literal = length > 0 && self.peek(1 + length) == Some(b'\'');
        self.advance(if is_literal { length + 2 } else { 1 });
    }

    /// Goes behind the next occurrence of `end`, or to the end of the text.
    fn skip_until(&mut self, end: &[u8]) {
        while !self.rest().is_empty() && !self.rest().starts_with(end) {
            self.advance(1);
        }
        self.advance(end.len());
    }

    fn advance(&mut self, bytes: usize) {
        for _ in 0..bytes {
            let Some(byte) = self.peek(0) else {
                return;
            };
            self.at += 1;
            if byte == b'\n' {
                self.line += 1;
                self.start = self.at;
            }
        }
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.rest().get(ahead).copied()
    }

    fn rest(&self) -> &'a [u8] {
        self.text.as_bytes().get(self.at..).unwrap_or_default()
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the place of `^` is inside of.
    fn at(text: &str) -> Option<Owner> {
        let (before, _) = text.split_once('^').unwrap();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        Surroundings::of(&text.replace('^', "")).owner_at(line, column)
    }

    #[test]
    fn functions_of_types_and_traits_are_told_from_free_ones() {
        assert_eq!(
            at("impl Service {\n    pub fn ^f() {}\n}"),
            Some(Owner::Type)
        );
        assert_eq!(
            at(
                "unsafe impl<T: for<'a> Fn(&'a T)> Service<T>\nwhere\n    T: Copy,\n{\n    fn a() {}\n    fn ^f() {}\n}"
            ),
            Some(Owner::Type)
        );
        assert_eq!(
            at("impl Check for Service { fn ^f() {} }"),
            Some(Owner::TraitOfType)
        );
        assert_eq!(
            at("pub trait Check: Sized {\n    fn ^f() {}\n}"),
            Some(Owner::Trait)
        );
        assert_eq!(
            at("impl Service {\n    fn a() {}\n}\n\n    fn ^f() {}"),
            None
        );
        assert_eq!(at("mod inner {\n    fn ^f() {}\n} impl A {}"), None);
        assert_eq!(
            at("impl Service {\n    fn a() {\n        fn ^f() {}\n    }\n}"),
            None
        );
        assert_eq!(at("fn a(b: impl Fn()) {\n    fn ^f() {}\n}"), None);
        assert_eq!(
            at("fn a<T>() -> impl Check where T: Copy {\n    fn ^f() {}\n}"),
            None
        );
    }

    #[test]
    fn comments_and_literals_open_nothing() {
        for text in [
            "// impl A {\nfn ^f() {}",
            "/* impl A { /* { */ */ fn ^f() {}",
            "const A: &str = \"impl A {\\\"\"; fn ^f() {}",
            "const A: &str = r##\"impl A { \"# \"##; fn ^f() {}",
            "const A: [char; 2] = ['{', '\\'']; impl B {} fn ^f() {}",
            "const A: &[u8] = b\"impl {\"; fn ^f<'a>(b: &'a u8) {}",
            "const A: char = 'é'; impl É {} fn ^f() {}",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
        assert_eq!(
            at("impl A { const B: char = '}'; /* } */ fn ^f() {} }"),
            Some(Owner::Type)
        );
    }

    #[test]
    fn any_text_can_be_asked() {
        for text in [
            "",
            "impl",
            "impl {",
            "}}} impl A { fn ^f",
            "impl A { \"",
            "impl A { '",
            "impl A { r#\"",
            "trait /*",
        ] {
            let surroundings = Surroundings::of(&text.replace('^', ""));
            assert_eq!(
                surroundings.owner_at(99, 1),
                surroundings.owner_at(usize::MAX, 0)
            );
        }
    }
}

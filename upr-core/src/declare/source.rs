//! The conditions that an item stands under, from its source text.
//!
//! rustc evaluates `#[cfg(…)]` before it calls an attribute macro and takes it off the item, so the macro must look at
//! the text around it to know what the lock has to record. Only text is read here; which file it comes from is the
//! caller's matter. Brackets and attributes are followed and nothing else is understood, so that a large file costs
//! little. The scanner, which parses, has the same rule for attributes: [`predicates_of`].

use proc_macro2::{TokenStream, TokenTree};
use syn::{Attribute, Expr, ExprLit, Lit, Meta};

use super::surroundings::{Lexeme, Lexer};

/// The conditions in a source text: of its mods and items, and of the mods that it declares in other files.
///
/// ```
/// use upr_core::declare::Conditions;
///
/// let conditions = Conditions::of("#[cfg(unix)]\nmod pipes {\n    fn open() {}\n}\n#[cfg(test)] mod tests;\n");
/// assert_eq!(conditions.at(3, 8), ["unix"]);
/// assert_eq!(conditions.of_mod("tests", |_| false), Some(&["test".to_owned()][..]));
/// ```
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// Where they change, in the order of the text: line and column from 1, and all that hold from there.
    changes: Vec<((usize, usize), Vec<String>)>,
    mods: Vec<FileMod>,
}

/// `mod name;`
#[derive(Clone, Debug)]
struct FileMod {
    name: String,
    /// Its `#[path]`.
    path: Option<String>,
    conditions: Vec<String>,
}

impl Conditions {
    /// Reads a source text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if !text.contains("cfg") {
            return Self::default();
        }
        let mut reader = Reader {
            text,
            lexer: Lexer::new(text),
            frames: vec![Frame::default()],
            words: Vec::new(),
            conditions: Self::default(),
        };
        reader.read();
        reader.conditions
    }

    /// The predicates that hold for what is named at a place, counted from 1 in characters, from the outermost inwards.
    #[must_use]
    pub fn at(&self, line: usize, column: usize) -> &[String] {
        let behind = self
            .changes
            .partition_point(|(place, _)| *place <= (line, column));
        let change = behind
            .checked_sub(1)
            .and_then(|last| self.changes.get(last));
        change.map_or(&[], |(_, conditions)| conditions)
    }

    /// The predicates in front of `mod name;`, or of a mod whose `#[path]` is the file; `None` where the text declares
    /// neither.
    #[must_use]
    pub fn of_mod(&self, name: &str, is_file: impl Fn(&str) -> bool) -> Option<&[String]> {
        let is_meant = |declared: &&FileMod| match &declared.path {
            Some(path) => is_file(path),
            None => declared.name == name,
        };
        self.mods
            .iter()
            .find(is_meant)
            .map(|declared| declared.conditions.as_slice())
    }
}

/// A pair of brackets that is open.
#[derive(Default)]
struct Frame {
    /// What everything inside stands under.
    around: Vec<String>,
    /// What the item stands under that is being read.
    own: Vec<String>,
    /// The item's `#[path]`.
    path: Option<String>,
}

impl Frame {
    fn all(&self) -> Vec<String> {
        self.around.iter().chain(&self.own).cloned().collect()
    }
}

struct Reader<'a> {
    text: &'a str,
    lexer: Lexer<'a>,
    frames: Vec<Frame>,
    /// Those of the item that is being read.
    words: Vec<&'a str>,
    conditions: Conditions,
}

impl<'a> Reader<'a> {
    fn read(&mut self) {
        while let Some(lexeme) = self.lexer.next() {
            match lexeme {
                Lexeme::Word(word) => {
                    self.words.push(word);
                    continue;
                }
                Lexeme::Punct(b'#') => self.attribute(),
                Lexeme::Punct(b'{' | b'(' | b'[') => {
                    let around = self.frames.last().map(Frame::all).unwrap_or_default();
                    self.frames.push(Frame {
                        around,
                        ..Frame::default()
                    });
                }
                Lexeme::Punct(b')' | b']') => self.close(),
                Lexeme::Punct(b'}') => {
                    self.close();
                    self.end_item();
                }
                Lexeme::Punct(b';') => {
                    self.declare_mod();
                    self.end_item();
                }
                // Between variants, fields and arms; not between generic parameters.
                Lexeme::Punct(b',') if !self.is_in_item() => self.end_item(),
                Lexeme::Punct(_) => continue,
            }
            self.note();
        }
    }

    fn is_in_item(&self) -> bool {
        const ITEMS: [&str; 7] = ["fn", "impl", "struct", "enum", "trait", "type", "use"];
        self.words.iter().any(|word| ITEMS.contains(word))
    }

    /// `#[…]` or `#![…]`, of which `#` was read; the `#` of `r#name` leaves the word without `r`.
    fn attribute(&mut self) {
        let start = self.lexer.offset() - 1;
        let mut next = self.lexer.next();
        let is_inner = matches!(next, Some(Lexeme::Punct(b'!')));
        if is_inner {
            next = self.lexer.next();
        }
        match next {
            Some(Lexeme::Punct(b'[')) => {}
            Some(Lexeme::Word(word)) => {
                self.words.pop_if(|prefix| *prefix == "r");
                return self.words.push(word);
            }
            _ => return,
        }
        let mut open = 1_usize;
        while open > 0 {
            match self.lexer.next() {
                Some(Lexeme::Punct(b'(' | b'[' | b'{')) => open += 1,
                Some(Lexeme::Punct(b')' | b']' | b'}')) => open -= 1,
                Some(_) => {}
                None => return,
            }
        }
        let written = self
            .text
            .get(start..self.lexer.offset())
            .unwrap_or_default();
        if written.contains("cfg") || written.contains("path") {
            self.take(&written.replacen('!', "", usize::from(is_inner)), is_inner);
        }
    }

    fn take(&mut self, written: &str, is_inner: bool) {
        let parse = |input: syn::parse::ParseStream<'_>| input.call(Attribute::parse_outer);
        let Ok(attributes) = syn::parse::Parser::parse_str(parse, written) else {
            return;
        };
        let Some(frame) = self.frames.last_mut() else {
            return;
        };
        let predicates = predicates_of(&attributes);
        if is_inner {
            frame.around.extend(predicates);
        } else {
            frame.own.extend(predicates);
            frame.path = frame.path.take().or_else(|| path_of(&attributes));
        }
    }

    fn close(&mut self) {
        if self.frames.len() > 1 {
            self.frames.pop();
        }
    }

    fn end_item(&mut self) {
        self.words.clear();
        if let Some(frame) = self.frames.last_mut() {
            frame.own.clear();
            frame.path = None;
        }
    }

    fn declare_mod(&mut self) {
        if let ([.., "mod", name], Some(frame)) = (self.words.as_slice(), self.frames.last()) {
            self.conditions.mods.push(FileMod {
                name: (*name).to_owned(),
                path: frame.path.clone(),
                conditions: frame.all(),
            });
        }
    }

    fn note(&mut self) {
        let now = self.frames.last().map(Frame::all).unwrap_or_default();
        let before = self.conditions.changes.last();
        if before.map_or(&[][..], |(_, before)| before) != now {
            self.conditions.changes.push((self.lexer.place(), now));
        }
    }
}

/// The value of `#[path = "…"]`, also inside `cfg_attr`: which of them is meant depends on what is compiled.
fn path_of(attributes: &[Attribute]) -> Option<String> {
    let metas = attributes.iter().flat_map(super::item::metas);
    metas.into_iter().find_map(|meta| match meta {
        Meta::NameValue(meta) if meta.path.is_ident("path") => match meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// The predicates that attributes put an item under, as the lock records them: of `#[cfg(…)]`, of `#[cfg_attr(…)]` that holds
/// one of those, and of `#[cfg_attr(…)]` that holds the declaration itself.
pub(crate) fn predicates_of(attributes: &[Attribute]) -> Vec<String> {
    let mut predicates = Vec::new();
    for attribute in attributes {
        add_predicates(&attribute.meta, None, &mut predicates);
    }
    predicates
}

fn add_predicates(meta: &Meta, outer: Option<&str>, predicates: &mut Vec<String>) {
    let is_ours = meta
        .path()
        .segments
        .last()
        .is_some_and(|last| last.ident == "action" || last.ident == "module");
    match (meta, outer) {
        (Meta::List(list), _) if list.path.is_ident("cfg") => {
            let own = written(first(list.tokens.clone()));
            predicates.push(match outer {
                Some(outer) => format!("any(not({outer}), {own})"),
                None => own,
            });
        }
        (Meta::List(list), _) if list.path.is_ident("cfg_attr") => {
            let mut pieces = super::attr::split(list.tokens.clone()).into_iter();
            let own = written(pieces.next().unwrap_or_default());
            let is_always = own == "true" || own == "all()";
            let both = match outer {
                Some(outer) if is_always => Some(outer.to_owned()),
                Some(outer) => Some(format!("all({outer}, {own})")),
                None => (!is_always).then_some(own),
            };
            for piece in pieces {
                if let Ok(meta) = syn::parse2::<Meta>(piece) {
                    add_predicates(&meta, both.as_deref(), predicates);
                }
            }
        }
        (_, Some(outer)) if is_ours => predicates.push(outer.to_owned()),
        _ => {}
    }
}

/// What stands in front of the first comma.
fn first(tokens: TokenStream) -> TokenStream {
    super::attr::split(tokens)
        .into_iter()
        .next()
        .unwrap_or_default()
}

/// A predicate as people write it: tokens print differently in and outside of a compiler, and the lock is compared.
fn written(tokens: TokenStream) -> String {
    tokens
        .into_iter()
        .map(|token| match token {
            TokenTree::Group(group) => format!("({})", written(group.stream())),
            TokenTree::Punct(punct) if punct.as_char() == '=' => " = ".to_owned(),
            TokenTree::Punct(punct) if punct.as_char() == ',' => ", ".to_owned(),
            other => other.to_string(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The conditions at `^`.
    fn at(text: &str) -> Vec<String> {
        let (before, _) = text.split_once('^').unwrap();
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap().chars().count() + 1;
        Conditions::of(&text.replace('^', ""))
            .at(line, column)
            .to_vec()
    }

    #[test]
    fn an_attribute_above_or_below_is_found() {
        for text in [
            "#[upr::action(Users)]\n#[cfg(unix)]\npub fn ^export() {}\n",
            "fn other() {}\n#[cfg(unix)]\n/// Exports.\n#[upr::action(Users)]\npub async fn ^export() {}\n",
            "#[cfg(unix)] #[upr::action(Users)] fn ^export() {}",
            "#[cfg(unix)]\n\n// Far away.\n\nfn ^export() {}",
            "#[cfg(unix)] pub(in crate::x) unsafe extern \"C\" fn ^export() {}",
            "fn a() {} #[cfg(unix)] fn ^export() {} #[cfg(windows)] fn b() {}",
            "const X: [u8; 2] = [1, 2]; #[cfg(unix)] struct ^Users;",
            "#[cfg(unix)] #[doc = \"] } #[cfg(windows)]\"] fn ^export() {}",
            "enum E { #[cfg(windows)] A, B } #[cfg(unix)] fn ^export() {}",
            "fn r#mod() { match 1 { #[cfg(windows)] 1 => {} _ => {} } } #[cfg(unix)] fn ^export() {}",
        ] {
            assert_eq!(at(text), ["unix"], "{text}");
        }
    }

    #[test]
    fn several_lines_and_several_conditions_are_found() {
        let text = "use a::b;\n#[cfg(\n    any(unix, feature = \"x\")\n)]\n#[cfg(not(test))]\n#[upr::module]\npub struct ^Users;";
        assert_eq!(at(text), ["any(unix, feature = \"x\")", "not(test)"]);
    }

    #[test]
    fn cfg_attr_counts_where_it_holds_the_declaration() {
        let ours = "#[cfg_attr(feature = \"x\", upr::action(Users))]\nfn ^export() {}";
        assert_eq!(at(ours), ["feature = \"x\""]);
        for (attribute, condition) in [
            ("cfg_attr(all(), cfg(unix))", "unix"),
            ("cfg_attr(true, upr::action(Users), cfg(unix))", "unix"),
            ("cfg_attr(windows, cfg(unix))", "any(not(windows), unix)"),
            (
                "cfg_attr(windows, cfg_attr(test, upr::action(Users)))",
                "all(windows, test)",
            ),
            ("cfg(any(unix, windows,),)", "any(unix, windows, )"),
        ] {
            let text = format!("#[{attribute}]\nfn ^export() {{}}");
            assert_eq!(at(&text), [condition], "{attribute}");
        }
        let others = "#[cfg_attr(feature = \"x\", inline)]\n#[upr::action(Users)]\nfn ^export() {}";
        assert!(at(others).is_empty());
    }

    #[test]
    fn what_belongs_to_others_is_left_alone() {
        for text in [
            "#[cfg(unix)]\nfn other() {}\n#[upr::action(Users)]\nfn ^export() {}",
            "#[cfg(unix)] fn other() {} #[upr::action(Users)] fn ^export() {}",
            "#[cfg(unix)] use a::{b, c}; fn ^export() {}",
            "#[cfg(unix)] struct S(u8); fn ^export() {}",
            "#[cfg(unix)] mod a; fn ^export() {}",
            "/// Not a `#[cfg(unix)]`.\n#[upr::action(Users)]\nfn ^export() {}",
            "/* #[cfg(unix)] */ fn ^export() {}",
            "mod a { #![cfg(unix)] } fn ^export() {}",
            "fn other(#[cfg(unix)] a: u8, b: u8) {} fn ^export() {}",
            "^",
            "cfg } } ) ^",
        ] {
            assert!(at(text).is_empty(), "{text}");
        }
        assert!(Conditions::of("").at(3, 9).is_empty());
    }

    #[test]
    fn what_stands_around_has_its_conditions() {
        let text = "#![cfg(a)]\n#[cfg(b)]\npub mod outer {\n  #[cfg(no)] mod other {}\nfn f() {}\n mod inner { #![cfg(c)] #[cfg(d)] pub(crate) fn ^export() {} }\n}";
        assert_eq!(at(text), ["a", "b", "c", "d"]);
        let block =
            "#[cfg(a)] fn outer<A, B>(x: [u8; 1]) -> A where B: C { #[cfg(b)] fn ^export() {} }";
        assert_eq!(at(block), ["a", "b"]);
        let implementation = "#[cfg(a)] impl<A> B for A { fn g() { fn ^export() {} } }";
        assert_eq!(at(implementation), ["a"]);
    }

    #[test]
    fn a_mod_in_a_file_of_its_own_has_its_conditions_where_it_is_declared() {
        let text = "pub mod users;\n#[cfg(feature = \"billing\")]\npub mod billing;\n// mod ticket;\nmod tickets; // open\n\
            #[cfg(unix)] #[path = \"far/away.rs\"] mod near; mod r#type; #[cfg(a)] mod inline { #[cfg(b)] mod nested; }";
        let conditions = Conditions::of(text);
        let of = |name: &str| {
            conditions
                .of_mod(name, |path| path == name)
                .map(<[String]>::to_vec)
        };
        assert_eq!(
            of("billing"),
            Some(vec!["feature = \"billing\"".to_owned()])
        );
        assert_eq!(of("far/away.rs"), Some(vec!["unix".to_owned()]));
        assert_eq!(of("nested"), Some(vec!["a".to_owned(), "b".to_owned()]));
        for name in ["users", "tickets", "type"] {
            assert_eq!(of(name), Some(Vec::new()), "{name}");
        }
        for name in ["near", "ticket", "inline", "nowhere"] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}

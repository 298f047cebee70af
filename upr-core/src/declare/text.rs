//! Texts for people: labels, descriptions, reasons.
//!
//! A text is a string literal, `concat!` of literals or `include_str!`; anything else is refused, so that a reader
//! of the source and the compiled program always see the same text.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote};
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Lit, LitStr, Meta, Token};

use super::attr::split;
use super::ctxt::Ctxt;

const ACCEPTED: &str = "write a string literal, `concat!` of literals, or `include_str!(\"…\")`";

/// A text, as far as it is known without reading files.
#[derive(Clone)]
pub struct Text {
    parts: Vec<Part>,
    span: Span,
}

#[derive(Clone)]
enum Part {
    Known(String),
    /// The argument of `include_str!`, as the author wrote it.
    File(LitStr),
}

impl Text {
    /// A text of ours, shown at `span`.
    #[must_use]
    pub fn known(text: impl Into<String>, span: Span) -> Self {
        Self {
            parts: vec![Part::Known(text.into())],
            span,
        }
    }

    /// Where it stands.
    #[must_use]
    pub fn span(&self) -> Span {
        self.span
    }

    /// The text itself; `None` when part of it stands in a file.
    #[must_use]
    pub fn as_known(&self) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Known(text) => Some(text.as_str()),
                Part::File(_) => None,
            })
            .collect()
    }

    /// The files it includes, as the author named them.
    pub fn files(&self) -> impl Iterator<Item = &LitStr> {
        self.parts.iter().filter_map(|part| match part {
            Part::File(path) => Some(path),
            Part::Known(_) => None,
        })
    }

    /// The whole text, where `read` gives what a file holds; `None` when it cannot.
    #[cfg(feature = "scan")]
    pub(crate) fn whole(&self, mut read: impl FnMut(&LitStr) -> Option<String>) -> Option<String> {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Known(text) => Some(text.clone()),
                Part::File(path) => read(path),
            })
            .collect()
    }

    /// Whether it is known to say nothing.
    pub(super) fn is_blank(&self) -> bool {
        self.as_known().is_some_and(|text| text.trim().is_empty())
    }

    /// The text that all doc comments of an item make up, trimmed; `None` when there are none.
    pub(super) fn from_docs(attributes: &[Attribute], ctxt: &Ctxt) -> Option<Self> {
        let docs: Vec<(&Attribute, &syn::Expr)> = attributes.iter().filter_map(doc_value).collect();
        let (first, _) = docs.first()?;
        let span = first.pound_token.span;
        let mut lines = Vec::new();
        for (_, value) in docs {
            match syn::parse2::<Self>(value.to_token_stream()) {
                Ok(text) => lines.push(text.parts),
                Err(_) => {
                    ctxt.error(
                        value,
                        "a permission's description cannot be read from this",
                        "write the description as an argument: `description = \"…\"`",
                    );
                }
            }
        }
        Some(Self {
            parts: trim_lines(lines),
            span,
        })
    }
}

/// An expression of type `&'static str`.
impl ToTokens for Text {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self.as_known() {
            Some(text) => LitStr::new(&text, Span::call_site()).to_tokens(tokens),
            None => {
                let parts = self.parts.iter().map(|part| match part {
                    Part::Known(text) => text.to_token_stream(),
                    Part::File(path) => quote!(::core::include_str!(#path)),
                });
                tokens.extend(quote!(::core::concat!(#(#parts),*)));
            }
        }
    }
}

impl Parse for Text {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let span = input.span();
        if input.peek(LitStr) {
            let literal: LitStr = input.parse()?;
            return Ok(Self::known(literal.value(), span));
        }
        let refused = || syn::Error::new(span, ACCEPTED);
        let invocation: syn::Macro = input.parse().map_err(|_| refused())?;
        let name = invocation
            .path
            .segments
            .last()
            .map(|segment| segment.ident.to_string());
        let part = match name.as_deref() {
            Some("concat") => Part::Known(concatenate(invocation.tokens).ok_or_else(refused)?),
            Some("include_str") => {
                let pieces = split(invocation.tokens);
                let [path] = pieces.as_slice() else {
                    return Err(refused());
                };
                Part::File(syn::parse2(path.clone()).map_err(|_| refused())?)
            }
            _ => return Err(refused()),
        };
        Ok(Self {
            parts: vec![part],
            span,
        })
    }
}

/// Parses the text of the argument `name`; what is refused or blank is reported.
pub(super) fn text(name: &proc_macro2::Ident, value: &TokenStream, ctxt: &Ctxt) -> Option<Text> {
    let shown = super::ctxt::unraw(name);
    if value.is_empty() {
        ctxt.error(
            name,
            format!("`{shown}` stands without a value"),
            format!("write `{shown} = \"…\"`"),
        );
        return None;
    }
    let Ok(text) = syn::parse2::<Text>(value.clone()) else {
        ctxt.error(
            value,
            format!("`{shown}` takes a text, and this is none"),
            ACCEPTED,
        );
        return None;
    };
    if text.is_blank() {
        ctxt.error_at(
            text.span,
            format!("`{shown}` is empty"),
            format!("write a text, or leave `{shown}` out"),
        );
        return None;
    }
    Some(text)
}

fn doc_value(attribute: &Attribute) -> Option<(&Attribute, &syn::Expr)> {
    match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("doc") => Some((attribute, &meta.value)),
        _ => None,
    }
}

/// What `concat!` makes of literals.
fn concatenate(tokens: TokenStream) -> Option<String> {
    split(tokens)
        .into_iter()
        .map(|piece| {
            let (minus, literal) = syn::parse2::<Signed>(piece)
                .ok()
                .map(|signed| (signed.minus, signed.literal))?;
            let text = match literal {
                Lit::Str(text) => text.value(),
                Lit::Char(character) => character.value().to_string(),
                Lit::Int(number) => number.base10_digits().to_owned(),
                Lit::Float(number) => number.base10_digits().to_owned(),
                Lit::Bool(truth) => truth.value.to_string(),
                _ => return None,
            };
            Some(if minus { format!("-{text}") } else { text })
        })
        .collect()
}

struct Signed {
    minus: bool,
    literal: Lit,
}

impl Parse for Signed {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        Ok(Self {
            minus: input.parse::<Option<Token![-]>>()?.is_some(),
            literal: input.parse()?,
        })
    }
}

/// Joins the lines of doc comments: without the indentation they share and without blank ends. This is the
/// one place where doc comments are trimmed.
fn trim_lines(docs: Vec<Vec<Part>>) -> Vec<Part> {
    let mut known = String::new();
    let mut parts = Vec::new();
    for (number, line) in docs.into_iter().enumerate() {
        if number > 0 {
            known.push('\n');
        }
        for part in line {
            match part {
                Part::Known(text) => known.push_str(&without_stars(&text)),
                Part::File(path) => {
                    parts.push(Part::Known(unindent(&known)));
                    known.clear();
                    parts.push(Part::File(path));
                }
            }
        }
    }
    let rest = unindent(&known);
    if parts.is_empty() {
        return vec![Part::Known(rest.trim().to_owned())];
    }
    parts.push(Part::Known(rest));
    parts
}

/// A block comment, `/** … */`, without the stars at the start of its lines, if all of them have one.
fn without_stars(text: &str) -> String {
    let mut lines = text.lines();
    let first = lines.next().unwrap_or_default();
    let rest: Option<Vec<&str>> = lines
        .filter(|line| !line.trim().is_empty())
        .map(|line| line.trim_start().strip_prefix('*'))
        .collect();
    match rest {
        Some(rest) if !rest.is_empty() => {
            let lines: Vec<&str> = [first].into_iter().chain(rest).collect();
            lines.join("\n")
        }
        _ => text.to_owned(),
    }
}

fn unindent(text: &str) -> String {
    let indentation = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let lines = || text.lines().map(str::trim_end);
    let shared = lines()
        .filter(|line| !line.is_empty())
        .map(indentation)
        .min()
        .unwrap_or(0);
    let mut unindented: Vec<&str> = lines()
        .map(|line| line.get(shared..).unwrap_or_default())
        .collect();
    if text.ends_with('\n') {
        unindented.push("");
    }
    unindented.join("\n")
}

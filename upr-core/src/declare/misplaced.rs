//! What an attribute was put on though it stands on something else, in words.

use std::fmt;

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Visibility};

use super::ctxt::Ctxt;
use super::item::Guard;

/// Reports what a guard was put on, which is no function with a body.
pub(super) fn guard(item: &TokenStream, guard: Guard, ctxt: &Ctxt) {
    let Item { noun, span, .. } = Item::of(item);
    let remedy = match noun {
        Noun::Struct | Noun::Mod => match guard {
            Guard::Action => {
                "a module is declared with `#[upr::module]`; its actions stand on functions"
            }
            _ => "put it on the functions that are called, one by one",
        },
        Noun::Impl => "put it on free functions; inside a method ask with `access.require(…)`",
        Noun::Fn => {
            "put it on the free function that does the work; inside a method ask with `access.require(…)`"
        }
        _ => "put it on a free function",
    };
    ctxt.error_at(
        span,
        format!("`{guard}` stands on a free function, and this is {noun}"),
        remedy,
    );
}

/// Reports what `#[upr::module]` was put on, which is neither a unit struct nor an inline mod.
///
/// Gives the attributes and the name of a type, so that what it declares resolves all the same.
pub(super) fn module(item: &TokenStream, ctxt: &Ctxt) -> Option<(Vec<Attribute>, Ident)> {
    let item = Item::of(item);
    let noun = item.noun;
    let name = item
        .name
        .as_ref()
        .map_or_else(|| "Users".to_owned(), ToString::to_string);
    let vis = item.vis.to_token_stream().to_string().replace(' ', "");
    let vis = if vis.is_empty() {
        vis
    } else {
        format!("{vis} ")
    };
    let mut place = (item.span, item.span);
    let mut words = noun.to_string();
    let unit = format!("write a unit struct, `{vis}struct {name};`; it only names the module");
    let remedy = match noun {
        Noun::Struct => {
            if let Some((shape, first, last)) = shape(item.rest.clone()) {
                place = (first, last);
                words = format!("a struct with {shape}");
            }
            unit
        }
        Noun::Mod => {
            words = "a mod in a file of its own".to_owned();
            format!(
                "write a unit struct in that file, `#[upr::module] pub struct Permissions;`, or the mod with its body here, `{vis}mod {name} {{ … }}`"
            )
        }
        Noun::Fn => {
            words = "a function".to_owned();
            "a function declares an action: `#[upr::action(Users)]`".to_owned()
        }
        Noun::Enum | Noun::Union => unit,
        _ => "write a unit struct, `pub struct Users;`, or the compact form, `pub mod users { … }`"
            .to_owned(),
    };
    ctxt.error_between(
        place,
        format!("`#[upr::module]` stands on a unit struct or an inline mod, and this is {words}"),
        remedy,
    );
    let is_type = matches!(noun, Noun::Struct | Noun::Enum | Noun::Union);
    let is_plain = !matches!(item.rest.into_iter().next(), Some(TokenTree::Punct(_)));
    item.name
        .filter(|_| is_type && is_plain)
        .map(|name| (item.attrs, name))
}

/// What makes a struct more than its name, with its first and last token.
fn shape(rest: TokenStream) -> Option<(&'static str, Span, Span)> {
    let mut tokens = rest.into_iter();
    let first = tokens.next()?;
    let start = first.span();
    match first {
        TokenTree::Group(group) if group.stream().is_empty() => {
            Some(("brackets", group.span_open(), group.span_close()))
        }
        // Fields may take many lines, of which the first brace is enough.
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            Some(("fields", group.span_open(), group.span_open()))
        }
        TokenTree::Group(group) => Some(("fields", group.span_open(), group.span_close())),
        TokenTree::Ident(_) => Some(("a `where` clause", start, start)),
        TokenTree::Punct(_) => {
            let close = tokens
                .take_while(|token| !matches!(token, TokenTree::Group(_)))
                .filter(|token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '>'))
                .last();
            Some(("generics", start, close.map_or(start, |close| close.span())))
        }
        TokenTree::Literal(_) => None,
    }
}

/// An item, as far as messages name it.
struct Item {
    attrs: Vec<Attribute>,
    vis: Visibility,
    noun: Noun,
    /// Where the word stands that tells what it is.
    span: Span,
    /// What it is called, where that follows the word.
    name: Option<Ident>,
    /// What follows the name.
    rest: TokenStream,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Noun {
    Fn,
    Struct,
    Mod,
    Impl,
    Enum,
    Union,
    Other(&'static str),
}

impl fmt::Display for Noun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fn => "a function without a body",
            Self::Struct => "a struct",
            Self::Mod => "a mod",
            Self::Impl => "an impl block",
            Self::Enum => "an enum",
            Self::Union => "a union",
            Self::Other(words) => words,
        })
    }
}

impl Item {
    fn of(item: &TokenStream) -> Self {
        syn::parse2(item.clone()).unwrap_or_else(|_| Self {
            attrs: Vec::new(),
            vis: Visibility::Inherited,
            noun: Noun::Other("no item"),
            span: item
                .clone()
                .into_iter()
                .next()
                .map_or_else(Span::call_site, |token| token.span()),
            name: None,
            rest: TokenStream::new(),
        })
    }
}

impl Parse for Item {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let attrs = input.call(Attribute::parse_outer)?;
        let vis = input.parse()?;
        let mut rest = input.parse::<TokenStream>()?.into_iter();
        let words: Vec<(String, Span)> = rest
            .clone()
            .take(4)
            .map_while(|token| match token {
                TokenTree::Ident(word) => Some((word.to_string(), word.span())),
                TokenTree::Literal(text) => Some((String::new(), text.span())),
                _ => None,
            })
            .collect();
        let (position, noun) =
            noun(&words, rest.clone()).ok_or_else(|| input.error("expected an item"))?;
        let span = words
            .get(position)
            .map_or_else(Span::call_site, |(_, span)| *span);
        let name = match rest.nth(position + 1) {
            Some(TokenTree::Ident(name)) => Some(name),
            _ => None,
        };
        Ok(Self {
            attrs,
            vis,
            noun,
            span,
            name,
            rest: rest.collect(),
        })
    }
}

/// The word that decides, by its position, and what it says.
fn noun(
    words: &[(String, Span)],
    mut tokens: impl Iterator<Item = TokenTree>,
) -> Option<(usize, Noun)> {
    let word = |position: usize| words.get(position).map(|(word, _)| word.as_str());
    let qualifiers = ["const", "async", "unsafe", "safe", "extern", "default", ""];
    let decisive = words
        .iter()
        .position(|(word, _)| !qualifiers.contains(&word.as_str()));
    let noun = match decisive.and_then(word) {
        Some("fn") => Noun::Fn,
        Some("impl") => Noun::Impl,
        Some("trait") => Noun::Other("a trait"),
        _ => match word(0)? {
            "struct" => Noun::Struct,
            "mod" => Noun::Mod,
            "enum" => Noun::Enum,
            "union" => Noun::Union,
            "static" => return Some((0, Noun::Other("a static"))),
            "type" => return Some((0, Noun::Other("a type alias"))),
            "use" => return Some((0, Noun::Other("an import"))),
            "const" => return Some((0, Noun::Other("a constant"))),
            "let" => return Some((0, Noun::Other("a statement"))),
            "extern" if word(1) == Some("crate") => {
                return Some((0, Noun::Other("an external crate")));
            }
            "extern" | "unsafe" => return Some((0, Noun::Other("an `extern` block"))),
            "macro_rules" => return Some((0, Noun::Other("the definition of a macro"))),
            _ if tokens.any(
                |token| matches!(token, TokenTree::Punct(punct) if punct.as_char() == '!'),
            ) =>
            {
                return Some((0, Noun::Other("the call of a macro")));
            }
            _ => return None,
        },
    };
    match noun {
        Noun::Fn | Noun::Impl | Noun::Other(_) => decisive.map(|position| (position, noun)),
        _ => Some((0, noun)),
    }
}

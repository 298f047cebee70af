//! The shapes of arguments.
//!
//! Arguments are split at commas before any of them is looked at, so one bad argument spoils no other.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Path, Token};

use super::ctxt::{Ctxt, list, unraw};
use super::show::{shorten, show};
use super::surplus::{Surplus, surplus};
use crate::name::nearest;

/// One argument.
pub(super) enum Arg {
    /// `"users"`
    Text(LitStr),
    /// `crud`, `Users`, `Users::UPDATE`
    Path(Path),
    /// `Users::*`
    Glob(Path, Token![*]),
    /// `label = "…"`
    Assign { name: Ident, value: TokenStream },
    /// `crud(…)`
    List { name: Ident, inner: TokenStream },
    /// `"createTagBinding"(…)`
    Entry { name: LitStr, inner: TokenStream },
}

impl Arg {
    /// The word that a lone word is.
    pub(super) fn word(path: &Path) -> Option<&Ident> {
        path.get_ident()
    }
}

/// Where the argument is pointed at: all of it but lists, whose name is enough.
impl ToTokens for Arg {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        match self {
            Self::Text(text) | Self::Entry { name: text, .. } => text.to_tokens(tokens),
            Self::Path(path) => path.to_tokens(tokens),
            Self::Glob(path, star) => {
                path.to_tokens(tokens);
                star.to_tokens(tokens);
            }
            Self::Assign { name, value } => {
                name.to_tokens(tokens);
                value.to_tokens(tokens);
            }
            Self::List { name, .. } => name.to_tokens(tokens),
        }
    }
}

/// An argument, and what follows it though a comma or nothing should.
struct Piece {
    argument: Arg,
    rest: TokenStream,
}

impl Parse for Piece {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let argument = argument(input)?;
        let rest = input.parse()?;
        Ok(Self { argument, rest })
    }
}

fn argument(input: ParseStream<'_>) -> syn::Result<Arg> {
    if input.peek(LitStr) {
        let name: LitStr = input.parse()?;
        return Ok(match parenthesised(input) {
            Some(inner) => Arg::Entry { name, inner },
            None => Arg::Text(name),
        });
    }
    if input.peek(Token![const]) || input.peek2(Token![=]) {
        let name = Ident::parse_any(input)?;
        input.parse::<Token![=]>()?;
        let value = input.parse()?;
        return Ok(Arg::Assign { name, value });
    }
    if input.peek2(syn::token::Paren) {
        let name = Ident::parse_any(input)?;
        return parenthesised(input)
            .map(|inner| Arg::List { name, inner })
            .ok_or_else(|| input.error("expected `(…)`"));
    }
    path_or_glob(input)
}

/// `Users::VIEW` or `Users::*`; a `::` that nothing follows is left.
fn path_or_glob(input: ParseStream<'_>) -> syn::Result<Arg> {
    let mut path = Path {
        leading_colon: input.parse()?,
        segments: syn::punctuated::Punctuated::new(),
    };
    loop {
        if !path.segments.is_empty() && input.peek(Token![*]) {
            let star = input.parse()?;
            path.segments.pop_punct();
            return Ok(Arg::Glob(path, star));
        }
        let ident: Ident = if input.peek(Token![super])
            || input.peek(Token![self])
            || input.peek(Token![crate])
            || input.peek(Token![Self])
        {
            Ident::parse_any(input)?
        } else {
            input.parse()?
        };
        path.segments.push_value(ident.into());
        let goes_on = {
            let ahead = input.fork();
            ahead.parse::<Option<Token![::]>>()?.is_some()
                && (ahead.peek(Ident::peek_any) || ahead.peek(Token![*]))
        };
        if !goes_on {
            return Ok(Arg::Path(path));
        }
        path.segments.push_punct(input.parse()?);
    }
}

fn parenthesised(input: ParseStream<'_>) -> Option<TokenStream> {
    input
        .step(|cursor| match cursor.group(Delimiter::Parenthesis) {
            Some((inner, _, rest)) => Ok((inner.token_stream(), rest)),
            None => Err(cursor.error("expected `(…)`")),
        })
        .ok()
}

/// What was understood of a list of arguments.
pub(super) struct Arguments {
    /// Those that can be told apart, in written order.
    pub(super) list: Vec<Arg>,
    /// Whether nothing else stands there: after a mistake was reported, nothing may be called missing.
    pub(super) is_whole: bool,
}

/// The arguments that can be told apart; what cannot is reported, with `remedy`.
pub(super) fn arguments(tokens: TokenStream, remedy: &str, ctxt: &Ctxt) -> Arguments {
    let mut arguments = Arguments {
        list: Vec::new(),
        is_whole: true,
    };
    for piece in split(tokens) {
        arguments.take(&piece, remedy, ctxt);
    }
    arguments
}

impl Arguments {
    /// Reads what stands between two commas, one argument if all is well.
    fn take(&mut self, piece: &TokenStream, remedy: &str, ctxt: &Ctxt) {
        let Ok(Piece { argument, rest }) = syn::parse2(piece.clone()) else {
            self.is_whole = false;
            return report_no_argument(piece, remedy, ctxt);
        };
        if rest.is_empty() {
            self.list.push(argument);
            return;
        }
        self.is_whole = false;
        match surplus(argument, rest, remedy, ctxt) {
            Surplus::Argument(argument) => self.list.push(argument),
            Surplus::Another(argument, rest) => {
                self.list.push(argument);
                self.take(&rest, remedy, ctxt);
            }
            Surplus::Nothing => {}
        }
    }
}

fn report_no_argument(piece: &TokenStream, remedy: &str, ctxt: &Ctxt) {
    let text = show(piece);
    if text == "," {
        ctxt.error(
            piece,
            "an argument is missing in front of this comma",
            "leave the comma out",
        );
    } else {
        ctxt.error(
            piece,
            format!("`{}` is no argument", shorten(&text)),
            remedy,
        );
    }
}

/// The pieces between commas; an empty piece at the end is a trailing comma, elsewhere it stays to be reported.
pub(crate) fn split(tokens: TokenStream) -> Vec<TokenStream> {
    let mut pieces = vec![TokenStream::new()];
    let mut commas = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                commas.push(punct);
                pieces.push(TokenStream::new());
            }
            token => {
                if let Some(last) = pieces.last_mut() {
                    last.extend([token]);
                }
            }
        }
    }
    if pieces.last().is_some_and(TokenStream::is_empty) {
        pieces.pop();
    }
    // A piece between two commas is shown at the comma that ends it.
    for (piece, comma) in pieces.iter_mut().zip(commas) {
        if piece.is_empty() {
            piece.extend([TokenTree::Punct(comma)]);
        }
    }
    pieces
}

/// A value that may be given once.
pub(super) struct Once<T> {
    value: Option<T>,
}

impl<T> Default for Once<T> {
    fn default() -> Self {
        Self { value: None }
    }
}

impl<T> Once<T> {
    /// Keeps the first value and reports any other.
    pub(super) fn set(&mut self, value: T, name: &str, tokens: &impl ToTokens, ctxt: &Ctxt) {
        if self.value.is_some() {
            ctxt.error(
                tokens,
                format!("`{name}` is given twice"),
                format!("keep one `{name}`"),
            );
        } else {
            self.value = Some(value);
        }
    }

    pub(super) fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    pub(super) fn take(self) -> Option<T> {
        self.value
    }

    pub(super) fn is_set(&self) -> bool {
        self.value.is_some()
    }
}

/// Reports a word that is no argument of `what`, with the nearest or all accepted ones.
pub(super) fn unknown(word: &Ident, what: &str, accepted: &[&str], ctxt: &Ctxt) {
    let text = unraw(word);
    let remedy = match nearest(&text, accepted.iter().copied()) {
        Some(near) => format!("did you mean `{near}`? Accepted are {}", list(accepted)),
        None => format!("accepted are {}", list(accepted)),
    };
    ctxt.error(word, format!("`{text}` is no argument of {what}"), remedy);
}

/// How an argument of a known name was written though it is written otherwise.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    /// `label`
    Bare,
    /// `crud = true`
    Assigned,
    /// `label("…")`
    Listed,
}

/// Reports an argument of the right name in the wrong shape.
pub(super) fn misshapen(name: &Ident, shape: Shape, example: &str, ctxt: &Ctxt) {
    let text = unraw(name);
    let message = match shape {
        Shape::Bare => format!("`{text}` stands without a value"),
        Shape::Assigned => format!("`{text}` is not written with `=`"),
        Shape::Listed => format!("`{text}` is not written with brackets"),
    };
    ctxt.error(name, message, format!("write `{example}`"));
}

/// Parses an argument's value; what is not `wanted` is reported with an example.
pub(super) fn value<T: Parse>(
    name: &Ident,
    value: &TokenStream,
    wanted: &str,
    example: &str,
    ctxt: &Ctxt,
) -> Option<T> {
    if value.is_empty() {
        misshapen(name, Shape::Bare, example, ctxt);
        return None;
    }
    let parsed = syn::parse2(value.clone()).ok();
    if parsed.is_none() {
        ctxt.error(
            value,
            format!("`{}` takes {wanted}, and this is none", unraw(name)),
            format!("write `{example}`"),
        );
    }
    parsed
}

//! The shapes of arguments.
//!
//! Arguments are split at commas before any of them is looked at, so one bad argument spoils no other.

use proc_macro2::{Delimiter, Ident, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::parse::{Parse, ParseStream};
use syn::{LitStr, Path, Token};

use super::ctxt::{Ctxt, list, unraw};
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

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        if input.peek(LitStr) {
            let name: LitStr = input.parse()?;
            if let Some(inner) = parenthesised(input) {
                return Ok(Self::Entry { name, inner });
            }
            return Ok(Self::Text(name));
        }
        if input.peek(Token![const]) || input.peek2(Token![=]) {
            let name = syn::ext::IdentExt::parse_any(input)?;
            input.parse::<Token![=]>()?;
            let value = input.parse()?;
            return Ok(Self::Assign { name, value });
        }
        if input.peek2(syn::token::Paren) {
            let name = syn::ext::IdentExt::parse_any(input)?;
            return parenthesised(input)
                .map(|inner| Self::List { name, inner })
                .ok_or_else(|| input.error("expected `(…)`"));
        }
        path_or_glob(input)
    }
}

/// `Users::VIEW` or `Users::*`.
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
            syn::ext::IdentExt::parse_any(input)?
        } else {
            input.parse()?
        };
        path.segments.push_value(ident.into());
        if !input.peek(Token![::]) {
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

/// The arguments that can be told apart; what cannot is reported, with `remedy`.
pub(super) fn arguments(tokens: TokenStream, remedy: &str, ctxt: &Ctxt) -> Vec<Arg> {
    split(tokens)
        .into_iter()
        .filter_map(|piece| match syn::parse2::<Arg>(piece.clone()) {
            Ok(argument) => Some(argument),
            Err(_) => {
                let text = shorten(&piece.to_string());
                ctxt.error(&piece, format!("`{text}` is no argument"), remedy);
                None
            }
        })
        .collect()
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

/// Reports an argument of the right name in the wrong shape.
pub(super) fn misshapen(name: &Ident, example: &str, ctxt: &Ctxt) {
    let text = unraw(name);
    ctxt.error(
        name,
        format!("`{text}` is not written this way"),
        format!("write `{example}`"),
    );
}

/// Parses an argument's value; what is wrong is reported with an example.
pub(super) fn value<T: Parse>(
    name: &Ident,
    value: TokenStream,
    example: &str,
    ctxt: &Ctxt,
) -> Option<T> {
    let span = first_span(&value).unwrap_or_else(|| name.span());
    match syn::parse2(value) {
        Ok(value) => Some(value),
        Err(_) => {
            ctxt.error_at(
                span,
                format!("this is no value for `{}`", unraw(name)),
                format!("write `{example}`"),
            );
            None
        }
    }
}

pub(super) fn first_span(tokens: &TokenStream) -> Option<Span> {
    tokens.clone().into_iter().next().map(|token| token.span())
}

pub(super) fn shorten(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

//! What stands behind an argument though a comma or nothing should: each kind with what was probably meant.

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Path;

use super::attr::Arg;
use super::ctxt::Ctxt;
use super::show::{shorten, show};

/// What can be made of an argument that something follows.
pub(super) enum Surplus {
    /// The argument itself.
    Argument(Arg),
    /// The argument, and what may be another one.
    Another(Arg, TokenStream),
    /// Nothing that can be gone on with.
    Nothing,
}

/// Reports what follows an argument.
pub(super) fn surplus(argument: Arg, rest: TokenStream, remedy: &str, ctxt: &Ctxt) -> Surplus {
    let first = rest.clone().into_iter().next();
    match (&argument, first) {
        (_, Some(token @ (TokenTree::Ident(_) | TokenTree::Literal(_)))) => {
            missing_comma(argument, &token, rest, ctxt)
        }
        (_, Some(TokenTree::Punct(punct))) if punct.as_char() == ';' => {
            semicolon(argument, &punct, &rest, ctxt)
        }
        (Arg::Path(path), Some(TokenTree::Punct(punct))) if punct.as_char() == '.' => {
            dot(path, &punct, &rest, ctxt);
            Surplus::Nothing
        }
        (Arg::Path(path), Some(TokenTree::Punct(punct))) if punct.as_char() == '!' => {
            let call = path.to_token_stream().into_iter().chain(rest).collect();
            unexpected(&call, remedy, ctxt);
            Surplus::Nothing
        }
        (Arg::Path(path), Some(TokenTree::Punct(punct))) if punct.as_char() == ':' => {
            colon(path, &punct, &rest, remedy, ctxt);
            Surplus::Nothing
        }
        (Arg::Path(path), Some(TokenTree::Group(group)))
            if rest.clone().into_iter().nth(1).is_none() =>
        {
            match bracketed(path, &group, ctxt) {
                Some(list) => Surplus::Argument(list),
                None => {
                    unexpected(&rest, remedy, ctxt);
                    Surplus::Argument(argument)
                }
            }
        }
        _ => {
            unexpected(&rest, remedy, ctxt);
            Surplus::Argument(argument)
        }
    }
}

fn unexpected(rest: &TokenStream, remedy: &str, ctxt: &Ctxt) {
    let text = shorten(&show(rest));
    ctxt.error(rest, format!("`{text}` is not expected here"), remedy);
}

/// `Users label = "…"`
fn missing_comma(argument: Arg, next: &TokenTree, rest: TokenStream, ctxt: &Ctxt) -> Surplus {
    ctxt.error(
        next,
        format!("a comma is missing in front of `{}`", show(next)),
        format!("write `{}, {}`", show(&argument), shorten(&show(&rest))),
    );
    Surplus::Another(argument, rest)
}

/// `Users; label = "…"`
fn semicolon(argument: Arg, semicolon: &Punct, rest: &TokenStream, ctxt: &Ctxt) -> Surplus {
    ctxt.error(
        semicolon,
        "arguments are parted by commas, and this is a semicolon",
        "write `,`",
    );
    let behind: TokenStream = rest.clone().into_iter().skip(1).collect();
    if behind.is_empty() {
        Surplus::Argument(argument)
    } else {
        Surplus::Another(argument, behind)
    }
}

/// `Users.VIEW`
fn dot(path: &Path, dot: &Punct, rest: &TokenStream, ctxt: &Ctxt) {
    let behind: TokenStream = rest.clone().into_iter().skip(1).collect();
    ctxt.error(
        dot,
        "the parts of a path are joined by `::`, and this is a dot",
        format!("write `{}::{}`", show(path), shorten(&show(&behind))),
    );
}

/// `label: "…"`, `Users::` and `Users::<u8>`
fn colon(path: &Path, colon: &Punct, rest: &TokenStream, remedy: &str, ctxt: &Ctxt) {
    let is_double = colon.spacing() == Spacing::Joint;
    let behind: TokenStream = rest
        .clone()
        .into_iter()
        .skip(if is_double { 2 } else { 1 })
        .collect();
    match (is_double, path.get_ident()) {
        (true, _) if behind.is_empty() => ctxt.error(
            rest,
            format!("a name is missing behind `{}::`", show(path)),
            remedy,
        ),
        (false, Some(name)) => ctxt.error(
            colon,
            format!("`{name}` is given with `=`, and this is a colon"),
            format!("write `{name} = {}`", shorten(&show(&behind))),
        ),
        _ => unexpected(rest, remedy, ctxt),
    }
}

/// `any[…]`, `actions{…}` and `upr::any(…)`, as the list that was meant; `None` for what no list is written like.
fn bracketed(path: &Path, group: &Group, ctxt: &Ctxt) -> Option<Arg> {
    let name = path.segments.last()?.ident.clone();
    if group.delimiter() == Delimiter::None || !name.to_string().contains(char::is_lowercase) {
        return None;
    }
    let inner = group.stream();
    let remedy = format!("write `{name}({})`", shorten(&show(&inner)));
    if group.delimiter() == Delimiter::Parenthesis {
        ctxt.error(
            path,
            format!("`{name}` is a word of upr's, and has no path"),
            remedy,
        );
    } else {
        ctxt.error(group, format!("`{name}` takes round brackets"), remedy);
    }
    Some(Arg::List { name, inner })
}

//! What a handler requires: a constant, `any(…)`, `all(…)`, nested.

use proc_macro2::{Ident, Span, TokenStream, TokenTree};
use syn::Path;

use super::attr::{self, Arg, Arguments};
use super::ctxt::{Ctxt, unraw};
use super::show::show;
use super::validate;
use crate::Key;
use crate::name::constant_name;

/// The most parts of one `any` or `all`; more are nested.
const MOST_PARTS: usize = 12;

const EXAMPLE: &str =
    "write a constant, `Users::VIEW`, or `any(Users::VIEW, Support::VIEW)`, or `all(…)`";

/// An expression over permissions.
#[derive(Clone)]
pub enum Expression {
    /// A constant, by the author's path.
    Constant(Path),
    /// At least one of the parts.
    Any(Vec<Self>),
    /// Every one of the parts.
    All(Vec<Self>),
}

impl Expression {
    /// Reads the arguments of `requires` and `granted!`: one expression.
    pub fn parse(tokens: TokenStream, ctxt: &Ctxt) -> Option<Self> {
        if has_operators(&tokens, ctxt) {
            return None;
        }
        let Arguments { list, is_whole } = attr::arguments(tokens, EXAMPLE, ctxt);
        let mut arguments = list.into_iter();
        let Some(first) = arguments.next() else {
            if is_whole {
                ctxt.error_at(Span::call_site(), "the permission is missing", EXAMPLE);
            }
            return None;
        };
        // After a missing comma was reported, what follows it is not called too much.
        for more in arguments.filter(|_| is_whole) {
            let (first, second) = (show(&first), show(&more));
            ctxt.error(
                &more,
                "one expression is expected, and this is another",
                format!(
                    "say how they combine: `any({first}, {second})` or `all({first}, {second})`"
                ),
            );
        }
        Self::from_argument(first, ctxt)
    }

    fn from_argument(argument: Arg, ctxt: &Ctxt) -> Option<Self> {
        match argument {
            Arg::Path(path) => validate::permission(&path, ctxt).then_some(Self::Constant(path)),
            Arg::List { name, inner } => Self::list(&name, inner, ctxt),
            Arg::Glob(path, star) => {
                ctxt.error(
                    &star,
                    "a whole module cannot be required",
                    format!("name the permissions: `any({}::VIEW, …)`", show(&path)),
                );
                None
            }
            Arg::Text(key) => {
                ctxt.error(
                    &key,
                    "a permission is named by its constant, and this is a text",
                    format!("write the constant: `{}`", constant_of(&key.value())),
                );
                None
            }
            Arg::Assign { name, value } => {
                ctxt.error(
                    &name,
                    "the permission stands alone",
                    format!("write `{}`", show(&value)),
                );
                None
            }
            other @ Arg::Entry { .. } => {
                ctxt.error(&other, "this is no permission", EXAMPLE);
                None
            }
        }
    }

    fn list(name: &Ident, inner: TokenStream, ctxt: &Ctxt) -> Option<Self> {
        let word = name.to_string();
        if word != "any" && word != "all" {
            report_operator(name, &inner, ctxt);
            return None;
        }
        if inner.is_empty() {
            ctxt.error(name, format!("`{word}` has no parts"), EXAMPLE);
            return None;
        }
        if has_operators(&inner, ctxt) {
            return None;
        }
        let arguments = attr::arguments(inner, EXAMPLE, ctxt).list;
        if arguments.len() > MOST_PARTS {
            ctxt.error(
                name,
                format!(
                    "`{word}` has {} parts, and at most {MOST_PARTS} are supported",
                    arguments.len()
                ),
                format!("nest them: `{word}({word}(…), {word}(…))`"),
            );
        }
        let parts: Vec<Self> = arguments
            .into_iter()
            .filter_map(|part| Self::from_argument(part, ctxt))
            .collect();
        match (parts.is_empty(), word == "any") {
            (true, _) => None,
            (false, true) => Some(Self::Any(parts)),
            (false, false) => Some(Self::All(parts)),
        }
    }
}

/// Words in front of brackets that combine nothing here.
fn report_operator(name: &Ident, inner: &TokenStream, ctxt: &Ctxt) {
    let word = unraw(name);
    let combined = show(inner);
    let (message, remedy) = match word.to_ascii_lowercase().as_str() {
        "not" | "none" => (
            format!("`{word}` is no operator here"),
            "permissions only add up; a denial is a grant in the store".to_owned(),
        ),
        lower @ ("any" | "all") => (
            format!("`{word}` is no operator"),
            format!("write `{lower}({combined})`"),
        ),
        "or" | "one_of" | "any_of" | "either" => (
            format!("`{word}` is no operator"),
            format!("write `any({combined})`"),
        ),
        "and" | "all_of" | "both" => (
            format!("`{word}` is no operator"),
            format!("write `all({combined})`"),
        ),
        _ => (
            format!("`{word}` is no operator"),
            "the operators are `any` and `all`".to_owned(),
        ),
    };
    ctxt.error(name, message, remedy);
}

/// Reports the first operator that other languages combine with, and says how it is written here.
fn has_operators(tokens: &TokenStream, ctxt: &Ctxt) -> bool {
    let pieces = attr::split(tokens.clone());
    let found = pieces.iter().find_map(|piece| {
        let operators = operators(piece);
        let (first, word) = operators.first()?.clone();
        let is_one = operators.iter().all(|(_, other)| *other == word);
        Some((first, word, is_one, parts(piece)))
    });
    let Some((first, word, is_one, parts)) = found else {
        return false;
    };
    let remedy = match (word, is_one) {
        ("not", _) => "permissions only add up; a denial is a grant in the store".to_owned(),
        (_, true) if parts.len() == 1 => format!("write `{}`", parts.concat()),
        (word, true) => format!("write `{word}({})`", parts.join(", ")),
        (_, false) => "say how they combine with words: `all(any(…, …), …)`".to_owned(),
    };
    ctxt.error(
        &first,
        format!("`{}` combines no permissions", show(&first)),
        remedy,
    );
    true
}

/// The operators of an argument, each with the word that says it here.
fn operators(tokens: &TokenStream) -> Vec<(TokenStream, &'static str)> {
    let mut found: Vec<(TokenStream, &'static str)> = Vec::new();
    let mut follows = false;
    for token in tokens.clone() {
        let word = operator(&token);
        match (word, found.last_mut()) {
            // The second half of `||`.
            (Some(_), Some((operator, _))) if follows => operator.extend([token]),
            (Some(word), _) => found.push((token.into(), word)),
            (None, _) => {}
        }
        follows = word.is_some_and(|word| word != "not") && !follows;
    }
    found
}

fn operator(token: &TokenTree) -> Option<&'static str> {
    match token {
        TokenTree::Punct(punct) => match punct.as_char() {
            '|' | '+' => Some("any"),
            '&' => Some("all"),
            '!' => Some("not"),
            _ => None,
        },
        TokenTree::Ident(word) => match word.to_string().as_str() {
            "or" => Some("any"),
            "and" => Some("all"),
            _ => None,
        },
        _ => None,
    }
}

/// What stands between the operators, as written.
fn parts(tokens: &TokenStream) -> Vec<String> {
    let mut parts = vec![TokenStream::new()];
    for token in tokens.clone() {
        if operator(&token).is_some() {
            parts.push(TokenStream::new());
        } else if let Some(part) = parts.last_mut() {
            part.extend([token]);
        }
    }
    parts
        .iter()
        .filter(|part| !part.is_empty())
        .map(show)
        .collect()
}

/// The constant that a key probably has: `Users::VIEW` for `users.view`.
fn constant_of(key: &str) -> String {
    let constant = Key::parse(key).ok().map(|key| {
        let module = key.module().rsplit('.').next().unwrap_or_default();
        format!("{}::{}", capitalised(module), constant_name(key.action()))
    });
    constant.unwrap_or_else(|| "Users::VIEW".to_owned())
}

/// `AuditLog` for `audit_log`.
fn capitalised(module: &str) -> String {
    module
        .split(['_', '-'])
        .map(|word| {
            let mut characters = word.chars();
            let first = characters.next().map(|first| first.to_ascii_uppercase());
            first.into_iter().chain(characters).collect::<String>()
        })
        .collect()
}

//! What a handler requires: a constant, `any(…)`, `all(…)`, nested.

use proc_macro2::{Span, TokenStream};
use syn::Path;

use super::attr::{self, Arg};
use super::ctxt::Ctxt;

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
        let arguments = attr::arguments(tokens, EXAMPLE, ctxt);
        let mut arguments = arguments.into_iter();
        let Some(first) = arguments.next() else {
            if ctxt.is_clean() {
                ctxt.error_at(Span::call_site(), "the permission is missing", EXAMPLE);
            }
            return None;
        };
        for more in arguments {
            ctxt.error_at(
                more.span(),
                "one expression is expected, and this is another",
                "say how they combine: `any(…, …)` or `all(…, …)`",
            );
        }
        Self::from_argument(first, ctxt)
    }

    fn from_argument(argument: Arg, ctxt: &Ctxt) -> Option<Self> {
        match argument {
            Arg::Path(path) => Some(Self::Constant(path)),
            Arg::List { name, inner } if name == "any" || name == "all" => {
                let word = name.to_string();
                let arguments = attr::arguments(inner, EXAMPLE, ctxt);
                if arguments.is_empty() {
                    ctxt.error(&name, format!("`{word}` has no parts"), EXAMPLE);
                    return None;
                }
                if arguments.len() > MOST_PARTS {
                    ctxt.error(
                        &name,
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
            Arg::List { name, .. } if name == "not" => {
                ctxt.error(
                    &name,
                    "`not` is no operator here",
                    "permissions only add up; a denial is a grant in the store",
                );
                None
            }
            Arg::List { name, .. } => {
                ctxt.error(
                    &name,
                    format!("`{name}` is no operator"),
                    "the operators are `any` and `all`",
                );
                None
            }
            Arg::Glob(_, star) => {
                ctxt.error(
                    &star,
                    "a whole module cannot be required",
                    "name the permissions: `any(Users::VIEW, …)`",
                );
                None
            }
            other => {
                ctxt.error_at(other.span(), "this is no permission", EXAMPLE);
                None
            }
        }
    }
}

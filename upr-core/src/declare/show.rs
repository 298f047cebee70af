//! Tokens in messages, as people write them: a compiler prints them with blanks that nobody wrote.

use proc_macro2::{Delimiter, Spacing, TokenTree};
use quote::ToTokens;

/// `any(Users::VIEW, Users::UPDATE)`, where `to_string` says `any (Users :: VIEW , Users :: UPDATE)`.
pub(super) fn show(tokens: &impl ToTokens) -> String {
    let mut text = String::new();
    let mut last = Last::Start;
    for token in tokens.to_token_stream() {
        let next = last.then(&token);
        if last.is_parted_from(next) {
            text.push(' ');
        }
        match &token {
            TokenTree::Group(group) => {
                let (open, close) = match group.delimiter() {
                    Delimiter::Parenthesis => ("(", ")"),
                    Delimiter::Bracket => ("[", "]"),
                    Delimiter::Brace => ("{", "}"),
                    Delimiter::None => ("", ""),
                };
                text.extend([open, &show(&group.stream()), close]);
            }
            other => text.push_str(&other.to_string()),
        }
        last = next;
    }
    text
}

/// What was shown last, as far as the next token stands apart from it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Last {
    Start,
    /// A name or a literal.
    Word,
    Group,
    /// `,` and `;`
    Comma,
    /// What stands between two others: `=`, `||`.
    Operator,
    /// The first half of `||`.
    Half,
    /// `::`, `.`, and `&` and `!` in front of something.
    Bound,
}

impl Last {
    fn then(self, token: &TokenTree) -> Self {
        let TokenTree::Punct(punct) = token else {
            let is_group = matches!(token, TokenTree::Group(_));
            return if is_group { Self::Group } else { Self::Word };
        };
        match (punct.as_char(), punct.spacing()) {
            (',' | ';', _) => Self::Comma,
            ('=' | '|' | '&' | '+', spacing)
                if !matches!(self, Self::Start | Self::Comma | Self::Operator) =>
            {
                match spacing {
                    Spacing::Joint => Self::Half,
                    Spacing::Alone => Self::Operator,
                }
            }
            _ => Self::Bound,
        }
    }

    fn is_parted_from(self, next: Self) -> bool {
        match (self, next) {
            (Self::Start | Self::Half | Self::Bound, _) | (_, Self::Comma) => false,
            (Self::Comma | Self::Operator, _) | (_, Self::Operator | Self::Half) => true,
            (Self::Word, Self::Word) => true,
            _ => false,
        }
    }
}

/// As much of a text as fits into a message.
pub(super) fn shorten(text: &str) -> String {
    const MOST: usize = 40;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use proc_macro2::TokenStream;

    use super::*;

    #[test]
    fn tokens_are_shown_as_they_are_written() {
        for text in [
            "any(Users::VIEW, Users::UPDATE)",
            "Users::VIEW || !Users::UPDATE",
            "label = \"a\"",
            "Users.VIEW",
            "&Users",
            "a b",
            "[1, {x}]",
            "Users::*",
            "concat!(\"a\", 'b')",
            "",
        ] {
            assert_eq!(show(&TokenStream::from_str(text).unwrap()), text);
        }
    }
}

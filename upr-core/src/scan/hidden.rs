//! What stands among the tokens of a macro, of which only the compiler knows what becomes: what declares there is refused.

use std::fs;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Attribute, Expr, Item, ItemMod, Meta, Path};

use super::LeftOut;
use super::attributes::can_be_ours;
use super::bodies::Bodies;
use super::folder::Folder;
use super::include::Included;
use super::scope::ScopeId;
use super::walk::{Candidate, Context, Doubt, Walk};
use crate::declare::metas;

/// The words of `upr` that declare something.
const WORDS: &[&str] = &["action", "application", "lock", "module", "role"];

/// Macros whose tokens are data and become no items where they stand.
const QUOTING: &[&str] = &[
    "stringify",
    "quote",
    "quote_spanned",
    "parse_quote",
    "parse_quote_spanned",
];

/// Whether a macro's tokens are data.
pub(super) fn is_quoting(path: &Path) -> bool {
    let last = path.segments.last().map(|last| last.ident.to_string());
    last.is_some_and(|last| QUOTING.contains(&last.as_str()))
}

/// Whether a macro brings the tokens of a file.
pub(super) fn is_include(path: &Path) -> bool {
    path.segments
        .last()
        .is_some_and(|last| last.ident == "include")
}

impl Walk<'_> {
    /// Looks for declarations among tokens that are not parsed: of a macro, or of a syntax that is not known.
    pub(super) fn hidden(&mut self, scope: ScopeId, context: &Context, tokens: TokenStream) {
        let mut before: Vec<TokenTree> = Vec::new();
        for token in tokens {
            self.hidden_word(scope, context, &before, Some(&token));
            if is_punct(Some(&token), ';') {
                self.hidden_mod(scope, context, &before);
            }
            if let TokenTree::Group(group) = &token {
                let quoted = last_ident(&before, 1);
                let is_quoted = is_bang(before.last())
                    && quoted
                        .as_deref()
                        .is_some_and(|name| QUOTING.contains(&name));
                if group.delimiter() == Delimiter::Bracket && is_hash(&before) {
                    self.hidden_attribute(scope, context, &group.stream());
                } else if !is_quoted {
                    self.hidden_macro(scope, context, &before, &group.stream());
                    self.hidden(scope, context, group.stream());
                }
            }
            before.push(token);
        }
        self.hidden_word(scope, context, &before, None);
    }

    /// `upr::action`, which a macro may write behind `#[`, before `!` or into a `use`; `next` stands behind it.
    ///
    /// A word alone is passed over: it may be anything.
    fn hidden_word(
        &mut self,
        scope: ScopeId,
        context: &Context,
        tokens: &[TokenTree],
        next: Option<&TokenTree>,
    ) {
        if is_bang(next) || is_punct(next, ':') {
            return;
        }
        let is_word = |path: &Path| {
            let last = path.segments.last().map(|last| last.ident.to_string());
            path.segments.len() > 1 && last.is_some_and(|last| WORDS.contains(&&*last))
        };
        if let Some(path) = last_path(tokens).filter(is_word) {
            self.push(scope, context, Candidate::HiddenWord { path });
        }
    }

    /// `mod name;`, whose file is read to see whether it declares something.
    fn hidden_mod(&mut self, scope: ScopeId, context: &Context, before: &[TokenTree]) {
        if let [.., TokenTree::Ident(word), dollar, TokenTree::Ident(name)] = before
            && *word == "mod"
            && is_punct(Some(dollar), '$')
        {
            let (line, _) = super::error::place(word.span());
            let place = format!("{}:{line}", context.source.shown);
            let reason =
                format!("`mod ${name};` in a macro: only the compiler knows which files it means");
            self.walked
                .left_out
                .push((self.id, LeftOut::new(place, reason)));
            return;
        }
        let is_part = |token: &TokenTree| match token {
            TokenTree::Ident(_) => true,
            TokenTree::Group(group) => group.delimiter() != Delimiter::Brace,
            other => is_punct(Some(other), '#'),
        };
        let start = before.iter().rposition(|token| !is_part(token));
        let tokens = before.iter().skip(start.map_or(0, |start| start + 1));
        let tokens: TokenStream = tokens.cloned().collect();
        if let Ok(item) = syn::parse2::<ItemMod>(quote::quote!(#tokens;)) {
            self.item(scope, &in_macro(context), Item::Mod(item));
        }
    }

    /// The file that `include!` brings where no items stand: mostly data, and blocks may declare.
    pub(super) fn included(&mut self, scope: ScopeId, context: &Context, tokens: TokenStream) {
        let Included::File(path) = Included::of(tokens, &context.source.path, self.krate) else {
            return;
        };
        if self.open.contains(&path) {
            return;
        }
        // What is not there yet, or is neither, is rustc's affair: only blocks in it could declare something.
        let Ok(text) = fs::read_to_string(&path) else {
            return;
        };
        self.walked.files.push((self.id, path.clone()));
        let context = Context {
            source: self.source(&path),
            folder: Folder::of_owner(&path),
            ..context.clone()
        };
        let text = text.replace("\r\n", "\n");
        self.open.push(path);
        if let Ok(expression) = syn::parse_str::<Expr>(&text) {
            Bodies::new(self, scope, &context).visit_expr(&expression);
        } else if let Ok(file) = syn::parse_file(&text) {
            self.items(scope, &context, file.items);
        }
        self.open.pop();
    }

    fn hidden_attribute(&mut self, scope: ScopeId, context: &Context, tokens: &TokenStream) {
        let attribute: Result<Attribute, _> = syn::parse::Parser::parse2(
            |input: syn::parse::ParseStream<'_>| input.call(Attribute::parse_outer),
            quote::quote!(#[#tokens]),
        )
        .and_then(|mut attributes| {
            attributes
                .pop()
                .ok_or_else(|| syn::Error::new(proc_macro2::Span::call_site(), ""))
        });
        let Ok(attribute) = attribute else {
            return;
        };
        for path in metas(&attribute).iter().map(Meta::path) {
            if can_be_ours(path) {
                self.push(
                    scope,
                    context,
                    Candidate::HiddenAttribute { path: path.clone() },
                );
            }
        }
    }

    /// `path ! (…)`, of which the path and `!` stand in `before`.
    fn hidden_macro(
        &mut self,
        scope: ScopeId,
        context: &Context,
        before: &[TokenTree],
        tokens: &TokenStream,
    ) {
        if !is_bang(before.last()) {
            return;
        }
        let name = last_ident(before, 1);
        if name.as_deref().is_none_or(|name| QUOTING.contains(&name)) {
            return;
        }
        if name.is_some_and(|name| name == "include") {
            self.included(scope, &in_macro(context), tokens.clone());
            return;
        }
        let path = before.split_last().and_then(|(_, path)| last_path(path));
        if let Some(path) = path {
            self.push(scope, context, Candidate::HiddenMacro { path });
        }
    }
}

fn is_punct(token: Option<&TokenTree>, char: char) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == char)
}

fn is_bang(token: Option<&TokenTree>) -> bool {
    is_punct(token, '!')
}

/// The place in a macro, where only the compiler knows what becomes of it.
fn in_macro(context: &Context) -> Context {
    Context {
        doubt: Some(Doubt::Macro),
        ..context.clone()
    }
}

/// The path that tokens end with.
fn last_path(tokens: &[TokenTree]) -> Option<Path> {
    let is_colon = |token: Option<&TokenTree>| is_punct(token, ':');
    let mut start = tokens.len();
    while let Some(before) = start.checked_sub(1)
        && matches!(tokens.get(before), Some(TokenTree::Ident(_)))
    {
        start = before;
        match before.checked_sub(2) {
            Some(two) if is_colon(tokens.get(two)) && is_colon(tokens.get(two + 1)) => start = two,
            _ => break,
        }
    }
    let path: TokenStream = tokens.get(start..)?.iter().cloned().collect();
    syn::parse::Parser::parse2(Path::parse_mod_style, path).ok()
}

/// Whether an attribute starts: `#` or `#!`.
fn is_hash(before: &[TokenTree]) -> bool {
    let mut last = before.iter().rev();
    let is = |token: Option<&TokenTree>| is_punct(token, '#');
    match last.next() {
        Some(token) if is_bang(Some(token)) => is(last.next()),
        token => is(token),
    }
}

/// The word that stands `skipped` tokens from the end.
fn last_ident(tokens: &[TokenTree], skipped: usize) -> Option<String> {
    match tokens.iter().rev().nth(skipped) {
        Some(TokenTree::Ident(ident)) => Some(ident.to_string()),
        _ => None,
    }
}

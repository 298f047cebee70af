//! Diagnostics, collected.

use std::cell::RefCell;
use std::thread;

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use quote::{ToTokens, quote_spanned};

/// Collects what is wrong, so that all mistakes of an attribute are reported in one compilation.
///
/// It must be asked for its diagnostics with [`finish`](Self::finish); dropping it unasked is a mistake of ours
/// that debug builds report.
#[derive(Debug, Default)]
pub struct Ctxt {
    diagnostics: RefCell<Option<Vec<Diagnostic>>>,
}

/// One mistake: where, what, and what to write instead.
#[derive(Debug, Clone)]
pub struct Diagnostic {
    start: Span,
    end: Span,
    message: String,
    remedy: String,
}

impl Ctxt {
    /// An empty collection.
    #[must_use]
    pub fn new() -> Self {
        Self {
            diagnostics: RefCell::new(Some(Vec::new())),
        }
    }

    /// Reports a mistake at `tokens`: the state found, and what to write instead.
    pub fn error(
        &self,
        tokens: &impl ToTokens,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        let mut spans = tokens
            .to_token_stream()
            .into_iter()
            .map(|token| token.span());
        let start = spans.next().unwrap_or_else(Span::call_site);
        let end = spans.last().unwrap_or(start);
        self.push(Diagnostic {
            start,
            end,
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// Reports a mistake at one place.
    pub fn error_at(&self, span: Span, message: impl Into<String>, remedy: impl Into<String>) {
        self.push(Diagnostic {
            start: span,
            end: span,
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// Reports a mistake that reaches from one place to another.
    pub(super) fn error_between(
        &self,
        (start, end): (Span, Span),
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) {
        self.push(Diagnostic {
            start,
            end,
            message: message.into(),
            remedy: remedy.into(),
        });
    }

    /// Reports what syn could not parse.
    pub(super) fn syntax(&self, error: &syn::Error, remedy: impl Into<String>) {
        self.error_at(error.span(), error.to_string(), remedy);
    }

    /// Whether nothing was reported so far.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.diagnostics.borrow().as_ref().is_none_or(Vec::is_empty)
    }

    /// Everything that was reported, in order.
    #[must_use]
    pub fn finish(self) -> Vec<Diagnostic> {
        self.diagnostics.take().unwrap_or_default()
    }

    fn push(&self, diagnostic: Diagnostic) {
        if let Some(diagnostics) = self.diagnostics.borrow_mut().as_mut() {
            diagnostics.push(diagnostic);
        }
    }
}

impl Drop for Ctxt {
    fn drop(&mut self) {
        let unasked = self.diagnostics.borrow().is_some();
        debug_assert!(
            !unasked || thread::panicking(),
            "diagnostics were collected and not asked for"
        );
    }
}

impl Diagnostic {
    /// The state found.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to write instead.
    #[must_use]
    pub fn remedy(&self) -> &str {
        &self.remedy
    }

    /// Where the mistake starts.
    #[must_use]
    pub fn span(&self) -> Span {
        self.start
    }

    /// `compile_error!` with message and remedy, pointing at the mistake from its first to its last token.
    #[must_use]
    pub fn to_compile_error(&self) -> TokenStream {
        let text = format!("{}\nhelp: {}", self.message, self.remedy);
        let path = quote_spanned!(self.start=> ::core::compile_error);
        let mut bang = Punct::new('!', Spacing::Alone);
        bang.set_span(self.start);
        let mut literal = Literal::string(&text);
        literal.set_span(self.end);
        let mut group = Group::new(Delimiter::Brace, TokenTree::from(literal).into());
        group.set_span(self.end);
        path.into_iter()
            .chain([TokenTree::from(bang), TokenTree::from(group)])
            .collect()
    }
}

/// `"a, b and c"`, each in backticks.
pub(super) fn list(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [only] => format!("`{only}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|word| format!("`{word}`")).collect();
            format!("{} and `{last}`", first.join(", "))
        }
    }
}

/// The name of a word without `r#`, as keys spell it.
pub(crate) fn unraw(ident: &Ident) -> String {
    let text = ident.to_string();
    text.strip_prefix("r#")
        .map_or_else(|| text.clone(), str::to_owned)
}

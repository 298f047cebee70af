//! Attributes, as they are once `cfg` and `cfg_attr` are evaluated.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprLit, Lit, Meta, Path};

use super::cfg::{Answer, Cfg};
use crate::declare::split;

/// What is left of an item's attributes.
pub(super) struct Evaluated {
    /// Without `cfg` and `cfg_attr`, in written order.
    pub(super) attrs: Vec<Attribute>,
    pub(super) answer: Answer,
}

/// A predicate that is none, with its place.
pub(super) struct NoPredicate {
    pub(super) span: Span,
    pub(super) problem: String,
}

/// Evaluates `cfg` and `cfg_attr`, also nested ones.
pub(super) fn evaluate(attrs: &[Attribute], cfg: &Cfg) -> Result<Evaluated, NoPredicate> {
    let mut evaluated = Evaluated {
        attrs: Vec::new(),
        answer: Answer::Yes,
    };
    for attribute in attrs {
        evaluated.take(attribute.clone(), cfg)?;
    }
    Ok(evaluated)
}

impl Evaluated {
    fn take(&mut self, attribute: Attribute, cfg: &Cfg) -> Result<(), NoPredicate> {
        let Meta::List(list) = &attribute.meta else {
            self.attrs.push(attribute);
            return Ok(());
        };
        let span = list.path.span();
        let answer = |predicate| {
            cfg.answer(predicate)
                .map_err(|problem| NoPredicate { span, problem })
        };
        if list.path.is_ident("cfg") {
            // A comma may stand behind the predicate.
            let predicate = split(list.tokens.clone())
                .into_iter()
                .next()
                .unwrap_or_default();
            self.and(answer(&predicate)?);
        } else if list.path.is_ident("cfg_attr") {
            let mut pieces = split(list.tokens.clone()).into_iter();
            let predicate = answer(&pieces.next().unwrap_or_default())?;
            if predicate == Answer::No {
                return Ok(());
            }
            for piece in pieces {
                let Ok(meta) = syn::parse2::<Meta>(piece) else {
                    continue;
                };
                if let (Answer::Unknown(_), false) = (&predicate, meta.path().is_ident("doc")) {
                    self.and(predicate.clone());
                }
                let inner = Attribute {
                    meta,
                    ..attribute.clone()
                };
                self.take(inner, cfg)?;
            }
        } else {
            self.attrs.push(attribute);
        }
        Ok(())
    }

    fn and(&mut self, answer: Answer) {
        self.answer = match (&self.answer, answer) {
            (Answer::No, _) | (_, Answer::No) => Answer::No,
            (Answer::Unknown(name), _) => Answer::Unknown(name.clone()),
            (Answer::Yes, answer) => answer,
        };
    }
}

/// The value of `#[path = "…"]`.
pub(super) fn path_of(attrs: &[Attribute]) -> Option<String> {
    attrs.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(meta) if meta.path.is_ident("path") => match &meta.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text),
                ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    })
}

/// Whether an attribute can be one of upr's: it is none of the language's and of its tools.
pub(super) fn can_be_ours(path: &Path) -> bool {
    const OTHERS: &[&str] = &[
        "allow",
        "automatically_derived",
        "bench",
        "clippy",
        "cold",
        "deny",
        "deprecated",
        "derive",
        "diagnostic",
        "doc",
        "expect",
        "export_name",
        "feature",
        "forbid",
        "global_allocator",
        "ignore",
        "inline",
        "link",
        "link_name",
        "link_section",
        "macro_export",
        "macro_use",
        "must_use",
        "no_mangle",
        "no_std",
        "non_exhaustive",
        "panic_handler",
        "path",
        "proc_macro",
        "proc_macro_attribute",
        "proc_macro_derive",
        "recursion_limit",
        "repr",
        "rust_analyzer",
        "rustfmt",
        "should_panic",
        "target_feature",
        "test",
        "track_caller",
        "unsafe",
        "used",
        "warn",
    ];
    path.segments
        .first()
        .is_some_and(|first| !OTHERS.contains(&first.ident.to_string().as_str()))
}

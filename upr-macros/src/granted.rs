//! `granted!` and the proof types of guards.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use upr_core::declare::{Ctxt, Expression};

use crate::constant::id_of;
use crate::fallback;
use crate::place::at;

pub(crate) fn expand(input: TokenStream) -> TokenStream {
    let ctxt = Ctxt::new();
    match Expression::parse(input, &ctxt) {
        Some(expression) if ctxt.is_clean() => {
            drop(ctxt.finish());
            proof(&expression)
        }
        _ => fallback::error_type(ctxt),
    }
}

/// `Granted<…>` of an expression.
pub(crate) fn proof(expression: &Expression) -> TokenStream {
    let span = at(span(expression));
    let inner = ty(expression);
    // With `::`, so that where a value is expected rustc says so, and not that comparisons cannot be chained.
    quote_spanned!(span=> ::upr::Granted::<#inner>)
}

fn ty(expression: &Expression) -> TokenStream {
    match expression {
        Expression::Constant(path) => {
            let id = id_of(path, path.span());
            quote!(::upr::P<{ #id }>)
        }
        Expression::Any(parts) => {
            let parts = parts.iter().map(ty);
            quote!(::upr::Any<(#(#parts,)*)>)
        }
        Expression::All(parts) => {
            let parts = parts.iter().map(ty);
            quote!(::upr::All<(#(#parts,)*)>)
        }
    }
}

fn span(expression: &Expression) -> Span {
    match expression {
        Expression::Constant(path) => path.span(),
        Expression::Any(parts) | Expression::All(parts) => {
            parts.first().map_or_else(Span::call_site, span)
        }
    }
}

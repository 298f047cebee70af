//! What is emitted beside errors.
//!
//! The author's tokens survive every error, so that one mistake gives one message and editors keep completing.

use proc_macro2::TokenStream;
use quote::quote;
use upr_core::declare::{Ctxt, Diagnostic};

/// `expanded`, and an error for everything that was collected.
pub(crate) fn with_errors(expanded: TokenStream, ctxt: Ctxt) -> TokenStream {
    let errors = ctxt.finish();
    let errors = errors.iter().map(Diagnostic::to_compile_error);
    expanded.into_iter().chain(errors.flatten()).collect()
}

/// A type that is nothing but its errors.
pub(crate) fn error_type(ctxt: Ctxt) -> TokenStream {
    let errors = ctxt.finish();
    let errors = errors.iter().map(Diagnostic::to_compile_error);
    quote!((#(#errors,)*))
}

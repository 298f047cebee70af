//! Which file `include!` means.

use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use syn::{LitStr, Macro};

use super::krate::Crate;
use crate::declare::split;

/// What the argument of `include!` says.
pub(super) enum Included {
    File(PathBuf),
    /// A file below a folder that is not known: the variable that would name it.
    Elsewhere(String),
    /// Something that cannot be told without compiling.
    Nothing,
}

impl Included {
    /// The file that `tokens` mean in the file `source`.
    pub(super) fn of(tokens: TokenStream, source: &Path, krate: &Crate) -> Self {
        let pieces = split(tokens);
        let [argument] = pieces.as_slice() else {
            return Self::Nothing;
        };
        match text(argument.clone(), krate) {
            Ok(text) => {
                let folder = source.parent().unwrap_or(source);
                Self::File(folder.join(text))
            }
            Err(other) => other,
        }
    }
}

fn text(tokens: TokenStream, krate: &Crate) -> Result<String, Included> {
    if let Ok(literal) = syn::parse2::<LitStr>(tokens.clone()) {
        return Ok(literal.value());
    }
    let invocation: Macro = syn::parse2(tokens).map_err(|_| Included::Nothing)?;
    let name = invocation
        .path
        .segments
        .last()
        .map(|last| last.ident.to_string());
    let pieces = split(invocation.tokens);
    match name.as_deref() {
        Some("concat") => pieces.into_iter().map(|piece| text(piece, krate)).collect(),
        Some("env") => {
            let variable = pieces.into_iter().next().unwrap_or_default();
            let variable: LitStr = syn::parse2(variable).map_err(|_| Included::Nothing)?;
            let folder = match variable.value().as_str() {
                "OUT_DIR" => krate.out_dir.clone(),
                "CARGO_MANIFEST_DIR" => Some(krate.folder.clone()),
                _ => None,
            };
            let unknown = || Included::Elsewhere(variable.value());
            let folder = folder.ok_or_else(unknown)?;
            folder.to_str().map(str::to_owned).ok_or_else(unknown)
        }
        _ => Err(Included::Nothing),
    }
}

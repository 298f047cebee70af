//! What was declared.

use proc_macro2::{Ident, Span};
use semver::Version;
use syn::Path;

use super::text::Text;
use crate::key::ModuleKey;

pub use crate::catalog::Kind;

/// The package and crate that an attribute is expanded in.
#[derive(Debug, Clone)]
pub struct Package {
    /// As Cargo.toml names it.
    pub name: String,
    /// Its version; `None` where the build tool gives none or no SemVer.
    pub version: Option<Version>,
    /// The crate target, with underscores.
    pub krate: String,
}

/// A word of a key with the place it was written at.
#[derive(Clone)]
pub struct Name {
    /// As it stands in the key: without `r#`.
    pub text: String,
    /// Where the author wrote it.
    pub span: Span,
}

/// A module: what `#[upr::module]` says and implies.
#[derive(Clone)]
pub struct Module {
    /// The struct or mod it stands on.
    pub ident: Ident,
    /// The key, checked.
    pub key: ModuleKey,
    /// Where the key was written, or the name that it was made from.
    pub key_span: Span,
    /// Whether the key is the author's, and not a stand-in beside a reported mistake.
    pub has_key: bool,
    /// The short text for people.
    pub label: Text,
    /// The longer text for people.
    pub description: Text,
    /// Whether actions may differ in nothing but case.
    pub allow_case_variants: bool,
    /// What the attribute declares, in written order, without what is wrong.
    pub actions: Vec<Action>,
}

/// An action, and with its module a permission.
#[derive(Clone)]
pub struct Action {
    /// The last segment of the key.
    pub name: Name,
    /// The name of the constant, at the place of the action's name.
    pub constant: Ident,
    /// Whether the author chose the constant's name.
    pub has_own_constant: bool,
    /// The short text for people.
    pub label: Text,
    /// The longer text for people.
    pub description: Text,
    /// From `crud`, or by name.
    pub kind: Kind,
    /// Whether at least one active subject must always hold it.
    pub critical: bool,
    /// Whether the handler takes no proof.
    pub unguarded: bool,
    /// What was said about its end.
    pub deprecation: Option<Deprecation>,
}

/// What was said about the end of a permission.
#[derive(Clone)]
pub struct Deprecation {
    /// Why, and what to use instead.
    pub message: String,
    /// The version that deprecated it.
    pub since: Option<Version>,
    /// The first version that may be without it.
    pub remove_in: Option<Version>,
    /// The constant that takes its place.
    pub replaced_by: Option<Path>,
}

//! The package, the file and the spans that an expansion stands in.

use std::env;
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use proc_macro2::Span;
use upr_core::Version;
use upr_core::declare::Package;

/// The span of a generated token: the author's place, so that errors point there, and our own syntax context, so that
/// lints take it for foreign.
pub(crate) fn at(span: Span) -> Span {
    Span::mixed_site().located_at(span)
}

/// The package that is being compiled, as Cargo tells every compiler it starts.
pub(crate) fn package() -> Package {
    let variable = |name| env::var(name).unwrap_or_default();
    Package {
        name: variable("CARGO_PKG_NAME"),
        version: Version::parse(&variable("CARGO_PKG_VERSION")).ok(),
        krate: variable("CARGO_CRATE_NAME"),
    }
}

/// Where a declaration stands.
pub(crate) struct Place<'a> {
    pub(crate) package: &'a Package,
    /// The version as Cargo tells it; empty where another build tool says nothing.
    pub(crate) version: String,
    pub(crate) file: String,
    pub(crate) line: u32,
}

impl<'a> Place<'a> {
    pub(crate) fn of(span: Span, package: &'a Package) -> Self {
        let version = package.version.as_ref().map(Version::to_string);
        Self {
            package,
            version: version.unwrap_or_default(),
            file: span.unwrap().file(),
            line: line(span),
        }
    }
}

/// The line of a token, from 1.
pub(crate) fn line(span: Span) -> u32 {
    u32::try_from(span.unwrap().line()).unwrap_or(u32::MAX)
}

/// What tells one state of a file from another: editors keep the macro server alive.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
}

impl Stamp {
    pub(crate) fn of(path: &Path) -> Option<Self> {
        let metadata = fs::metadata(path).ok()?;
        Some(Self {
            bytes: metadata.len(),
            modified: metadata.modified().ok(),
        })
    }
}

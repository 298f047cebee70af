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

/// The version as Cargo tells it; empty where another build tool says nothing.
pub(crate) fn version(package: &Package) -> String {
    package
        .version
        .as_ref()
        .map(Version::to_string)
        .unwrap_or_default()
}

/// File and line of a token.
pub(crate) fn origin(span: Span) -> (String, u32) {
    let span = span.unwrap();
    let line = u32::try_from(span.line()).unwrap_or(u32::MAX);
    (span.file(), line)
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

//! What the scanner cannot read or follow.

use std::error::Error;
use std::fmt;

use proc_macro2::Span;

/// Everything that stands in the way of a whole catalog; at least one [`ScanError`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScanErrors {
    errors: Vec<ScanError>,
}

/// One thing that the scanner cannot read or follow: where, what, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ScanError {
    file: String,
    line: u32,
    column: u32,
    message: String,
    remedy: String,
}

impl ScanErrors {
    pub(super) fn new(mut errors: Vec<ScanError>) -> Self {
        errors.sort();
        errors.dedup();
        Self { errors }
    }

    /// Sorted by place.
    #[must_use]
    pub fn errors(&self) -> &[ScanError] {
        &self.errors
    }
}

impl ScanError {
    /// At a place in a file.
    pub(super) fn at(
        file: &str,
        span: Span,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        let (line, column) = place(span);
        Self {
            file: file.to_owned(),
            line,
            column,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// About a whole file or folder.
    pub(super) fn of(
        file: impl Into<String>,
        message: impl Into<String>,
        remedy: impl Into<String>,
    ) -> Self {
        Self {
            file: file.into(),
            line: 0,
            column: 0,
            message: message.into(),
            remedy: remedy.into(),
        }
    }

    /// The source file, as the compiler shows it.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The line, from 1; 0 when the whole file is meant.
    #[must_use]
    pub fn line(&self) -> u32 {
        self.line
    }

    /// The column, in characters from 1; 0 when the whole file is meant.
    #[must_use]
    pub fn column(&self) -> u32 {
        self.column
    }

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
}

/// Line and column, both from 1.
pub(super) fn place(span: Span) -> (u32, u32) {
    let start = span.start();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    (count(start.line), count(start.column + 1))
}

/// `src/users.rs:3:16: …`
impl fmt::Display for ScanError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file,
            line,
            column,
            message,
            ..
        } = self;
        if *line == 0 {
            return write!(f, "{file}: {message}");
        }
        write!(f, "{file}:{line}:{column}: {message}")
    }
}

impl Error for ScanError {}

impl fmt::Display for ScanErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, error) in self.errors.iter().enumerate() {
            let separator = if position == 0 { "" } else { "; " };
            write!(f, "{separator}{error}")?;
        }
        Ok(())
    }
}

impl Error for ScanErrors {}

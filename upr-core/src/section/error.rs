//! Why the bytes of a section cannot be read.

use std::error::Error;
use std::fmt;

use super::FORMAT;

/// What is wrong with the bytes of a section, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SectionError {
    offset: usize,
    problem: SectionProblem,
}

/// What is wrong with the bytes of a section.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SectionProblem {
    /// A record was written in a later format.
    Newer {
        /// The format's version.
        format: u8,
    },
    /// The section ends inside of a record.
    Truncated,
    /// There is no record where one should begin, or a record contradicts itself.
    Damaged {
        /// What should stand there.
        expected: &'static str,
    },
}

impl SectionError {
    pub(super) fn new(offset: usize, problem: SectionProblem) -> Self {
        Self { offset, problem }
    }

    /// The same, where so many bytes stand before.
    pub(super) fn behind(self, bytes: usize) -> Self {
        Self {
            offset: self.offset + bytes,
            ..self
        }
    }

    /// Where in the section, in bytes from its beginning.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What is wrong.
    #[must_use]
    pub fn problem(&self) -> &SectionProblem {
        &self.problem
    }

    /// What to do about it: one sentence.
    #[must_use]
    pub fn remedy(&self) -> &'static str {
        match self.problem {
            SectionProblem::Newer { .. } => {
                "read it with the `upr` that the program was built with, or a later one"
            }
            SectionProblem::Truncated | SectionProblem::Damaged { .. } => {
                "build the file again, or take an undamaged copy"
            }
        }
    }
}

impl fmt::Display for SectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let offset = self.offset;
        match self.problem {
            SectionProblem::Newer { format } => write!(
                f,
                "the section `.upr` was written by a newer upr: format {format} at byte {offset}, and this one reads format {FORMAT}"
            ),
            SectionProblem::Truncated => write!(
                f,
                "the section `.upr` is truncated: it ends inside of the record at byte {offset}"
            ),
            SectionProblem::Damaged { expected } => write!(
                f,
                "the section `.upr` is damaged: expected {expected} at byte {offset}"
            ),
        }
    }
}

impl Error for SectionError {}

//! All that is asked.

pub mod bits;
pub mod maps;
pub mod upr;

use crate::query::Query;

/// Something that decides.
pub trait Contender: Sync {
    /// What it is called in tables.
    fn name(&self) -> &str;

    /// Gets ready to be asked these, which is not timed.
    fn prepare(&self, _: &[Query]) {}

    /// Asks all of these, and counts what is allowed.
    fn ask(&self, queries: &[Query]) -> usize;
}

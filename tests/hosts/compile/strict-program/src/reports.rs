//! What is reported.

/// Reports.
#[upr::module(crud(view))]
pub(crate) struct Reports;

/// Kept reports, which nothing refers to so far.
#[upr::module(crud(view))]
struct Archive;

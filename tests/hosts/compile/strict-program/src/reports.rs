//! What is reported.

/// Reports.
#[upr::module(crud(view))]
pub(crate) struct Reports;

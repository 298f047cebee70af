//! Handlers, seen by this crate only.

use crate::reports::Reports;

/// Print a report.
#[upr::action(Reports)]
pub(crate) fn print() {}

/// Send a report.
#[upr::action(Reports, deprecated = "print it")]
pub(super) fn send<T: Into<String>>(to: T) -> String {
    to.into()
}

//! What the benches share: taking medians, and printing tables of ratios.
//!
//! | module | holds |
//! | --- | --- |
//! | [`measure`] | medians of wall-clock times and of the processor time of other programs |
//! | [`table`] | figures as a table, each beside its reference and its budget |
//! | [`build`] | building generated packages |

pub mod build;
pub mod measure;
pub mod table;

use std::error::Error;

/// How every bench ends.
pub type Outcome = Result<(), Box<dyn Error>>;

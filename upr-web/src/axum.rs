//! upr in an application on axum.

mod catalog;
mod identify;

pub use catalog::catalog;
pub use identify::{Identify, IdentifyLayer};

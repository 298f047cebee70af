//! upr in an application on axum.

mod catalog;
mod health;
mod identify;

pub use catalog::catalog;
pub use health::health;
pub use identify::{Identify, IdentifyLayer};

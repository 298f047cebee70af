//! For tests of applications: an [`Access`] in a few lines, and who gets past which guard.
//!
//! Behind the feature `test`, which belongs into `[dev-dependencies]`: a protected environment refuses a
//! program that was built with it. With it comes [`Granted::assume`](crate::Granted), for calling a
//! guarded function directly; with the feature `axum`, [`denial_matrix!`](crate::denial_matrix).
//!
//! ```standalone_crate
//! /// Tickets.
//! #[upr::module(crud, actions(close))]
//! pub struct Tickets;
//!
//! # fn main() -> Result<(), upr::access::Unavailable> {
//! let access = upr::test::access()
//!     .role("support", [Tickets::VIEW, Tickets::CLOSE])
//!     .allow_role("ada", "support")
//!     .deny_in("ada", Tickets::CLOSE, "secret")
//!     .build();
//! assert!(access.check("ada", Tickets::CLOSE, "acme")?.is_allowed());
//! assert!(access.check("ada", Tickets::CLOSE, "secret")?.is_denied());
//! assert!(access.check("bob", Tickets::VIEW, "")?.is_denied());
//! # Ok(())
//! # }
//! ```

mod build;
#[cfg(feature = "axum")]
mod matrix;

pub use build::{AccessBuilder, access};
#[cfg(feature = "axum")]
pub use matrix::{Route, assert_denials, denials, route};

#[cfg(doc)]
use crate::access::Access;

//! Proofs as extractors of axum.
//!
//! A handler whose first parameter is a [`Granted`] is guarded: the check runs before its body, and
//! before the request's body is read, so that bad input to a forbidden handler is still 403. The
//! guard asks nobody and waits for nothing. What it needs, a layer has put into the request as a
//! [`Caller`]; `upr_web::axum::IdentifyLayer` is that layer.
//!
//! | the caller | is answered |
//! | --- | --- |
//! | may | by the handler |
//! | is signed in, and may not | 403 |
//! | is not signed in | 401 with a challenge |
//! | cannot be identified or checked at the moment, or the layer is missing | 503 |
//! | asks for a scope that cannot be one | 400 |
//!
//! The answers are [`ProblemDetails`]. Reasons go to the log: events of `tracing` with the target
//! `upr`.

mod caller;
mod extract;
mod rejection;

pub use caller::{Caller, Identity};
pub use rejection::Rejection;

#[cfg(doc)]
use crate::{Granted, ProblemDetails};

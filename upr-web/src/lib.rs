//! Puts access, subject and scope into a request and turns decisions into responses.
//!
//! Nothing is decided here: the guards are the proofs of the crate `upr`, and what they need to know
//! of a request, [`axum::IdentifyLayer`] puts there.

pub mod axum;

mod accept;
mod etag;

/// The guide, so that its code compiles.
#[cfg(doctest)]
mod guides {
    #[doc = include_str!("../../docs/guarding.md")]
    mod guarding {}
    #[doc = include_str!("../../docs/catalog.md")]
    mod catalog {}
}

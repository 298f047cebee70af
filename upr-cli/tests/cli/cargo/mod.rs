//! `cargo upr`: the registry of what Cargo builds here.

mod host;
mod libraries;
mod lock;
mod page;
mod places;
mod programs;

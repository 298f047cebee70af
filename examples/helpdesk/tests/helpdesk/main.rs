//! The help desk from outside: the program is started, and asked over HTTP.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

mod desk;
mod guards;
mod machines;
mod permissions;
mod sign_in;
mod startup;
mod tickets;

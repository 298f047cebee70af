//! Black-box tests over the whole workspace, and what they share.
//!
//! | module | holds |
//! | --- | --- |
//! | [`gcp`] | Google Cloud's permissions and roles: as a catalog, a lock and a Rust package |
//! | [`command`] | running the `upr` command and reading what it says |
//! | [`corpus`] | broken variants of good files |
//! | [`host`] | building packages that use upr, as their authors would |
//! | [`node`] | the TypeScript compiler, and what else npm has |
//! | [`require`] | what is skipped where it is missing, and what must not be |
//!
//! `cargo run -p upr-tests --bin gcp` writes the catalog or the package to look at.

pub mod command;
pub mod corpus;
pub mod gcp;
pub mod host;
pub mod node;
pub mod require;

//! The real `upr`, run as a person or a script runs it: in a directory of its own, with nothing of
//! this machine's environment.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that meets something unexpected fails, and one that is skipped says so"
)]

mod project;

mod access;
mod adopt;
mod apply;
mod arguments;
mod backup;
mod bad_files;
#[cfg(unix)]
mod bad_stores;
mod binary;
mod cargo;
mod catalog;
mod diff;
mod embedded;
mod files;
mod history;
mod lock;
mod lock_life;
mod pages;
mod settings;
mod store;
mod sync;
#[cfg(target_os = "linux")]
mod terminal;

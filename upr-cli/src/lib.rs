//! The `upr` command, also to be embedded in an application.
//!
//! An application that calls [`main`] has every command on its own registry, without a catalog
//! file:
//!
//! ```no_run
//! use std::process::ExitCode;
//!
//! fn main() -> ExitCode {
//!     if std::env::args().nth(1).as_deref() == Some("upr") {
//!         return upr_cli::main();
//!     }
//!     // … the application itself.
//!     ExitCode::SUCCESS
//! }
//! ```
//!
//! Arguments go in, text and an exit code come out: what the commands find and do is in
//! `upr-sync` and `upr-core`. Data goes to standard output, everything else to standard error.
//!
//! | file | holds |
//! | --- | --- |
//! | `args.rs` | the global options, and the list of commands |
//! | `command/` | each command: its arguments and its function |
//! | `binary.rs` | declarations in a file that was built |
//! | `cargo/` | what Cargo knows and builds, for `cargo upr` and for the lock |
//! | `context.rs` | what a command works on: settings, catalog, store |
//! | `declarations.rs` | where the registry is read |
//! | `exit.rs` | what the exit codes mean |
//! | `output.rs`, `table.rs`, `plan.rs` | what people read |

mod args;
mod binary;
mod cargo;
mod command;
mod confirm;
mod context;
mod declarations;
pub mod exit;
mod fact;
mod failure;
mod file;
mod git;
mod lock_file;
mod output;
mod parse;
mod plan;
mod program;
mod progress;
mod reconcile;
mod report;
mod shorten;
mod side;
mod table;
mod until;
mod wrap;
mod writing;

use std::process::ExitCode;

pub use program::{Program, Source};

/// Runs the command line of an application, with the registry that is linked into it.
///
/// A leading argument `upr` is passed over, so that `helpdesk upr status` may hand its arguments on
/// as they are.
#[must_use]
pub fn main() -> ExitCode {
    Program::new(Source::Registry).run()
}

/// Runs the command line with the registry of `source`.
#[must_use]
pub fn main_with(source: Source) -> ExitCode {
    Program::new(source).run()
}

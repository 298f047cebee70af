//! `cargo upr`: builds the package here and reads what it declares.

use std::process::ExitCode;

use upr_cli::Source;

fn main() -> ExitCode {
    upr_cli::main_with(Source::Cargo)
}

//! The `upr` command: reads the registry from a catalog file.

use std::process::ExitCode;

use upr_cli::Source;

fn main() -> ExitCode {
    upr_cli::main_with(Source::File)
}

//! Needs a crate that it never refers to, and so the linker leaves that crate out.

/// Its own.
#[upr::module(crud(view))]
pub struct Clouds;

upr::lock!();

fn main() -> std::process::ExitCode {
    upr_cli::main()
}

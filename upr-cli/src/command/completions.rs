//! `upr completions`: what a shell needs to complete commands and options.

use clap_complete::Shell;
use serde_json::json;

use crate::args;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::program::Source;

/// Print the completions for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = "\
For bash: upr completions bash > ~/.local/share/bash-completion/completions/upr
For zsh:  upr completions zsh > a directory of $fpath, as _upr")]
pub(crate) struct Args {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    let source = context.source();
    // What a shell completes is the name of a program.
    let name = if source == Source::Cargo {
        "cargo-upr"
    } else {
        "upr"
    };
    clap_complete::generate(
        args.shell,
        &mut args::command(name, source),
        name,
        &mut script,
    );
    let script = String::from_utf8_lossy(&script);
    context
        .out
        .json(&json!({"shell": args.shell.to_string(), "script": script}))?;
    context.out.text(&script)?;
    Ok(Exit::Yes)
}

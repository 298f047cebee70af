//! The arguments: the global options, and the help that lists the commands.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory, FromArgMatches, Parser};

use crate::cargo::BuildOptions;
use crate::command::{Command, GROUPS};
use crate::output::{Detail, Output};
use crate::program::Source;

/// Permissions, roles and grants: what the code declares and what the database holds, kept
/// together.
#[derive(Debug, Parser)]
#[command(name = "upr", version, after_help = AFTER_HELP)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
Settings come from the options, then from UPR_* variables (UPR_DATABASE, UPR_BACKUP__DIR, …), then \
from upr.toml in this directory or above it in the same Git repository.

Exit codes: 0 done, or the answer is yes; 1 the answer is no, or refused for safety; 2 wrong usage \
or configuration; 3 it could not be found out or done; 4 begun, and neither completed nor undone.";

/// Options that may stand before or after the command.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// The environment [default: `UPR_ENV`, else development]
    #[arg(long, global = true, value_name = "NAME")]
    pub(crate) env: Option<String>,

    /// The settings file [default: the nearest upr.toml]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,

    /// The store, such as sqlite:upr.db
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) database: Option<String>,

    /// The catalog file to read the registry from
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) catalog: Option<PathBuf>,

    /// The executable or library to read the registry from, without running it
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "catalog")]
    pub(crate) binary: Option<PathBuf>,

    /// Print one JSON document and nothing else
    #[arg(long, global = true)]
    json: bool,

    /// Ask nothing; what would need an answer is refused
    #[arg(long, global = true)]
    pub(crate) no_input: bool,

    /// Say only what was asked for, and errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,

    /// Show everything, also what is cut short otherwise
    #[arg(short, long, global = true)]
    verbose: bool,
}

impl Global {
    /// The option that names a file with the registry, if one does.
    pub(crate) fn registry_option(&self) -> Option<&'static str> {
        let catalog = self.catalog.as_ref().map(|_| "--catalog");
        catalog.or(self.binary.as_ref().map(|_| "--binary"))
    }

    pub(crate) fn output(&self) -> Output {
        let detail = match (self.quiet, self.verbose) {
            (true, _) => Detail::Quiet,
            (_, true) => Detail::Verbose,
            _ => Detail::Normal,
        };
        Output {
            json: self.json,
            detail,
        }
    }
}

/// Reads `arguments`; `name` stands for the program in help texts. What to build is asked of `cargo upr` alone.
pub(crate) fn parse(
    name: &str,
    arguments: &[OsString],
    source: Source,
) -> Result<(Cli, Option<BuildOptions>), clap::Error> {
    let line = std::iter::once(OsString::from(name)).chain(arguments.iter().cloned());
    let matches = command(name, source).try_get_matches_from(line)?;
    let build = match source {
        Source::Cargo => Some(BuildOptions::from_arg_matches(&matches)?),
        Source::Registry | Source::File => None,
    };
    Ok((Cli::from_arg_matches(&matches)?, build))
}

/// The whole command line as clap knows it, with the commands in groups.
pub(crate) fn command(name: &str, source: Source) -> clap::Command {
    let mut command = Cli::command().bin_name(name.to_owned());
    if source == Source::Cargo {
        // What is built is what is read.
        let hidden = |argument: clap::Arg| argument.hide(true);
        command = BuildOptions::augment_args(command)
            .mut_arg("catalog", hidden)
            .mut_arg("binary", hidden)
            .about(CARGO_ABOUT);
    }
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}Options:\n{{options}}{{after-help}}",
        grouped(&command)
    );
    command.help_template(template)
}

const CARGO_ABOUT: &str = "\
Build the package here and run a command of upr on what it declares: its program, or its library with \
those below it. Nothing of it is run.";

/// The commands, a line each, under the headings of [`GROUPS`].
fn grouped(command: &clap::Command) -> String {
    let mut text = String::new();
    for (heading, names) in GROUPS {
        text.push_str(&format!("{heading}:\n"));
        for name in *names {
            let about = command
                .find_subcommand(name)
                .and_then(clap::Command::get_about)
                .map(ToString::to_string)
                .unwrap_or_default();
            text.push_str(&format!("  {name:<12} {about}\n"));
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_is_sound() {
        for source in [Source::File, Source::Cargo] {
            command("upr", source).debug_assert();
        }
    }

    #[test]
    fn every_command_stands_in_one_group_with_a_line_about_it() {
        let command = Cli::command();
        let mut listed: Vec<&str> = GROUPS
            .iter()
            .flat_map(|(_, names)| *names)
            .copied()
            .collect();
        let mut known: Vec<&str> = command
            .get_subcommands()
            .map(clap::Command::get_name)
            .collect();
        listed.sort_unstable();
        known.sort_unstable();
        assert_eq!(listed, known);
        for subcommand in command.get_subcommands() {
            assert!(
                subcommand.get_about().is_some(),
                "{}",
                subcommand.get_name()
            );
        }
    }

    #[test]
    fn global_options_stand_before_or_after_the_command() {
        for line in [["--json", "catalog"], ["catalog", "--json"]] {
            let cli = parse("upr", &line.map(OsString::from), Source::File);
            let (cli, _) = cli.unwrap();
            assert!(cli.global.output().json);
        }
    }
}

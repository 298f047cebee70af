//! One run of the command line, from arguments to exit code.

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;

use crate::args::{self, Cli};
use crate::cargo::BuildOptions;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Detail, Output};

/// Where the registry is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// From what is linked into this program.
    Registry,
    /// From the catalog file that `--catalog` or `upr.toml` names.
    File,
    /// From what Cargo builds of the package in the directory: this is `cargo upr`.
    Cargo,
}

/// A command line, ready to run.
///
/// ```no_run
/// use upr_cli::{Program, Source};
///
/// let exit = Program::new(Source::Registry).directory("/srv/helpdesk").run();
/// # let _ = exit;
/// ```
#[derive(Clone, Debug)]
pub struct Program {
    pub(crate) source: Source,
    pub(crate) directory: PathBuf,
    arguments: Option<Vec<OsString>>,
}

impl Program {
    /// The process's own arguments and directory.
    #[must_use]
    pub fn new(source: Source) -> Self {
        Self {
            source,
            directory: PathBuf::new(),
            arguments: None,
        }
    }

    /// The directory to look for `upr.toml` in, in place of the current one.
    #[must_use]
    pub fn directory(mut self, directory: impl Into<PathBuf>) -> Self {
        self.directory = directory.into();
        self
    }

    /// The arguments, in place of the process's own; the first is the program's name.
    #[must_use]
    pub fn arguments(mut self, arguments: impl IntoIterator<Item = OsString>) -> Self {
        self.arguments = Some(arguments.into_iter().collect());
        self
    }

    /// Carries the command out and prints what it has to say.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let (name, rest) = self.split_arguments();
        match args::parse(&name, &rest, self.source) {
            Ok((cli, build)) => self.carry_out(cli, build).into(),
            Err(error) => report_usage(&error, &rest).into(),
        }
    }

    fn carry_out(self, cli: Cli, build: Option<BuildOptions>) -> Exit {
        let output = cli.global.output();
        let build = build.filter(|_| cli.command.is_of_a_project());
        let context = match Context::new(self, cli.global, build) {
            Ok(context) => context,
            Err(failure) => {
                output.failure(&failure);
                return failure.exit;
            }
        };
        cli.command.run(&context).unwrap_or_else(|mut failure| {
            if context.has_changed() {
                // "Nothing was changed" would be a lie.
                failure.exit = Exit::Begun;
                failure = failure.remedy("What was asked for is done; only its report is lost.");
            }
            output.failure(&failure);
            failure.exit
        })
    }

    /// The name to show in help texts, and the arguments behind it.
    fn split_arguments(&self) -> (String, Vec<OsString>) {
        let given = self.arguments.clone();
        let mut arguments = given.unwrap_or_else(|| std::env::args_os().collect());
        if arguments.is_empty() {
            return ("upr".to_owned(), arguments);
        }
        let program = PathBuf::from(arguments.remove(0));
        let mut name = program
            .file_stem()
            .map_or("upr".into(), |stem| stem.to_string_lossy().into_owned());
        if self.source == Source::Cargo {
            name = "cargo upr".to_owned();
        }
        if arguments.first().is_some_and(|first| first == "upr") {
            arguments.remove(0);
            if name != "upr" && self.source != Source::Cargo {
                name.push_str(" upr");
            }
        }
        (name, arguments)
    }
}

/// Prints help where it was asked for, and what is wrong with the arguments otherwise.
fn report_usage(error: &clap::Error, arguments: &[OsString]) -> Exit {
    let is_answer = matches!(
        error.kind(),
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
    );
    let json = arguments
        .iter()
        .take_while(|argument| *argument != "--")
        .any(|argument| argument == "--json");
    if json && !is_answer {
        let output = Output {
            json,
            detail: Detail::Normal,
        };
        output.failure(&usage_failure(error));
        return Exit::Usage;
    }
    // A reader that went away is no failure.
    let _ = error.print();
    if is_answer { Exit::Yes } else { Exit::Usage }
}

/// clap's text, taken apart: its first paragraph is the message, its tips the remedy.
fn usage_failure(error: &clap::Error) -> Failure {
    let is_missing = matches!(
        error.kind(),
        ErrorKind::MissingSubcommand | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
    );
    if is_missing {
        return Failure::usage("usage", "no command was given").remedy("--help lists them");
    }
    let text = error.render().to_string();
    let mut paragraphs = text.trim().split("\n\n").map(|paragraph| {
        let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
        lines.join(" ").replace("tip: ", "")
    });
    let message = paragraphs.next().unwrap_or_default();
    let message = message.strip_prefix("error: ").unwrap_or(&message);
    paragraphs.fold(Failure::usage("usage", message), Failure::remedy)
}

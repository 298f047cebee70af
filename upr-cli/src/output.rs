//! Where words go: data to standard output, everything else to standard error.
//!
//! Colours reach terminals only, and not where `NO_COLOR` is set: `anstream` takes them out
//! elsewhere. A reader that went away (`upr catalog | head -1`) is no failure.

use std::io::{self, ErrorKind, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use serde::Serialize;

use crate::exit::Exit;
use crate::failure::Failure;

pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const GREEN: Style = AnsiColor::Green.on_default();
pub(crate) const YELLOW: Style = AnsiColor::Yellow.on_default();
pub(crate) const RED: Style = AnsiColor::Red.on_default();
pub(crate) const CYAN: Style = AnsiColor::Cyan.on_default();

/// How much to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detail {
    /// Only errors and what was asked for.
    Quiet,
    /// Long lists are cut.
    Normal,
    /// Everything.
    Verbose,
}

/// Standard output and standard error, as the global options want them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Output {
    pub(crate) json: bool,
    pub(crate) detail: Detail,
}

impl Output {
    /// Writes the answer for people; with `--json`, nothing.
    pub(crate) fn text(self, text: &str) -> Result<(), Failure> {
        if self.json { Ok(()) } else { self.raw(text) }
    }

    /// Writes what was done, for people who want to read it: neither with `--json` nor with `-q`.
    pub(crate) fn done(self, text: &str) -> Result<(), Failure> {
        if self.detail == Detail::Quiet {
            Ok(())
        } else {
            self.text(text)
        }
    }

    /// Writes the answer for programs; without `--json`, nothing.
    pub(crate) fn json(self, document: &impl Serialize) -> Result<(), Failure> {
        if !self.json {
            return Ok(());
        }
        let mut text = serde_json::to_string_pretty(document).map_err(|error| {
            Failure::could_not(
                "output",
                format!("cannot write the answer as JSON: {error}"),
            )
        })?;
        text.push('\n');
        self.raw(&text)
    }

    /// Writes `text` to standard output, with its colours where they are seen.
    pub(crate) fn raw(self, text: &str) -> Result<(), Failure> {
        write_to(anstream::stdout().lock(), text)
    }

    /// Writes `text` to standard output byte for byte: data has no colours to take out.
    pub(crate) fn data(self, text: &str) -> Result<(), Failure> {
        write_to(io::stdout().lock(), text)
    }

    /// Says something that `-q` silences.
    pub(crate) fn note(self, text: &str) {
        if self.detail > Detail::Quiet {
            say(text);
        }
    }

    /// Says what only `-v` wants to know.
    pub(crate) fn detail(self, text: &str) {
        if self.detail == Detail::Verbose {
            say(&format!("{DIM}{text}{DIM:#}"));
        }
    }

    /// Warns, whatever the options.
    pub(crate) fn warn(self, text: &str) {
        say(&format!("{YELLOW}warning{YELLOW:#}: {text}"));
    }

    /// Reports a failure: to programs on standard output where they read it, else in words on
    /// standard error.
    pub(crate) fn failure(self, failure: &Failure) {
        if self.json && self.json(&failure.to_json()).is_ok() {
            return;
        }
        // A refusal is an answer, not a breakdown; both are in the way.
        let style = if failure.exit == Exit::No {
            YELLOW
        } else {
            RED
        };
        say(&format!("{style}error{style:#}: {}", failure.message));
        for sentence in &failure.remedy {
            say(&format!("  {sentence}"));
        }
    }
}

fn write_to(mut stdout: impl Write, text: &str) -> Result<(), Failure> {
    let written = stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.flush());
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(Failure::could_not(
            "output",
            format!("cannot write to standard output: {error}"),
        )),
        _ => Ok(()),
    }
}

/// Whether a person sits in front of this: questions may be asked, bars drawn.
pub(crate) fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// A line on standard error. Where even that is gone there is nobody left to tell.
fn say(text: &str) {
    let _ = writeln!(anstream::stderr().lock(), "{text}");
}

//! Running a command and reading what it says.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fmt, io};

use serde_json::Value;

/// The `upr` command in a directory, with nothing of the caller's environment that it would obey.
#[derive(Clone, Debug)]
pub struct Upr {
    program: PathBuf,
    directory: PathBuf,
    options: Vec<String>,
    variables: Vec<(String, String)>,
}

impl Upr {
    /// `program` is the command itself, or an application that embeds it.
    #[must_use]
    pub fn new(program: impl Into<PathBuf>, directory: impl Into<PathBuf>) -> Self {
        Self {
            program: program.into(),
            directory: directory.into(),
            options: Vec::new(),
            variables: Vec::new(),
        }
    }

    /// The same command with options that every run gets, before its own.
    #[must_use]
    pub fn with(mut self, options: &[&str]) -> Self {
        let options = options.iter().map(|option| (*option).to_owned());
        self.options.extend(options);
        self
    }

    /// The same command with a variable of the environment.
    #[must_use]
    pub fn with_variable(mut self, name: &str, value: &str) -> Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The directory that it runs in.
    #[must_use]
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// Runs it to its end, with nothing on standard input.
    ///
    /// # Errors
    ///
    /// When the program cannot be started.
    pub fn run(&self, arguments: &[&str]) -> io::Result<Ran> {
        Ran::of(self.command(arguments))
    }

    /// The process that [`run`](Self::run) would start.
    #[must_use]
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(&self.options)
            .args(arguments)
            .current_dir(&self.directory)
            .stdin(std::process::Stdio::null());
        // Under `cargo run` it looks for the lock where Cargo says the package is, and so in tests.
        let obeyed = |name: &str| {
            name.starts_with("UPR_") || name.starts_with("CARGO_") || name == "DATABASE_URL"
        };
        for (name, _) in std::env::vars_os() {
            if name.to_str().is_some_and(obeyed) {
                command.env_remove(name);
            }
        }
        command.envs(self.variables.iter().cloned());
        command
    }
}

/// What a command that has ended left behind.
#[derive(Clone, Debug)]
pub struct Ran {
    /// The exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    /// Runs `command` to its end.
    ///
    /// # Errors
    ///
    /// When the program cannot be started.
    pub fn of(mut command: Command) -> io::Result<Self> {
        Ok(command.output()?.into())
    }

    /// Standard output as the one JSON document that it must be.
    ///
    /// # Errors
    ///
    /// When it is none; the message shows all that was said.
    pub fn json(&self) -> Result<Value, Box<dyn Error>> {
        serde_json::from_str(&self.stdout).map_err(|error| self.unexpected(&error.to_string()))
    }

    /// Itself, if it ended with `code`.
    ///
    /// # Errors
    ///
    /// When it ended otherwise; the message shows all that was said.
    pub fn expect_code(self, code: i32) -> Result<Self, Box<dyn Error>> {
        if self.code == Some(code) {
            Ok(self)
        } else {
            Err(self.unexpected(&format!("expected exit code {code}")))
        }
    }

    fn unexpected(&self, what: &str) -> Box<dyn Error> {
        let Self {
            code,
            stdout,
            stderr,
        } = self;
        Box::new(Unexpected(format!(
            "{what}; it ended with {code:?}\nstdout:\n{stdout}\nstderr:\n{stderr}"
        )))
    }

    /// Both streams, for searching.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// What a command should not have said. Tests show errors by `Debug`, and this one reads as it was said.
struct Unexpected(String);

impl fmt::Debug for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Unexpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Unexpected {}

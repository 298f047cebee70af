//! From nothing to a help desk that can serve.
//!
//! In development each start brings the store up to date by itself, and shows what it does. Anywhere
//! else that is a step of the deployment (`upr migrate`, `upr sync`). Everywhere the program then
//! compares what it declares with the store, and refuses to serve where the two do not fit.

use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;
use std::sync::Arc;

use upr::Registry;
use upr_cli::{Program, Source};
use upr_sync::settings::{DEFAULT_ENVIRONMENT, Sources};
use upr_sync::{Actor, Class, Failure as _, Startup, StartupError, startup};

use crate::app::App;
use crate::database::Database;
use crate::demo;
use crate::permissions::Permissions;
use crate::web;

pub fn prepare() -> Result<App, Stop> {
    // `upr.toml`, where there is one, and the variables: what upr's own commands read too.
    let settings = Sources::new("").variables(std::env::vars_os()).load()?;
    let place = upr_sync::Database::parse(&settings.database)?;
    let file = place
        .path()
        .ok_or_else(|| Stop::could_not("the help desk wants SQLite"))?;
    if settings.environment == DEFAULT_ENVIRONMENT {
        upr(&["migrate", "--no-input"])?;
        upr(&["sync", "--no-input"])?;
    }

    // First users are made in development only, and never in a store that is marked protected.
    let mut wishes = Startup::new()
        .by(Actor::new("helpdesk").because("start-up"))
        .bootstrap(|| demo::people(&Database::open(file)?));
    if let Some(key) = std::env::var_os("UPR_AUDIT_KEY") {
        wishes = wishes.audit_key(key.as_encoded_bytes());
    }
    let started =
        startup(&settings, Registry::try_global(), wishes).map_err(|e| Stop::drift(&e))?;
    Ok(App {
        database: Database::open(file)?,
        // From here on, changes of who may do what come into force within a second, whoever makes
        // them.
        permissions: Permissions::new(started.follower),
        catalog: Arc::new(started.catalog),
    })
}

/// Runs one of upr's commands in this process. It shows what it does, as on a command line.
fn upr(arguments: &[&str]) -> Result<(), Stop> {
    let arguments = ["helpdesk", "upr"].iter().chain(arguments).map(Into::into);
    let code = Program::new(Source::Registry).arguments(arguments).run();
    if code == ExitCode::SUCCESS {
        return Ok(());
    }
    // The command has said what is wrong, and what to do.
    Err(Stop {
        message: String::new(),
        hints: Vec::new(),
        code,
    })
}

/// Why the help desk does not run: what is wrong, what to do, and the exit code.
///
/// The codes are those of upr's commands: 1 is a refusal, 2 wrong usage or configuration, 3 what
/// could not be done.
pub struct Stop {
    message: String,
    hints: Vec<String>,
    code: ExitCode,
}

impl Stop {
    pub fn usage(message: &str) -> Self {
        Self {
            message: message.to_owned(),
            hints: vec!["`helpdesk --help` says what there is".to_owned()],
            code: ExitCode::from(Class::Usage.exit_code()),
        }
    }

    pub fn could_not(cause: impl Display) -> Self {
        Self {
            message: cause.to_string(),
            hints: Vec::new(),
            code: ExitCode::from(Class::CouldNot.exit_code()),
        }
    }

    pub fn bind(address: &str, error: &io::Error) -> Self {
        let another = "name another with `--listen`, for example `--listen 127.0.0.1:3001`";
        let stop = match error.kind() {
            io::ErrorKind::InvalidInput => {
                Self::usage(&format!("`{address}` is no address to listen on"))
            }
            io::ErrorKind::AddrInUse => {
                Self::could_not(format!("something else listens on {address} already"))
            }
            _ => Self::could_not(format!("cannot listen on {address}: {error}")),
        };
        Self {
            hints: vec![another.to_owned()],
            ..stop
        }
    }

    /// upr found that this program and the store do not fit, or could not find out.
    fn drift(error: &StartupError) -> Self {
        Self {
            message: error.report(),
            hints: Vec::new(),
            code: ExitCode::from(error.class().exit_code()),
        }
    }

    /// Says it, and gives the exit code.
    pub fn report(self) -> ExitCode {
        let mut lines = self
            .hints
            .iter()
            .map(|hint| format!("  {hint}\n"))
            .collect::<String>();
        if !self.message.is_empty() {
            lines.insert_str(0, &format!("error: {}\n", self.message));
        }
        // A reader that went away is no reason for another exit code.
        let _ = io::stderr().write_all(lines.as_bytes());
        self.code
    }
}

/// upr's errors say themselves what they mean and what to do.
impl<E: upr_sync::Failure> From<E> for Stop {
    fn from(error: E) -> Self {
        Self {
            message: error.to_string(),
            hints: error.hints(),
            code: ExitCode::from(error.class().exit_code()),
        }
    }
}

impl From<web::Failure> for Stop {
    fn from(failure: web::Failure) -> Self {
        Self::could_not(failure)
    }
}

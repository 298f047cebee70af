//! Needs a crate that it never refers to, and so the linker leaves that crate out.

use std::process::ExitCode;

use upr_sync::settings::Settings;
use upr_sync::{Failure, Startup, startup};

/// Its own.
#[upr::module(crud(view))]
pub struct Clouds;

upr::lock!();

fn main() -> ExitCode {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        return serve();
    }
    upr_cli::main()
}

/// Starts as an application does that may make its store by itself.
fn serve() -> ExitCode {
    let mut settings = Settings::strict("development");
    (settings.auto_migrate, settings.auto_sync) = (true, true);
    match startup(&settings, upr::Registry::try_global(), Startup::new()) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}", error.report());
            ExitCode::from(error.class().exit_code())
        }
    }
}

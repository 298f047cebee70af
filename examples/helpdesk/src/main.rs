//! A small help desk, to show upr at work.
//!
//! ```text
//! helpdesk [--listen ADDRESS]     serves; 127.0.0.1:3000 unless told otherwise
//! helpdesk upr COMMAND            upr's command line, with the permissions of this program
//! ```
//!
//! Where to read on:
//!
//! | file | shows |
//! | --- | --- |
//! | `tickets.rs`, `tickets/handlers.rs` | declaring permissions on handlers, `any`, `all`, deprecation |
//! | `tickets/service.rs` | functions that cannot be called without a proof |
//! | `knowledge.rs` | the compact form: a module of upr that is a module of Rust |
//! | `roles.rs` | roles that come with the program |
//! | `sign_in.rs`, `desk.rs` | telling upr who is asking, and in which scope |
//! | `server.rs` | putting it together |
//! | `permissions.rs` | changing who may do what from inside the program |
//! | `startup.rs`, `demo.rs` | bringing the store up to date; first users |

// The modules below are read like a library's; that this is a program makes none of it unreachable.
#![expect(unreachable_pub, reason = "`pub` says what other modules use")]

mod app;
mod arguments;
mod database;
mod demo;
mod desk;
mod insight;
mod knowledge;
mod permissions;
mod roles;
mod server;
mod sign_in;
mod startup;
mod tickets;
mod users;
mod web;

use std::io::{IsTerminal, Write};
use std::net::TcpListener;
use std::process::ExitCode;

use app::App;
use arguments::Arguments;
use startup::Stop;

// The lock of published permissions becomes part of the program: it does not start when a crate
// whose permissions were published is not linked into it.
upr::lock!();

fn main() -> ExitCode {
    match Arguments::read(std::env::args().skip(1)) {
        Ok(Arguments::Upr) => upr_cli::main(),
        Ok(Arguments::Help) => {
            say(arguments::HELP);
            ExitCode::SUCCESS
        }
        Ok(Arguments::Serve(address)) => match run(&address) {
            Ok(()) => ExitCode::SUCCESS,
            Err(stop) => stop.report(),
        },
        Err(message) => Stop::usage(&message).report(),
    }
}

fn run(address: &str) -> Result<(), Stop> {
    tracing_subscriber::fmt()
        .with_max_level(tracing::Level::WARN)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal())
        .without_time()
        .init();
    // First of all, so that a second help desk on the same port changes nothing.
    let listener = TcpListener::bind(address).map_err(|error| Stop::bind(address, &error))?;
    let app = startup::prepare()?;
    let runtime = tokio::runtime::Runtime::new().map_err(Stop::could_not)?;
    runtime
        .block_on(serve(listener, app))
        .map_err(Stop::could_not)
}

async fn serve(listener: TcpListener, app: App) -> std::io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    let stop = server::stop()?;
    say(&format!(
        "The help desk listens on http://{address} (Ctrl-C ends it)."
    ));
    if demo::is_there(&app.database) {
        say(&demo::invitation(&address));
    }
    server::serve(listener, app, stop).await
}

fn say(text: &str) {
    // A reader that went away is no reason to stop serving.
    let _ = writeln!(std::io::stdout(), "{text}");
}

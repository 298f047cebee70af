//! Packages that use upr, built as their authors would: `tests/hosts/`.

use std::error::Error;
use std::path::Path;
use std::sync::OnceLock;

use upr_tests::command::Ran;
use upr_tests::host::Host;

mod artifact;
mod cargo_upr;
mod compile;
mod link;

type Outcome = Result<(), Box<dyn Error>>;

/// The one copy that all tests share, so that nothing is built twice.
fn hosts() -> Result<&'static Host, String> {
    static HOSTS: OnceLock<Result<Host, String>> = OnceLock::new();
    let copy = || {
        let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
        Host::copy_of("hosts", temporary).map_err(|error| error.to_string())
    };
    HOSTS.get_or_init(copy).as_ref().map_err(Clone::clone)
}

/// Runs Cargo on packages of the workspace.
fn cargo(command: &str, packages: &[&str], rest: &[&str]) -> Result<Ran, Box<dyn Error>> {
    let mut arguments = vec![command];
    for package in packages {
        arguments.extend(["-p", package]);
    }
    arguments.extend(rest);
    Ok(hosts()?.cargo(&arguments)?)
}

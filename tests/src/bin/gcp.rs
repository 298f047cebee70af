//! Writes Google Cloud's permissions as a catalog or as a Rust package.

use std::error::Error;
use std::io::{self, Write as _};
use std::path::Path;
use std::process::ExitCode;

use upr_tests::gcp::{self, Form, Package, PackageLock, Roles};

const USAGE: &str = "\
usage: gcp catalog [--roles]
       gcp lock
       gcp package --out DIR [--handlers] [--empty-lock]

`catalog` and `lock` write to standard output.
";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let done = match arguments.as_slice() {
        ["catalog"] => catalog(Roles::Left),
        ["catalog", "--roles"] => catalog(Roles::Managed),
        ["lock"] => lock(),
        ["package", "--out", directory, options @ ..] => package(Path::new(directory), options),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Nothing is left to tell when standard error is closed.
            let _ = write!(io::stderr(), "{error}");
            ExitCode::from(2)
        }
    }
}

fn catalog(roles: Roles) -> Result<(), Box<dyn Error>> {
    let text = gcp::catalog(roles)?.to_json();
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn lock() -> Result<(), Box<dyn Error>> {
    let text = gcp::lock(&gcp::permissions()?, gcp::APPLICATION)?.to_text();
    Ok(io::stdout().write_all(text.as_bytes())?)
}

fn package(directory: &Path, options: &[&str]) -> Result<(), Box<dyn Error>> {
    if let Some(unknown) = options
        .iter()
        .find(|option| !["--handlers", "--empty-lock"].contains(option))
    {
        return Err(format!("unknown option `{unknown}`\n{USAGE}").into());
    }
    let has = |option| options.contains(&option);
    let package = Package {
        name: gcp::APPLICATION,
        form: if has("--handlers") {
            Form::Handlers
        } else {
            Form::Attribute
        },
        lock: if has("--empty-lock") {
            PackageLock::Empty
        } else {
            PackageLock::Recorded
        },
        permissions: &gcp::permissions()?,
        workspace: upr_tests::host::workspace(),
    };
    package.write(directory)
}

//! How long a program waits for its registry, at 13,652 permissions, with and without an embedded lock.
//!
//! `startup [ROUNDS]`: the median of so many starts, 21 if not said. Release build.

use std::error::Error;
use std::time::Duration;

use upr_benches::Outcome;
use upr_benches::build::Built;
use upr_benches::measure::median;
use upr_benches::table::{Table, within};
use upr_tests::command::Ran;
use upr_tests::gcp::{Form, PERMISSIONS, PackageLock};

/// Prints the number of permissions and the nanoseconds that the first call took.
const PROGRAM: &str = r#"//! Times the registry.

use CRATE as _;

LOCK

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let start = std::time::Instant::now();
    let registry = upr::Registry::try_global()?;
    let elapsed = start.elapsed();
    println!("{} {}", registry.len(), elapsed.as_nanos());
    Ok(())
}
"#;

fn main() -> Outcome {
    let rounds = match std::env::args().nth(1) {
        Some(rounds) => rounds.parse()?,
        None => 21,
    };
    let mut table = Table::new(&["registry", "first call", "budget"]);
    for (name, form, lock) in [
        ("attributes", Form::Attribute, ""),
        (
            "attributes, lock embedded",
            Form::Attribute,
            "upr::lock!();",
        ),
        ("handlers", Form::Handlers, ""),
    ] {
        let built = Built::new(form, PackageLock::Alone, PERMISSIONS)?;
        built.write(
            "src/bin/probe-startup.rs",
            &PROGRAM
                .replace("LOCK", lock)
                .replace("CRATE", built.krate()),
        )?;
        built.cargo(&["build", "--release", "--bin", "probe-startup"])?;
        let mut times = Vec::new();
        for _ in 0..rounds {
            times.push(start(&built)?);
        }
        let time = median(times);
        let millis = time.as_secs_f64() * 1e3;
        table.row([
            name.to_owned(),
            format!("{millis:.2} ms"),
            within(millis, 2.0),
        ]);
    }
    println!("\n{PERMISSIONS} permissions, median of {rounds} starts\n\n{table}");
    Ok(())
}

fn start(built: &Built) -> Result<Duration, Box<dyn Error>> {
    let ran =
        Ran::of(std::process::Command::new(built.release("probe-startup")))?.expect_code(0)?;
    let (count, nanos) = ran.stdout.trim().split_once(' ').ok_or("no figures")?;
    if count.parse() != Ok(PERMISSIONS) {
        return Err(format!("{count} permissions were registered").into());
    }
    Ok(Duration::from_nanos(nanos.parse()?))
}

//! `upr status`: what is in the store, counted.

use upr_sync::{LastSync, Mode, Status};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{BOLD, DIM};
use crate::shorten::thousands;

/// Count what is in the store
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let store = context.store(&settings, Mode::Read)?;
    let status = store.status(context.application(&settings)?.as_deref())?;
    context.out.json(&status)?;
    context
        .out
        .text(&text(&status, store.place(), &settings.environment))?;
    Ok(Exit::Yes)
}

fn text(status: &Status, place: &str, environment: &str) -> String {
    let mut text = format!("{BOLD}{place}{BOLD:#} ({environment})\n");
    let counts = [
        ("permissions", status.total_permissions),
        ("  active", status.active_permissions),
        ("  deprecated", status.deprecated_permissions),
        ("  orphaned", status.orphaned_permissions),
        ("assignments", status.permission_assignments),
        ("roles", status.roles),
        ("subjects", status.subjects),
        ("revision", status.revision),
    ];
    for (name, count) in counts {
        let count = thousands(count);
        text.push_str(&format!("{name:<14} {count:>8}\n"));
    }
    let last = match &status.last_sync {
        Some(LastSync {
            application,
            at,
            by,
            version,
            ..
        }) => {
            // Seconds are enough for a person.
            let seconds = at
                .split_once('.')
                .map_or(at.as_str(), |(seconds, _)| seconds);
            let seconds = seconds.trim_end_matches('Z').replace('T', " ");
            format!("{seconds} UTC by {by}, {application} {version}")
        }
        None => "never; run 'upr sync'".to_owned(),
    };
    text.push_str(&format!("{:<14} {last}\n", "last sync"));
    if let Some(fingerprint) = &status.fingerprint {
        text.push_str(&format!(
            "{DIM}{:<14} {fingerprint}{DIM:#}\n",
            "fingerprint"
        ));
    }
    text
}

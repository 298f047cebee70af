//! `upr migrate`: the store's schema, brought up to date.

use upr_sync::{Migrate, Mode};

use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::writing::operator;

/// Create the store, or bring its schema up to date
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The first run writes the environment into the store. From then on commands under another environment \
are refused, so that a forgotten UPR_ENV does no harm.")]
pub(crate) struct Args {
    /// Make the store one of this environment, although it belongs to another
    #[arg(long)]
    adopt_environment: bool,

    /// Write nothing; say what would change, and exit 1 if it would be refused
    #[arg(long)]
    dry_run: bool,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let migrate = Migrate::new(&settings.environment)
        .protected(settings.protected)
        .adopt_environment(args.adopt_environment)
        .by(operator());
    let database = context.database(&settings)?;
    if !args.dry_run {
        let tried = context
            .open(&settings, &database, Mode::DryRun)?
            .migrate(&migrate)?;
        if tried.changes > 0 {
            let verb = if tried.from == 0 { "Create" } else { "Change" };
            let environment = &settings.environment;
            confirm::go_on(context, &format!("{verb} {database} ({environment})?"))?;
        }
    }
    let mode = if args.dry_run {
        Mode::DryRun
    } else {
        Mode::Create
    };
    let migrated = context
        .open(&settings, &database, mode)?
        .migrate(&migrate)?;
    context.note_change(migrated.applied);
    context.out.json(&migrated)?;

    let protected = if migrated.protected {
        ", protected"
    } else {
        ""
    };
    let state = format!(
        "schema version {}, environment {}{protected}",
        migrated.to, migrated.environment
    );
    let is_new = migrated.from == 0;
    context.out.done(&match (migrated.changes, args.dry_run) {
        (0, _) => format!("{database} is up to date: {state}.\n"),
        (_, true) if is_new => format!("Would create {database}: {state}.\n"),
        (_, true) => format!("Would change {database}: {state}.\n"),
        (_, false) if is_new => format!("Created {database}: {state}.\n"),
        (_, false) => format!("Changed {database}: {state}.\n"),
    })?;
    Ok(Exit::Yes)
}

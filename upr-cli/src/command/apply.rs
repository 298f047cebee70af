//! `upr apply`: a plan that was saved, carried out if nothing moved.

use std::io;
use std::path::{Path, PathBuf};

use upr_sync::{Mode, SavedPlan, SyncOptions};

use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress;
use crate::reconcile::Reconcile;
use crate::writing::operator;

/// Apply a plan that `sync --plan-out` saved
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The plan is computed anew, and refused (exit 1) unless it is the one that was saved: the registry, \
the settings, and this application's permissions and roles in the store must be as they were. What \
is assigned may only have become less.

  upr sync --plan-out plan.json    made, and reviewed
  upr apply plan.json              applied")]
pub(crate) struct Args {
    /// The saved plan; - reads it from standard input
    #[arg(value_name = "PLAN")]
    plan: PathBuf,

    /// Write nothing; exit 1 when the plan would be refused
    #[arg(long)]
    dry_run: bool,

    /// The environment's name, where a protected one would lose something
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let saved = read(&args.plan)?;
    let settings = context.settings()?;
    let catalog = context.whole_catalog(&settings)?;
    let mode = if args.dry_run {
        Mode::DryRun
    } else {
        Mode::Write
    };
    let store = context.store(&settings, mode)?;
    let settings = settings.in_store(store.schema()?.protected);
    let options = SyncOptions {
        fail_on_breaking_changes: settings.fail_on_breaking_changes,
        strict_mode: settings.strict_mode,
        mass_loss: settings.mass_loss,
        ..saved.options().clone()
    };
    let reads = context.store(&settings, Mode::DryRun)?;
    let run = Reconcile {
        context,
        settings,
        store,
        confirm: args.confirm.as_deref(),
        is_check: false,
    };
    // A person who pipes the plan in cannot be asked as well.
    let asks = !args.dry_run && !is_standard_input(&args.plan) && confirm::asks(context);
    let actor = operator();
    let mut is_shown = false;
    if args.dry_run || asks || run.settings.protected {
        let plan = progress::during(context, "Comparing", || {
            reads.apply_plan(&catalog, &options, &saved, &actor)
        })?;
        if args.dry_run || plan.is_refused() {
            return run.report(&plan);
        }
        if !plan.is_empty() {
            run.confirm(&plan, asks)?;
            is_shown = asks;
        }
    }
    let plan = progress::during(context, "Applying the plan", || {
        run.store.apply_plan(&catalog, &options, &saved, &actor)
    })?;
    run.settle(&plan, is_shown)
}

fn read(path: &Path) -> Result<SavedPlan, Failure> {
    let shown = if is_standard_input(path) {
        "standard input".to_owned()
    } else {
        path.display().to_string()
    };
    let text = if is_standard_input(path) {
        io::read_to_string(io::stdin().lock())
    } else {
        std::fs::read_to_string(path)
    };
    let text = text.map_err(|error| {
        let message = format!("cannot read the plan {shown}: {error}");
        Failure::could_not("plan-unreadable", message)
            .remedy("make one with `upr sync --plan-out FILE`")
    })?;
    SavedPlan::parse(&text).map_err(|error| {
        let mut failure = Failure::from(error);
        failure.message = format!("{shown}: {}", failure.message);
        failure
    })
}

fn is_standard_input(path: &Path) -> bool {
    path.as_os_str() == "-"
}

//! `upr sync`: the plan from registry to store, shown and carried out.

use std::path::{Path, PathBuf};

use upr_core::Catalog;
use upr_sync::settings::Settings;
use upr_sync::{Approved, Mode, SyncOptions};

use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::file;
use crate::progress;
use crate::reconcile::Reconcile;
use crate::writing::operator;

/// Bring the store to what the code declares: plan, show, apply
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The plan is applied in one transaction, whole or not at all. On a terminal it is shown and asked \
about first; a second run has nothing to do.

  upr sync --dry-run    what would happen
  upr sync --check      in CI: exit 1 when the store is behind
  upr sync --no-input   in a deployment
  upr sync --plan-out plan.json, then upr apply plan.json    reviewed in between")]
pub(crate) struct Args {
    /// Show the plan and write nothing; exit 1 when it would be refused
    #[arg(long)]
    dry_run: bool,

    /// As --dry-run, and exit 1 also when anything would change
    #[arg(long, conflicts_with = "dry_run")]
    check: bool,

    /// Retire orphans to which nothing is assigned
    #[arg(long)]
    clean_orphans: bool,

    /// Take away what is assigned of retired keys that nothing replaces
    #[arg(long)]
    revoke_retired: bool,

    /// Let keys vanish that were neither deprecated nor retired, this once
    #[arg(long)]
    allow_breaking: bool,

    /// Let an older version of the application become the present one again
    #[arg(long)]
    allow_older: bool,

    /// Let exactly N keys or members be lost
    #[arg(long, value_name = "N")]
    expect_loss: Option<u64>,

    /// The environment's name, where a protected one would lose something
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,

    /// Save the plan for `apply` and write nothing to the store; - is standard output
    #[arg(long, value_name = "FILE")]
    plan_out: Option<PathBuf>,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let catalog = context.whole_catalog(&settings)?;
    let mode = if args.reads() {
        Mode::DryRun
    } else {
        Mode::Write
    };
    let store = context.store(&settings, mode)?;
    let settings = settings.in_store(store.schema()?.protected);
    let options = args.options(&settings);
    let run = Reconcile {
        context,
        settings,
        store,
        confirm: args.confirm.as_deref(),
        is_check: args.check,
    };
    match &args.plan_out {
        Some(path) => save(&run, &catalog, &options, path),
        None => carry_out(&run, &catalog, &options, args.reads()),
    }
}

impl Args {
    fn reads(&self) -> bool {
        self.dry_run || self.check || self.plan_out.is_some()
    }

    fn options(&self, settings: &Settings) -> SyncOptions {
        SyncOptions {
            clean_orphans: self.clean_orphans,
            revoke_retired: self.revoke_retired,
            allow_breaking: self.allow_breaking,
            allow_older: self.allow_older,
            expect_loss: self.expect_loss,
            fail_on_breaking_changes: settings.fail_on_breaking_changes,
            strict_mode: settings.strict_mode,
            mass_loss: settings.mass_loss,
        }
    }
}

fn carry_out(
    run: &Reconcile<'_>,
    catalog: &Catalog,
    options: &SyncOptions,
    reads: bool,
) -> Result<Exit, Failure> {
    let asks = !reads && confirm::asks(run.context);
    let mut approved = None;
    let mut is_shown = false;
    if reads || asks || run.settings.protected {
        let plan = progress::during(run.context, "Comparing", || {
            run.store.plan(catalog, options)
        })?;
        if reads || plan.is_refused() {
            return run.report(&plan);
        }
        if !plan.is_empty() {
            run.confirm(&plan, asks)?;
            is_shown = asks;
        }
        approved = Some(Approved::shown(&plan));
    }
    // Also where nothing changes: a higher version of the application is written down.
    let actor = operator();
    let plan = progress::during(run.context, "Applying the plan", || match &approved {
        Some(approved) => run.store.sync_approved(catalog, options, &actor, approved),
        None => run.store.sync(catalog, options, &actor),
    })?;
    run.settle(&plan, is_shown)
}

/// Writes the plan for [`apply`](super::apply); one that is refused is shown and not written.
fn save(
    run: &Reconcile<'_>,
    catalog: &Catalog,
    options: &SyncOptions,
    path: &Path,
) -> Result<Exit, Failure> {
    let (plan, saved) = progress::during(run.context, "Comparing", || {
        run.store.save_plan(catalog, options)
    })?;
    if plan.is_refused() {
        return run.report(&plan);
    }
    let is_refusing = run.is_check && !plan.is_empty();
    if path.as_os_str() == "-" {
        run.context.out.raw(saved.to_json())?;
        return Ok(Exit::answer(!is_refusing));
    }
    file::write(path, saved.to_json())?;
    run.context.out.json(&plan)?;
    let shown = path.display();
    run.tell(&plan, "Nothing was written to the store.")?;
    let line = format!("Saved the plan to {shown}; 'upr apply {shown}' applies it.");
    run.context.out.note(&line);
    Ok(Exit::answer(!is_refusing))
}

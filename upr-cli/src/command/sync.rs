//! `upr sync`: the plan from registry to store, shown and carried out.

use upr_core::Catalog;
use upr_sync::settings::Settings;
use upr_sync::{Mode, Plan, Store, SyncOptions};

use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::GREEN;
use crate::plan;
use crate::progress;
use crate::shorten::{rest, shown};
use crate::wrap::wrapped;
use crate::writing::operator;

/// Bring the store to what the code declares: plan, show, apply
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The plan is applied in one transaction, whole or not at all. On a terminal it is shown and asked \
about first; a second run has nothing to do.

  upr sync --dry-run    what would happen
  upr sync --check      in CI: exit 1 when the store is behind
  upr sync --no-input   in a deployment")]
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
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let catalog = context.catalog(&settings)?;
    let mode = if args.reads() {
        Mode::DryRun
    } else {
        Mode::Write
    };
    let store = context.store(&settings, mode)?;
    let settings = settings.in_store(store.schema()?.protected);
    let run = Run {
        args,
        context,
        options: args.options(&settings),
        settings,
        catalog,
        store,
    };
    run.carry_out()
}

impl Args {
    fn reads(&self) -> bool {
        self.dry_run || self.check
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

/// One run of the command, with everything that it needs at hand.
struct Run<'a> {
    args: &'a Args,
    context: &'a Context,
    settings: Settings,
    options: SyncOptions,
    catalog: Catalog,
    store: Store,
}

impl Run<'_> {
    fn carry_out(&self) -> Result<Exit, Failure> {
        let asks = !self.args.reads() && confirm::asks(self.context);
        let mut confirmed = None;
        if self.args.reads() || asks || self.settings.protected {
            let plan = progress::during(self.context, "Comparing", || {
                self.store.plan(&self.catalog, &self.options)
            })?;
            if self.args.reads() || plan.is_refused() {
                return self.report(&plan);
            }
            if !plan.is_empty() {
                self.confirm(&plan, asks)?;
                confirmed = asks.then_some(plan);
            }
        }
        // Also where nothing changes: a higher version of the application is written down.
        let actor = operator();
        let plan = progress::during(self.context, "Applying the plan", || {
            self.store.sync(&self.catalog, &self.options, &actor)
        })?;
        self.context.note_change(plan.applied);
        match confirmed {
            Some(confirmed) if plan.applied && is_same(&confirmed, &plan) => {
                self.context.out.json(&plan)?;
                self.context.out.done(&applied(&plan))?;
                self.warn_of_orphans(&plan);
                Ok(Exit::Yes)
            }
            Some(_) if plan.applied => {
                let moved = "the store moved while the question stood; this is what was applied";
                self.context.out.warn(moved);
                self.report(&plan)
            }
            _ => self.report(&plan),
        }
    }

    /// Asks once: for the environment's name where a protected one would lose something.
    fn confirm(&self, plan: &Plan, asks: bool) -> Result<(), Failure> {
        if asks {
            self.show(plan, true)?;
        }
        let unconfirmed = self.unconfirmed(plan);
        match (unconfirmed, asks) {
            (None, false) => Ok(()),
            (None, true) => confirm::go_on(self.context, "Apply this plan?"),
            (Some(refusal), false) => Err(refusal),
            (Some(refusal), true) => confirm::name(&self.settings.environment, refusal),
        }
    }

    /// Why a protected environment does not let this plan pass, if it does not.
    fn unconfirmed(&self, plan: &Plan) -> Option<Failure> {
        let environment = &self.settings.environment;
        let is_confirmed = self.args.confirm.as_ref() == Some(environment);
        if !self.settings.protected || !plan.is_destructive() || is_confirmed {
            return None;
        }
        let message = format!("the plan takes something away, and `{environment}` is protected");
        let failure = Failure::no("unconfirmed", message);
        Some(failure.remedy(format!(
            "read it with --dry-run, then say --confirm {environment}"
        )))
    }

    /// The plan and what became of it, for programs and for people; and the exit code.
    fn report(&self, plan: &Plan) -> Result<Exit, Failure> {
        let out = self.context.out;
        out.json(plan)?;
        if plan.is_empty() && !plan.is_refused() {
            let revision = plan.revision;
            out.done(&format!(
                "{GREEN}In sync{GREEN:#}: nothing to do (changes: 0, revision {revision}).\n"
            ))?;
            return Ok(Exit::Yes);
        }
        self.show(plan, false)?;
        if plan.is_refused() {
            out.text(&plan::refusals(plan))?;
            out.note("Nothing was changed.");
            return Ok(Exit::No);
        }
        if plan.applied {
            out.done(&applied(plan))?;
        } else {
            let summary = plan::summary(plan, plan::Tense::Future);
            let line = format!("{summary}. Nothing was written.");
            out.done(&wrapped(&line, "", "  "))?;
        }
        self.warn_of_orphans(plan);
        if plan.applied {
            return Ok(Exit::Yes);
        }
        let unconfirmed = self.unconfirmed(plan);
        if let Some(refusal) = &unconfirmed {
            out.warn(&format!("{}; --confirm would be wanted", refusal.message));
        }
        Ok(Exit::answer(!self.args.check && unconfirmed.is_none()))
    }

    fn show(&self, plan: &Plan, asks: bool) -> Result<(), Failure> {
        let out = self.context.out;
        if out.json && !asks {
            return Ok(());
        }
        let heading = format!(
            "Plan for {} on {} ({})\n\n",
            plan.application,
            self.store.place(),
            plan.environment
        );
        let body = plan::text(plan, &self.store.role_list()?, self.context.out.detail);
        if asks && out.json {
            // Nobody is asked about what they have not seen.
            out.note(&format!("{heading}{body}"));
        }
        out.done(&format!("{heading}{body}\n"))
    }

    /// The sentence that scripts look for, once for each orphan.
    fn warn_of_orphans(&self, plan: &Plan) {
        let out = self.context.out;
        let lines = shown(plan.orphan.len(), out.detail);
        for orphan in plan.orphan.iter().take(lines) {
            out.warn(&format!("Orphaned permission found: {}", orphan.key));
        }
        if lines < plan.orphan.len() {
            out.note(rest(plan.orphan.len() - lines).trim_end());
        }
    }
}

/// Whether what was applied is what was shown.
fn is_same(shown: &Plan, applied: &Plan) -> bool {
    let mut shown = shown.clone();
    shown.applied = applied.applied;
    shown.revision = applied.revision;
    shown.backup.clone_from(&applied.backup);
    shown == *applied
}

fn applied(plan: &Plan) -> String {
    let summary = plan::summary(plan, plan::Tense::Past);
    let line = format!(
        "{GREEN}Applied{GREEN:#} {summary} (revision {}).",
        plan.revision
    );
    let mut text = wrapped(&line, "", "  ");
    if let Some(backup) = &plan.backup {
        text.push_str(&format!(
            "Backup of what was before: {}\n",
            backup.display()
        ));
    }
    text
}

//! What `sync` and `apply` have in common: a plan is shown, approved, and what became of it is told.

use upr_sync::settings::Settings;
use upr_sync::{Plan, Store};

use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::GREEN;
use crate::plan;
use crate::shorten::{rest, shown};
use crate::wrap::wrapped;

/// One reconciliation, with everything that it needs at hand.
pub(crate) struct Reconcile<'a> {
    pub(crate) context: &'a Context,
    pub(crate) settings: Settings,
    pub(crate) store: Store,
    /// The environment's name, if `--confirm` gave it.
    pub(crate) confirm: Option<&'a str>,
    /// Whether a plan that changes something is a no (`--check`).
    pub(crate) is_check: bool,
}

impl Reconcile<'_> {
    /// Asks once: for the environment's name where a protected one would lose something.
    pub(crate) fn confirm(&self, plan: &Plan, asks: bool) -> Result<(), Failure> {
        if asks {
            self.show(plan, true)?;
        }
        let unconfirmed = self.unconfirmed(plan);
        match (unconfirmed, asks) {
            (None, false) => Ok(()),
            (None, true) => confirm::go_on(self.context, "Apply this plan?"),
            (Some(refusal), false) => Err(refusal),
            (Some(refusal), true) => {
                confirm::name(&self.settings.environment, "apply this plan", refusal)
            }
        }
    }

    /// Why a protected environment does not let this plan pass, if it does not.
    fn unconfirmed(&self, plan: &Plan) -> Option<Failure> {
        let environment = &self.settings.environment;
        let is_confirmed = self.confirm == Some(environment);
        if !self.settings.protected || !plan.is_destructive() || is_confirmed {
            return None;
        }
        let message = format!("the plan takes something away, and `{environment}` is protected");
        let failure = Failure::no("unconfirmed", message);
        Some(failure.remedy(format!(
            "read it with --dry-run, then say --confirm {environment}"
        )))
    }

    /// What became of a plan that was shown already; what was not applied is shown anew.
    pub(crate) fn settle(&self, plan: &Plan, is_shown: bool) -> Result<Exit, Failure> {
        self.context.note_change(plan.applied);
        if !is_shown || !plan.applied {
            return self.report(plan);
        }
        self.context.out.json(plan)?;
        self.context.out.done(&applied(plan))?;
        self.warn_of_orphans(plan);
        Ok(Exit::Yes)
    }

    /// The plan and what became of it, for programs and for people; and the exit code.
    pub(crate) fn report(&self, plan: &Plan) -> Result<Exit, Failure> {
        self.context.out.json(plan)?;
        if self.tell(plan, "Nothing was written.")? {
            return Ok(Exit::No);
        }
        let is_done = plan.applied || plan.is_empty();
        let unconfirmed = (!is_done).then(|| self.unconfirmed(plan)).flatten();
        if let Some(refusal) = &unconfirmed {
            let message = format!("{}; --confirm would be wanted", refusal.message);
            self.context.out.warn(&message);
        }
        let is_yes = is_done || (!self.is_check && unconfirmed.is_none());
        Ok(Exit::answer(is_yes))
    }

    /// Says what the plan is, and whether it is refused; `unapplied` ends the line of one that is
    /// not applied.
    pub(crate) fn tell(&self, plan: &Plan, unapplied: &str) -> Result<bool, Failure> {
        let out = self.context.out;
        if plan.is_empty() && !plan.is_refused() {
            // What a clean-up could not retire is what it was asked for.
            if !plan.kept.is_empty() {
                self.show(plan, false)?;
            }
            let revision = plan.revision;
            out.done(&format!(
                "{GREEN}In sync{GREEN:#}: nothing to do (changes: 0, revision {revision}).\n"
            ))?;
            return Ok(false);
        }
        if !plan.is_empty() {
            self.show(plan, false)?;
        }
        if plan.is_refused() {
            out.text(&plan::refusals(plan, out.detail))?;
            out.note("Nothing was changed.");
            return Ok(true);
        }
        if plan.applied {
            out.done(&applied(plan))?;
        } else {
            let summary = plan::summary(plan, plan::Tense::Future);
            let line = format!("{summary}. {unapplied}");
            out.done(&wrapped(&line, "", "  "))?;
        }
        self.warn_of_orphans(plan);
        Ok(false)
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
        let body = plan::text(plan, out.detail);
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

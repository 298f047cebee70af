//! `upr undo`: a change set taken back by another one.

use serde_json::json;
use upr_sync::settings::Settings;
use upr_sync::{Mode, Undone};

use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::fact;
use crate::failure::Failure;
use crate::output::GREEN;
use crate::shorten::{many, rest, shown};
use crate::writing::{Writing, document};

/// Take a change set back, by another one
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Grants, revocations and whatever was done to roles and subjects can be taken back; what later \
change sets rest on cannot, and these are named. It obeys every rule of a new change, and never \
revives a grant that has ended.

  upr history             the numbers
  upr undo 12 --dry-run   what would happen")]
pub(crate) struct Args {
    /// The number of the change set
    #[arg(value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    number: u64,

    /// The environment's name, where it is a protected one
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,

    #[command(flatten)]
    writing: Writing,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let dry = context.store(&settings, Mode::DryRun)?;
    let settings = settings.in_store(dry.schema()?.protected);
    let run = Run {
        args,
        context,
        settings,
    };
    let would = dry.undo(args.number, &args.writing.actor())?;
    if args.writing.dry_run || would.outcome.changes == 0 {
        return run.report(&would);
    }
    let asks = confirm::asks(context);
    if asks {
        context.out.done(&run.text(&would))?;
    }
    match (run.unconfirmed(), asks) {
        (None, false) => {}
        (None, true) => confirm::go_on(context, &format!("Undo {}?", args.number))?,
        (Some(refusal), false) => return Err(refusal),
        (Some(refusal), true) => confirm::name(&run.settings.environment, "undo this", refusal)?,
    }
    let store = context.store(&run.settings, Mode::Write)?;
    let undone = store.undo(args.number, &args.writing.actor())?;
    context.note_change(undone.outcome.applied);
    run.report(&undone)
}

struct Run<'a> {
    args: &'a Args,
    context: &'a Context,
    settings: Settings,
}

impl Run<'_> {
    /// Why a protected environment does not let this pass, if it does not.
    fn unconfirmed(&self) -> Option<Failure> {
        confirm::missing(&self.settings, self.args.confirm.as_deref(), "an undo")
    }

    fn report(&self, undone: &Undone) -> Result<Exit, Failure> {
        let out = self.context.out;
        out.json(&document(
            undone,
            json!({"dry_run": self.args.writing.dry_run}),
        ))?;
        let (number, action) = (undone.undone, &undone.action);
        let changes = many(undone.outcome.changes, "change");
        let said = if undone.outcome.applied {
            let revision = undone.outcome.revision;
            format!("{GREEN}Undid{GREEN:#} {number} ({action}): {changes} (revision {revision}).\n")
        } else if undone.outcome.changes == 0 {
            format!("Nothing to undo of {number} ({action}).\n")
        } else {
            format!("Would undo {number} ({action}): {changes}. Nothing was written.\n")
        };
        out.done(&format!("{}{said}", self.text(undone)))?;
        if undone.ended > 0 {
            out.note(&format!(
                "{} ended meanwhile and {} not revived.",
                many(undone.ended, "grant"),
                if undone.ended == 1 { "is" } else { "are" },
            ));
        }
        let is_dry = self.args.writing.dry_run && undone.outcome.changes > 0;
        let unconfirmed = self.unconfirmed().filter(|_| is_dry);
        if let Some(refusal) = &unconfirmed {
            out.warn(&format!("{}; --confirm would be wanted", refusal.message));
        }
        Ok(Exit::answer(unconfirmed.is_none()))
    }

    fn text(&self, undone: &Undone) -> String {
        let lines = shown(undone.facts.len(), self.context.out.detail);
        let mut text = String::new();
        for fact in undone.facts.iter().take(lines) {
            text.push_str(&format!("  {}\n", fact::line(&fact.into())));
        }
        if lines < undone.facts.len() {
            text.push_str(&rest(undone.facts.len() - lines));
        }
        text
    }
}

//! `upr backup restore`: the difference, shown and carried out.

use std::path::PathBuf;

use serde_json::{Value, json};
use upr_sync::backup::{Fact, RestoreOptions, Restored};
use upr_sync::settings::Settings;
use upr_sync::{Mode, Store};

use crate::confirm;
use crate::context::Context;
use crate::exit::Exit;
use crate::fact;
use crate::failure::Failure;
use crate::output::{Detail, GREEN};
use crate::progress;
use crate::shorten::{rest, shown};
use crate::writing::{document, operator};

/// Make what a backup holds the present again
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The trail and the revision go on: a restore is one more change set, and a backup of the present is \
taken first. What people revoked, denied and deactivated since the backup stays so, unless --exact \
is said. Environment and store id stay. A store that holds nothing yet takes everything, its history \
too.

  upr backup restore FILE --dry-run    what would happen")]
pub(super) struct Args {
    /// The backup
    file: PathBuf,

    /// Give back also what was revoked, denied or deactivated since
    #[arg(long)]
    exact: bool,

    /// Restore the rows of every application that shares the store, and the roles made in it
    #[arg(long)]
    all_applications: bool,

    /// The environment's name, where it is a protected one
    #[arg(long, value_name = "ENV")]
    confirm: Option<String>,

    /// Show the difference and write nothing; exit 1 when it would be refused
    #[arg(long)]
    dry_run: bool,
}

pub(super) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let options = RestoreOptions {
        application: context.application(&settings)?,
        all_applications: args.all_applications,
        exact: args.exact,
    };
    let dry = context.store(&settings, Mode::DryRun)?;
    let settings = settings.in_store(dry.schema()?.protected);
    let run = Run {
        args,
        context,
        settings,
        options,
    };
    run.carry_out(&dry)
}

struct Run<'a> {
    args: &'a Args,
    context: &'a Context,
    settings: Settings,
    options: RestoreOptions,
}

impl Run<'_> {
    fn carry_out(&self, dry: &Store) -> Result<Exit, Failure> {
        let would = self.restore(dry, "Comparing")?;
        if self.args.dry_run || would.outcome.changes == 0 {
            return self.report(&would);
        }
        let asks = confirm::asks(self.context);
        if asks {
            self.show(&would)?;
        }
        match (self.unconfirmed(), asks) {
            (None, false) => {}
            (None, true) => confirm::go_on(self.context, "Restore this?")?,
            (Some(refusal), false) => return Err(refusal),
            (Some(refusal), true) => {
                confirm::name(&self.settings.environment, "restore this", refusal)?;
            }
        }
        let store = self.context.store(&self.settings, Mode::Write)?;
        let restored = self.restore(&store, "Restoring")?;
        self.context.note_change(restored.outcome.applied);
        let is_as_shown = restored.difference == would.difference && restored.facts == would.facts;
        if asks && is_as_shown {
            self.context.out.json(&self.document(&restored))?;
            self.context.out.done(&applied(&restored))?;
            return Ok(Exit::Yes);
        }
        if asks {
            let moved = "the store moved while the question stood; this is what was restored";
            self.context.out.warn(moved);
        }
        self.report(&restored)
    }

    fn restore(&self, store: &Store, what: &'static str) -> Result<Restored, Failure> {
        let actor = operator();
        let restored = progress::during(self.context, what, || {
            store.restore(&self.args.file, &self.options, &actor)
        })?;
        Ok(restored)
    }

    /// Why a protected environment does not let this pass, if it does not.
    fn unconfirmed(&self) -> Option<Failure> {
        confirm::missing(&self.settings, self.args.confirm.as_deref(), "a restore")
    }

    fn report(&self, restored: &Restored) -> Result<Exit, Failure> {
        let out = self.context.out;
        out.json(&self.document(restored))?;
        if restored.outcome.changes == 0 {
            let revision = restored.outcome.revision;
            let stays = stays(restored);
            let rest = if stays.is_empty() {
                "the store"
            } else {
                "the rest"
            };
            out.done(&format!(
                "{stays}Nothing to restore: {rest} is as the backup has it (changes: 0, revision {revision}).\n"
            ))?;
            return Ok(Exit::Yes);
        }
        self.show(restored)?;
        if restored.outcome.applied {
            out.done(&applied(restored))?;
            return Ok(Exit::Yes);
        }
        let changes = rows(restored.outcome.changes);
        out.done(&format!("Would restore {changes}. Nothing was written.\n"))?;
        let unconfirmed = self.unconfirmed();
        if let Some(refusal) = &unconfirmed {
            out.warn(&format!("{}; --confirm would be wanted", refusal.message));
        }
        Ok(Exit::answer(unconfirmed.is_none()))
    }

    fn document(&self, restored: &Restored) -> Value {
        document(restored, json!({"dry_run": self.args.dry_run}))
    }

    fn show(&self, restored: &Restored) -> Result<(), Failure> {
        let out = self.context.out;
        let mut text = heading(restored);
        for table in &restored.difference {
            let counts = table.counts;
            let parts = [
                (counts.added, "added"),
                (counts.removed, "removed"),
                (counts.changed, "changed"),
            ];
            let parts: Vec<String> = parts
                .iter()
                .filter(|(number, _)| *number > 0)
                .map(|(number, word)| format!("{number} {word}"))
                .collect();
            if !parts.is_empty() {
                text.push_str(&format!("{}: {}\n", name(table.table), parts.join(", ")));
            }
        }
        let lines = shown(restored.facts.len(), out.detail);
        for fact in restored.facts.iter().take(lines) {
            text.push_str(&format!("  {}\n", line(fact)));
        }
        if lines < restored.facts.len() {
            text.push_str(&rest(restored.facts.len() - lines));
        }
        text.push_str(&stays(restored));
        if out.json {
            // Nobody is asked about what they have not seen.
            if confirm::asks(self.context) && out.detail > Detail::Quiet {
                out.note(&text);
            }
            return Ok(());
        }
        out.done(&format!("{text}\n"))
    }
}

fn heading(restored: &Restored) -> String {
    let whose = match &restored.application {
        Some(name) => format!(" for {name} alone"),
        None => String::new(),
    };
    let store = match (restored.adopted, restored.own) {
        (true, _) => "\nThe store holds nothing yet: it takes everything, the history too",
        (false, true) => "",
        (false, false) => "\nIt is of another store, or of another past of this one",
    };
    format!(
        "Restore revision {} ({}, taken {}){whose}{store}\n\n",
        restored.from_revision, restored.from_environment, restored.from_at
    )
}

/// What was decided since and is not given back.
fn stays(restored: &Restored) -> String {
    let again = restored.again;
    let parts = [
        (again.revocations, "revocation"),
        (again.denials, "denial"),
        (again.deactivations, "deactivation"),
    ];
    let parts: Vec<String> = parts
        .iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, word)| counted(*number, word))
        .collect();
    if parts.is_empty() {
        return String::new();
    }
    format!(
        "Decided since, and stays so without --exact: {}\n",
        parts.join(", ")
    )
}

fn counted(number: u64, word: &str) -> String {
    let s = if number == 1 { "" } else { "s" };
    format!("{number} {word}{s}")
}

fn rows(changes: u64) -> String {
    counted(changes, "row")
}

/// A table as people call what is in it.
fn name(table: &str) -> &str {
    match table {
        "upr_module" => "Modules",
        "upr_permission" => "Permissions",
        "upr_role" => "Roles",
        "upr_role_permission" => "What roles hold",
        "upr_role_offer" => "What was offered to roles",
        "upr_subject" => "Subjects",
        "upr_grant" => "Grants",
        other => other,
    }
}

fn line(fact: &Fact) -> String {
    fact::line(&fact::Fact {
        kind: fact.kind,
        subject: &fact.subject,
        role: &fact.role,
        permission: &fact.permission,
        before: &json!(fact.before),
        after: &json!(fact.after),
    })
}

fn applied(restored: &Restored) -> String {
    let mut text = format!(
        "{GREEN}Restored{GREEN:#} {} (revision {}).\n",
        rows(restored.outcome.changes),
        restored.outcome.revision
    );
    if let Some(backup) = &restored.backup {
        text.push_str(&format!(
            "Backup of what was before: {}\n",
            backup.display()
        ));
    }
    text
}

//! What every command that writes to the store has in common.

use upr_sync::{Actor, Mode, Outcome, Store};

use crate::confirm;
use crate::context::Context;
use crate::failure::Failure;

/// The options of every command that writes to the store.
#[derive(clap::Args, Clone, Debug)]
pub(crate) struct Writing {
    /// Write nothing; say what would change, and exit 1 if it would be refused
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Why, for those who read the history
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
}

impl Writing {
    /// Carries `wish` out. On a terminal it is tried first, and `question` is asked where the wish
    /// would be granted and would change something; `outcome` finds that in what `wish` returns.
    pub(crate) fn carry_out<T, E>(
        &self,
        context: &Context,
        question: &str,
        wish: impl Fn(&Store) -> Result<T, E>,
        outcome: impl Fn(&T) -> Outcome,
    ) -> Result<T, Failure>
    where
        Failure: From<E>,
    {
        self.carry_out_shown(context, question, wish, outcome, |_| String::new())
    }

    /// As [`carry_out`](Self::carry_out), saying with `show` what the wish comes to: before the
    /// question where there is one, and once.
    pub(crate) fn carry_out_shown<T, E>(
        &self,
        context: &Context,
        question: &str,
        wish: impl Fn(&Store) -> Result<T, E>,
        outcome: impl Fn(&T) -> Outcome,
        show: impl Fn(&T) -> String,
    ) -> Result<T, Failure>
    where
        Failure: From<E>,
    {
        let settings = context.settings()?;
        let asks = !self.dry_run && confirm::asks(context);
        if self.dry_run || asks {
            let tried = wish(&context.store(&settings, Mode::DryRun)?)?;
            let shown = show(&tried);
            if asks && context.out.json && !shown.is_empty() {
                // Nobody is asked about what they have not seen.
                context.out.note(shown.trim_end());
            }
            context.out.done(&shown)?;
            if self.dry_run || outcome(&tried).changes == 0 {
                return Ok(tried);
            }
            confirm::go_on(context, question)?;
        }
        let done = wish(&context.store(&settings, Mode::Write)?)?;
        context.note_change(outcome(&done).applied);
        if !asks {
            context.out.done(&show(&done))?;
        }
        Ok(done)
    }

    /// Who does it, and why.
    pub(crate) fn actor(&self) -> Actor {
        let actor = operator();
        match &self.reason {
            Some(reason) => actor.because(reason),
            None => actor,
        }
    }

    /// The line that says what happened: `done`, `would be done`, or that it was so already.
    pub(crate) fn said(&self, outcome: Outcome, done: &str, would: &str, already: &str) -> String {
        let sentence = match (outcome.changes, self.dry_run) {
            (0, _) => already,
            (_, true) => would,
            (_, false) => done,
        };
        format!("{sentence}\n")
    }
}

/// The account that runs the command.
pub(crate) fn operator() -> Actor {
    let name = ["LOGNAME", "USER", "USERNAME"]
        .iter()
        .filter_map(|name| std::env::var(name).ok())
        .find(|name| !name.is_empty());
    Actor::new(name.as_deref().unwrap_or("upr"))
}

/// What a writing command says to programs: the outcome and the command's own `facts`, flat.
pub(crate) fn document(
    outcome: &impl serde::Serialize,
    facts: serde_json::Value,
) -> serde_json::Value {
    let mut document = serde_json::to_value(outcome).unwrap_or_default();
    if let (Some(document), serde_json::Value::Object(facts)) = (document.as_object_mut(), facts) {
        document.extend(facts);
    }
    document
}

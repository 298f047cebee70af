//! `upr history`: who changed what, when and why.

use serde_json::json;
use upr_core::SubjectId;
use upr_sync::{ChangeSet, HistoryQuery, Mode};

use crate::context::Context;
use crate::exit::Exit;
use crate::fact;
use crate::failure::Failure;
use crate::output::{BOLD, DIM, Detail};
use crate::parse;
use crate::shorten::{many, shown, thousands};

/// Show who changed what, when and why, the newest first
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each change set has a number, which is the revision that it made; 'upr undo NUMBER' takes one back. \
+ is what came, - what went, ~ what is another.

  upr history --subject 42 --limit 5")]
pub(crate) struct Args {
    /// Only what touched this subject, or what was given to it
    #[arg(long, value_name = "SUBJECT", value_parser = parse::subject)]
    subject: Option<SubjectId>,

    /// How many change sets to show
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let store = context.store(&context.settings()?, Mode::Read)?;
    let changes = store.history(&HistoryQuery {
        subject: args.subject.clone(),
        limit: args.limit,
    })?;
    context.out.json(&json!({"changes": changes}))?;
    if let (true, Some(subject)) = (changes.is_empty(), &args.subject) {
        context
            .out
            .note(&format!("Nothing was ever changed about {subject}."));
    }
    let text: String = changes
        .iter()
        .map(|change| told(change, context.out.detail))
        .collect();
    context.out.text(&text)?;
    Ok(Exit::Yes)
}

fn told(change: &ChangeSet, detail: Detail) -> String {
    let whose = match change.application.as_str() {
        "" => String::new(),
        application => format!(" of {application}"),
    };
    let why = match change.reason.as_str() {
        "" => String::new(),
        reason => format!(": {}", fact::printable(reason)),
    };
    let mut text = format!(
        "{BOLD}{}{BOLD:#}  {DIM}{}{DIM:#}  {}{whose} by {}{why}\n",
        change.number,
        change.at,
        change.action,
        fact::printable(&change.by),
    );
    let lines = shown(change.facts.len(), detail);
    for fact in change.facts.iter().take(lines) {
        text.push_str(&format!("  {}\n", fact::line(&fact.into())));
    }
    let hidden = change.items - lines.min(change.facts.len()) as u64;
    if hidden > 0 {
        let more = if change.facts.len() > lines {
            " (-v shows more)"
        } else {
            ""
        };
        text.push_str(&format!(
            "  {DIM}… and {} more{more}{DIM:#}\n",
            thousands(hidden)
        ));
    }
    if change.items == 0 {
        text.push_str(&summary(change));
    }
    text
}

/// What a change set says that is no change of access.
fn summary(change: &ChangeSet) -> String {
    let Some(after) = change.after.as_object() else {
        return String::new();
    };
    if let Some(changes) = after.get("changes").and_then(serde_json::Value::as_u64) {
        return format!(
            "  {DIM}{} of declarations{DIM:#}\n",
            many(changes, "change")
        );
    }
    let told = |name: &str| match after.get(name) {
        Some(serde_json::Value::String(text)) => Some(format!("{name} {}", fact::printable(text))),
        Some(serde_json::Value::Number(number)) => Some(format!("{name} {number}")),
        _ => None,
    };
    let parts: Vec<String> = ["schema", "environment"]
        .iter()
        .filter_map(|name| told(name))
        .collect();
    if parts.is_empty() {
        return String::new();
    }
    format!("  {DIM}{}{DIM:#}\n", parts.join(", "))
}

//! `upr who-can` and `upr permissions`: the two questions of an audit.

use serde_json::json;
use upr::access::Snapshot;
use upr_core::{Key, Scope, SubjectId, Timestamp};
use upr_sync::{Mode, WishError};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::parse::{self, in_scope};

/// List the subjects that may do one thing
#[derive(Debug, clap::Args)]
pub(crate) struct WhoCan {
    /// The permission
    #[arg(value_parser = parse::key)]
    key: Key,

    /// The scope to ask about [default: the empty one]
    #[arg(long, value_name = "SCOPE", default_value = "", value_parser = parse::scope, hide_default_value = true)]
    scope: Scope,
}

/// List what a subject may do
#[derive(Debug, clap::Args)]
pub(crate) struct Permissions {
    /// The subject's id
    #[arg(value_parser = parse::subject)]
    subject: SubjectId,

    /// The scope to ask about [default: the empty one]
    #[arg(long, value_name = "SCOPE", default_value = "", value_parser = parse::scope, hide_default_value = true)]
    scope: Scope,
}

pub(crate) fn who_can(args: &WhoCan, context: &Context) -> Result<Exit, Failure> {
    let store = context.store(&context.settings()?, Mode::Read)?;
    store.permission_state(&args.key)?;
    let snapshot = store.snapshot()?;
    let now = Timestamp::now();
    let subjects = snapshot.subjects_with_at(args.key.as_str(), args.scope.as_str(), now);
    context.out.json(&json!({
        "permission": args.key,
        "scope": args.scope,
        "subjects": subjects,
    }))?;
    lines(&subjects, context)?;
    if subjects.is_empty() {
        let place = if args.scope.is_everywhere() {
            String::new()
        } else {
            in_scope(&args.scope)
        };
        context
            .out
            .note(&format!("Nobody may {}{place}.", args.key));
    }
    Ok(Exit::Yes)
}

pub(crate) fn permissions(args: &Permissions, context: &Context) -> Result<Exit, Failure> {
    let store = context.store(&context.settings()?, Mode::Read)?;
    let facts = store.facts_of(&args.subject)?;
    let Some(subject) = facts.subjects.first().cloned() else {
        let subject = args.subject.clone();
        return Err(WishError::UnknownSubject { subject }.into());
    };
    let snapshot = Snapshot::compile(facts);
    let now = Timestamp::now();
    let held = snapshot.permissions_of_at(args.subject.as_str(), args.scope.as_str(), now);
    context.out.json(&json!({
        "subject": args.subject,
        "scope": args.scope,
        "permissions": held,
    }))?;
    lines(&held, context)?;
    if !subject.active {
        context
            .out
            .note(&format!("{} is inactive and may do nothing.", args.subject));
    } else if held.is_empty() {
        context
            .out
            .note(&format!("{} may do nothing here.", args.subject));
    }
    Ok(Exit::Yes)
}

/// The answer itself is never cut.
fn lines(items: &[impl std::fmt::Display], context: &Context) -> Result<(), Failure> {
    let text: String = items.iter().map(|item| format!("{item}\n")).collect();
    context.out.text(&text)
}

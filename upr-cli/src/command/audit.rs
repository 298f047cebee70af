//! `upr who-can` and `upr permissions`: the two questions of an audit.

use serde_json::json;
use upr::access::Snapshot;
use upr_core::{Key, Scope, SubjectId, Timestamp};
use upr_sync::Mode;

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
    let facts = store.facts()?;
    if !facts.permissions.iter().any(|fact| fact.key == args.key) {
        let keys = facts.permissions.iter().map(|fact| fact.key.as_str());
        let near = upr_core::name::nearest(args.key.as_str(), keys);
        let failure = Failure::no(
            "unknown-permission",
            format!("there is no permission `{}`", args.key),
        );
        return Err(match near {
            Some(near) => failure.remedy(format!("Did you mean `{near}`?")),
            None => failure.remedy("run 'upr sync' if it is declared"),
        });
    }
    let snapshot = Snapshot::compile(facts);
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
        return Err(Failure::no(
            "unknown-subject",
            format!("there is no subject `{}`", args.subject),
        )
        .remedy(format!("run 'upr user create {}'", args.subject)));
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

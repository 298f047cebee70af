//! `upr check` and `upr explain`: one decision, and why.

use serde_json::json;
use upr::access::{Miss, MissReason, Reason, Snapshot, Step, StepKind};
use upr_core::{Key, Scope, SubjectId, Timestamp};
use upr_sync::{Mode, Store, WishError, time};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::{Failure, to_sentence};
use crate::output::{DIM, GREEN, RED};
use crate::parse::{self, in_scope};

/// Ask whether a subject may; exit 1 when it may not
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(flatten)]
    question: Question,
}

/// Ask whether a subject may, and why; exit 1 when it may not
#[derive(Debug, clap::Args)]
#[command(after_help = "\
  upr explain 42 users.view --scope acme
  upr explain 42 users.view --at 2026-11-20T09:00:00Z    as it was then, by the history")]
pub(crate) struct ExplainArgs {
    #[command(flatten)]
    question: Question,

    /// The moment to ask about: 2026-11-20T09:00:00Z, or a date [default: now]
    #[arg(long, value_name = "TIME", value_parser = moment)]
    at: Option<Timestamp>,
}

fn moment(text: &str) -> Result<Timestamp, time::TimeError> {
    time::parse(text)
}

#[derive(clap::Args, Clone, Debug)]
struct Question {
    /// The subject's id
    #[arg(value_parser = parse::subject)]
    subject: SubjectId,

    /// The permission
    #[arg(value_parser = parse::key)]
    key: Key,

    /// The scope to ask about [default: the empty one]
    #[arg(long, value_name = "SCOPE", default_value = "", value_parser = parse::scope, hide_default_value = true)]
    scope: Scope,
}

/// The facts about one subject, compiled, and the store that they come from.
struct Asked {
    store: Store,
    snapshot: Snapshot,
    now: Timestamp,
}

impl Question {
    fn ask(&self, context: &Context) -> Result<Asked, Failure> {
        let store = context.store(&context.settings()?, Mode::Read)?;
        let snapshot = Snapshot::compile(store.facts_of(&self.subject)?);
        Ok(Asked {
            store,
            snapshot,
            now: Timestamp::now(),
        })
    }

    /// As [`ask`](Self::ask), of the store as it was at a moment.
    fn ask_at(&self, moment: Timestamp, context: &Context) -> Result<Asked, Failure> {
        let store = context.store(&context.settings()?, Mode::Read)?;
        let past = store.facts_at(&self.subject, moment)?;
        Ok(Asked {
            store,
            snapshot: Snapshot::compile(past.facts),
            now: moment,
        })
    }

    fn facts(&self, asked: &Asked) -> (Explained, serde_json::Value) {
        let (subject, key, scope) = (&self.subject, &self.key, &self.scope);
        let explanation =
            asked
                .snapshot
                .explain_at(subject.as_str(), key.as_str(), scope.as_str(), asked.now);
        let document = json!({
            "subject": subject,
            "permission": key,
            "scope": scope,
            "decision": explanation.decision().to_string(),
            "reason": explanation.decision().reason().as_str(),
        });
        (explanation, document)
    }

    /// What is in the way that a person can do something about.
    fn hint(&self, reason: Reason, asked: &Asked, context: &Context) {
        let subject = self.subject.clone();
        let obstacle = match reason {
            Reason::UnknownPermission => match asked.store.permission_state(&self.key) {
                Err(error) => Failure::from(error),
                // Somebody has synced it in this very moment.
                Ok(_) => return,
            },
            Reason::UnknownSubject => Failure::from(WishError::UnknownSubject { subject }),
            Reason::InactiveSubject => {
                Failure::no("inactive", format!("the subject `{subject}` is inactive"))
                    .remedy(format!("`upr user activate {subject}` lets it in again"))
            }
            _ => return,
        };
        context.out.note(&to_sentence(&obstacle.message));
        for remedy in &obstacle.remedy {
            context.out.note(&format!("  {remedy}"));
        }
    }
}

type Explained = upr::access::Explanation;

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let asked = args.question.ask(context)?;
    let (explanation, document) = args.question.facts(&asked);
    context.out.json(&document)?;
    context.out.text(&format!("{}\n", verdict(&explanation)))?;
    args.question
        .hint(explanation.decision().reason(), &asked, context);
    Ok(Exit::answer(explanation.decision().is_allowed()))
}

pub(crate) fn explain(args: &ExplainArgs, context: &Context) -> Result<Exit, Failure> {
    let asked = match args.at {
        None => args.question.ask(context)?,
        Some(moment) => args.question.ask_at(moment, context)?,
    };
    let (explanation, mut document) = args.question.facts(&asked);
    if let Some(document) = document.as_object_mut() {
        let path: Vec<_> = explanation.path().iter().map(step_json).collect();
        document.insert("path".to_owned(), json!(path));
        document.insert("answered_by".to_owned(), json!(explanation.answered_by()));
        let misses: Vec<_> = explanation.misses().iter().map(miss_json).collect();
        document.insert("misses".to_owned(), json!(misses));
        document.insert("at".to_owned(), json!(args.at.map(time::shown)));
        document.insert("revision".to_owned(), json!(asked.snapshot.revision()));
    }
    context.out.json(&document)?;
    let mut text = explained(&args.question, &explanation);
    if let Some(moment) = args.at {
        let revision = asked.snapshot.revision();
        let moment = time::shown(moment);
        text.push_str(&format!(
            "  {DIM}at {moment}, when the store was at revision {revision}{DIM:#}\n"
        ));
    }
    context.out.text(&text)?;
    let reason = explanation.decision().reason();
    // What to do about it now says nothing about then.
    if args.at.is_none() {
        args.question.hint(reason, &asked, context);
    }
    Ok(Exit::answer(explanation.decision().is_allowed()))
}

fn explained(question: &Question, explanation: &Explained) -> String {
    let Question {
        subject,
        key,
        scope,
    } = question;
    let mut text = format!("{}: {subject} on {key}", verdict(explanation));
    if !scope.is_everywhere() {
        text.push_str(&in_scope(scope));
    }
    text.push_str(&format!(
        "\n  because {}\n",
        because(explanation.decision().reason())
    ));
    match explanation.answered_by() {
        Some(answered) if answered != key => {
            text.push_str(&format!(
                "  {key} is retired, and {answered} answers for it\n"
            ));
        }
        _ => {}
    }
    if !explanation.path().is_empty() {
        text.push_str(&format!("  {subject} {}\n", path(explanation.path())));
    }
    for miss in explanation.misses() {
        let reason = missed(miss.reason);
        text.push_str(&format!(
            "  {DIM}does not apply: {}; {reason}{DIM:#}\n",
            path(&miss.path)
        ));
    }
    text
}

fn miss_json(miss: &Miss) -> serde_json::Value {
    let path: Vec<_> = miss.path.iter().map(step_json).collect();
    json!({"path": path, "because": missed(miss.reason)})
}

fn missed(reason: MissReason) -> &'static str {
    match reason {
        MissReason::OtherScope => "it is for another scope",
        MissReason::Ended => "it has ended",
    }
}

fn because(reason: Reason) -> &'static str {
    match reason {
        Reason::UnknownPermission => "the store knows no such permission",
        Reason::RetiredPermission => "the permission is retired, and nothing answers for it",
        Reason::UnknownSubject => "the store knows no such subject",
        Reason::InactiveSubject => "the subject is inactive",
        Reason::Denied => "a deny applies, and a deny wins",
        Reason::Allowed => "a grant allows it, and no deny applies",
        Reason::NoGrant => "no grant applies",
    }
}

fn verdict(explanation: &Explained) -> String {
    if explanation.decision().is_allowed() {
        format!("{GREEN}allowed{GREEN:#}")
    } else {
        format!("{RED}denied{RED:#}")
    }
}

/// `-> role agent (in acme) -> tickets.*`.
fn path(steps: &[Step]) -> String {
    let steps: Vec<String> = steps.iter().map(step).collect();
    format!("-> {}", steps.join(" -> "))
}

fn step(step: &Step) -> String {
    let what = match step.kind {
        StepKind::Role => format!("role {}", step.key),
        StepKind::Grant => step.key.clone(),
        StepKind::Deny => format!("deny {}", step.key),
        StepKind::Module => format!("{}.*", step.key.trim_end_matches(".*")),
        StepKind::All => "all".to_owned(),
    };
    let mut notes = Vec::new();
    if !step.scope.is_empty() {
        notes.push(format!("in {}", step.scope));
    }
    if let Some(end) = step.expires_at {
        notes.push(format!("until {}", time::shown(end)));
    }
    if notes.is_empty() {
        what
    } else {
        format!("{what} ({})", notes.join(", "))
    }
}

fn step_json(step: &Step) -> serde_json::Value {
    json!({
        "kind": step.kind.as_str(),
        "key": step.key,
        "scope": step.scope,
        "expires_at": step.expires_at.map(time::shown),
    })
}

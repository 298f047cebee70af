//! `upr grant` and `upr revoke`: what a subject is given, and what is taken back.

use serde_json::json;
use upr::access::{Effect, GrantFact, Target};
use upr_core::{Key, RoleKey, Scope, SubjectId};
use upr_sync::{Revoke, time};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::parse::{self, in_scope};
use crate::until;
use crate::writing::{Writing, document};

/// Give a subject a role or a permission, or deny it
#[derive(Debug, clap::Args)]
#[command(after_help = "\
A deny that applies wins over every allow. TIME is RFC 3339 (2026-12-31T18:00:00Z), a date (its \
first moment in UTC), or a span from now on such as 30d, 12h or 6mo.

  upr grant 42 --role support
  upr grant 42 --permission reports.export --scope acme --until 30d
  upr grant 42 --permission users.delete --deny")]
pub(crate) struct Args {
    #[command(flatten)]
    what: What,

    /// Where it applies: a tenant, a project [default: everywhere]
    #[arg(long, value_name = "SCOPE", default_value = "", value_parser = parse::scope, hide_default_value = true)]
    scope: Scope,

    /// When it ends
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    until: Option<String>,

    #[command(flatten)]
    writing: Writing,
}

/// Take back what a subject was given, in exactly the scope named
#[derive(Debug, clap::Args)]
pub(crate) struct RevokeArgs {
    #[command(flatten)]
    what: What,

    /// The scope to take it back in [default: the grant that applies everywhere]
    #[arg(long, value_name = "SCOPE", default_value = "", value_parser = parse::scope, hide_default_value = true)]
    scope: Scope,

    /// Take it back in every scope
    #[arg(long, conflicts_with = "scope")]
    all_scopes: bool,

    #[command(flatten)]
    writing: Writing,
}

#[derive(clap::Args, Clone, Debug)]
struct What {
    /// The subject's id
    #[arg(value_parser = parse::subject)]
    subject: SubjectId,

    #[command(flatten)]
    target: TargetArgs,

    /// A deny in place of an allow
    #[arg(long)]
    deny: bool,
}

#[derive(clap::Args, Clone, Debug)]
#[group(required = true, multiple = false)]
struct TargetArgs {
    /// The role
    #[arg(long, value_name = "ROLE", value_parser = parse::role)]
    role: Option<RoleKey>,

    /// The permission
    #[arg(long, value_name = "KEY", value_parser = parse::key)]
    permission: Option<Key>,
}

impl What {
    fn effect(&self) -> Effect {
        if self.deny {
            Effect::Deny
        } else {
            Effect::Allow
        }
    }

    fn target(&self) -> Result<Target, Failure> {
        let TargetArgs { role, permission } = self.target.clone();
        role.map(Target::Role)
            .or(permission.map(Target::Permission))
            .ok_or_else(|| Failure::usage("usage", "neither --role nor --permission was given"))
    }

    /// `the role agent`, or `the permission users.view`.
    fn named(&self) -> String {
        match (&self.target.role, &self.target.permission) {
            (Some(role), _) => format!("the role {role}"),
            (None, Some(key)) => format!("the permission {key}"),
            (None, None) => String::new(),
        }
    }

    fn facts(&self) -> serde_json::Value {
        json!({
            "subject": self.subject,
            "role": self.target.role,
            "permission": self.target.permission,
            "effect": effect_word(self.effect()),
        })
    }
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    let now = jiff::Timestamp::now();
    let expires_at = args
        .until
        .as_deref()
        .map(|text| until::parse(text, now).map_err(|problem| Failure::usage("usage", problem)))
        .transpose()?;
    let grant = GrantFact {
        subject: args.what.subject.clone(),
        target: args.what.target()?,
        scope: args.scope.clone(),
        effect: args.what.effect(),
        expires_at,
    };
    let end = expires_at
        .map(|end| format!(" until {}", time::shown(end)))
        .unwrap_or_default();
    let (subject, named, scope) = (&grant.subject, args.what.named(), in_scope(&grant.scope));
    let verb = if args.what.deny { "Deny" } else { "Grant" };
    let sentence = format!("{named} to {subject}{scope}{end}");
    let granted = args.writing.carry_out(
        context,
        &format!("{verb} {sentence}?"),
        |store| store.grant(&grant, &args.writing.actor()),
        |granted| granted.outcome,
    )?;

    let mut facts = args.what.facts();
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("scope".to_owned(), json!(grant.scope));
        facts.insert("expires_at".to_owned(), json!(expires_at.map(time::shown)));
    }
    context.out.json(&document(&granted, facts))?;
    let (done, already) = if args.what.deny {
        ("Denied", "is denied")
    } else {
        ("Granted", "has")
    };
    let changed = if granted.changed_end {
        " (its end was another)"
    } else {
        ""
    };
    context.out.done(&args.writing.said(
        granted.outcome,
        &format!("{done} {sentence}{changed}."),
        &format!("Would {} {sentence}{changed}.", verb.to_lowercase()),
        &format!("{subject} {already} {named}{scope}{end} already."),
    ))?;
    Ok(Exit::Yes)
}

pub(crate) fn revoke(args: &RevokeArgs, context: &Context) -> Result<Exit, Failure> {
    let revoke = Revoke {
        subject: args.what.subject.clone(),
        target: args.what.target()?,
        scope: (!args.all_scopes).then(|| args.scope.clone()),
        effect: args.what.effect(),
    };
    let subject = &revoke.subject;
    let kind = if args.what.deny { "the deny of " } else { "" };
    let named = format!("{kind}{}", args.what.named());
    let scope = match &revoke.scope {
        Some(scope) => in_scope(scope),
        None => " in every scope".to_owned(),
    };
    let revoked = args.writing.carry_out(
        context,
        &format!("Revoke {named} from {subject}{scope}?"),
        |store| store.revoke(&revoke, &args.writing.actor()),
        |revoked| revoked.outcome,
    )?;

    let mut facts = args.what.facts();
    if let Some(facts) = facts.as_object_mut() {
        facts.insert("scope".to_owned(), json!(revoke.scope));
    }
    context.out.json(&document(&revoked, facts))?;
    let what = args.what.named();
    let kind = if args.what.deny { "deny" } else { "grant" };
    let nothing = match &revoke.scope {
        None => format!("Nothing to revoke: {subject} has no {kind} of {what} in any scope."),
        Some(scope) if scope.is_everywhere() => {
            format!("Nothing to revoke: {subject} has no unscoped {kind} of {what}.")
        }
        Some(scope) => format!("Nothing to revoke: {subject} has no {kind} of {what} in {scope}."),
    };
    let mut text = args.writing.said(
        revoked.outcome,
        &format!("Revoked {named} from {subject}{scope}."),
        &format!("Would revoke {named} from {subject}{scope}."),
        &nothing,
    );
    for grant in &revoked.remaining {
        text.push_str(&remaining(grant));
    }
    context.out.done(&text)?;
    Ok(Exit::Yes)
}

/// What the subject still has of the same role or permission.
fn remaining(grant: &GrantFact) -> String {
    let end = grant
        .expires_at
        .map(|end| format!(" until {}", time::shown(end)))
        .unwrap_or_default();
    let what = match &grant.target {
        Target::Role(role) => role.to_string(),
        Target::Permission(key) => key.to_string(),
    };
    let effect = effect_word(grant.effect);
    format!(
        "  remains: {effect} {what}{}{end}\n",
        in_scope(&grant.scope)
    )
}

fn effect_word(effect: Effect) -> &'static str {
    match effect {
        Effect::Allow => "allow",
        Effect::Deny => "deny",
    }
}

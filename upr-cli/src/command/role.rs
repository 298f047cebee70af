//! `upr role`: roles in the store.

mod adopt;

use clap::Subcommand;
use serde_json::json;
use upr_core::{Key, ModuleKey, RoleKey};
use upr_sync::{Member, Mode, RoleInfo, RoleMode};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::BOLD;
use crate::parse;
use crate::shorten::{counted, listed, many, thousands};
use crate::table;
use crate::writing::{Writing, document};

/// List, show, create, delete, change, copy and adopt roles
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the roles
    List,
    /// Show what one role holds
    Show {
        /// The role
        #[arg(value_parser = parse::role)]
        role: RoleKey,
    },
    /// Make a role in the store
    #[command(after_help = "  upr role create lead 'tickets.*' users.view --label 'Team lead'")]
    Create {
        /// The role: 1 to 8 segments, such as support or support.lead
        #[arg(value_parser = parse::role)]
        role: RoleKey,
        /// One line for people [default: made from the key]
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        #[command(flatten)]
        members: Members,
        #[command(flatten)]
        writing: Writing,
    },
    /// Delete a role that was made in the store, and the grants of it
    Delete {
        /// The role
        #[arg(value_parser = parse::role)]
        role: RoleKey,
        #[command(flatten)]
        writing: Writing,
    },
    /// Let a role hold permissions
    Allow {
        /// The role
        #[arg(value_parser = parse::role)]
        role: RoleKey,
        #[command(flatten)]
        members: Members,
        #[command(flatten)]
        writing: Writing,
    },
    /// Take permissions from a role
    Disallow {
        /// The role
        #[arg(value_parser = parse::role)]
        role: RoleKey,
        #[command(flatten)]
        members: Members,
        #[command(flatten)]
        writing: Writing,
    },
    /// Take over a role that the code declares and somebody else owns
    #[command(after_help = "\
A role that was made by hand in the store, or by another application, stops a sync of code that \
declares it too. Adopting it makes it this application's; who has it keeps it, and the next sync \
sets what it holds.")]
    Adopt {
        /// The role
        #[arg(value_parser = parse::role)]
        role: RoleKey,
        #[command(flatten)]
        writing: Writing,
    },
    /// Make a role that holds what another one holds now
    Copy {
        /// The role to copy
        #[arg(value_parser = parse::role)]
        from: RoleKey,
        /// The new role
        #[arg(value_parser = parse::role)]
        to: RoleKey,
        /// One line for people [default: made from the key]
        #[arg(long, value_name = "TEXT")]
        label: Option<String>,
        #[command(flatten)]
        writing: Writing,
    },
}

/// What a role holds, as arguments.
#[derive(clap::Args, Clone, Debug)]
struct Members {
    /// Permissions (users.view), whole modules ('users.*', what is added later included), or all
    #[arg(value_name = "WHAT", value_parser = member)]
    members: Vec<Member>,

    /// The same, as an option
    #[arg(long = "permission", value_name = "KEY", value_parser = member)]
    permissions: Vec<Member>,
}

impl Members {
    fn all(&self) -> Vec<Member> {
        self.members
            .iter()
            .chain(&self.permissions)
            .cloned()
            .collect()
    }

    /// Allowing or disallowing nothing is a mistake.
    fn some(&self) -> Result<Vec<Member>, Failure> {
        let members = self.all();
        if members.is_empty() {
            let failure = Failure::usage("usage", "no permission was named");
            return Err(
                failure.remedy("name keys such as users.view, modules as 'users.*', or all")
            );
        }
        Ok(members)
    }
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    match &args.command {
        Command::List => list(context),
        Command::Show { role } => show(role, context),
        Command::Create {
            role,
            label,
            members,
            writing,
        } => create(role, label.as_deref(), &members.all(), writing, context),
        Command::Delete { role, writing } => delete(role, writing, context),
        Command::Allow {
            role,
            members,
            writing,
        } => allow(role, &members.some()?, writing, context),
        Command::Disallow {
            role,
            members,
            writing,
        } => disallow(role, &members.some()?, writing, context),
        Command::Adopt { role, writing } => adopt::run(role, writing, context),
        Command::Copy {
            from,
            to,
            label,
            writing,
        } => copy(from, to, label.as_deref(), writing, context),
    }
}

fn member(text: &str) -> Result<Member, String> {
    if text == "all" || text == "*" {
        return Ok(Member::All);
    }
    if let Some(module) = text.strip_suffix(".*") {
        let module = ModuleKey::parse(module).map_err(|error| error.to_string())?;
        return Ok(Member::Module(module));
    }
    Key::parse(text).map(Member::Permission).map_err(|error| {
        if ModuleKey::parse(text).is_ok() {
            format!("a module is written '{text}.*'")
        } else {
            error.to_string()
        }
    })
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let store = context.store(&context.settings()?, Mode::Read)?;
    let roles = store.role_list()?;
    context.out.json(&json!({"roles": roles}))?;
    let rows: Vec<Vec<String>> = roles
        .iter()
        .map(|role| {
            vec![
                role.key.to_string(),
                role.label.clone(),
                origin(role),
                holds(role),
                thousands(role.subjects),
            ]
        })
        .collect();
    if rows.is_empty() {
        context
            .out
            .note("No roles yet. 'upr role create KEY' makes one.");
        return Ok(Exit::Yes);
    }
    let header = ["ROLE", "LABEL", "FROM", "HOLDS", "SUBJECTS"];
    context.out.text(&table::render(&header, &rows))?;
    Ok(Exit::Yes)
}

/// Who decides what the role holds.
fn origin(role: &RoleInfo) -> String {
    let mode = match role.mode {
        RoleMode::Store => return "store".to_owned(),
        RoleMode::Seeded => "seeded",
        RoleMode::Managed => "managed",
    };
    let orphan = if role.orphan { ", orphaned" } else { "" };
    format!("{} ({mode}{orphan})", role.application)
}

/// `all`, or how many permissions and modules.
fn holds(role: &RoleInfo) -> String {
    let modules: Vec<String> = role
        .members
        .iter()
        .filter(|member| !matches!(member, Member::Permission(_)))
        .map(ToString::to_string)
        .collect();
    let permissions = role.members.len() - modules.len();
    match (modules.len(), permissions) {
        (0, 0) => "nothing".to_owned(),
        (0, _) => counted(permissions, "permission"),
        (1..=3, 0) => modules.join(", "),
        (1..=3, _) => format!(
            "{}, {}",
            modules.join(", "),
            counted(permissions, "permission")
        ),
        (count, 0) => counted(count, "module"),
        (count, _) => format!(
            "{}, {}",
            counted(count, "module"),
            counted(permissions, "permission")
        ),
    }
}

fn show(key: &RoleKey, context: &Context) -> Result<Exit, Failure> {
    let store = context.store(&context.settings()?, Mode::Read)?;
    let role = store.role_show(key)?;
    context.out.json(&role)?;
    let mut text = format!(
        "{BOLD}{}{BOLD:#}  {}\nfrom      {}\nsubjects  {}\nholds     {}\n",
        role.key,
        role.label,
        origin(&role),
        thousands(role.subjects),
        holds(&role),
    );
    text.push_str(&listed(role.members.iter(), context.out.detail));
    context.out.text(&text)?;
    Ok(Exit::Yes)
}

fn create(
    key: &RoleKey,
    label: Option<&str>,
    members: &[Member],
    writing: &Writing,
    context: &Context,
) -> Result<Exit, Failure> {
    let outcome = writing.carry_out(
        context,
        &format!("Create the role {key}?"),
        |store| store.role_create(key, label, members, &writing.actor()),
        |outcome| *outcome,
    )?;
    let facts = json!({"role": key, "members": members});
    context.out.json(&document(&outcome, facts))?;
    context.out.done(&writing.said(
        outcome,
        &format!("Created the role {key}."),
        &format!("Would create the role {key}."),
        &format!("The role {key} is there already, just so."),
    ))?;
    Ok(Exit::Yes)
}

fn delete(key: &RoleKey, writing: &Writing, context: &Context) -> Result<Exit, Failure> {
    let deleted = writing.carry_out(
        context,
        &format!("Delete the role {key} and the grants of it?"),
        |store| store.role_delete(key, &writing.actor()),
        |deleted| deleted.outcome,
    )?;
    context
        .out
        .json(&document(&deleted, json!({"role": key})))?;
    let grants = match deleted.grants {
        0 => String::new(),
        count => format!(" and {} of it", many(count, "grant")),
    };
    context.out.done(&writing.said(
        deleted.outcome,
        &format!("Deleted the role {key}{grants}."),
        &format!("Would delete the role {key}{grants}."),
        &format!("There is no role {key}."),
    ))?;
    if let Some(nearest) = deleted.nearest.first() {
        context.out.note(&format!("Did you mean {nearest}?"));
    }
    if deleted.denies > 0 {
        context.out.warn(&format!(
            "{} of {key} went too: who was denied what it held may have gained it",
            many(deleted.denies, "denial")
        ));
    }
    Ok(Exit::Yes)
}

fn allow(
    key: &RoleKey,
    members: &[Member],
    writing: &Writing,
    context: &Context,
) -> Result<Exit, Failure> {
    let what = joined(members);
    let outcome = writing.carry_out(
        context,
        &format!("Let the role {key} hold {what}?"),
        |store| store.role_allow(key, members, &writing.actor()),
        |outcome| *outcome,
    )?;
    let facts = json!({"role": key, "members": members});
    context.out.json(&document(&outcome, facts))?;
    context.out.done(&writing.said(
        outcome,
        &format!("The role {key} now holds {what}."),
        &format!("The role {key} would hold {what}."),
        &format!("The role {key} holds {what} already."),
    ))?;
    Ok(Exit::Yes)
}

fn disallow(
    key: &RoleKey,
    members: &[Member],
    writing: &Writing,
    context: &Context,
) -> Result<Exit, Failure> {
    let what = joined(members);
    let done = writing.carry_out(
        context,
        &format!("Take {what} from the role {key}?"),
        |store| store.role_disallow(key, members, &writing.actor()),
        |done| done.outcome,
    )?;
    let facts = json!({"role": key, "members": members});
    context.out.json(&document(&done, facts))?;
    context.out.done(&writing.said(
        done.outcome,
        &format!("The role {key} no longer holds {what}."),
        &format!("The role {key} would no longer hold {what}."),
        &format!("The role {key} does not hold {what} by name."),
    ))?;
    if !done.still_through.is_empty() {
        context.out.warn(&format!(
            "the role {key} still holds it through {}",
            joined(&done.still_through)
        ));
    }
    Ok(Exit::Yes)
}

fn copy(
    from: &RoleKey,
    to: &RoleKey,
    label: Option<&str>,
    writing: &Writing,
    context: &Context,
) -> Result<Exit, Failure> {
    let outcome = writing.carry_out(
        context,
        &format!("Copy the role {from} to {to}?"),
        |store| store.role_copy(from, to, label, &writing.actor()),
        |outcome| *outcome,
    )?;
    let facts = json!({"role": to, "copied_from": from});
    context.out.json(&document(&outcome, facts))?;
    context.out.done(&writing.said(
        outcome,
        &format!("Created the role {to}, which holds what {from} holds now."),
        &format!("Would create the role {to}, which holds what {from} holds now."),
        &format!("The role {to} is there already and holds what {from} holds."),
    ))?;
    Ok(Exit::Yes)
}

fn joined(members: &[Member]) -> String {
    let names: Vec<String> = members.iter().map(ToString::to_string).collect();
    names.join(", ")
}

//! `upr user`: the subjects that roles and permissions are granted to.

use clap::Subcommand;
use serde_json::json;
use upr_core::{RoleKey, SubjectId};
use upr_sync::{Mode, NewUser, UserInfo};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::parse;
use crate::table;
use crate::writing::{Writing, document};

/// List, create, activate and deactivate subjects
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// List the subjects
    List,
    /// Make a subject, or let one in again
    Create {
        /// Its id in the application
        #[arg(value_parser = parse::subject)]
        id: SubjectId,
        /// A role that it gets everywhere; may be repeated
        #[arg(long = "role", value_name = "ROLE", value_parser = parse::role)]
        roles: Vec<RoleKey>,
        /// Its name
        #[arg(long, value_name = "NAME")]
        username: Option<String>,
        /// Its e-mail address
        #[arg(long, value_name = "ADDRESS")]
        email: Option<String>,
        #[command(flatten)]
        writing: Writing,
    },
    /// Let a subject in again, with the grants that it has
    Activate {
        /// Its id
        #[arg(value_parser = parse::subject)]
        id: SubjectId,
        #[command(flatten)]
        writing: Writing,
    },
    /// Deny a subject everything; its grants are kept
    Deactivate {
        /// Its id
        #[arg(value_parser = parse::subject)]
        id: SubjectId,
        #[command(flatten)]
        writing: Writing,
    },
}

pub(crate) fn run(args: &Args, context: &Context) -> Result<Exit, Failure> {
    match &args.command {
        Command::List => list(context),
        Command::Create {
            id,
            roles,
            username,
            email,
            writing,
        } => {
            let user = NewUser {
                id: id.clone(),
                username: username.clone(),
                email: email.clone(),
                roles: roles.clone(),
            };
            create(&user, writing, context)
        }
        Command::Activate { id, writing } => activate(id, writing, context),
        Command::Deactivate { id, writing } => deactivate(id, writing, context),
    }
}

fn list(context: &Context) -> Result<Exit, Failure> {
    let store = context.store(&context.settings()?, Mode::Read)?;
    let users = store.user_list()?;
    context.out.json(&json!({"users": users}))?;
    if users.is_empty() {
        context
            .out
            .note("No subjects yet. 'upr user create ID' makes one.");
        return Ok(Exit::Yes);
    }
    let rows: Vec<Vec<String>> = users.iter().map(row).collect();
    let header = ["ID", "NAME", "E-MAIL", "STATE", "ROLES"];
    context.out.text(&table::render(&header, &rows))?;
    Ok(Exit::Yes)
}

fn row(user: &UserInfo) -> Vec<String> {
    let state = match (user.active, user.deactivated_by.as_str()) {
        (true, _) => "active".to_owned(),
        (false, "" | "hand") => "inactive".to_owned(),
        (false, by) => format!("inactive ({by})"),
    };
    let roles: Vec<&str> = user.roles.iter().map(RoleKey::as_str).collect();
    vec![
        user.id.to_string(),
        user.username.clone(),
        user.email.clone(),
        state,
        roles.join(", "),
    ]
}

fn create(user: &NewUser, writing: &Writing, context: &Context) -> Result<Exit, Failure> {
    let id = &user.id;
    let roles: Vec<&str> = user.roles.iter().map(RoleKey::as_str).collect();
    let with = match roles.as_slice() {
        [] => String::new(),
        [one] => format!(" with the role {one}"),
        many => format!(" with the roles {}", many.join(", ")),
    };
    let outcome = writing.carry_out(
        context,
        &format!("Create the subject {id}{with}?"),
        |store| store.user_create(user, &writing.actor()),
        |outcome| *outcome,
    )?;
    let facts = json!({"subject": id, "roles": user.roles});
    context.out.json(&document(&outcome, facts))?;
    context.out.done(&writing.said(
        outcome,
        &format!("The subject {id} is there and active{with}."),
        &format!("Would create the subject {id}{with}."),
        &format!("The subject {id} is there already, active{with}."),
    ))?;
    Ok(Exit::Yes)
}

fn activate(id: &SubjectId, writing: &Writing, context: &Context) -> Result<Exit, Failure> {
    let outcome = writing.carry_out(
        context,
        &format!("Activate the subject {id}?"),
        |store| store.user_activate(id, &writing.actor()),
        |outcome| *outcome,
    )?;
    context
        .out
        .json(&document(&outcome, json!({"subject": id})))?;
    context.out.done(&writing.said(
        outcome,
        &format!("Activated the subject {id}: its grants apply again."),
        &format!("Would activate the subject {id}."),
        &format!("The subject {id} is active already."),
    ))?;
    Ok(Exit::Yes)
}

fn deactivate(id: &SubjectId, writing: &Writing, context: &Context) -> Result<Exit, Failure> {
    let outcome = writing.carry_out(
        context,
        &format!("Deactivate the subject {id}?"),
        |store| store.user_deactivate(id, &writing.actor()),
        |outcome| *outcome,
    )?;
    context
        .out
        .json(&document(&outcome, json!({"subject": id})))?;
    context.out.done(&writing.said(
        outcome,
        &format!("Deactivated the subject {id}: it may do nothing; its grants are kept."),
        &format!("Would deactivate the subject {id}."),
        &format!("The subject {id} is inactive already."),
    ))?;
    Ok(Exit::Yes)
}

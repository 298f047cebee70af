//! `upr role adopt`: a role of somebody else becomes the code's own.

use std::fmt::Display;

use upr_core::RoleKey;
use upr_sync::{Adopted, RoleMode};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{Detail, GREEN, RED};
use crate::shorten::{many, number, shown};
use crate::wrap::wrapped;
use crate::writing::Writing;

pub(super) fn run(key: &RoleKey, writing: &Writing, context: &Context) -> Result<Exit, Failure> {
    let catalog = context.whole_catalog(&context.settings()?)?;
    let actor = writing.actor();
    let adopted = writing.carry_out_shown(
        context,
        &format!("Take the role {key} over?"),
        |store| store.role_adopt(&catalog, key, &actor),
        |adopted| adopted.outcome,
        |adopted| text(adopted, context.out.detail),
    )?;
    context.out.json(&adopted)?;
    let owner = owner(&adopted.from);
    context.out.done(&writing.said(
        adopted.outcome,
        &format!("Took the role {key} over from {owner}. Run 'upr sync' to set what it holds."),
        &format!("Would take the role {key} over from {owner}."),
        &format!("The role {key} is {}'s own already.", adopted.to),
    ))?;
    Ok(Exit::Yes)
}

/// Who gains and who loses; nothing where the role stays whose it is.
fn text(adopted: &Adopted, detail: Detail) -> String {
    if adopted.outcome.changes == 0 {
        return String::new();
    }
    let mode = match adopted.mode {
        RoleMode::Managed => "the code decides what it holds",
        _ => "people decide what it holds; the code offers each permission once",
    };
    let mut text = wrapped(
        &format!(
            "{} goes from {} to {} ({}): {mode}",
            adopted.role,
            owner(&adopted.from),
            adopted.to,
            adopted.mode.as_str(),
        ),
        "",
        "    ",
    );
    let who = match (adopted.subjects, adopted.denied) {
        (0, 0) => "nobody has it".to_owned(),
        (subjects, 0) => format!("it stays with {}", many(subjects, "subject")),
        (subjects, denied) => format!(
            "it stays with {}, and denied to {}, who lose what it gains and may gain what it loses",
            many(subjects, "subject"),
            many(denied, "subject"),
        ),
    };
    text.push_str(&wrapped(&who, "  ", "      "));
    let gains = format!("{GREEN}gains{GREEN:#}");
    let loses = format!("{RED}loses{RED:#}");
    line(&mut text, &format!("now {gains}"), &adopted.gains, detail);
    line(&mut text, &format!("now {loses}"), &adopted.loses, detail);
    let adds = &adopted.sync_adds;
    line(
        &mut text,
        &format!("by the next sync {gains}"),
        adds,
        detail,
    );
    let removes = &adopted.sync_removes;
    line(
        &mut text,
        &format!("by the next sync {loses}"),
        removes,
        detail,
    );
    text
}

fn line<T: Display>(text: &mut String, what: &str, items: &[T], detail: Detail) {
    if items.is_empty() {
        return;
    }
    let lines = shown(items.len(), detail);
    let names: Vec<String> = items.iter().take(lines).map(T::to_string).collect();
    let mut list = names.join(", ");
    if lines < items.len() {
        list.push_str(&format!(", … and {} more", number(items.len() - lines)));
    }
    text.push_str(&wrapped(&format!("{what} {list}"), "  ", "      "));
}

fn owner(application: &str) -> String {
    match application {
        "" => "the store".to_owned(),
        application => format!("the application {application}"),
    }
}

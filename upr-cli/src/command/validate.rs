//! `upr validate`: the registry against the store.

use upr_sync::{Mode, ValidateOptions};

use crate::context::Context;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output::{GREEN, RED, YELLOW};
use crate::shorten::{rest, shown};

/// Compare the registry with the store; exit 1 when they do not fit
#[derive(Debug, clap::Args)]
pub(crate) struct Args {}

pub(crate) fn run(_: &Args, context: &Context) -> Result<Exit, Failure> {
    let settings = context.settings()?;
    let catalog = context.whole_catalog(&settings)?;
    let store = context.store(&settings, Mode::Read)?;
    let settings = settings.in_store(store.schema()?.protected);
    let options = ValidateOptions {
        orphan_action: settings.orphan_action,
        strict_mode: settings.strict_mode,
    };
    let validation = store.validate(&catalog, &options)?;
    context.out.json(&validation)?;

    let mut text = String::new();
    for (word, style, sentences) in [
        ("error", RED, &validation.errors),
        ("warning", YELLOW, &validation.warnings),
    ] {
        let lines = shown(sentences.len(), context.out.detail);
        for sentence in sentences.iter().take(lines) {
            text.push_str(&format!("{style}{word}{style:#}: {sentence}\n"));
        }
        if lines < sentences.len() {
            text.push_str(&rest(sentences.len() - lines));
        }
    }
    for remedy in validation.remedies() {
        text.push_str(&format!("{remedy}\n"));
    }
    if validation.valid {
        text.push_str(&format!(
            "{GREEN}valid{GREEN:#}: the store holds what the code declares.\n"
        ));
    }
    context.out.text(&text)?;
    Ok(Exit::answer(validation.valid))
}

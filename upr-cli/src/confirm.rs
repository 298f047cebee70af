//! The one question that a command may ask.

use std::io::{self, BufRead, Write};

use upr_sync::settings::Settings;

use crate::context::Context;
use crate::failure::Failure;
use crate::output::is_interactive;

/// Whether a person sits there who may be asked.
pub(crate) fn asks(context: &Context) -> bool {
    !context.global.no_input && is_interactive()
}

/// Asks `question` where a person can answer, and goes on without asking elsewhere.
///
/// # Errors
///
/// When the person says no: nothing has been changed then.
pub(crate) fn go_on(context: &Context, question: &str) -> Result<(), Failure> {
    if !asks(context) || ask(question).unwrap_or(false) {
        return Ok(());
    }
    Err(Failure::no("declined", "declined, nothing was changed"))
}

/// Why a protected environment does not let `what` pass (rule 44), if it does not: it takes something away, and
/// `confirmed` is not the environment's name.
pub(crate) fn missing(settings: &Settings, confirmed: Option<&str>, what: &str) -> Option<Failure> {
    let environment = settings.environment.as_str();
    if !settings.protected || confirmed == Some(environment) {
        return None;
    }
    let message = format!("{what} takes something away, and `{environment}` is protected");
    let remedy = format!("look at it with --dry-run, then say --confirm {environment}");
    Some(Failure::no("unconfirmed", message).remedy(remedy))
}

/// Asks for the environment's name to be typed; `refusal` is what anything else is answered with.
pub(crate) fn name(environment: &str, what: &str, refusal: Failure) -> Result<(), Failure> {
    let question = format!("`{environment}` is protected. Type its name to {what}:");
    match answer(&question) {
        Ok(typed) if typed == environment => Ok(()),
        _ => Err(refusal),
    }
}

fn ask(question: &str) -> io::Result<bool> {
    let answer = answer(&format!("{question} [y/N]"))?.to_ascii_lowercase();
    Ok(answer == "y" || answer == "yes")
}

/// What is typed behind `question`. The end of the input is the empty answer.
fn answer(question: &str) -> io::Result<String> {
    let mut stderr = anstream::stderr().lock();
    write!(stderr, "{question} ")?;
    stderr.flush()?;
    let mut answer = String::new();
    io::stdin().lock().read_line(&mut answer)?;
    Ok(answer.trim().to_owned())
}

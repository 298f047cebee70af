//! A sign of life on a terminal while something takes its time.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::context::Context;
use crate::output::{Detail, is_interactive};

/// Does `work`; a spinner turns beside `what` meanwhile, where a person can see it.
pub(crate) fn during<T>(context: &Context, what: &'static str, work: impl FnOnce() -> T) -> T {
    if !is_interactive() || context.out.detail == Detail::Quiet {
        return work();
    }
    let spinner = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
        spinner.set_style(style);
    }
    spinner.set_message(what);
    spinner.enable_steady_tick(Duration::from_millis(100));
    let result = work();
    spinner.finish_and_clear();
    result
}

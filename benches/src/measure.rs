//! Medians of times.

use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// The middle of some times.
///
/// Gives zero for none.
#[must_use]
pub fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times.get(times.len() / 2).copied().unwrap_or_default()
}

/// How long `work` takes on the clock, and what it gives.
pub fn time<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let start = Instant::now();
    let result = work();
    (start.elapsed(), result)
}

/// The processor time (user and system) of all children that have ended so far.
///
/// Unlike the clock it does not count what other programs took from them.
///
/// # Errors
///
/// When the system does not tell.
pub fn children() -> Result<Duration, nix::Error> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let (user, system) = (usage.user_time(), usage.system_time());
    let micros = |time: nix::sys::time::TimeVal| {
        let seconds = Duration::from_secs(time.tv_sec().unsigned_abs());
        seconds + Duration::from_micros(time.tv_usec().unsigned_abs())
    };
    Ok(micros(user) + micros(system))
}

/// `a / b`, for printing.
#[must_use]
pub fn ratio(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

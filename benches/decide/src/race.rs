//! Asking all contenders in turns.

use std::hint::black_box;
use std::thread;
use std::time::{Duration, Instant};

use crate::contender::Contender;
use crate::query::Query;

/// How many questions are timed at once: reading the clock then costs little.
pub const BLOCK: usize = 256;

/// What the questions of one contender took.
#[derive(Clone, Debug, Default)]
pub struct Lap {
    /// Nanoseconds a check: the median of all blocks.
    pub median: f64,
    /// The block that 99 % are quicker than.
    pub p99: f64,
    /// How many were allowed.
    pub allowed: usize,
}

/// Asks each contender all `queries`, in turns, as often as `rounds` says, and gives of each the
/// medians over the rounds.
#[must_use]
pub fn race(contenders: &[&dyn Contender], queries: &[Query], rounds: usize) -> Vec<Lap> {
    let mut laps: Vec<Vec<Lap>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (contender, laps) in contenders.iter().zip(&mut laps) {
            laps.push(lap(*contender, queries));
        }
    }
    laps.iter().map(|laps| middle(laps)).collect()
}

/// As [`race`], with so many threads that each ask all of it at the same time.
#[must_use]
pub fn race_together(
    contenders: &[&dyn Contender],
    queries: &[Query],
    rounds: usize,
    threads: usize,
) -> Vec<Lap> {
    let mut laps: Vec<Vec<Lap>> = contenders.iter().map(|_| Vec::new()).collect();
    for _ in 0..rounds {
        for (contender, laps) in contenders.iter().zip(&mut laps) {
            thread::scope(|scope| {
                let run = |_| scope.spawn(|| lap(*contender, queries));
                let running: Vec<_> = (0..threads).map(run).collect();
                laps.extend(running.into_iter().filter_map(|lap| lap.join().ok()));
            });
        }
    }
    laps.iter().map(|laps| middle(laps)).collect()
}

fn lap(contender: &dyn Contender, queries: &[Query]) -> Lap {
    let mut allowed = 0;
    let mut times: Vec<f64> = Vec::with_capacity(queries.len() / BLOCK + 1);
    for block in queries.chunks(BLOCK) {
        contender.prepare(block);
        let start = Instant::now();
        allowed += black_box(contender.ask(black_box(block)));
        times.push(nanos(start.elapsed()) / block.len() as f64);
    }
    times.sort_by(f64::total_cmp);
    Lap {
        median: at(&times, 50),
        p99: at(&times, 99),
        allowed,
    }
}

fn middle(laps: &[Lap]) -> Lap {
    let of = |part: fn(&Lap) -> f64| {
        let mut values: Vec<f64> = laps.iter().map(part).collect();
        values.sort_by(f64::total_cmp);
        at(&values, 50)
    };
    Lap {
        median: of(|lap| lap.median),
        p99: of(|lap| lap.p99),
        allowed: laps.first().map_or(0, |lap| lap.allowed),
    }
}

fn at(sorted: &[f64], percent: usize) -> f64 {
    let place = (sorted.len() * percent / 100).min(sorted.len().saturating_sub(1));
    sorted.get(place).copied().unwrap_or_default()
}

fn nanos(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e9
}

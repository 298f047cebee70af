//! How long ago the store was last seen to be what is in force.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

/// The moment at which a look at the store begins.
///
/// A look that is answered late says nothing about what happened meanwhile, so it is its beginning
/// that counts. Both of this machine's clocks are noted, and staleness is judged by the one that
/// has gone further: the monotonic one cannot be set back, but stands still while the machine is
/// suspended; the other one goes on. A clock that is set forward makes decisions
/// [unavailable](crate::access::Unavailable) until the next look, which is the safe side.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    monotonic: Instant,
    wall: SystemTime,
}

impl Look {
    /// Now.
    #[must_use]
    pub fn begin() -> Self {
        Self {
            monotonic: Instant::now(),
            wall: SystemTime::now(),
        }
    }

    /// Nanoseconds from `other` to this, by either clock.
    fn since(self, other: Self) -> (i64, i64) {
        let nanos = |duration: Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
        let monotonic = match self.monotonic.checked_duration_since(other.monotonic) {
            Some(later) => nanos(later),
            None => -nanos(other.monotonic.duration_since(self.monotonic)),
        };
        let wall = match self.wall.duration_since(other.wall) {
            Ok(later) => nanos(later),
            Err(earlier) => -nanos(earlier.duration()),
        };
        (monotonic, wall)
    }
}

/// When the store was last seen, and how long that may be ago. Read by everybody who asks, without a
/// lock.
#[derive(Debug)]
pub(super) struct Freshness {
    origin: Look,
    /// Nanoseconds after the origin.
    monotonic: AtomicI64,
    wall: AtomicI64,
    /// Nanoseconds; the largest number is "for ever".
    limit: AtomicU64,
    /// Whether somebody found out that it is too long ago.
    noticed: AtomicBool,
}

impl Freshness {
    pub(super) fn new() -> Self {
        Self {
            origin: Look::begin(),
            monotonic: AtomicI64::new(0),
            wall: AtomicI64::new(0),
            limit: AtomicU64::new(u64::MAX),
            noticed: AtomicBool::new(false),
        }
    }

    pub(super) fn limit(&self, limit: Option<Duration>) {
        let nanos = limit.map(|limit| u64::try_from(limit.as_nanos()).unwrap_or(u64::MAX));
        self.limit
            .store(nanos.unwrap_or(u64::MAX), Ordering::Release);
    }

    /// Says whether somebody had noticed. An earlier look than the last one says nothing new.
    pub(super) fn confirm(&self, look: Look) -> bool {
        let (monotonic, wall) = look.since(self.origin);
        if self.monotonic.fetch_max(monotonic, Ordering::AcqRel) > monotonic {
            return false;
        }
        self.wall.store(wall, Ordering::Release);
        self.noticed.swap(false, Ordering::AcqRel)
    }

    pub(super) fn staleness(&self, now: Look) -> Duration {
        let (monotonic, wall) = now.since(self.origin);
        let monotonic = monotonic.saturating_sub(self.monotonic.load(Ordering::Acquire));
        let wall = wall.saturating_sub(self.wall.load(Ordering::Acquire));
        Duration::from_nanos(u64::try_from(monotonic.max(wall)).unwrap_or(0))
    }

    /// Whether it is too long ago at `now`, which is asked for only where there is a limit.
    #[inline]
    pub(super) fn is_stale(&self, now: impl FnOnce() -> Look) -> bool {
        let limit = self.limit.load(Ordering::Acquire);
        limit != u64::MAX && self.staleness(now()) > Duration::from_nanos(limit)
    }

    /// Notes that somebody has noticed; whether nobody had since the last look.
    pub(super) fn notice(&self) -> bool {
        !self.noticed.swap(true, Ordering::AcqRel)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// A look after so many seconds by the monotonic clock and by the other.
    fn look(freshness: &Freshness, monotonic: u32, wall: i64) -> Look {
        let Look {
            monotonic: start,
            wall: noon,
        } = freshness.origin;
        let distance = SECOND * u32::try_from(wall.unsigned_abs()).unwrap();
        Look {
            monotonic: start + SECOND * monotonic,
            wall: if wall < 0 {
                noon - distance
            } else {
                noon + distance
            },
        }
    }

    #[test]
    fn rule_5_the_clock_that_went_further_counts() {
        let freshness = Freshness::new();
        freshness.limit(Some(SECOND * 30));
        freshness.confirm(look(&freshness, 100, 100));
        let table = [
            // By the monotonic clock, by the other, and whether that is too long.
            (100, 100, false),
            (130, 130, false),
            (131, 131, true),
            // The machine was suspended.
            (101, 1000, true),
            // The clock was set back: it cannot hide an outage.
            (131, 10, true),
            (131, -1000, true),
            (130, 10, false),
        ];
        for (monotonic, wall, expected) in table {
            let now = look(&freshness, monotonic, wall);
            assert_eq!(freshness.is_stale(|| now), expected, "{monotonic} {wall}");
        }
        // The next look ends what a clock that was set forward began.
        freshness.confirm(look(&freshness, 102, 1001));
        assert!(!freshness.is_stale(|| look(&freshness, 103, 1002)));
    }

    #[test]
    fn a_look_that_was_overtaken_says_nothing() {
        let freshness = Freshness::new();
        freshness.confirm(look(&freshness, 50, 50));
        freshness.confirm(look(&freshness, 20, 20));
        let now = look(&freshness, 60, 60);
        assert_eq!(freshness.staleness(now), SECOND * 10);
    }

    #[test]
    fn without_a_limit_no_clock_is_read() {
        let freshness = Freshness::new();
        assert!(!freshness.is_stale(|| unreachable!("no clock is needed")));
        freshness.limit(Some(Duration::ZERO));
        assert!(freshness.is_stale(|| look(&freshness, 1, 0)));
        freshness.limit(None);
        assert!(!freshness.is_stale(|| unreachable!("no clock is needed")));
    }
}

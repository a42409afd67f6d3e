//! Where the time comes from.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::{Instant, WallTime};

/// A source of time, handed to whoever drives the machines.
pub trait Clock: Send + Sync {
    /// The monotonic time.
    fn now(&self) -> Instant;
    /// The calendar time.
    fn wall(&self) -> WallTime;
}

/// The system's clocks: `CLOCK_MONOTONIC` counted from this value's making, and real time.
#[derive(Clone, Debug)]
pub struct RealClock {
    start: std::time::Instant,
}

impl RealClock {
    /// A clock whose [`Instant::ZERO`] is now.
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    pub fn start() -> Self {
        RealClock { start: std::time::Instant::now() }
    }
}

impl Clock for RealClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the monotonic clock")]
    fn now(&self) -> Instant {
        let us = std::time::Instant::now().duration_since(self.start).as_micros();
        Instant::from_micros(u64::try_from(us).unwrap_or(u64::MAX))
    }

    #[expect(clippy::disallowed_methods, reason = "the one place that reads the calendar clock")]
    fn wall(&self) -> WallTime {
        let us = match std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH) {
            Ok(d) => i64::try_from(d.as_micros()).unwrap_or(i64::MAX),
            // A board without a battery-backed clock may start before the epoch.
            Err(e) => -i64::try_from(e.duration().as_micros()).unwrap_or(i64::MAX),
        };
        WallTime::from_unix_micros(us)
    }
}

/// A clock that stands still until it is told to move. Clones share one time.
#[derive(Clone, Debug, Default)]
pub struct VirtualClock {
    us: Arc<AtomicU64>,
    epoch: WallTime,
}

impl VirtualClock {
    /// A clock at [`Instant::ZERO`], which stands for the calendar time `epoch`.
    pub fn starting_at(epoch: WallTime) -> Self {
        VirtualClock { us: Arc::default(), epoch }
    }

    /// Moves the time on by `d`.
    pub fn advance(&self, d: Duration) {
        self.advance_to(self.now() + d);
    }

    /// Moves the time on to `to`; an earlier time changes nothing.
    pub fn advance_to(&self, to: Instant) {
        self.us.fetch_max(to.as_micros(), Ordering::Relaxed);
    }
}

impl Clock for VirtualClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.us.load(Ordering::Relaxed))
    }

    fn wall(&self) -> WallTime {
        self.epoch.plus(self.now() - Instant::ZERO)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn virtual_time_moves_only_when_told_and_never_back() {
        let clock = VirtualClock::starting_at(WallTime::from_unix_micros(1_000_000));
        let twin = clock.clone();
        clock.advance(Duration::from_millis(20));
        assert_eq!(twin.now(), Instant::from_millis(20));
        assert_eq!(twin.wall().unix_micros(), 1_020_000);
        clock.advance_to(Instant::from_millis(10));
        assert_eq!(clock.now(), Instant::from_millis(20));
    }

    #[test]
    fn real_time_does_not_go_back() {
        let clock = RealClock::start();
        let first = clock.now();
        assert!(clock.now() >= first);
        assert!(clock.wall() > WallTime::from_unix_micros(0));
    }
}

//! The time, as it is handed in with every input.

use tipring_clock::{Duration, Instant, WallTime};

/// One moment on both time lines: the monotonic one, by which the machines go, and the calendar,
/// which is written into records.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Moment {
    /// Monotonic.
    pub now: Instant,
    /// Calendar.
    pub wall: WallTime,
}

impl Moment {
    /// How long ago `earlier` was, on the monotonic time line.
    pub fn since(self, earlier: Moment) -> Duration {
        self.now.saturating_since(earlier.now)
    }
}

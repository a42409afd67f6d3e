//! Waiting for something to become true, with a deadline.
#![allow(clippy::disallowed_methods, reason = "real processes live in real time")]

use std::time::{Duration, Instant};

const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The time by which something has to have happened.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

impl Deadline {
    /// So many seconds from now.
    pub fn seconds(seconds: u64) -> Self {
        Deadline(Instant::now() + Duration::from_secs(seconds))
    }

    /// What is left of it; zero once it has passed.
    pub fn left(self) -> Duration {
        self.0.saturating_duration_since(Instant::now())
    }

    /// Whether it has passed.
    pub fn passed(self) -> bool {
        self.left().is_zero()
    }
}

/// Looks again and again until `look` finds something, for at most so many seconds.
///
/// # Panics
/// When the time is over, saying what was waited for.
#[track_caller]
pub fn wait_until<T>(what: &str, seconds: u64, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Deadline::seconds(seconds);
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(!deadline.passed(), "{what}: not within {seconds} s");
        look_again();
    }
}

/// Lets a moment pass between two looks at something that does not tell when it changes.
pub fn look_again() {
    std::thread::park_timeout(LOOK_AGAIN);
}

/// Lets people speak for so long. Nothing is waited for by it but sound, which takes its time.
pub fn speak_for(time: Duration) {
    let end = Instant::now() + time;
    while let Some(left) = end.checked_duration_since(Instant::now()) {
        std::thread::park_timeout(left);
    }
}

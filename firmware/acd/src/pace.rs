//! How fast a queue is served, and what that makes of a place in it.

use std::collections::VecDeque;

use tipring_clock::{Duration, Instant};

/// How many answers count.
const ANSWERS_MAX: usize = 20;
/// With fewer recent ones nothing is said.
const ANSWERS_MIN: usize = 5;
/// Older ones say nothing about now.
const RECENT: Duration = Duration::from_secs(30 * 60);

/// The recent answers of a queue. Each counts with the time somebody had waited at the front for
/// it: since the answer before, or since the queue began to fill.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    answers: VecDeque<(Instant, Duration)>,
    busy_since: Instant,
}

impl Pace {
    /// Somebody joins the empty queue.
    pub(crate) fn begins_to_wait(&mut self, now: Instant) {
        self.busy_since = now;
    }

    /// An agent answers the next.
    pub(crate) fn answered(&mut self, now: Instant) {
        if self.answers.len() >= ANSWERS_MAX {
            self.answers.pop_front();
        }
        self.answers.push_back((now, now.saturating_since(self.busy_since)));
        self.busy_since = now;
    }

    /// The mean time from one answer to the next while callers wait, in milliseconds; `None`
    /// where there were too few recently.
    pub(crate) fn interval_ms(&self, now: Instant) -> Option<u64> {
        let recent = self.answers.iter().filter(|(at, _)| now.saturating_since(*at) <= RECENT);
        let (count, sum) =
            recent.fold((0, Duration::ZERO), |(count, sum), (_, d)| (count + 1, sum + *d));
        if count < ANSWERS_MIN {
            return None;
        }
        u64::try_from(sum.as_millis()).ok().map(|ms| ms / count as u64)
    }
}

/// An expected wait as it is announced, in whole minutes: rounded up, above ten to the next five.
pub(crate) fn rounded_minutes(ms: u64) -> u64 {
    let minutes = ms.div_ceil(60_000).max(1);
    if minutes <= 10 { minutes } else { minutes.next_multiple_of(5) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_of_the_recent_answers() {
        let mut pace = Pace::default();
        let at = |s: u64| Instant::from_millis(s * 1000);
        pace.begins_to_wait(at(100));
        for n in 1..=4 {
            pace.answered(at(100 + n * 30));
        }
        assert_eq!(pace.interval_ms(at(220)), None, "four are too few");
        pace.begins_to_wait(at(1000));
        pace.answered(at(1030));
        assert_eq!(pace.interval_ms(at(1030)), Some(30_000), "idle time is nobody's wait");
        assert_eq!(pace.interval_ms(at(1030 + 1801)), None, "half an hour later");
    }

    #[test]
    fn minutes_are_rounded() {
        let minutes = [(1, 1), (60_000, 1), (60_001, 2), (600_000, 10), (600_001, 15)];
        assert!(minutes.iter().all(|(ms, said)| rounded_minutes(*ms) == *said));
    }
}

//! One webhook's deliveries: which may be sent now, which wait, which are given up.
//!
//! The event log itself is the queue on the disk, read from a cursor on; here is the window of it
//! that is being told. The cursor moves on when everything before it is told or given up, so a power
//! cut loses nothing. Events of one call go out one after the other; of different calls, a few at
//! once. While the receiver answers nobody, one delivery at a time tries whether it is back.

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use rand::{Rng, RngCore};
use tipring_clock::{Instant, WallTime};
use tipring_line::CallId;
use tipring_store::DeadLetter;

/// How many events may be in the window.
pub const WINDOW: usize = 1_024;

/// How many deliveries are under way at once.
const UNDER_WAY_MAX: usize = 4;

/// The pause after the first failure; each further one doubles it.
pub const RETRY_FIRST: Duration = Duration::from_secs(2);

/// The longest pause.
pub const RETRY_MAX: Duration = Duration::from_secs(3_600);

/// A delivery that failed so often while others went through is given up: the receiver is there and
/// does not want it.
pub const FAILURES_MAX: u32 = 6;

/// A delivery is given up after so long in any case.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(72 * 3_600);

/// How long to pause.
#[derive(Clone, Copy, Debug)]
pub struct Timing {
    /// After the first failure.
    pub first: Duration,
    /// At most.
    pub max: Duration,
}

impl Default for Timing {
    fn default() -> Self {
        Timing { first: RETRY_FIRST, max: RETRY_MAX }
    }
}

/// How a delivery ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The receiver took it (status 2xx).
    Taken,
    /// It did not, or did not answer: why.
    Failed(String),
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send this event, and say how it went by [`Dispatcher::finished`].
    Send {
        /// The event's row in the log.
        event: u64,
        /// The body.
        body: String,
    },
    /// Keep this: every event up to `cursor` is told or given up.
    Keep {
        /// The row in the log.
        cursor: u64,
        /// What was given up.
        dead: Vec<DeadLetter>,
    },
}

#[derive(Debug)]
struct Delivery {
    call: Option<CallId>,
    body: String,
    first_failed: Option<Instant>,
    failures: u32,
    not_before: Instant,
    under_way: bool,
}

/// One webhook's deliveries.
pub struct Dispatcher {
    timing: Timing,
    rng: Box<dyn RngCore + Send + Sync>,
    /// What is not yet told, by its row in the log.
    window: BTreeMap<u64, Delivery>,
    /// The last event that was read from the log.
    read: u64,
    /// The cursor as last given out.
    kept: u64,
    dead: Vec<DeadLetter>,
    /// Failures in a row, whichever the delivery.
    failures: u32,
    not_before: Instant,
    last_success: Option<Instant>,
}

impl Dispatcher {
    /// A webhook that has been told everything up to `cursor`. `rng` spreads the pauses.
    pub fn new(cursor: u64, timing: Timing, rng: Box<dyn RngCore + Send + Sync>) -> Self {
        Dispatcher {
            timing,
            rng,
            window: BTreeMap::new(),
            read: cursor,
            kept: cursor,
            dead: Vec::new(),
            failures: 0,
            not_before: Instant::ZERO,
            last_success: None,
        }
    }

    /// After which event to read on, and how many events there is room for.
    pub fn room(&self) -> (u64, usize) {
        (self.read, WINDOW - self.window.len())
    }

    /// The next event of the log, in order: its body, or nothing where the webhook does not want
    /// it.
    pub fn handle_event(&mut self, event: u64, call: Option<CallId>, body: Option<String>) {
        self.read = self.read.max(event);
        if let Some(body) = body {
            let delivery = Delivery {
                call,
                body,
                first_failed: None,
                failures: 0,
                not_before: Instant::ZERO,
                under_way: false,
            };
            self.window.insert(event, delivery);
        }
    }

    /// A delivery has ended.
    pub fn finished(&mut self, now: Instant, wall: WallTime, event: u64, outcome: Outcome) {
        let Some(delivery) = self.window.get_mut(&event) else { return };
        delivery.under_way = false;
        let Outcome::Failed(error) = outcome else {
            self.window.remove(&event);
            (self.failures, self.not_before) = (0, now);
            self.last_success = Some(now);
            return;
        };
        delivery.failures = delivery.failures.saturating_add(1);
        let since = *delivery.first_failed.get_or_insert(now);
        let attempts = delivery.failures;
        let unwanted = attempts >= FAILURES_MAX && self.last_success.is_some_and(|at| at >= since);
        if unwanted || now - since >= GIVEN_UP_AFTER {
            self.window.remove(&event);
            self.dead.push(DeadLetter { event, at: wall, attempts, error });
        } else {
            delivery.not_before = now + pause(&mut self.rng, self.timing, attempts);
        }
        self.failures = self.failures.saturating_add(1);
        self.not_before = now + pause(&mut self.rng, self.timing, self.failures);
    }

    /// What is to be done now, until it says nothing.
    pub fn poll_output(&mut self, now: Instant) -> Option<Output> {
        let cursor = self.window.keys().next().map_or(self.read, |first| first - 1);
        if cursor > self.kept || !self.dead.is_empty() {
            self.kept = self.kept.max(cursor);
            return Some(Output::Keep { cursor, dead: std::mem::take(&mut self.dead) });
        }
        let event = self.next(now)?;
        let delivery = self.window.get_mut(&event)?;
        delivery.under_way = true;
        Some(Output::Send { event, body: delivery.body.clone() })
    }

    /// The first delivery that may go out now: its call's first, rested, and with a place free.
    fn next(&self, now: Instant) -> Option<u64> {
        let under_way = self.window.values().filter(|d| d.under_way).count();
        let places = if self.failures > 0 { 1 } else { UNDER_WAY_MAX };
        if under_way >= places || (self.failures > 0 && now < self.not_before) {
            return None;
        }
        self.ready().find(|(_, delivery)| delivery.not_before <= now).map(|(event, _)| event)
    }

    /// The first delivery of each call, unless it is under way, and all of no call.
    fn ready(&self) -> impl Iterator<Item = (u64, &Delivery)> {
        let mut calls = HashSet::new();
        self.window
            .iter()
            .filter(move |(_, delivery)| delivery.call.is_none_or(|call| calls.insert(call)))
            .filter(|(_, delivery)| !delivery.under_way)
            .map(|(event, delivery)| (*event, delivery))
    }

    /// When something may go out that may not yet.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let places = if self.failures > 0 { 1 } else { UNDER_WAY_MAX };
        if self.window.values().filter(|d| d.under_way).count() >= places {
            return None;
        }
        let rested = self.ready().map(|(_, delivery)| delivery.not_before).min()?;
        Some(if self.failures > 0 { rested.max(self.not_before) } else { rested })
    }

    /// How many events wait in the window.
    pub fn waiting(&self) -> usize {
        self.window.len()
    }
}

/// The pause after so many failures: doubled each time, and spread over half of itself, so that
/// many boxes do not come back to a receiver at once.
fn pause(rng: &mut dyn RngCore, timing: Timing, failures: u32) -> Duration {
    let doubled = timing.first.saturating_mul(1 << failures.saturating_sub(1).min(20));
    let whole = doubled.min(timing.max);
    let half_us = u64::try_from(whole.as_micros() / 2).unwrap_or(u64::MAX);
    Duration::from_micros(half_us + rng.random_range(0..=half_us))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    const WALL: WallTime = WallTime::from_unix_micros(0);

    fn dispatcher(cursor: u64) -> Dispatcher {
        let rng = Box::new(ChaCha8Rng::seed_from_u64(1));
        Dispatcher::new(cursor, Timing::default(), rng)
    }

    fn outputs(d: &mut Dispatcher, now: Instant) -> (Vec<u64>, Option<(u64, Vec<DeadLetter>)>) {
        let (mut sent, mut kept) = (Vec::new(), None);
        while let Some(output) = d.poll_output(now) {
            match output {
                Output::Send { event, .. } => sent.push(event),
                Output::Keep { cursor, dead } => kept = Some((cursor, dead)),
            }
        }
        (sent, kept)
    }

    fn give(d: &mut Dispatcher, events: &[(u64, u64)]) {
        for (event, call) in events {
            d.handle_event(*event, Some(CallId(*call)), Some("{}".to_owned()));
        }
    }

    #[test]
    fn events_of_one_call_go_out_in_order_and_of_several_at_once() {
        let mut d = dispatcher(10);
        give(&mut d, &[(11, 1), (12, 1), (13, 2), (14, 3), (15, 4), (16, 5)]);
        assert_eq!(outputs(&mut d, Instant::ZERO).0, [11, 13, 14, 15]);
        d.finished(Instant::ZERO, WALL, 13, Outcome::Taken);
        assert_eq!(outputs(&mut d, Instant::ZERO), (vec![16], None), "11 is not yet told");
        d.finished(Instant::ZERO, WALL, 11, Outcome::Taken);
        assert_eq!(outputs(&mut d, Instant::ZERO), (vec![12], Some((11, vec![]))));
        for event in [12, 14, 15, 16] {
            d.finished(Instant::ZERO, WALL, event, Outcome::Taken);
        }
        assert_eq!(outputs(&mut d, Instant::ZERO), (vec![], Some((16, vec![]))));
        assert_eq!(d.poll_timeout(), None);
    }

    #[test]
    fn what_nobody_wants_moves_the_cursor_only() {
        let mut d = dispatcher(0);
        d.handle_event(1, None, None);
        d.handle_event(2, None, None);
        assert_eq!(outputs(&mut d, Instant::ZERO), (vec![], Some((2, vec![]))));
        assert_eq!(d.room(), (2, WINDOW));
    }

    #[test]
    fn a_receiver_that_is_gone_is_tried_by_one_delivery_with_growing_pauses() {
        let mut d = dispatcher(0);
        give(&mut d, &[(1, 1), (2, 2), (3, 3)]);
        let mut now = Instant::ZERO;
        let sent = outputs(&mut d, now).0;
        for event in sent {
            d.finished(now, WALL, event, Outcome::Failed("connection refused".into()));
        }
        let mut pauses = Vec::new();
        for _ in 0..20 {
            assert!(outputs(&mut d, now).0.is_empty());
            let next = d.poll_timeout().expect("it will be tried again");
            pauses.push(next - now);
            now = next;
            let sent = outputs(&mut d, now).0;
            assert_eq!(sent.len(), 1, "one at a time");
            d.finished(now, WALL, sent[0], Outcome::Failed("connection refused".into()));
        }
        assert!(pauses[0] >= RETRY_FIRST && pauses.iter().all(|p| *p <= RETRY_MAX), "{pauses:?}");
        assert!(pauses[19] >= RETRY_MAX / 2);
        assert_eq!(d.waiting(), 3, "nothing is given up for the receiver's absence");
        now = d.poll_timeout().unwrap();
        let first = outputs(&mut d, now).0[0];
        d.finished(now, WALL, first, Outcome::Taken);
        let mut told = 1;
        while let Some(next) = d.poll_timeout() {
            now = now.max(next);
            for event in outputs(&mut d, now).0 {
                d.finished(now, WALL, event, Outcome::Taken);
                told += 1;
            }
        }
        assert_eq!((told, d.waiting()), (3, 0));
    }

    #[test]
    fn what_the_receiver_refuses_while_it_takes_others_is_given_up() {
        let mut d = dispatcher(0);
        give(&mut d, &[(1, 1), (2, 1), (3, 2)]);
        let mut now = Instant::ZERO;
        let mut dead = Vec::new();
        let mut event = 100;
        for _ in 0..200 {
            // Other calls go on all the time.
            event += 1;
            give(&mut d, &[(event, event)]);
            let (sent, kept) = outputs(&mut d, now);
            dead.extend(kept.into_iter().flat_map(|(_, dead)| dead));
            for event in sent {
                let refused = event == 1;
                let outcome = if refused { Outcome::Failed("500".into()) } else { Outcome::Taken };
                d.finished(now, WALL, event, outcome);
            }
            now = d.poll_timeout().unwrap_or(now).max(now) + Duration::from_secs(1);
        }
        let letter = DeadLetter { event: 1, at: WALL, attempts: FAILURES_MAX, error: "500".into() };
        assert_eq!(dead, [letter]);
        assert!(!d.window.contains_key(&2), "the call's next event went out after it");
    }

    #[test]
    fn nothing_is_tried_for_ever() {
        let mut d = dispatcher(0);
        give(&mut d, &[(1, 1)]);
        let mut now = Instant::ZERO;
        let mut dead = Vec::new();
        while dead.is_empty() {
            let (sent, kept) = outputs(&mut d, now);
            dead.extend(kept.into_iter().flat_map(|(_, dead)| dead));
            for event in sent {
                d.finished(now, WALL, event, Outcome::Failed("timeout".into()));
            }
            now = d.poll_timeout().unwrap_or(now).max(now);
        }
        assert!(now >= Instant::ZERO + GIVEN_UP_AFTER);
        assert!(dead[0].attempts > 70, "{}", dead[0].attempts);
    }
}

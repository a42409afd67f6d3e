//! Callers who gave up: the list to work off, and the place kept for who rings again at once.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;
use tipring_clock::{Duration, Instant, WallTime};
use tipring_events::{EventKind, LiveAbandoned, QueueId};
use tipring_line::{CallId, Number};
use tipring_switch::Moment;

use crate::acd::Acd;
use crate::customer::same_number;
use crate::queue::Micros;

/// How many stand in the list; of more, the oldest are dropped. The log has them all.
const LISTED_MAX: usize = 1000;
/// How many places are kept at once for callers who may ring again.
const KEPT_MAX: usize = 1000;

/// One who gave up, and has not been reached.
#[derive(Clone, Debug)]
pub(crate) struct Missed {
    pub(crate) queue: QueueId,
    pub(crate) number: Number,
    pub(crate) call: CallId,
    pub(crate) at: WallTime,
    pub(crate) times: u32,
}

/// Callers who gave up.
#[derive(Debug, Default)]
pub(crate) struct Abandoned {
    /// The oldest first.
    listed: VecDeque<Missed>,
    /// Until when which place is kept.
    kept: FxHashMap<Number, (Instant, Micros)>,
}

impl Abandoned {
    /// Puts a number in the list, or counts it again.
    pub(crate) fn list(&mut self, queue: QueueId, number: Number, call: CallId, at: WallTime) {
        let number = same_number(number);
        let before = self.listed.iter().position(|missed| missed.number == number);
        let times = before.and_then(|at| self.listed.remove(at)).map_or(0, |missed| missed.times);
        if self.listed.len() >= LISTED_MAX {
            self.listed.pop_front();
        }
        self.listed.push_back(Missed { queue, number, call, at, times: times + 1 });
    }

    /// Takes a number off the list. Says whether it stood there.
    pub(crate) fn reached(&mut self, number: Number) -> bool {
        let number = same_number(number);
        let before = self.listed.len();
        self.listed.retain(|missed| missed.number != number);
        self.listed.len() < before
    }

    fn keep(&mut self, number: Number, now: Instant, until: Instant, joined: Micros) {
        if self.kept.len() >= KEPT_MAX {
            self.kept.retain(|_, (until, _)| *until > now);
        }
        if self.kept.len() < KEPT_MAX {
            self.kept.insert(same_number(number), (until, joined));
        }
    }

    /// The place kept for a number that rings again.
    pub(crate) fn reenters(&mut self, now: Instant, number: Number) -> Option<Micros> {
        let (until, joined) = self.kept.remove(&same_number(number))?;
        (now <= until).then_some(joined)
    }

    pub(crate) fn live(&self, queue: QueueId) -> Vec<LiveAbandoned> {
        let shown = |missed: &Missed| LiveAbandoned {
            number: missed.number,
            call: missed.call,
            at_ms: missed.at.unix_millis(),
            times: missed.times,
        };
        self.listed.iter().filter(|missed| missed.queue == queue).map(shown).collect()
    }
}

impl Acd {
    /// A caller who waits gives up.
    pub(crate) fn abandon(&mut self, m: Moment, call: CallId) {
        let Some(visit) = self.visits.get(&call) else { return };
        let Some(number) = visit.caller else { return };
        let (queue, joined) = (visit.queue, visit.key.joined);
        let reentry_s = self.queues.get(&queue).map_or(0, |queue| queue.config.reentry_s);
        if reentry_s > 0 {
            let until = m.now + Duration::from_secs(reentry_s.into());
            self.abandoned.keep(number, m.now, until, joined);
        }
        self.abandoned.list(queue, number, call, m.wall);
        self.event(EventKind::AbandonedListed { call, queue, number });
    }

    /// Somebody of the box talks with this number.
    pub fn reached(&mut self, number: Number, call: Option<CallId>) {
        if self.abandoned.reached(number) {
            self.event(EventKind::AbandonedReached { number, call });
        }
    }
}

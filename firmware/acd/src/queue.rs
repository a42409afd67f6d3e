//! One queue's tables: who waits, in order, and which agents are free.

use core::cmp::Reverse;
use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use tipring_clock::Instant;
use tipring_events::{AgentId, QueueId};
use tipring_line::CallId;
use tipring_switch::Moment;

use crate::config::QueueConfig;

/// A caller's place in the order: by priority, then by time of joining the box's queues.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct WaitKey {
    pub(crate) priority: Reverse<u32>,
    pub(crate) joined: Instant,
    pub(crate) call: CallId,
}

/// A free agent's place in the order of longest idle: never called first, then by the end of the
/// last call, then by log-in.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct IdleKey {
    pub(crate) last_call_ended: Option<Instant>,
    pub(crate) logged_in: Instant,
    pub(crate) agent: AgentId,
}

/// One wait in one queue.
#[derive(Debug)]
pub(crate) struct Visit {
    pub(crate) queue: QueueId,
    pub(crate) key: WaitKey,
    pub(crate) entered: Moment,
    /// The agents who are being rung for this caller.
    pub(crate) offers: Vec<AgentId>,
    /// The place last announced or logged.
    pub(crate) position: u32,
}

/// A queue.
#[derive(Debug)]
pub(crate) struct Queue {
    pub(crate) name: Arc<str>,
    pub(crate) config: QueueConfig,
    /// Everyone who waits, the next to be served first. Nearly all join at the back and leave at
    /// the front, which costs a constant; a place is found in logarithmic time.
    waiting: VecDeque<WaitKey>,
    /// Those of them for whom nobody is being rung.
    unoffered: BTreeSet<WaitKey>,
    /// The queue's agents who can be offered a caller now.
    pub(crate) idle: BTreeSet<IdleKey>,
    /// How many of its agents are logged in.
    pub(crate) logged_in: u32,
}

impl Queue {
    pub(crate) fn new(config: QueueConfig) -> Self {
        Queue {
            name: config.name.as_str().into(),
            config,
            waiting: VecDeque::new(),
            unoffered: BTreeSet::new(),
            idle: BTreeSet::new(),
            logged_in: 0,
        }
    }

    /// Takes a caller in and gives the place, from 1.
    pub(crate) fn join(&mut self, key: WaitKey) -> u32 {
        let at = self.waiting.partition_point(|other| *other < key);
        self.waiting.insert(at, key);
        self.unoffered.insert(key);
        place(at)
    }

    /// Takes a caller out and gives the place left.
    pub(crate) fn leave(&mut self, key: &WaitKey) -> u32 {
        self.unoffered.remove(key);
        let at = self.waiting.partition_point(|other| other < key);
        if self.waiting.get(at) == Some(key) {
            self.waiting.remove(at);
        }
        place(at)
    }

    /// A caller's place, from 1.
    pub(crate) fn position(&self, key: &WaitKey) -> u32 {
        place(self.waiting.partition_point(|other| other < key))
    }

    /// The next caller for whom nobody is being rung.
    pub(crate) fn next_unoffered(&self) -> Option<WaitKey> {
        self.unoffered.first().copied()
    }

    /// Somebody is being rung for this caller.
    pub(crate) fn offered(&mut self, key: &WaitKey) {
        self.unoffered.remove(key);
    }

    /// Nobody is being rung for this caller any more.
    pub(crate) fn unoffered_again(&mut self, key: WaitKey) {
        self.unoffered.insert(key);
    }

    /// Everyone who waits, in order.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &WaitKey> {
        self.waiting.iter()
    }

    /// How many wait.
    pub(crate) fn len(&self) -> usize {
        self.waiting.len()
    }
}

fn place(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(priority: u32, joined_ms: u64, call: u64) -> WaitKey {
        let joined = Instant::from_millis(joined_ms);
        WaitKey { priority: Reverse(priority), joined, call: CallId(call) }
    }

    #[test]
    fn callers_stand_by_priority_then_by_time() {
        let mut queue = Queue::new(QueueConfig::default());
        assert_eq!(queue.join(key(0, 10, 1)), 1);
        assert_eq!(queue.join(key(0, 20, 2)), 2);
        assert_eq!(queue.join(key(1, 30, 3)), 1);
        assert_eq!(queue.join(key(0, 15, 4)), 3);
        assert_eq!(queue.position(&key(0, 20, 2)), 4);
        queue.offered(&key(1, 30, 3));
        assert_eq!(queue.next_unoffered(), Some(key(0, 10, 1)));
        queue.unoffered_again(key(1, 30, 3));
        assert_eq!(queue.leave(&key(1, 30, 3)), 1);
        assert_eq!(queue.position(&key(0, 20, 2)), 3);
        assert_eq!(queue.len(), 3);
    }
}

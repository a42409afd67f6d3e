//! The timers of a machine that has thousands of them, each known by a key.

use core::cmp::Reverse;
use core::hash::Hash;
use std::collections::{BinaryHeap, HashMap};

use crate::Instant;

/// Timers by key, the earliest first. Setting a key again moves its timer.
///
/// Moved and stopped timers leave their old entry in the heap until it comes up, so the heap is
/// rebuilt when more than half of it is stale: memory stays within a constant of the live timers.
#[derive(Clone, Debug)]
pub struct TimerQueue<K> {
    heap: BinaryHeap<Reverse<(Instant, u64, K)>>,
    live: HashMap<K, (Instant, u64)>,
    set_count: u64,
}

impl<K: Clone + Eq + Hash + Ord> TimerQueue<K> {
    /// No timers.
    pub fn new() -> Self {
        TimerQueue { heap: BinaryHeap::new(), live: HashMap::new(), set_count: 0 }
    }

    /// Starts or moves the timer `key` to fall due at `at`.
    pub fn set(&mut self, key: K, at: Instant) {
        self.set_count += 1;
        self.live.insert(key.clone(), (at, self.set_count));
        self.heap.push(Reverse((at, self.set_count, key)));
        if self.heap.len() > 64 && self.heap.len() > 2 * self.live.len() {
            self.rebuild();
        }
        self.drop_stale();
    }

    /// Stops the timer `key`; says whether it ran.
    pub fn stop(&mut self, key: &K) -> bool {
        let ran = self.live.remove(key).is_some();
        self.drop_stale();
        ran
    }

    /// When the timer `key` falls due, if it runs.
    pub fn due(&self, key: &K) -> Option<Instant> {
        self.live.get(key).map(|(at, _)| *at)
    }

    /// The earliest time at which a timer falls due.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _, _))| *at)
    }

    /// Takes out the earliest timer due at `now`, in the order of their setting when equal.
    pub fn expire(&mut self, now: Instant) -> Option<K> {
        let Reverse((at, _, _)) = self.heap.peek()?;
        if *at > now {
            return None;
        }
        let Reverse((_, _, key)) = self.heap.pop()?;
        self.live.remove(&key);
        self.drop_stale();
        Some(key)
    }

    /// How many timers run.
    pub fn len(&self) -> usize {
        self.live.len()
    }

    /// Whether no timer runs.
    pub fn is_empty(&self) -> bool {
        self.live.is_empty()
    }

    /// Keeps the heap's head live, so that `poll_timeout` needs no search.
    fn drop_stale(&mut self) {
        while let Some(Reverse((at, id, key))) = self.heap.peek() {
            if self.live.get(key) == Some(&(*at, *id)) {
                return;
            }
            self.heap.pop();
        }
    }

    fn rebuild(&mut self) {
        self.heap =
            self.live.iter().map(|(key, (at, id))| Reverse((*at, *id, key.clone()))).collect();
    }
}

impl<K: Clone + Eq + Hash + Ord> Default for TimerQueue<K> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_stops_and_expires() {
        let mut q = TimerQueue::new();
        q.set("a", Instant::from_millis(10));
        q.set("b", Instant::from_millis(5));
        q.set("b", Instant::from_millis(20));
        assert_eq!(q.poll_timeout(), Some(Instant::from_millis(10)));
        assert!(q.stop(&"a"));
        assert!(!q.stop(&"a"));
        assert_eq!(q.poll_timeout(), Some(Instant::from_millis(20)));
        assert_eq!(q.expire(Instant::from_millis(19)), None);
        assert_eq!(q.expire(Instant::from_millis(20)), Some("b"));
        assert!(q.is_empty());
        assert_eq!(q.poll_timeout(), None);
    }

    #[test]
    fn moving_one_timer_forever_keeps_the_heap_small() {
        let mut q = TimerQueue::new();
        q.set(0, Instant::from_millis(1_000_000));
        for i in 0..100_000u64 {
            q.set(1, Instant::from_millis(i));
        }
        assert!(q.heap.len() <= 65, "{}", q.heap.len());
        assert_eq!(q.len(), 2);
    }

    #[test]
    fn setting_a_head_later_uncovers_the_next() {
        let mut q = TimerQueue::new();
        q.set(1, Instant::from_millis(1));
        q.set(2, Instant::from_millis(2));
        q.set(1, Instant::from_millis(3));
        assert_eq!(q.poll_timeout(), Some(Instant::from_millis(2)));
        assert_eq!(q.expire(Instant::from_millis(2)), Some(2));
        assert_eq!(q.expire(Instant::from_millis(3)), Some(1));
    }
}

//! When which thing wants to be looked at.
//!
//! Unlike `tipring_clock::TimerQueue` an entry cannot be stopped: whoever is looked at checks its
//! own timers, and asks again. That keeps one small entry a thing and no map, which matters with
//! a hundred thousand transactions lingering.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use tipring_clock::Instant;

/// Keys by time, the earliest first.
#[derive(Debug)]
pub(crate) struct Timetable<K> {
    heap: BinaryHeap<Reverse<(Instant, K)>>,
}

impl<K: Ord + Copy> Timetable<K> {
    pub(crate) const fn new() -> Self {
        Timetable { heap: BinaryHeap::new() }
    }

    /// Has `key` come up at `at`.
    pub(crate) fn push(&mut self, at: Instant, key: K) {
        self.heap.push(Reverse((at, key)));
    }

    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.heap.peek().map(|Reverse((at, _))| *at)
    }

    /// Takes out the earliest key if it has come up.
    pub(crate) fn expire(&mut self, now: Instant) -> Option<K> {
        if self.poll_timeout()? > now {
            return None;
        }
        self.heap.pop().map(|Reverse((_, key))| key)
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.heap.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_earliest_comes_first_and_only_when_due() {
        let mut t = Timetable::new();
        t.push(Instant::from_millis(2), 'b');
        t.push(Instant::from_millis(1), 'a');
        assert_eq!(t.poll_timeout(), Some(Instant::from_millis(1)));
        assert_eq!(t.expire(Instant::ZERO), None);
        assert_eq!(t.expire(Instant::from_millis(2)), Some('a'));
        assert_eq!(t.expire(Instant::from_millis(2)), Some('b'));
        assert_eq!((t.expire(Instant::from_millis(9)), t.len()), (None, 0));
    }
}

//! New settings for a channel of a running box. What they make is made outside the real-time
//! thread, waits until the channel is idle, and what it replaces comes back to be freed where it
//! was made.

use rtrb::{Consumer, Producer, RingBuffer};

/// How many may wait; of several the last is taken.
const WAITING_MAX: usize = 4;

/// The channel's end.
#[derive(Debug)]
pub(crate) struct RenewalEnd<T> {
    news: Consumer<Box<T>>,
    old: Producer<Box<T>>,
    due: Option<Box<T>>,
}

/// The outer end.
#[derive(Debug)]
pub(crate) struct Renewal<T> {
    news: Producer<Box<T>>,
    old: Consumer<Box<T>>,
    /// What found no room yet.
    held: Option<Box<T>>,
    /// How many were given and have not come back.
    out: usize,
}

/// Both ends.
pub(crate) fn renewal<T>() -> (RenewalEnd<T>, Renewal<T>) {
    let (news_in, news) = RingBuffer::new(WAITING_MAX);
    let (old, old_out) = RingBuffer::new(WAITING_MAX + 1);
    let end = RenewalEnd { news, old, due: None };
    (end, Renewal { news: news_in, old: old_out, held: None, out: 0 })
}

impl<T> RenewalEnd<T> {
    /// What the channel is to become, if it is idle now.
    pub(crate) fn take(&mut self, is_idle: bool) -> Option<Box<T>> {
        while let Ok(newer) = self.news.pop() {
            if let Some(older) = self.due.replace(newer) {
                self.give_back(older);
            }
        }
        if is_idle { self.due.take() } else { None }
    }

    /// Gives back what the channel was. There is room for all that can be out; if the outer end
    /// has gone it is freed here, once.
    pub(crate) fn give_back(&mut self, old: Box<T>) {
        let _ = self.old.push(old);
    }
}

impl<T> Renewal<T> {
    /// Has the channel become this when it is idle.
    pub(crate) fn renew(&mut self, new: T) {
        self.held = Some(Box::new(new));
        self.collect();
    }

    /// Whether everything given has been taken since last asked; told once.
    pub(crate) fn is_taken(&mut self) -> bool {
        let before = self.out + usize::from(self.held.is_some());
        self.collect();
        before > 0 && self.out == 0 && self.held.is_none()
    }

    fn collect(&mut self) {
        while self.old.pop().is_ok() {
            self.out = self.out.saturating_sub(1);
        }
        if self.out >= WAITING_MAX {
            return;
        }
        if let Some(new) = self.held.take() {
            match self.news.push(new) {
                Ok(()) => self.out += 1,
                Err(rtrb::PushError::Full(new)) => self.held = Some(new),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_is_taken_when_idle_and_all_come_back() {
        let (mut end, mut outer) = renewal::<u32>();
        assert!(!outer.is_taken(), "nothing was given");
        (1..=3).for_each(|n| outer.renew(n));
        assert_eq!(end.take(false), None);
        assert!(!outer.is_taken());
        let taken = end.take(true).unwrap();
        assert_eq!(*taken, 3);
        end.give_back(taken);
        assert!(outer.is_taken());
        assert!(!outer.is_taken(), "told once");
        // However often it is renewed meanwhile, the last one wins.
        (4..=20).for_each(|n| outer.renew(n));
        end.take(false);
        outer.renew(21);
        while !outer.is_taken() {
            if let Some(taken) = end.take(true) {
                assert!(*taken == 21 || *taken >= 7, "{taken}");
                end.give_back(taken);
            }
        }
    }
}

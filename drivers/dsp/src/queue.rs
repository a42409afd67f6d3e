//! A bounded first-in, first-out queue without allocation.

/// Holds at most `N` items; counts those that found no room.
#[derive(Clone, Debug)]
pub(crate) struct Queue<T: Copy, const N: usize> {
    items: [Option<T>; N],
    head: usize,
    len: usize,
    dropped: u32,
}

impl<T: Copy, const N: usize> Queue<T, N> {
    pub(crate) const fn new() -> Self {
        Queue { items: [None; N], head: 0, len: 0, dropped: 0 }
    }

    /// Adds an item at the end; a full queue drops it and counts.
    pub(crate) fn push(&mut self, item: T) {
        if self.len == N {
            self.dropped = self.dropped.saturating_add(1);
            return;
        }
        self.items[(self.head + self.len) % N] = Some(item);
        self.len += 1;
    }

    pub(crate) fn pop(&mut self) -> Option<T> {
        let item = self.items[self.head].take()?;
        self.head = (self.head + 1) % N;
        self.len -= 1;
        Some(item)
    }

    pub(crate) fn clear(&mut self) {
        while self.pop().is_some() {}
    }

    pub(crate) fn is_full(&self) -> bool {
        self.len == N
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub(crate) fn dropped(&self) -> u32 {
        self.dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_order_and_counts_what_it_drops() {
        let mut q: Queue<u8, 2> = Queue::new();
        for round in 0..5 {
            q.push(round);
            q.push(round + 1);
            q.push(99);
            assert!(q.is_full());
            assert_eq!((q.pop(), q.pop(), q.pop()), (Some(round), Some(round + 1), None));
        }
        assert_eq!(q.dropped(), 5);
        assert!(q.is_empty());
    }
}

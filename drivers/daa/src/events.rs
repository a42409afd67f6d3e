//! What a chip has to tell and nobody has fetched yet.

use arrayvec::ArrayVec;
use tipring_line::PortEvent;

/// Events that may wait: several seconds of the fastest that a line can change.
const WAITING_MAX: usize = 16;

/// A bounded queue of events.
#[derive(Clone, Debug, Default)]
pub(crate) struct Events {
    waiting: ArrayVec<PortEvent, WAITING_MAX>,
    lost: u32,
}

impl Events {
    /// Adds an event; into a full queue in place of the oldest, since what a line does now matters
    /// more than what it did.
    pub(crate) fn push(&mut self, event: PortEvent) {
        if self.waiting.is_full() {
            self.lost = self.lost.saturating_add(1);
            self.waiting.remove(0);
        }
        self.waiting.push(event);
    }

    pub(crate) fn pop(&mut self) -> Option<PortEvent> {
        if self.waiting.is_empty() { None } else { Some(self.waiting.remove(0)) }
    }

    pub(crate) fn lost(&self) -> u32 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_queue_drops_the_oldest_and_counts() {
        let mut events = Events::default();
        for n in 0..18 {
            events.push(PortEvent::Ringing(n % 2 == 0));
        }
        assert_eq!(events.lost(), 2);
        assert_eq!(std::iter::from_fn(|| events.pop()).count(), WAITING_MAX);
    }
}

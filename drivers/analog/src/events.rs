//! What waits to be polled, and what went wrong and is only counted.

use arrayvec::ArrayVec;
use tipring_line::ChannelEvent;

/// A bounded queue of events.
#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    waiting: ArrayVec<ChannelEvent, 32>,
    dropped: u32,
}

impl EventQueue {
    /// Adds an event. A full queue drops the oldest digit or, failing that, the new event:
    /// a `Released` must not be lost, and nobody reads 32 events late.
    pub(crate) fn push(&mut self, event: ChannelEvent) {
        if self.waiting.is_full() {
            self.dropped = self.dropped.saturating_add(1);
            let digit = self.waiting.iter().position(|e| matches!(e, ChannelEvent::Digit { .. }));
            match digit {
                Some(place) => drop(self.waiting.remove(place)),
                None => return,
            }
        }
        self.waiting.push(event);
    }

    pub(crate) fn pop(&mut self) -> Option<ChannelEvent> {
        if self.waiting.is_empty() { None } else { Some(self.waiting.remove(0)) }
    }

    pub(crate) fn dropped(&self) -> u32 {
        self.dropped
    }
}

/// What went wrong on a channel since its making.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    /// Commands the port refused.
    pub port_errors: u32,
    /// Events dropped because nobody polled.
    pub events_dropped: u32,
    /// Caller-id messages that began and were damaged.
    pub caller_id_damaged: u32,
    /// Commands dropped because they did not fit the state of the call.
    pub commands_refused: u32,
    /// Openings and closings of a handset's loop that meant nothing: bounces, noise.
    pub loop_disturbances: u32,
    /// Trains of more than ten dial pulses.
    pub pulses_unread: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_line::{Cause, Digit, DigitSource};

    #[test]
    fn a_full_queue_keeps_the_release() {
        let mut queue = EventQueue::default();
        let digit = Digit::from_char('1').unwrap();
        for _ in 0..40 {
            queue.push(ChannelEvent::Digit { digit, source: DigitSource::InBand });
        }
        queue.push(ChannelEvent::Released(Cause::NormalClearing));
        assert_eq!(queue.dropped(), 9);
        let mut last = None;
        while let Some(event) = queue.pop() {
            last = Some(event);
        }
        assert_eq!(last, Some(ChannelEvent::Released(Cause::NormalClearing)));
    }
}

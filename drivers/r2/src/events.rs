//! What waits to be polled, what was learnt of the last call, and what is only counted.

use arrayvec::ArrayVec;
use tipring_dsp::MfSignal;
use tipring_line::ChannelEvent;

use crate::variant::Category;

/// A bounded queue of events.
#[derive(Debug, Default)]
pub(crate) struct EventQueue {
    waiting: ArrayVec<ChannelEvent, 32>,
    dropped: u32,
}

impl EventQueue {
    /// Adds an event. A full queue drops its oldest metering pulse or, failing that, its oldest
    /// event: a `Released` must not be lost, and nobody reads 32 events late.
    pub(crate) fn push(&mut self, event: ChannelEvent) {
        if self.waiting.is_full() {
            self.dropped = self.dropped.saturating_add(1);
            let pulse = self.waiting.iter().position(|e| *e == ChannelEvent::Metering);
            let _ = self.waiting.remove(pulse.unwrap_or(0));
        }
        self.waiting.push(event);
    }

    pub(crate) fn pop(&mut self) -> Option<ChannelEvent> {
        self.waiting.pop_at(0)
    }

    pub(crate) fn dropped(&self) -> u32 {
        self.dropped
    }
}

/// What was learnt of the call beside the numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Learnt {
    /// Incoming: the calling party's category as the signal that told it.
    pub category_signal: Option<MfSignal>,
    /// Incoming: what the variant takes that signal for.
    pub category: Option<Category>,
    /// Outgoing: the far side accepted the call without charge.
    pub free_of_charge: bool,
}

/// What went wrong on a channel since its making.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Faults {
    /// Line signals that meant nothing in the state they came in.
    pub line_signals: u32,
    /// Register signals that meant nothing in the state they came in.
    pub register_signals: u32,
    /// Times a timer of the signalling ended a call.
    pub timeouts: u32,
    /// Times both sides seized the channel.
    pub glares: u32,
    /// Calls that began to come in and were given up before they could be offered.
    pub lost_calls: u32,
    /// Commands dropped because they did not fit the state of the call.
    pub commands_refused: u32,
    /// Orders that the timeslot refused.
    pub port_errors: u32,
    /// Events dropped because nobody polled.
    pub events_dropped: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_line::Cause;

    #[test]
    fn a_full_queue_keeps_the_release() {
        let mut queue = EventQueue::default();
        for _ in 0..40 {
            queue.push(ChannelEvent::Metering);
        }
        queue.push(ChannelEvent::Released(Cause::NormalClearing));
        assert_eq!(queue.dropped(), 9);
        let last = std::iter::from_fn(|| queue.pop()).last();
        assert_eq!(last, Some(ChannelEvent::Released(Cause::NormalClearing)));
    }
}

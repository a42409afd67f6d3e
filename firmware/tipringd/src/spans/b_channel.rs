//! A B-channel in the media thread.

use tipring_clock::Instant;
use tipring_line::{ChannelCommand, ChannelEvent, Frame, FrameChannel, SILENCE, Timeslot};

/// A B-channel of ISDN: its audio alone. Its signalling is the D-channel's, in the core thread.
#[derive(Debug)]
pub struct BChannel<T: Timeslot> {
    timeslot: T,
}

impl<T: Timeslot> BChannel<T> {
    /// The channel over this timeslot.
    pub fn new(timeslot: T) -> Self {
        BChannel { timeslot }
    }
}

impl<T: Timeslot> FrameChannel for BChannel<T> {
    fn tick(&mut self, _now: Instant, tx: &Frame, rx: &mut Frame) {
        if self.timeslot.exchange(tx, rx).is_err() {
            *rx = SILENCE;
        }
        // The span's alarm is told by its D-channel's signalling, for all channels at once.
        while self.timeslot.poll_event().is_some() {}
    }

    fn command(&mut self, _now: Instant, _command: &ChannelCommand) {}

    fn poll_event(&mut self) -> Option<ChannelEvent> {
        None
    }
}

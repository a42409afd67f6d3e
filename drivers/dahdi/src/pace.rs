//! Two clocks that do not agree: the channel's, which fills and empties its buffers, and that of
//! whoever exchanges frames.
//!
//! The channel sends one block for each that it receives, so counting what was received tells how
//! much of what was written still waits, which the kernel does not say. The delay is kept constant
//! each way: what piles up for a while is skipped, what runs dry is filled with silence,
//! and each such slip of 20 ms is counted.

use arrayvec::ArrayVec;
use tipring_line::FRAME_SAMPLES;

/// One frame as it crosses to the kernel.
pub(crate) type Codes = [u8; FRAME_SAMPLES];

/// Buffers of the kernel, and frames that wait here, each way: the longest that the other clock
/// may pause without loss is five frames.
pub(crate) const BUFFERS: usize = 6;
/// Blocks that wait to be sent right after a frame was written: one on the wire, one behind it.
const AHEAD: u32 = 2;
/// Exchanges over which a surplus of two or more must last before it is skipped: a second.
const WINDOW: u32 = 50;
/// Such windows over which a surplus of one must last: twenty seconds. Where blocks are complete
/// just when frames are exchanged, one in hand is what keeps the two from slipping to and fro.
const WINDOWS: u32 = 20;

/// What was lost or made up because the clocks do not agree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Slips {
    /// Frames of silence given because the channel had none yet.
    pub rx_underruns: u32,
    /// Received frames skipped to keep the delay.
    pub rx_skipped: u32,
    /// Times the kernel's buffers were found full, so that something may have been lost before.
    pub rx_overruns: u32,
    /// Frames of silence sent because the channel had run dry.
    pub tx_underruns: u32,
    /// Frames not sent to keep the delay.
    pub tx_skipped: u32,
    /// Frames not sent because the kernel's buffers were full.
    pub tx_overruns: u32,
}

/// The least surplus over a window of exchanges, and over a row of windows.
#[derive(Clone, Copy, Debug)]
struct Surplus {
    least: u32,
    exchanges: u32,
    windows: u32,
}

impl Surplus {
    const NEW: Self = Surplus { least: u32::MAX, exchanges: 0, windows: 0 };

    /// Takes note of this exchange's surplus; at a window's end, what is to be skipped.
    fn note(&mut self, surplus: u32) -> u32 {
        self.least = self.least.min(surplus);
        self.exchanges += 1;
        if self.exchanges < WINDOW {
            return 0;
        }
        let least = core::mem::replace(&mut self.least, u32::MAX);
        self.exchanges = 0;
        self.windows = if least == 1 { self.windows + 1 } else { 0 };
        match least {
            0 => 0,
            1 if self.windows < WINDOWS => 0,
            1 => {
                self.windows = 0;
                1
            }
            more => more - 1,
        }
    }
}

/// The frames between the two clocks.
#[derive(Debug)]
pub(crate) struct Pace {
    received: ArrayVec<Codes, BUFFERS>,
    /// Nothing has been received since the buffers were emptied, so nothing is missing either.
    starting: bool,
    /// Blocks the kernel has and the wire has not.
    queued: u32,
    /// Something has been written since the buffers were emptied.
    sending: bool,
    rx_surplus: Surplus,
    tx_surplus: Surplus,
    tx_skip: u32,
    slips: Slips,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Pace {
            received: ArrayVec::new(),
            starting: true,
            queued: 0,
            sending: false,
            rx_surplus: Surplus::NEW,
            tx_surplus: Surplus::NEW,
            tx_skip: 0,
            slips: Slips::default(),
        }
    }

    pub(crate) fn slips(&self) -> Slips {
        self.slips
    }

    /// The kernel's buffers were emptied.
    pub(crate) fn restart(&mut self) {
        *self = Pace { slips: self.slips, ..Pace::new() };
    }

    /// A block was read.
    pub(crate) fn on_received(&mut self, block: &Codes) {
        self.starting = false;
        self.queued = self.queued.saturating_sub(1);
        if self.received.is_full() {
            self.received.remove(0);
            self.slips.rx_skipped = self.slips.rx_skipped.saturating_add(1);
        }
        self.received.push(*block);
    }

    /// All buffers of the kernel were full at once.
    pub(crate) fn on_full(&mut self) {
        self.slips.rx_overruns = self.slips.rx_overruns.saturating_add(1);
    }

    /// The frame of this exchange, oldest first; `None` if there is none yet.
    pub(crate) fn take(&mut self) -> Option<Codes> {
        if self.starting {
            return None;
        }
        let Some(block) = self.received.pop_at(0) else {
            self.slips.rx_underruns = self.slips.rx_underruns.saturating_add(1);
            self.rx_surplus = Surplus::NEW;
            return None;
        };
        let surplus = self.rx_surplus.note(self.received.len() as u32);
        let skipped = self.received.drain(..surplus as usize).count() as u32;
        self.slips.rx_skipped = self.slips.rx_skipped.saturating_add(skipped);
        Some(block)
    }

    /// How many frames of silence go before this exchange's frame, and whether it goes itself.
    /// Sending begins when the first block has been received: from there on the two directions
    /// are in step.
    pub(crate) fn plan_write(&mut self) -> (u32, bool) {
        let lead = AHEAD - 1;
        if self.starting {
            return (0, false);
        }
        if self.tx_skip == 0 {
            self.tx_skip = self.tx_surplus.note(self.queued.saturating_sub(lead));
        }
        if self.tx_skip > 0 {
            self.tx_skip -= 1;
            self.slips.tx_skipped = self.slips.tx_skipped.saturating_add(1);
            return (0, false);
        }
        if self.queued > 0 {
            return (0, true);
        }
        if core::mem::replace(&mut self.sending, true) {
            self.slips.tx_underruns = self.slips.tx_underruns.saturating_add(lead);
        }
        (lead, true)
    }

    /// A block was written.
    pub(crate) fn on_written(&mut self) {
        self.queued += 1;
    }

    /// The kernel had no room for a block.
    pub(crate) fn on_no_room(&mut self) {
        self.queued = BUFFERS as u32;
        self.slips.tx_overruns = self.slips.tx_overruns.saturating_add(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A channel that completes a block every 20 ms, and its buffers.
    struct Wire {
        pace: Pace,
        /// Blocks read so far.
        read: u64,
        /// Blocks that wait to be sent, and the most of them there ever were after the start.
        queue: u64,
        deepest: u64,
        dry: u32,
    }

    impl Wire {
        fn new() -> Self {
            Wire { pace: Pace::new(), read: 0, queue: 0, deepest: 0, dry: 0 }
        }

        /// One exchange at this time, in microseconds.
        fn exchange(&mut self, now_us: u64) -> Option<Codes> {
            let complete = now_us / 20_000;
            for block in self.read..complete {
                if self.read > 0 && self.queue == 0 {
                    self.dry += 1;
                }
                self.queue = self.queue.saturating_sub(1);
                self.pace.on_received(&[block as u8; FRAME_SAMPLES]);
            }
            self.read = complete;
            let taken = self.pace.take();
            let (silence, frame) = self.pace.plan_write();
            for _ in 0..silence + u32::from(frame) {
                self.queue += 1;
                self.pace.on_written();
            }
            self.deepest = self.deepest.max(self.queue);
            taken
        }

        /// Exchanges every `period_us` for so many seconds.
        fn run(&mut self, from_us: u64, period_us: u64, seconds: u64) {
            let end = from_us + seconds * 1_000_000;
            let mut now = from_us;
            while now < end {
                self.exchange(now);
                now += period_us;
            }
        }
    }

    #[test]
    fn clocks_that_agree_do_not_slip_whatever_their_phase() {
        for phase in [0, 1, 5_000, 19_999] {
            let mut wire = Wire::new();
            wire.run(phase, 20_000, 100);
            assert_eq!(wire.pace.slips(), Slips::default(), "{phase}");
            assert_eq!((wire.deepest, wire.dry), (u64::from(AHEAD), 0), "{phase}");
        }
    }

    #[test]
    fn a_slow_clock_skips_what_it_receives_and_fills_what_it_sends() {
        let mut wire = Wire::new();
        wire.run(0, 20_020, 1_000);
        let slips = wire.pace.slips();
        // A thousandth of 50,000 frames, less what is kept in hand.
        assert!((46..=51).contains(&slips.rx_skipped), "{slips:?}");
        assert!((46..=51).contains(&slips.tx_underruns), "{slips:?}");
        assert_eq!((slips.rx_underruns, slips.tx_skipped), (0, 0));
        assert!(wire.deepest <= 3, "{}", wire.deepest);
    }

    #[test]
    fn a_fast_clock_fills_what_it_receives_and_skips_what_it_sends() {
        let mut wire = Wire::new();
        wire.run(0, 19_980, 1_000);
        let slips = wire.pace.slips();
        assert!((46..=51).contains(&slips.rx_underruns), "{slips:?}");
        assert!((46..=51).contains(&slips.tx_skipped), "{slips:?}");
        assert_eq!((slips.rx_skipped, slips.tx_underruns, slips.tx_overruns), (0, 0, 0));
        assert_eq!(wire.dry, 0);
        assert!(wire.deepest <= 4, "{}", wire.deepest);
    }

    #[test]
    fn the_delay_of_before_comes_back_after_a_pause() {
        let mut wire = Wire::new();
        wire.run(5_000, 20_000, 10);
        let before = wire.exchange(10_005_000).unwrap()[0];
        assert_eq!(before, (10_005_000u64 / 20_000 - 1) as u8);
        // A tenth of a second is missed.
        wire.run(10_125_000, 20_000, 25);
        let at = 35_125_000;
        assert_eq!(wire.exchange(at).unwrap()[0], (at / 20_000 - 1) as u8);
        let slips = wire.pace.slips();
        wire.run(at + 20_000, 20_000, 60);
        assert_eq!(wire.pace.slips(), slips);
    }

    #[test]
    fn a_block_in_hand_stops_clocks_in_step_from_slipping_to_and_fro() {
        let mut wire = Wire::new();
        // Blocks are complete just before or just after each exchange, by turns.
        for frame in 1..5_000u64 {
            wire.exchange(frame * 20_000 + 1 - 2 * (frame % 3 / 2));
        }
        let slips = wire.pace.slips();
        assert!(slips.rx_underruns <= 1 && slips.rx_skipped == 0, "{slips:?}");
        assert!(slips.tx_underruns <= 1 && slips.tx_skipped == 0, "{slips:?}");
    }

    #[test]
    fn emptied_buffers_count_nothing() {
        let mut wire = Wire::new();
        wire.run(0, 20_000, 10);
        wire.pace.restart();
        wire.queue = 0;
        // Half a second until the channel gives audio again.
        assert!(
            (0..25).all(|_| wire.pace.take().is_none() && wire.pace.plan_write() == (0, false))
        );
        wire.read = 525;
        wire.run(10_520_000, 20_000, 10);
        assert_eq!(wire.pace.slips(), Slips::default());
    }
}

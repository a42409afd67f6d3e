//! A handset's loop, as the kernel tells it and as the signalling wants it.
//!
//! The kernel tells an opening once it has lasted for its flash time, and counts shorter ones, up
//! to 200 ms, as dial pulses. So there are two ways to use it ([`ChannelSettings::pulses`]):
//!
//! - The kernel counts: digits come counted to the millisecond, whatever this program is busy with.
//!   Its flash time is just above the longest pulse, so what it tells as an opening has already
//!   lasted that long; and as the signalling measures openings by itself and takes short ones for
//!   disturbances or pulses, an opening is shown for at least [`SHOWN`] frames. A flash of less
//!   than 200 ms comes as the digit 1.
//! - The kernel does not count: every opening is told, and the signalling measures them all.
//!
//! [`ChannelSettings::pulses`]: crate::ChannelSettings::pulses

use tipring_line::PortEvent;

/// The kernel's flash time where it counts: it takes openings of up to 200 ms for pulses.
pub(crate) const COUNTING_MS: i32 = 210;
/// Its flash time where it does not: shorter openings are bounces.
pub(crate) const PLAIN_MS: i32 = 5;
/// Frames for which an opening is shown: 140 ms, safely more than a disturbance or a dial pulse.
const SHOWN: u32 = 7;

/// What the signalling has been told of the loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FxsLoop {
    off_hook: bool,
    /// Frames for which an opening is shown at least.
    shown: u32,
    /// Exchanges since the opening was told.
    open_frames: u32,
    /// The loop is closed again, and that is still to be told.
    closing: bool,
}

impl FxsLoop {
    pub(crate) fn new() -> Self {
        FxsLoop { off_hook: false, shown: 0, open_frames: SHOWN, closing: false }
    }

    /// The kernel's flash time, in milliseconds.
    pub(crate) fn set_flash_time(&mut self, ms: i32) {
        self.shown = if ms >= COUNTING_MS { SHOWN } else { 0 };
    }

    /// Whether the handset is up, as far as the signalling knows.
    pub(crate) fn is_off_hook(&self) -> bool {
        self.off_hook
    }

    /// Exchanges since the handset was put down.
    pub(crate) fn down_frames(&self) -> u32 {
        if self.off_hook || self.closing { 0 } else { self.open_frames }
    }

    /// The handset has been lifted, or an opening has ended.
    pub(crate) fn on_closed(&mut self) -> Option<PortEvent> {
        if self.off_hook {
            return None;
        }
        self.closing = true;
        self.show_closing()
    }

    /// The loop has been open for the kernel's flash time.
    pub(crate) fn on_opened(&mut self) -> Option<PortEvent> {
        if !self.off_hook && !self.closing {
            return None;
        }
        self.closing = false;
        self.open_frames = 0;
        core::mem::replace(&mut self.off_hook, false).then_some(PortEvent::OffHook(false))
    }

    /// The loop was open for a moment and is closed again.
    pub(crate) fn on_flash(&mut self) -> Option<PortEvent> {
        let opened = self.on_opened();
        self.closing = opened.is_some();
        opened
    }

    /// To be called once an exchange.
    pub(crate) fn tick(&mut self) -> Option<PortEvent> {
        self.open_frames = self.open_frames.saturating_add(1);
        self.show_closing()
    }

    fn show_closing(&mut self) -> Option<PortEvent> {
        if !self.closing || self.open_frames < self.shown {
            return None;
        }
        self.closing = false;
        self.off_hook = true;
        Some(PortEvent::OffHook(true))
    }
}

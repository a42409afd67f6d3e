//! A handset's loop, as the kernel tells it and as the signalling wants it.
//!
//! The kernel counts short openings as dial pulses and tells an opening only once it has lasted
//! longer than its flash time, which is set to [`RX_FLASH_MS`]; so what it tells as an opening has
//! already lasted that long, and a flash between the two limits is told when it is over. The
//! signalling measures openings by itself and takes very short ones for disturbances. So an opening
//! is shown for at least [`SHOWN`] frames, whatever was left of it when it was told.

use tipring_line::PortEvent;

/// The kernel takes openings of up to 200 ms for pulses; longer ones are told after this.
pub(crate) const RX_FLASH_MS: i32 = 210;
/// Frames for which an opening is shown: 100 ms, safely more than a disturbance.
const SHOWN: u32 = 5;

/// What the signalling has been told of the loop.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FxsLoop {
    off_hook: bool,
    /// Exchanges since the opening was told.
    open_frames: u32,
    /// The loop is closed again, and that is still to be told.
    closing: bool,
}

impl FxsLoop {
    pub(crate) fn new() -> Self {
        FxsLoop { off_hook: false, open_frames: SHOWN, closing: false }
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

    /// The loop has been open for [`RX_FLASH_MS`].
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
        if !self.closing || self.open_frames < SHOWN {
            return None;
        }
        self.closing = false;
        self.off_hook = true;
        Some(PortEvent::OffHook(true))
    }
}

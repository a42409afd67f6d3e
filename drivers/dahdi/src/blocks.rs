//! Blocks of audio each way, and the events in their way. The kernel refuses reading and writing
//! (errno 500) as long as an event waits.

use core::ffi::c_int;

use nix::errno::Errno;
use tipring_dsp::g711;
use tipring_line::{Frame, Law, PortError};

use crate::device::Device;
use crate::layout::{ELAST, events};
use crate::pace::{BUFFERS, Codes, Pace};

/// Events that may wait: as many as the kernel keeps for a channel.
pub(crate) const EVENTS_MAX: usize = 64;

/// Times a read or write is tried again because events waited or a signal came.
const RETRIES: u32 = 4;

/// What exchanges blocks of audio with a channel.
pub(crate) trait Blocks {
    /// What the channel is.
    type Device: Device;

    /// The channel; `None` while it is gone.
    fn device(&self) -> Option<&Self::Device>;

    /// Takes an event of the kernel.
    fn on_event(&mut self, event: c_int);

    /// Turns an errno into the seam's error; lets a channel go that has gone.
    fn failed(&mut self, what: &'static str, code: c_int) -> PortError;

    /// The frames between the clocks.
    fn pace(&mut self) -> &mut Pace;

    /// The channel's law.
    fn law(&self) -> Law;

    /// Counts that events were in the way.
    fn on_held_up(&mut self);

    /// Takes all events; the kernel keeps at most [`EVENTS_MAX`].
    fn take_events(&mut self) {
        self.on_held_up();
        for _ in 0..EVENTS_MAX {
            let Some(device) = self.device() else { return };
            match device.next_event() {
                Ok(events::NONE) => return,
                Ok(event) => self.on_event(event),
                Err(code) => {
                    self.failed("DAHDI_GETEVENT", code);
                    return;
                }
            }
        }
    }

    /// Reads or writes one block; events in its way are taken first. `None`: there is no block, or
    /// no room.
    fn transfer(
        &mut self,
        what: &'static str,
        mut transfer: impl FnMut(&Self::Device) -> Result<usize, c_int>,
    ) -> Result<Option<usize>, PortError> {
        for _ in 0..RETRIES {
            let Some(device) = self.device() else { return Err(PortError::Gone) };
            match transfer(device) {
                Ok(length) => return Ok(Some(length)),
                Err(ELAST) => self.take_events(),
                Err(code) if code == Errno::EAGAIN as c_int => return Ok(None),
                Err(code) if code == Errno::EINTR as c_int => {}
                Err(code) => return Err(self.failed(what, code)),
            }
        }
        Ok(None)
    }

    /// Reads what is there.
    fn receive(&mut self) -> Result<(), PortError> {
        let mut block: Codes = [self.law().silence(); _];
        for blocks in 1..=BUFFERS {
            let Some(_) = self.transfer("read", |device| device.read(&mut block))? else {
                return Ok(());
            };
            self.pace().on_received(&block);
            if blocks == BUFFERS {
                self.pace().on_full();
            }
        }
        Ok(())
    }

    /// Writes a frame, with silence before it where the channel has run dry.
    fn send(&mut self, tx: &Frame) -> Result<(), PortError> {
        let (silence, frame) = self.pace().plan_write();
        let mut block: Codes = [self.law().silence(); _];
        for _ in 0..silence {
            self.send_block(&block)?;
        }
        if frame {
            g711::encode(self.law(), tx, &mut block);
            self.send_block(&block)?;
        }
        Ok(())
    }

    /// Writes a block.
    fn send_block(&mut self, block: &Codes) -> Result<(), PortError> {
        match self.transfer("write", |device| device.write(block))? {
            Some(_) => self.pace().on_written(),
            None => self.pace().on_no_room(),
        }
        Ok(())
    }
}

//! Blocks of audio each way, and the events in their way.

use core::ffi::c_int;

use nix::errno::Errno;
use tipring_dsp::g711;
use tipring_line::{Frame, PortError};

use super::{DahdiPort, EVENTS_MAX};
use crate::device::Device;
use crate::layout::{ELAST, events};
use crate::pace::{BUFFERS, Codes};

/// Times a read or write is tried again because events waited or a signal came.
const RETRIES: u32 = 4;

impl<D: Device> DahdiPort<D> {
    /// Takes all events; the kernel keeps at most [`EVENTS_MAX`].
    pub(super) fn take_events(&mut self) {
        self.stats.held_up += 1;
        for _ in 0..EVENTS_MAX {
            let Some(device) = &self.device else { return };
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
    pub(super) fn transfer(
        &mut self,
        what: &'static str,
        mut transfer: impl FnMut(&D) -> Result<usize, c_int>,
    ) -> Result<Option<usize>, PortError> {
        for _ in 0..RETRIES {
            let Some(device) = &self.device else { return Err(PortError::Gone) };
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

    pub(super) fn receive(&mut self) -> Result<(), PortError> {
        let mut block: Codes = [self.law.silence(); _];
        for blocks in 1..=BUFFERS {
            let Some(_) = self.transfer("read", |device| device.read(&mut block))? else {
                return Ok(());
            };
            self.pace.on_received(&block);
            if blocks == BUFFERS {
                self.pace.on_full();
            }
        }
        Ok(())
    }

    pub(super) fn send(&mut self, tx: &Frame) -> Result<(), PortError> {
        let (silence, frame) = self.pace.plan_write();
        let mut block: Codes = [self.law.silence(); _];
        for _ in 0..silence {
            self.send_block(&block)?;
        }
        if frame {
            g711::encode(self.law, tx, &mut block);
            self.send_block(&block)?;
        }
        Ok(())
    }

    pub(super) fn send_block(&mut self, block: &Codes) -> Result<(), PortError> {
        match self.transfer("write", |device| device.write(block))? {
            Some(_) => self.pace.on_written(),
            None => self.pace.on_no_room(),
        }
        Ok(())
    }
}

//! What a port is told.

use core::ffi::c_int;

use nix::errno::Errno;
use tipring_line::{PortError, PortKind};

use super::DahdiPort;
use crate::blocks::Blocks;
use crate::device::{Device, Hook};

impl<D: Device> DahdiPort<D> {
    pub(super) fn hook(&mut self, hook: Hook) -> Result<(), PortError> {
        let Some(device) = &self.device else { return Err(PortError::Gone) };
        device.hook(hook).map_err(|code| self.failed(hook.name(), code))?;
        if hook == Hook::OnHook {
            // The kernel empties the buffers of a channel that hangs up.
            self.pace.restart();
        }
        Ok(())
    }

    /// Orders what not every card can do.
    pub(super) fn ask(
        &mut self,
        request: &'static str,
        able: &'static str,
        order: impl FnOnce(&D) -> Result<(), c_int>,
    ) -> Result<(), PortError> {
        let Some(device) = &self.device else { return Err(PortError::Gone) };
        let unable = [Errno::ENOTTY as c_int, Errno::ENOSYS as c_int, Errno::EINVAL as c_int];
        match order(device) {
            Ok(()) => Ok(()),
            Err(code) if unable.contains(&code) => Err(PortError::Unsupported(able)),
            Err(code) => Err(self.failed(request, code)),
        }
    }

    pub(super) fn seize(&mut self, off_hook: bool) -> Result<(), PortError> {
        if self.kind != PortKind::Fxo {
            return Err(PortError::Unsupported("go off-hook: it is a handset's"));
        }
        if self.off_hook != off_hook {
            self.hook(if off_hook { Hook::OffHook } else { Hook::OnHook })?;
            self.off_hook = off_hook;
        }
        Ok(())
    }

    pub(super) fn flash(&mut self, ms: u16) -> Result<(), PortError> {
        if self.kind != PortKind::Fxo {
            return Err(PortError::Unsupported("flash: it is a handset's"));
        }
        self.params.flashtime = c_int::from(ms);
        let params = self.params;
        self.ask("DAHDI_SET_PARAMS", "flash for a set time", |d| d.set_params(&params))?;
        self.hook(Hook::Flash)
    }

    pub(super) fn ring(&mut self, on: bool) -> Result<(), PortError> {
        if self.kind != PortKind::Fxs {
            return Err(PortError::Unsupported("ring: it is the exchange's"));
        }
        if on == self.ringing {
            return Ok(());
        }
        if on {
            // The kernel rings only a channel that it holds to be down.
            self.bring_line_down();
            self.hook(Hook::Ring)?;
        } else {
            self.hook(Hook::RingOff)?;
        }
        self.ringing = on;
        Ok(())
    }

    /// The kernel drops the battery of a handset that is up when it is told that it is down; half
    /// a second later it gives it back by itself.
    pub(super) fn drop_battery(&mut self) -> Result<(), PortError> {
        if self.kind != PortKind::Fxs {
            return Err(PortError::Unsupported("drop its battery: it is the exchange's"));
        }
        self.hook(Hook::OnHook)?;
        self.line_up = false;
        Ok(())
    }
}

//! The channels' own clock, as a pace for whoever exchanges frames.

use core::ffi::c_int;
use std::fs::File;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use tipring_line::FRAME_SAMPLES;

use crate::abi;
use crate::open::{DEVICES, OpenError, open_device};

/// Ticks once every 20 ms of the channels' clock: the card that gives the timing, or the kernel's
/// own timer where there is none. Who exchanges frames by it has no slips.
#[derive(Debug)]
pub struct FrameClock {
    file: File,
}

impl FrameClock {
    /// Opens `/dev/dahdi/timer`.
    ///
    /// # Errors
    /// One line that says what to do.
    pub fn open() -> Result<Self, OpenError> {
        let file = open_device(Path::new(DEVICES), "timer")?;
        abi::set_timer(file.as_fd(), &(FRAME_SAMPLES as c_int)).map_err(|code| {
            OpenError::Failed {
                what: "DAHDI_TIMERCONFIG",
                path: Path::new(DEVICES).join("timer"),
                code,
            }
        })?;
        Ok(FrameClock { file })
    }

    /// Waits for the next tick, at most so many milliseconds. `false`: it has not come.
    ///
    /// # Errors
    /// The errno, when the timer has gone.
    pub fn wait(&self, timeout_ms: u16) -> Result<bool, c_int> {
        let mut fds = [PollFd::new(self.file.as_fd(), PollFlags::POLLPRI)];
        match poll(&mut fds, PollTimeout::from(timeout_ms)) {
            Ok(0) | Err(Errno::EINTR) => return Ok(false),
            Ok(_) => {}
            Err(error) => return Err(error as c_int),
        }
        let lost = PollFlags::POLLERR | PollFlags::POLLHUP | PollFlags::POLLNVAL;
        if fds[0].revents().is_none_or(|events| events.intersects(lost)) {
            return Err(Errno::ENODEV as c_int);
        }
        abi::acknowledge_ticks(self.file.as_fd(), &1)?;
        Ok(true)
    }
}

impl AsFd for FrameClock {
    /// Ready with `POLLPRI` when a tick waits.
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

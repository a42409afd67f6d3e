//! A channel of the kernel, opened: what the port asks of it, and nothing more.

use core::ffi::c_int;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;

use crate::abi;
use crate::layout::{LineStats, Params};

/// What `HOOK` can be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hook {
    /// FXO: open the loop. FXS: the handset is down.
    OnHook = 0,
    /// FXO: close the loop. FXS: the handset is up.
    OffHook = 1,
    /// FXO: open the loop for the flash time.
    Flash = 3,
    /// FXS: ring by the cadence that is set.
    Ring = 5,
    /// FXS: no ringing current.
    RingOff = 6,
}

impl Hook {
    /// The request with its argument, as errors name it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Hook::OnHook => "DAHDI_HOOK (on-hook)",
            Hook::OffHook => "DAHDI_HOOK (off-hook)",
            Hook::Flash => "DAHDI_HOOK (flash)",
            Hook::Ring => "DAHDI_HOOK (ring)",
            Hook::RingOff => "DAHDI_HOOK (ring off)",
        }
    }
}

/// An open channel. Errors are the kernel's errno; no call waits for the line.
///
/// [`Channel`] is the kernel's; the tests of this crate have a scripted one as well, for what no
/// channel without hardware can do.
pub trait Device: Send + Sync {
    /// Reads one block of companded audio: its length.
    ///
    /// # Errors
    /// `EAGAIN` while none is complete, 500 while an event waits, `ENODEV` once it has gone.
    fn read(&self, codes: &mut [u8]) -> Result<usize, c_int>;

    /// Writes one block of companded audio: its length.
    ///
    /// # Errors
    /// As [`read`](Device::read); `EAGAIN` while the buffers are full.
    fn write(&self, codes: &[u8]) -> Result<usize, c_int>;

    /// The next event, 0 if there is none.
    ///
    /// # Errors
    /// The kernel's.
    fn next_event(&self) -> Result<c_int, c_int>;

    /// The channel's state and times.
    ///
    /// # Errors
    /// The kernel's.
    fn params(&self) -> Result<Params, c_int>;

    /// Sets the channel's times.
    ///
    /// # Errors
    /// The kernel's.
    fn set_params(&self, params: &Params) -> Result<(), c_int>;

    /// Hook and ringing. What takes its time only begins.
    ///
    /// # Errors
    /// `EBUSY` when it does not fit the state, `ENODATA` to ring without a tone zone.
    fn hook(&self, hook: Hook) -> Result<(), c_int>;

    /// Battery reversed or forward.
    ///
    /// # Errors
    /// `ENOTTY` or `EINVAL` where the hardware has no such function.
    fn set_polarity(&self, reversed: bool) -> Result<(), c_int>;

    /// Message-waiting lamp.
    ///
    /// # Errors
    /// As [`set_polarity`](Device::set_polarity).
    fn set_messages(&self, waiting: bool) -> Result<(), c_int>;

    /// Lets audio pass on-hook for so many milliseconds.
    ///
    /// # Errors
    /// As [`set_polarity`](Device::set_polarity).
    fn on_hook_transfer(&self, ms: c_int) -> Result<(), c_int>;

    /// The signalling bits received, in the low nibble.
    ///
    /// # Errors
    /// `ENOTTY` or `EINVAL` where the channel has none.
    fn rx_bits(&self) -> Result<u8, c_int>;

    /// Sets the signalling bits sent.
    ///
    /// # Errors
    /// As [`rx_bits`](Device::rx_bits).
    fn set_tx_bits(&self, abcd: u8) -> Result<(), c_int>;

    /// Voltages. On some cards this waits for their bus.
    ///
    /// # Errors
    /// As [`set_polarity`](Device::set_polarity).
    fn stats(&self) -> Result<LineStats, c_int>;
}

/// A channel of the kernel.
#[derive(Debug)]
pub struct Channel {
    file: File,
}

impl Channel {
    /// Wraps `/dev/dahdi/channel`, opened without blocking and specified.
    pub(crate) fn new(file: File) -> Self {
        Channel { file }
    }
}

impl AsFd for Channel {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// The errno of a failed read or write.
fn code(error: &io::Error) -> c_int {
    error.raw_os_error().unwrap_or(Errno::EIO as c_int)
}

impl Device for Channel {
    fn read(&self, codes: &mut [u8]) -> Result<usize, c_int> {
        (&self.file).read(codes).map_err(|e| code(&e))
    }

    fn write(&self, codes: &[u8]) -> Result<usize, c_int> {
        (&self.file).write(codes).map_err(|e| code(&e))
    }

    fn next_event(&self) -> Result<c_int, c_int> {
        let mut event = 0;
        abi::get_event(self.as_fd(), &mut event)?;
        Ok(event)
    }

    fn params(&self) -> Result<Params, c_int> {
        let mut params = Params::default();
        abi::get_params(self.as_fd(), &mut params)?;
        Ok(params)
    }

    fn set_params(&self, params: &Params) -> Result<(), c_int> {
        abi::set_params(self.as_fd(), params)
    }

    fn hook(&self, hook: Hook) -> Result<(), c_int> {
        match abi::hook(self.as_fd(), &(hook as c_int)) {
            // It has begun, and an event will say when it is done.
            Err(code) if code == Errno::EINPROGRESS as c_int => Ok(()),
            other => other,
        }
    }

    fn set_polarity(&self, reversed: bool) -> Result<(), c_int> {
        abi::set_polarity(self.as_fd(), &c_int::from(reversed))
    }

    fn set_messages(&self, waiting: bool) -> Result<(), c_int> {
        abi::set_messages(self.as_fd(), &mut c_int::from(waiting))
    }

    fn on_hook_transfer(&self, ms: c_int) -> Result<(), c_int> {
        abi::on_hook_transfer(self.as_fd(), &ms)
    }

    fn rx_bits(&self) -> Result<u8, c_int> {
        let mut bits = 0;
        abi::get_rx_bits(self.as_fd(), &mut bits)?;
        // On dynamic spans the neighbour's bits stand above.
        Ok((bits & 0xF) as u8)
    }

    fn set_tx_bits(&self, abcd: u8) -> Result<(), c_int> {
        abi::set_tx_bits(self.as_fd(), &c_int::from(abcd & 0xF))
    }

    fn stats(&self) -> Result<LineStats, c_int> {
        let mut stats = LineStats::default();
        abi::get_stats(self.as_fd(), &mut stats)?;
        Ok(stats)
    }
}

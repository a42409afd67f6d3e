//! Waking another thread out of its wait, without blocking.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::MediaError;

/// A descriptor that is readable from [`Wake::wake`] until [`Wake::clear`].
#[derive(Debug)]
pub(crate) struct Wake {
    event: EventFd,
}

impl Wake {
    pub(crate) fn new() -> Result<Self, MediaError> {
        let flags = EfdFlags::EFD_NONBLOCK | EfdFlags::EFD_CLOEXEC;
        let event = EventFd::from_value_and_flags(0, flags).map_err(|errno| {
            MediaError::System { what: "eventfd", cause: io::Error::from(errno) }
        })?;
        Ok(Wake { event })
    }

    pub(crate) fn wake(&self) {
        // It fails only when the counter is full, and then it is readable already.
        let _ = self.event.write(1);
    }

    pub(crate) fn clear(&self) {
        // It fails only when nothing is there to clear.
        let _ = self.event.read();
    }
}

impl AsFd for Wake {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.event.as_fd()
    }
}

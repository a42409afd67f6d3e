//! A loop at one timeslot, by which the far side tests it.

use std::os::fd::AsFd;
use std::path::Path;

use super::open::{TimeslotSettings, open_in};
use crate::abi;
use crate::device::Channel;
use crate::open::{DEVICES, OpenError};

/// A timeslot that sends back what it receives, octet by octet, as long as this is kept. The
/// kernel does it, so no driver of a card need know how.
#[derive(Debug)]
pub struct DahdiLoop {
    _channel: std::sync::Arc<Channel>,
}

/// Closes a loop at a timeslot.
///
/// # Errors
/// One line that says what to do.
pub fn open_loop(settings: TimeslotSettings) -> Result<DahdiLoop, OpenError> {
    let folder = Path::new(DEVICES);
    let opened = open_in(folder, settings)?;
    abi::set_loop(opened.device.as_fd(), &1).map_err(|code| OpenError::Failed {
        what: "DAHDI_LOOPBACK",
        path: folder.join("channel"),
        code,
    })?;
    Ok(DahdiLoop { _channel: opened.device })
}

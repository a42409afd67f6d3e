//! A port whose hardware is not there.

use tipring_line::{AnalogPort, Frame, PortCommand, PortError, PortEvent, PortKind};

/// Says at every exchange that the device has gone, so that its channel is in alarm.
#[derive(Debug)]
pub(super) struct MissingPort(PortKind);

impl MissingPort {
    pub(super) fn new(kind: PortKind) -> Self {
        MissingPort(kind)
    }
}

impl AnalogPort for MissingPort {
    fn kind(&self) -> PortKind {
        self.0
    }

    fn exchange(&mut self, _: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        rx.fill(0);
        Err(PortError::Gone)
    }

    fn command(&mut self, _: PortCommand) -> Result<(), PortError> {
        Err(PortError::Gone)
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        None
    }
}

//! What is there: the driver's version, its spans and their channels.

use core::ffi::c_int;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

use tipring_line::{Alarm, PortKind};

use crate::abi;
use crate::layout::{SpanInfo, VersionInfo, alarms};
use crate::open::{DEVICES, OpenError, kind_of, open_device, params_of};

/// The driver numbers spans from 1 to this.
const SPANS_MAX: c_int = 128;
/// The driver numbers channels from 1 to this.
const CHANNELS_MAX: u16 = 1023;

/// A span: a card, or one socket of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SpanStatus {
    /// Its number.
    pub number: u16,
    /// Its name.
    pub name: String,
    /// What it is, in the driver's words.
    pub description: String,
    /// The card's type.
    pub device: String,
    /// How many of its channels are configured.
    pub configured: u16,
    /// How many channels it has.
    pub channels: u16,
    /// Its alarm.
    pub alarm: Option<Alarm>,
}

/// A channel.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChannelStatus {
    /// Its number.
    pub number: u16,
    /// The number of its span.
    pub span: u16,
    /// Its name.
    pub name: String,
    /// What its signalling makes it; `None` if it is no analog port, or not configured.
    pub kind: Option<PortKind>,
    /// Whether it has a signalling at all.
    pub configured: bool,
    /// Its alarm; on an FXO port, red is a missing battery.
    pub alarm: Option<Alarm>,
}

/// The driver's control device.
#[derive(Debug)]
pub struct Control {
    file: File,
}

impl Control {
    /// Opens `/dev/dahdi/ctl`.
    ///
    /// # Errors
    /// One line that says what to do.
    pub fn open() -> Result<Self, OpenError> {
        Ok(Control { file: open_device(Path::new(DEVICES), "ctl")? })
    }

    /// The driver's version.
    ///
    /// # Errors
    /// The request's.
    pub fn version(&self) -> Result<String, OpenError> {
        let mut info = VersionInfo { version: [0; 80], echo_canceller: [0; 80] };
        match abi::get_version(self.file.as_fd(), &mut info) {
            Ok(()) => Ok(text(&info.version)),
            Err(code) => Err(OpenError::Failed {
                what: "DAHDI_GETVERSION",
                path: Path::new(DEVICES).join("ctl"),
                code,
            }),
        }
    }

    /// All spans, by number.
    pub fn spans(&self) -> Vec<SpanStatus> {
        (1..=SPANS_MAX).filter_map(|number| self.span(number)).collect()
    }

    fn span(&self, number: c_int) -> Option<SpanStatus> {
        let mut info = SpanInfo::numbered(number);
        abi::span_stat(self.file.as_fd(), &mut info).ok()?;
        Some(SpanStatus {
            number: u16::try_from(number).ok()?,
            name: text(&info.name),
            description: text(&info.desc),
            device: text(&info.devicetype),
            configured: u16::try_from(info.numchans).unwrap_or_default(),
            channels: u16::try_from(info.totalchans).unwrap_or_default(),
            alarm: alarm(info.alarms as u32),
        })
    }

    /// All channels, by number.
    pub fn channels(&self) -> Vec<ChannelStatus> {
        (1..=CHANNELS_MAX).filter_map(|number| self.channel(number)).collect()
    }

    fn channel(&self, number: u16) -> Option<ChannelStatus> {
        let params = params_of(&self.file, number)?;
        Some(ChannelStatus {
            number,
            span: u16::try_from(params.spanno).unwrap_or_default(),
            name: text(&params.name),
            kind: kind_of(params.sigtype),
            configured: params.sigtype != 0,
            alarm: alarm(params.chan_alarms),
        })
    }
}

/// The gravest of the alarms.
fn alarm(bits: u32) -> Option<Alarm> {
    if bits & alarms::RED != 0 {
        Some(Alarm::Red)
    } else if bits & alarms::BLUE != 0 {
        Some(Alarm::Blue)
    } else if bits & alarms::YELLOW != 0 {
        Some(Alarm::Yellow)
    } else if bits & alarms::NOT_OPEN != 0 {
        Some(Alarm::DeviceLost)
    } else {
        None
    }
}

/// The text before the first zero.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

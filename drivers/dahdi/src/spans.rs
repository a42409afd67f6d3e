//! What is there: the driver's version, its spans and their channels.

use core::ffi::c_int;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

use nix::errno::Errno;
use tipring_line::{Alarm, PortKind, SpanAlarms, SpanErrors, SpanFraming};

use crate::abi;
use crate::layout::{
    ChanConfig, LineConfig, SpanInfo, VersionInfo, alarms, line_config, signalling,
};
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
    /// Its alarms.
    pub alarms: SpanAlarms,
    /// What its hardware counted.
    pub errors: SpanErrors,
    /// Where its clock comes from.
    pub timing: TimingSource,
    /// Whether CRC-4 is on.
    pub crc4: bool,
    /// Whether timeslot 16 carries signalling bits of the others.
    pub cas: bool,
}

/// Where a span's clock comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimingSource {
    /// From no span: the card's own clock. Right for one end only, which must not be the
    /// exchange's subscriber.
    Own,
    /// From the span of this number.
    Span(u16),
}

/// How pulses are coded (G.703).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum LineCoding {
    /// HDB3, as nearly everywhere.
    #[default]
    Hdb3,
    /// AMI.
    Ami,
}

/// How an E1 is framed, coded and clocked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpanLine {
    /// Timeslot 16 carries signalling bits of the others (CAS), or is like them (CCS).
    pub cas: bool,
    /// The pulses' code.
    pub coding: LineCoding,
    /// With CRC-4 multiframes; both ends must agree.
    pub crc4: bool,
    /// 0: gives the clock. 1–255: takes it from the far side, 1 before 2 and so on.
    pub timing_priority: u8,
}

impl SpanLine {
    /// What of it can be seen from the other end.
    pub const fn framing(self) -> SpanFraming {
        SpanFraming { cas: self.cas, crc4: self.crc4, takes_clock: self.timing_priority > 0 }
    }
}

impl SpanStatus {
    /// How the span runs.
    pub fn framing(&self) -> SpanFraming {
        let takes_clock = self.timing != TimingSource::Own;
        SpanFraming { cas: self.cas, crc4: self.crc4, takes_clock }
    }
}

/// What a channel is configured for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ChannelUse {
    /// Nothing.
    Unused,
    /// An analog port.
    Analog(PortKind),
    /// A clear channel: a B-channel.
    Clear,
    /// A D-channel.
    Hdlc,
    /// Audio with signalling bits, these while idle.
    Cas {
        /// The idle bits.
        idle: u8,
    },
    /// Something else.
    Other,
}

impl ChannelUse {
    pub(crate) fn of(sigtype: c_int) -> Self {
        match sigtype {
            0 => ChannelUse::Unused,
            signalling::CLEAR => ChannelUse::Clear,
            signalling::HDLC_FCS | signalling::HARD_HDLC => ChannelUse::Hdlc,
            signalling::CAS => ChannelUse::Cas { idle: 0 },
            _ => kind_of(sigtype).map_or(ChannelUse::Other, ChannelUse::Analog),
        }
    }

    /// In words, as errors say it.
    pub(crate) const fn words(self) -> &'static str {
        match self {
            ChannelUse::Unused => "not configured",
            ChannelUse::Analog(PortKind::Fxo) => "an FXO port",
            ChannelUse::Analog(PortKind::Fxs) => "an FXS port",
            ChannelUse::Clear => "a clear channel, as of ISDN",
            ChannelUse::Hdlc => "a D-channel",
            ChannelUse::Cas { .. } => "a channel with signalling bits, as of R2",
            ChannelUse::Other => "of another signalling",
        }
    }
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
    /// What it is configured for.
    pub usage: ChannelUse,
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
            alarms: alarms_of(info.alarms as u32),
            errors: errors_of(&info),
            timing: match u16::try_from(info.syncsrc) {
                Ok(span) if span > 0 => TimingSource::Span(span),
                _ => TimingSource::Own,
            },
            crc4: info.lineconfig & line_config::CRC4 != 0,
            cas: info.lineconfig & line_config::CCS == 0,
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
            usage: match ChannelUse::of(params.sigtype) {
                ChannelUse::Cas { .. } => ChannelUse::Cas { idle: params.idlebits as u8 & 0xF },
                other => other,
            },
            alarm: alarms_of(params.chan_alarms).gravest(),
        })
    }

    /// Sets how a span is framed, coded and clocked, and starts it.
    ///
    /// # Errors
    /// [`OpenError::NoSpan`]; what the kernel refused.
    pub fn configure_span(&self, number: u16, line: SpanLine) -> Result<(), OpenError> {
        let coding = match line.coding {
            LineCoding::Hdb3 => line_config::HDB3,
            LineCoding::Ami => line_config::AMI,
        };
        let framing = if line.cas { 0 } else { line_config::CCS };
        let crc4 = if line.crc4 { line_config::CRC4 } else { 0 };
        let config = LineConfig {
            span: c_int::from(number),
            name: [0; 20],
            lbo: 0,
            lineconfig: coding | framing | crc4,
            sync: c_int::from(line.timing_priority),
        };
        abi::configure_span(self.file.as_fd(), &config)
            .map_err(|code| refused("DAHDI_SPANCONFIG", OpenError::NoSpan(number), code))?;
        abi::start_span(self.file.as_fd(), &c_int::from(number))
            .map_err(|code| refused("DAHDI_STARTUP", OpenError::NoSpan(number), code))
    }

    /// Sets what a channel is used for, in A-law. Nobody may have it open.
    ///
    /// # Errors
    /// [`OpenError::NoChannel`]; what the kernel refused, as what the hardware cannot.
    pub fn configure_channel(&self, number: u16, usage: ChannelUse) -> Result<(), OpenError> {
        const A_LAW: c_int = 2;
        let (sigtype, idle) = match usage {
            ChannelUse::Unused | ChannelUse::Other => (0, 0),
            ChannelUse::Analog(PortKind::Fxo) => (signalling::FXS_KEWL_START, 0),
            ChannelUse::Analog(PortKind::Fxs) => (signalling::FXO_KEWL_START, 0),
            ChannelUse::Clear => (signalling::CLEAR, 0),
            ChannelUse::Hdlc => (signalling::HDLC_FCS, 0),
            ChannelUse::Cas { idle } => (signalling::CAS, idle & 0xF),
        };
        let config = ChanConfig {
            chan: c_int::from(number),
            name: [0; 40],
            sigtype,
            deflaw: A_LAW,
            master: c_int::from(number),
            idlebits: c_int::from(idle),
            netdev_name: [0; 16],
        };
        abi::configure_channel(self.file.as_fd(), &config)
            .map_err(|code| refused("DAHDI_CHANCONFIG", OpenError::NoChannel(number), code))
    }
}

/// Why the kernel refused to configure something.
fn refused(what: &'static str, missing: OpenError, code: c_int) -> OpenError {
    match Errno::from_raw(code) {
        Errno::ENXIO | Errno::ENODEV => missing,
        _ => OpenError::Failed { what, path: Path::new(DEVICES).join("ctl"), code },
    }
}

/// The alarms of these bits.
pub(crate) fn alarms_of(bits: u32) -> SpanAlarms {
    let has = |bit| bits & bit != 0;
    SpanAlarms {
        no_signal: has(alarms::LOS),
        no_frame: has(alarms::LFA),
        no_multiframe: has(alarms::LMFA),
        red: has(alarms::RED),
        ais: has(alarms::BLUE),
        rai: has(alarms::YELLOW),
        recovering: has(alarms::RECOVER),
        looped: has(alarms::LOOPBACK),
        gone: has(alarms::NOT_OPEN),
    }
}

/// What a span's hardware counted. Slips are told by no driver in common.
pub(crate) fn errors_of(info: &SpanInfo) -> SpanErrors {
    let count = |number: c_int| u32::try_from(number).unwrap_or(0);
    SpanErrors {
        line_code: count(info.bpvcount).max(info.cvcount),
        crc4: count(info.crc4count),
        far_end: count(info.ebitcount),
        frame_alignment: count(info.fascount),
        slips: 0,
        hdlc: 0,
    }
}

/// The text before the first zero.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|b| *b == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alarms_are_told_in_full() {
        let lost = alarms_of(0x308);
        assert!(lost.red && lost.no_signal && lost.no_frame && !lost.no_multiframe && !lost.ais);
        assert_eq!(lost.gravest(), Some(Alarm::Red));
        assert_eq!(alarms_of(0x04).gravest(), Some(Alarm::Yellow));
        assert_eq!(alarms_of(0x10).gravest(), Some(Alarm::Blue));
        assert_eq!(alarms_of(0x20).gravest(), Some(Alarm::DeviceLost));
        assert_eq!((alarms_of(0x01).recovering, alarms_of(0x02).looped), (true, true));
        assert_eq!(alarms_of(0), SpanAlarms::default());
    }

    #[test]
    fn counters_are_the_drivers() {
        let info = SpanInfo {
            bpvcount: 3,
            crc4count: 4,
            ebitcount: 5,
            fascount: -1,
            ..SpanInfo::numbered(1)
        };
        let errors = errors_of(&info);
        assert_eq!((errors.line_code, errors.crc4, errors.far_end), (3, 4, 5));
        assert_eq!(errors.frame_alignment, 0);
    }
}

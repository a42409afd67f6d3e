//! What is there: the driver's version, its spans and their channels.

use core::ffi::c_int;
use core::fmt;
use std::fs::File;
use std::os::fd::AsFd;
use std::path::Path;

use tipring_line::{Alarm, PortKind, SpanAlarms, SpanErrors, SpanFraming};

use crate::abi;
use crate::layout::{ChanConfig, SpanInfo, VersionInfo, alarms, line_config, signalling};
use crate::open::{DEVICES, OpenError, kind_of, open_device, params_of};

/// The driver numbers spans from 1 to this.
const SPANS_MAX: u16 = 128;
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
    /// How its pulses are coded; `None` if its driver keeps neither coding nor framing: it was not
    /// set up yet, or is a span of the kernel's own that has no line.
    pub coding: Option<LineCoding>,
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

impl fmt::Display for LineCoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LineCoding::Hdb3 => "HDB3",
            LineCoding::Ami => "AMI",
        })
    }
}

/// How an E1 is framed and clocked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SpanLine {
    /// Timeslot 16 carries signalling bits of the others (CAS), or is like them (CCS).
    pub cas: bool,
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

    /// Whether a line that runs like this one is described by that one. Which of several sources
    /// comes first cannot be seen on a running line.
    pub(crate) fn is_as(self, described: SpanLine) -> bool {
        self.framing() == described.framing()
    }
}

impl fmt::Display for SpanLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let framing = if self.cas { "CAS" } else { "CCS" };
        let crc4 = if self.crc4 { "CRC-4" } else { "no CRC-4" };
        write!(f, "{framing}, {crc4}, ")?;
        match self.timing_priority {
            0 => f.write_str("its own clock"),
            priority => write!(f, "clock from the far side (priority {priority})"),
        }
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

    /// The same of several channels.
    pub(crate) const fn many(self) -> &'static str {
        match self {
            ChannelUse::Analog(PortKind::Fxo) => "FXO ports",
            ChannelUse::Analog(PortKind::Fxs) => "FXS ports",
            ChannelUse::Clear => "clear",
            ChannelUse::Hdlc => "D-channels",
            ChannelUse::Cas { .. } => "with signalling bits",
            ChannelUse::Unused | ChannelUse::Other => self.words(),
        }
    }

    /// The same with these bits while idle, if it has bits.
    pub(crate) const fn idle_at(self, idle: u8) -> Self {
        match self {
            ChannelUse::Cas { .. } => ChannelUse::Cas { idle },
            other => other,
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

    /// The span of this number, if there is one.
    pub fn span(&self, number: u16) -> Option<SpanStatus> {
        let info = self.info(number)?;
        Some(SpanStatus {
            number,
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
            coding: coding_of(&info),
            crc4: line_of(&info).crc4,
            cas: line_of(&info).cas,
        })
    }

    /// What the kernel knows of a span.
    pub(crate) fn info(&self, number: u16) -> Option<SpanInfo> {
        let mut info = SpanInfo::numbered(c_int::from(number));
        abi::span_stat(self.file.as_fd(), &mut info).ok().map(|()| info)
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
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
            usage: ChannelUse::of(params.sigtype).idle_at(params.idlebits as u8 & 0xF),
            alarm: alarms_of(params.chan_alarms).gravest(),
        })
    }

    /// Sets what a channel is used for, in A-law. Nobody may have it open.
    ///
    /// # Errors
    /// [`OpenError::NotSet`]; the kernel refuses what the hardware cannot.
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
        abi::configure_channel(self.file.as_fd(), &config).map_err(|code| OpenError::NotSet {
            what: format!("channel {number} as {}", usage.words()),
            request: "DAHDI_CHANCONFIG",
            code,
        })
    }
}

/// How the pulses of a span are coded, if its driver keeps that.
pub(crate) fn coding_of(info: &SpanInfo) -> Option<LineCoding> {
    let has = |bit| info.lineconfig & bit != 0;
    (has(line_config::HDB3).then_some(LineCoding::Hdb3))
        .or_else(|| has(line_config::AMI).then_some(LineCoding::Ami))
}

/// How a span runs, as far as that can be seen: whatever the span it takes its clock from, that
/// counts as the first.
pub(crate) fn line_of(info: &SpanInfo) -> SpanLine {
    SpanLine {
        cas: info.lineconfig & line_config::CCS == 0,
        crc4: info.lineconfig & line_config::CRC4 != 0,
        timing_priority: u8::from(info.syncsrc > 0),
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
    fn a_line_is_told_where_the_driver_keeps_one() {
        let of = |lineconfig, syncsrc| SpanInfo { lineconfig, syncsrc, ..SpanInfo::numbered(1) };
        assert_eq!(coding_of(&of(0, 0)), None);
        assert_eq!(coding_of(&of(0x40, 0)), Some(LineCoding::Ami));
        let info = of(0x700, 3);
        assert_eq!(coding_of(&info), Some(LineCoding::Hdb3));
        assert_eq!(line_of(&info), SpanLine { cas: false, crc4: true, timing_priority: 1 });
        assert_eq!(line_of(&of(0x200, 0)), SpanLine { cas: true, crc4: false, timing_priority: 0 });
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

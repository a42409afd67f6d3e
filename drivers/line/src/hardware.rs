//! Seam 1: what a wire does, whoever drives it.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Digit, Frame, SpanFraming};

/// Which end of an analog line a port is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum PortKind {
    /// Faces the exchange: it is rung, and seizes the line by going off-hook.
    Fxo,
    /// Faces a handset: it feeds the loop and rings.
    Fxs,
}

/// Polarity of the battery on tip and ring.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum LinePolarity {
    /// Tip positive, as on an idle line.
    #[default]
    Forward,
    /// Ring positive: an answered call, on lines that reverse on answer.
    Reverse,
}

/// What an analog port can be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PortCommand {
    /// FXO: close the loop (`true`, off-hook) or open it.
    OffHook(bool),
    /// FXO: open the loop for this many milliseconds, 50–1,500, and close it again.
    Flash {
        /// How long the loop stays open.
        ms: u16,
    },
    /// FXS: apply ringing current (`true`) or take it off. Cadence is the signalling's business.
    Ring(bool),
    /// FXS: battery polarity.
    Polarity(LinePolarity),
    /// FXS: let audio through while the handset is on-hook (caller id between rings).
    OnHookAudio(bool),
    /// FXS: message-waiting lamp.
    MessageLamp(bool),
    /// FXO: use this one of the port's hybrid balances, below [`AnalogPort::balances`].
    Balance(u8),
    /// FXS: feed the loop (`true`, as always) or not: the open switching interval (GR-506) by
    /// which equipment on the line learns that the far side has gone. Without battery the port
    /// may report the loop as open.
    Battery(bool),
}

/// What an analog port reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PortEvent {
    /// FXO: ringing current has begun (`true`) or ended. Raw: validation is the signalling's.
    Ringing(bool),
    /// FXO: battery is there (`true`) or has gone: cut line, or the exchange's release.
    Battery(bool),
    /// FXO: the battery's polarity has changed.
    Polarity(LinePolarity),
    /// FXS: the handset closed (`true`, off-hook) or opened the loop. Raw: pulses and flashes are
    /// told apart by the signalling.
    OffHook(bool),
    /// FXS: the hardware itself counted a digit from loop breaks.
    PulseDigit(Digit),
    /// FXO: a metering pulse (12 or 16 kHz) has come.
    MeteringPulse,
    /// FXO: the exchange says that messages wait (`true`), or no more, by the line's voltage.
    MessageWaiting(bool),
    /// The port is out of order, or in order again (`None`).
    Alarm(Option<Alarm>),
}

/// What an analog port measured on its line last; `None` where the hardware does not measure.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LineReading {
    /// Tip to ring, in volts; negative when polarity is reversed.
    pub voltage_v: Option<i16>,
    /// Loop current, in milliamperes.
    pub current_ma: Option<u16>,
}

/// Why a line cannot carry calls.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Alarm {
    /// No battery on an analog line: unplugged or cut.
    NoBattery,
    /// The device or its driver has gone.
    DeviceLost,
    /// E1: no signal (LOS) or no frame (LFA).
    Red,
    /// E1: the far side sends AIS.
    Blue,
    /// E1: the far side reports that it does not hear us (RAI).
    Yellow,
    /// R2: the far side has blocked the channel.
    Blocked,
}

/// Why a port could not do what it was told.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum PortError {
    /// The hardware has no such function (metering on a card without it, a lamp on an FXO port).
    #[error("the port cannot {0}")]
    Unsupported(&'static str),
    /// The hardware failed; `what` names the ioctl or register.
    #[error("{what} failed: error {code}")]
    Failed {
        /// The ioctl or the register.
        what: &'static str,
        /// The operating system's or the chip's code.
        code: i32,
    },
    /// The device has gone.
    #[error("the device has gone")]
    Gone,
}

/// An analog port. All calls return at once; none allocates.
pub trait AnalogPort: Send {
    /// Which end it is.
    fn kind(&self) -> PortKind;

    /// Exchanges one frame: `tx` goes to the wire (16-bit linear, 160 samples at 8 kHz), `rx`
    /// gets what the wire carried in the same 20 ms, ringing and idle noise included.
    ///
    /// # Errors
    /// [`PortError::Gone`] when the device has gone; `rx` is then silence.
    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError>;

    /// Tells the port what to do.
    ///
    /// # Errors
    /// [`PortError::Unsupported`] if the hardware lacks it, [`PortError::Failed`] if it refused.
    fn command(&mut self, command: PortCommand) -> Result<(), PortError>;

    /// The next event, oldest first, of those up to the last exchanged frame.
    fn poll_event(&mut self) -> Option<PortEvent>;

    /// How many samples lie at least between a sample sent by [`exchange`](Self::exchange) and its
    /// echo received there: what the port's buffers hold, there and back. 0–4,000, the same for
    /// the port's whole life.
    fn echo_delay_samples(&self) -> usize {
        0
    }

    /// How many hybrid balances the port can be set to, of which 0 is in use until another is
    /// ordered; 0 if it has no choice. The same for the port's whole life.
    fn balances(&self) -> u8 {
        0
    }

    /// What the hardware measured last.
    fn reading(&mut self) -> LineReading {
        LineReading::default()
    }
}

/// What is wrong with an E1 span, in the terms of ITU-T G.775 and G.704; several may hold at once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct SpanAlarms {
    /// No signal on the pair (LOS).
    pub no_signal: bool,
    /// No frame alignment (LFA).
    pub no_frame: bool,
    /// No multiframe alignment (LMFA): CRC-4 or CAS multiframe, as the span is configured.
    pub no_multiframe: bool,
    /// The signal is bad in a way the hardware does not tell apart (RED).
    pub red: bool,
    /// The far side sends AIS.
    pub ais: bool,
    /// The far side reports that it does not receive us (RAI).
    pub rai: bool,
    /// The fault is gone, and the hardware waits whether it stays so.
    pub recovering: bool,
    /// A loop is closed.
    pub looped: bool,
    /// The driver has taken the span away.
    pub gone: bool,
}

impl SpanAlarms {
    /// Why its channels cannot carry calls; `None` if they can.
    pub const fn gravest(self) -> Option<Alarm> {
        if self.gone {
            Some(Alarm::DeviceLost)
        } else if self.red || self.no_signal || self.no_frame || self.no_multiframe {
            Some(Alarm::Red)
        } else if self.ais {
            Some(Alarm::Blue)
        } else if self.rai {
            Some(Alarm::Yellow)
        } else if self.recovering {
            Some(Alarm::Red)
        } else {
            None
        }
    }
}

/// What a span's hardware has counted since its start. What it does not count stays 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SpanErrors {
    /// Bipolar or code violations (G.703).
    pub line_code: u32,
    /// CRC-4 blocks received bad (G.704, clause 2.3.3).
    pub crc4: u32,
    /// CRC-4 blocks that the far side says it received bad (E bits).
    pub far_end: u32,
    /// Frame alignment signals received bad.
    pub frame_alignment: u32,
    /// Octets lost or repeated because the clocks do not agree, where the hardware tells.
    pub slips: u32,
    /// D-channel frames with a bad check sequence, aborted, or too long.
    pub hdlc: u32,
}

/// What an E1 span reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpanEvent {
    /// The alarms have changed.
    Alarms(SpanAlarms),
    /// The counters have changed.
    Errors(SpanErrors),
    /// How it is framed and clocked has changed, or is told for the first time. Told only where
    /// the driver keeps it.
    Framing(SpanFraming),
}

/// A test of a span, by command (G.704, DAHDI's maintenance functions).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpanTest {
    /// No test: everything as in service.
    Off,
    /// What is received goes back to the far side as it came, framing included.
    RemoteLoop,
    /// What is received goes back to the far side, newly framed.
    PayloadLoop,
    /// What we send comes back to us, without leaving the box.
    LocalLoop,
    /// A pseudo-random pattern is sent and expected; errors are counted.
    Prbs,
}

/// What concerns an E1 span as a whole: its state and its D-channel. Its timeslots are
/// [`Timeslot`]s of their own, since they belong to the real-time thread and this one need not.
/// All calls return at once; none allocates.
pub trait Span: Send {
    /// Takes the next whole HDLC frame of the D-channel, without flags and FCS, and gives its
    /// length. A frame longer than the slice is dropped and counted.
    fn receive_hdlc(&mut self, frame: &mut [u8]) -> Option<usize>;

    /// Sends one HDLC frame on the D-channel; FCS is added below.
    ///
    /// # Errors
    /// [`PortError::Failed`] when the driver's queue is full, [`PortError::Unsupported`] on a
    /// span without a D-channel.
    fn send_hdlc(&mut self, frame: &[u8]) -> Result<(), PortError>;

    /// Begins or ends a test. Its channels carry no calls meanwhile.
    ///
    /// # Errors
    /// [`PortError::Unsupported`] if the hardware lacks it.
    fn test(&mut self, test: SpanTest) -> Result<(), PortError>;

    /// The next event, oldest first.
    fn poll_event(&mut self) -> Option<SpanEvent>;
}

/// What one timeslot of a span reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TimeslotEvent {
    /// The span's alarm has changed.
    Alarm(Option<Alarm>),
    /// The four signalling bits received have changed; A is bit 3, D bit 0. Raw: how long a
    /// pattern must stay is the signalling's business.
    SignallingBits(u8),
}

/// One timeslot of a span that carries audio, with its signalling bits if the span has CAS. All
/// calls return at once; none allocates.
pub trait Timeslot: Send {
    /// Exchanges one frame of audio, the wire's law already made linear.
    ///
    /// # Errors
    /// [`PortError::Gone`] when the device has gone; `rx` is then silence.
    fn exchange(&mut self, tx: &Frame, rx: &mut Frame) -> Result<(), PortError>;

    /// Sets the signalling bits sent, in the low nibble.
    ///
    /// # Errors
    /// [`PortError::Unsupported`] on a span that carries no CAS.
    fn set_signalling_bits(&mut self, abcd: u8) -> Result<(), PortError>;

    /// The next event, oldest first, of those up to the last exchanged frame.
    fn poll_event(&mut self) -> Option<TimeslotEvent>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_alarm_is_told() {
        let none = SpanAlarms::default();
        assert_eq!(none.gravest(), None);
        assert_eq!(SpanAlarms { looped: true, ..none }.gravest(), None);
        assert_eq!(SpanAlarms { rai: true, ..none }.gravest(), Some(Alarm::Yellow));
        assert_eq!(SpanAlarms { rai: true, ais: true, ..none }.gravest(), Some(Alarm::Blue));
        assert_eq!(SpanAlarms { rai: true, no_frame: true, ..none }.gravest(), Some(Alarm::Red));
        assert_eq!(SpanAlarms { recovering: true, ..none }.gravest(), Some(Alarm::Red));
        assert_eq!(SpanAlarms { red: true, gone: true, ..none }.gravest(), Some(Alarm::DeviceLost));
    }
}

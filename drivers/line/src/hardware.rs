//! Seam 1: what a wire does, whoever drives it.

use thiserror::Error;

use crate::{Digit, Frame};

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
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
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

/// What an E1 span reports.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SpanEvent {
    /// The alarm state has changed.
    Alarm(Option<Alarm>),
    /// A slip, a bipolar violation or a CRC-4 error: counted, by their number since the last.
    Errors(u32),
    /// The four signalling bits of a timeslot changed (A is bit 3).
    SignallingBits {
        /// Timeslot, 1–31.
        timeslot: u8,
        /// The bits, in the low nibble.
        abcd: u8,
    },
}

/// An E1 span: thirty-one timeslots (ITU-T G.704). All calls return at once; none allocates.
pub trait Span: Send {
    /// Exchanges one frame of the timeslot, 1–31, in the span's law already made linear.
    ///
    /// # Errors
    /// [`PortError::Gone`] when the device has gone; `rx` is then silence.
    fn exchange(&mut self, timeslot: u8, tx: &Frame, rx: &mut Frame) -> Result<(), PortError>;

    /// Takes the next whole HDLC frame of the D-channel, without flags and FCS, and gives its
    /// length.
    fn receive_hdlc(&mut self, frame: &mut [u8]) -> Option<usize>;

    /// Sends one HDLC frame on the D-channel; FCS is added below.
    ///
    /// # Errors
    /// [`PortError::Failed`] when the driver's queue is full.
    fn send_hdlc(&mut self, frame: &[u8]) -> Result<(), PortError>;

    /// Sets the signalling bits of a timeslot.
    ///
    /// # Errors
    /// [`PortError::Unsupported`] on a span that carries no CAS.
    fn set_signalling_bits(&mut self, timeslot: u8, abcd: u8) -> Result<(), PortError>;

    /// The next event, oldest first.
    fn poll_event(&mut self) -> Option<SpanEvent>;
}

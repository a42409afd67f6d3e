//! The FSK transmitter: Telcordia GR-30 over Bell 202, ETSI EN 300 659-1 over V.23.

use tipring_line::SAMPLE_RATE_HZ;

use super::Message;
use crate::level::dbm0_to_peak;
use crate::oscillator::to_sample;

/// Bits a second of both modems.
pub(super) const BAUD: u32 = 1200;

/// Which frequencies stand for 1 and 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Modem {
    /// Bell 202: mark 1200 Hz, space 2200 Hz. North America, China, Hong Kong.
    #[default]
    Bell202,
    /// ITU-T V.23, forward channel: mark 1300 Hz, space 2100 Hz. Europe.
    V23,
}

impl Modem {
    /// Frequency of mark (1), in Hz.
    pub const fn mark_hz(self) -> f32 {
        match self {
            Modem::Bell202 => 1200.0,
            Modem::V23 => 1300.0,
        }
    }

    /// Frequency of space (0), in Hz.
    pub const fn space_hz(self) -> f32 {
        match self {
            Modem::Bell202 => 2200.0,
            Modem::V23 => 2100.0,
        }
    }

    /// Bits of mark between channel seizure and message (GR-30, 2.2; EN 300 659-1, 5.2.3).
    const fn mark_bits(self) -> u32 {
        match self {
            Modem::Bell202 => 180,
            Modem::V23 => 80,
        }
    }
}

/// Bits of channel seizure, 0 and 1 in turn.
const SEIZURE_BITS: u32 = 300;
/// Bits of mark before a message to a handset that is off-hook; no seizure (GR-30, 2.2;
/// EN 300 659-2, 5.2).
const OFF_HOOK_MARK_BITS: u32 = 80;
/// Mark after the checksum, so that the last stop bit is whole at the receiver.
const TRAILER_BITS: u32 = 5;
/// What exchanges send: −13.5 dBm.
const DEFAULT_LEVEL_DBM0: f32 = -13.5;

/// Sends one message.
#[derive(Clone, Debug)]
pub struct FskTransmitter {
    modem: Modem,
    message: Message,
    peak: f32,
    mark_from: u32,
    data_from: u32,
    bits_total: u32,
    bit: u32,
    /// Position inside the bit, in units of 1/8000 bit.
    fraction: u32,
    /// In turns, 0–1.
    phase: f32,
}

impl FskTransmitter {
    /// Channel seizure, mark, message; −13.5 dBm0.
    pub fn new(modem: Modem, message: Message) -> Self {
        Self::with_preamble(modem, message, SEIZURE_BITS, modem.mark_bits())
    }

    /// A message to a handset that is off-hook and has acknowledged the alerting signal
    /// (type II): mark, message; −13.5 dBm0.
    pub fn off_hook(modem: Modem, message: Message) -> Self {
        Self::with_preamble(modem, message, 0, OFF_HOOK_MARK_BITS)
    }

    fn with_preamble(modem: Modem, message: Message, mark_from: u32, mark_bits: u32) -> Self {
        let data_from = mark_from + mark_bits;
        let bits_total = data_from + message.octets().len() as u32 * 10 + TRAILER_BITS;
        FskTransmitter {
            modem,
            message,
            peak: dbm0_to_peak(DEFAULT_LEVEL_DBM0),
            mark_from,
            data_from,
            bits_total,
            bit: 0,
            fraction: 0,
            phase: 0.0,
        }
    }

    /// The same at another level.
    pub fn at_level(mut self, dbm0: f32) -> Self {
        self.peak = dbm0_to_peak(dbm0);
        self
    }

    /// Whether all has been sent.
    pub fn is_finished(&self) -> bool {
        self.bit >= self.bits_total
    }

    /// How long the whole transmission takes, in milliseconds.
    pub fn duration_ms(&self) -> u32 {
        (self.bits_total * 1000).div_ceil(BAUD)
    }

    /// Fills `samples`; returns how many were written, fewer than all when the message ends.
    pub fn tx(&mut self, samples: &mut [i16]) -> usize {
        for (n, sample) in samples.iter_mut().enumerate() {
            if self.is_finished() {
                return n;
            }
            *sample = self.next_sample();
        }
        samples.len()
    }

    /// The phase moves on by what each bit has of this sample's time, so that bit edges lie where
    /// they belong and not on the nearest sample.
    fn next_sample(&mut self) -> i16 {
        let value = (self.phase * core::f32::consts::TAU).sin() * self.peak;
        let to_edge = SAMPLE_RATE_HZ - self.fraction;
        let hz_now = self.hz(self.bit);
        let hz = if to_edge >= BAUD {
            self.fraction += BAUD;
            hz_now
        } else {
            self.bit += 1;
            self.fraction = BAUD - to_edge;
            let part = to_edge as f32 / BAUD as f32;
            hz_now * part + self.hz(self.bit) * (1.0 - part)
        };
        self.phase = (self.phase + hz / SAMPLE_RATE_HZ as f32).fract();
        to_sample(f64::from(value))
    }

    fn hz(&self, bit: u32) -> f32 {
        if self.is_mark(bit) { self.modem.mark_hz() } else { self.modem.space_hz() }
    }

    fn is_mark(&self, bit: u32) -> bool {
        if bit < self.mark_from {
            return bit % 2 == 1;
        }
        let Some(data_bit) = bit.checked_sub(self.data_from) else { return true };
        let Some(octet) = self.message.octets().get(data_bit as usize / 10) else { return true };
        match data_bit % 10 {
            0 => false,
            9 => true,
            place => octet >> (place - 1) & 1 == 1,
        }
    }
}

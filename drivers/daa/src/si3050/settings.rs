//! What differs from line to line.

use crate::country::{AcTermination, Country};
use crate::{Framing, Slot};

use super::fields;

/// How soon the loop is closed after the order to (register 31, FOH).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum OffHookCounter {
    /// 512 ms.
    Ms512 = 0,
    /// 128 ms, in which the chip calibrates itself.
    #[default]
    Ms128 = 1,
    /// 64 ms.
    Ms64 = 2,
    /// 8 ms: for lines that take a slow answer for none. Calibration is skipped.
    Ms8 = 3,
}

/// Who says what is ringing.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RingDetection {
    /// The half-wave bits are watched here: told within 80 ms, so that a first burst cut short is
    /// still long enough for the signalling to validate.
    #[default]
    HalfWaves,
    /// The chip validates 15 to 68 Hz for 150 ms. For lines with much disturbance; a first burst
    /// under 300 ms is then lost.
    Validated,
}

/// The hybrid balances an exchange line can be set to: the country's own, and then what lines are
/// found to be instead, near an exchange, behind a private one, or in cable of another make.
pub const BALANCES: [Option<AcTermination>; 4] = [
    None,
    Some(AcTermination::R600),
    Some(AcTermination::GlobalComplex),
    Some(AcTermination::Tbr21),
];

/// Settings of an FXO port.
#[derive(Clone, Copy, Debug)]
pub struct DaaSettings {
    /// Which chip on the bus it is.
    pub framing: Framing,
    /// Its slot on the PCM highway.
    pub slot: Slot,
    /// The country's line settings; see [`Country::find`].
    pub country: &'static Country,
    /// How soon the loop is closed.
    pub off_hook: OffHookCounter,
    /// Who says what is ringing.
    pub ring_detection: RingDetection,
    /// Gain towards the line in dB, −15 to 12, the country's own added.
    pub tx_gain_db: i8,
    /// Gain from the line in dB, −15 to 12.
    pub rx_gain_db: i8,
}

impl DaaSettings {
    /// The usual settings for a chip, a slot and a country.
    pub fn new(framing: Framing, slot: Slot, country: &'static Country) -> Self {
        DaaSettings {
            framing,
            slot,
            country,
            off_hook: OffHookCounter::default(),
            ring_detection: RingDetection::default(),
            tx_gain_db: 0,
            rx_gain_db: 0,
        }
    }

    /// Register 30 and the digital hybrid's coefficients with this one of [`BALANCES`]. The
    /// coefficients fit the country's own termination alone; elsewhere the digital hybrid is off.
    pub(super) fn balance(&self, n: u8) -> (u8, [u8; 8]) {
        match BALANCES.get(usize::from(n)).copied().flatten() {
            Some(other) => (other as u8, [0; 8]),
            None => (self.country.ac_termination(), self.country.hybrid),
        }
    }

    /// Register 17, International Control 2.
    pub(super) fn international_2(&self) -> u8 {
        let calibration =
            if self.off_hook == OffHookCounter::Ms8 { fields::CALIBRATION_OFF } else { 0 };
        self.country.international_2() | calibration
    }

    /// Register 31, DAA Control 4.
    pub(super) fn daa_control_4(&self) -> u8 {
        let speed = if self.country.etsi_on_hook { fields::ON_HOOK_SPEED_2 } else { 0 };
        fields::DAA_CONTROL_4_BASE | (self.off_hook as u8) << 5 | speed
    }
}

/// Registers 38 and 39 for a gain in dB.
pub(super) fn gain(db: i8) -> u8 {
    let db = db.clamp(-15, 12);
    if db < 0 { fields::ATTENUATE | db.unsigned_abs() } else { db.unsigned_abs() }
}

//! What differs from handset line to handset line.

use core::f64::consts::TAU;

use crate::{Framing, Slot};

/// The impedance the line feed imitates (register 10, TISS).
///
/// None is exactly China's 200 Ω + (680 Ω ‖ 100 nF): `Tbr21` comes nearest, with a return loss of
/// 23 dB against it at 1 kHz where 600 Ω reaches 13 dB.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum SlicImpedance {
    /// 600 Ω.
    R600 = 0,
    /// 900 Ω.
    R900 = 1,
    /// 600 Ω + 1 µF.
    R600C1000 = 2,
    /// 900 Ω + 2.16 µF.
    R900C2160 = 3,
    /// 270 Ω + (750 Ω ‖ 150 nF).
    #[default]
    Tbr21 = 4,
    /// 220 Ω + (820 Ω ‖ 120 nF).
    R220C120 = 5,
    /// 220 Ω + (820 Ω ‖ 115 nF).
    R220C115 = 6,
    /// 370 Ω + (620 Ω ‖ 310 nF).
    R370C310 = 7,
}

/// How a message lamp is lit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum MessageLamp {
    /// There is none. The chip cannot feed the 90 V DC of a neon lamp.
    #[default]
    None,
    /// The set lights it while the idle line's polarity is reversed.
    Reversal,
}

/// Settings of an FXS port.
#[derive(Clone, Copy, Debug)]
pub struct SlicSettings {
    /// Which chip on the bus it is.
    pub framing: Framing,
    /// Its slot on the PCM highway.
    pub slot: Slot,
    /// The impedance towards the set.
    pub impedance: SlicImpedance,
    /// Ringing frequency in hertz, 15 to 68.
    pub ring_hz: u8,
    /// Ringing voltage, peak, up to 90 V. A sine of 85 V peak is 60 V effective.
    pub ring_peak_v: u8,
    /// The most current the loop is fed, in milliamperes, 20 to 41 in steps of 3.
    pub loop_current_ma: u8,
    /// The message lamp.
    pub lamp: MessageLamp,
}

impl SlicSettings {
    /// The usual settings in China: 25 Hz.
    pub fn new(framing: Framing, slot: Slot) -> Self {
        SlicSettings {
            framing,
            slot,
            impedance: SlicImpedance::default(),
            ring_hz: 25,
            ring_peak_v: 85,
            loop_current_ma: 20,
            lamp: MessageLamp::default(),
        }
    }

    fn ring_cosine(&self) -> f64 {
        (TAU * f64::from(self.ring_hz.clamp(15, 68)) / 1000.0).cos()
    }

    /// The ringing oscillator's coefficient (data sheet, "Sinusoidal Ringing").
    pub(super) fn ring_coefficient(&self) -> u16 {
        (self.ring_cosine() * 32768.0).round() as u16
    }

    /// The ringing oscillator's amplitude: full scale is 96 V.
    pub(super) fn ring_amplitude(&self) -> u16 {
        let cosine = self.ring_cosine();
        let volts = f64::from(self.ring_peak_v.min(90)) / 96.0;
        (0.25 * ((1.0 - cosine) / (1.0 + cosine)).sqrt() * 32768.0 * volts).round() as u16
    }

    /// The battery ringing needs, in steps of 1.5 V: 6 V more than its peak, 94.5 V at most.
    pub(super) fn ringing_battery(&self) -> u8 {
        let volts = u16::from(self.ring_peak_v.min(90)) + 6;
        u8::try_from((volts * 2).div_ceil(3)).map_or(63, |steps| steps.min(63))
    }

    /// The loop current limit, in steps of 3 mA above 20.
    pub(super) fn current_limit(&self) -> u8 {
        (self.loop_current_ma.clamp(20, 41) - 20) / 3
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(ring_hz: u8, ring_peak_v: u8) -> SlicSettings {
        SlicSettings { ring_hz, ring_peak_v, ..SlicSettings::new(Framing::SLIC, Slot::default()) }
    }

    #[test]
    fn ringing_comes_to_the_values_of_shipping_drivers() {
        // 25 Hz: 0x7E6D and 0x01B9, which is 66 V peak by the formula, to one per cent.
        let ringing = settings(25, 66);
        assert_eq!(ringing.ring_coefficient(), 0x7E6D);
        assert!(ringing.ring_amplitude().abs_diff(0x01B9) <= 4, "{}", ringing.ring_amplitude());
        // 20 Hz, 89 V: 0x01D1.
        assert!(settings(20, 89).ring_amplitude().abs_diff(0x01D1) <= 14);
    }

    #[test]
    fn the_battery_carries_the_ringing() {
        assert_eq!(settings(25, 85).ringing_battery(), 61);
        assert_eq!(settings(25, 200).ringing_battery(), 63);
    }

    #[test]
    fn the_default_impedance_is_chinas_nearest() {
        // Impedance of R1 + (R2 ‖ C) at 1 kHz, as real and imaginary part.
        let z = |r1: f64, r2: f64, c_nf: f64| {
            let wrc = TAU * 1000.0 * r2 * c_nf * 1e-9;
            (r1 + r2 / (1.0 + wrc * wrc), -r2 * wrc / (1.0 + wrc * wrc))
        };
        let return_loss = |a: (f64, f64), b: (f64, f64)| {
            let (sum, diff) = ((a.0 + b.0).hypot(a.1 + b.1), (a.0 - b.0).hypot(a.1 - b.1));
            20.0 * (sum / diff).log10()
        };
        let china = z(200.0, 680.0, 100.0);
        let near = return_loss(china, z(270.0, 750.0, 150.0));
        assert!((23.0..25.0).contains(&near), "{near}");
        assert!((12.5..14.0).contains(&return_loss(china, z(600.0, 0.0, 0.0))));
        for (r1, r2, c) in [(220.0, 820.0, 120.0), (220.0, 820.0, 115.0), (370.0, 620.0, 310.0)] {
            assert!(return_loss(china, z(r1, r2, c)) < near, "{r1} {r2} {c}");
        }
    }
}

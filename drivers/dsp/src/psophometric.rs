//! Noise as the ear on a telephone hears it: the psophometer of ITU-T O.41 for telephone circuits.
//!
//! The weighting is applied to power spectra of 256 ms, so it is the recommendation's table itself
//! at the table's frequencies, straight in dB over the logarithm of frequency between them, and
//! ends at 4 kHz, where the channel does. A tone reads within 0.3 dB of the table from 100 Hz on,
//! and within 0.5 dB at 50 Hz; O.41 allows 1 dB from 300 to 3000 Hz and 2 or 3 dB outside.

use tipring_line::SAMPLE_RATE_HZ;

use crate::fourier::Fourier;
use crate::level::rms_to_dbm0;

/// O.41, table 1: frequency in Hz, weight in dB relative to 800 Hz.
const WEIGHTS: [(f32, f32); 23] = [
    (16.66, -85.0),
    (50.0, -63.0),
    (100.0, -41.0),
    (200.0, -21.0),
    (300.0, -10.6),
    (400.0, -6.3),
    (500.0, -3.6),
    (600.0, -2.0),
    (700.0, -0.9),
    (800.0, 0.0),
    (900.0, 0.6),
    (1000.0, 1.0),
    (1200.0, 0.0),
    (1400.0, -0.9),
    (1600.0, -1.7),
    (1800.0, -2.4),
    (2000.0, -3.0),
    (2500.0, -4.2),
    (3000.0, -5.6),
    (3500.0, -8.5),
    (4000.0, -15.0),
    (4500.0, -25.0),
    (5000.0, -36.0),
];

const POINTS: usize = 2048;
const BINS: usize = POINTS / 2 + 1;
/// Mains hum and its first overtones, as a range of bins: 31–164 Hz.
const HUM_BINS: core::ops::RangeInclusive<usize> = 8..=42;

/// The weight at this frequency, as a factor on power.
fn weight(hz: f32) -> f32 {
    let above = WEIGHTS.iter().position(|(known, _)| *known >= hz).unwrap_or(WEIGHTS.len() - 1);
    let ((low_hz, low_db), (high_hz, high_db)) = match above {
        0 => return 0.0,
        n => (WEIGHTS[n - 1], WEIGHTS[n]),
    };
    let part = (hz / low_hz).ln() / (high_hz / low_hz).ln();
    10f32.powf((low_db + (high_db - low_db) * part) / 10.0)
}

/// What a [`Psophometer`] measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Noise {
    /// Weighted, in dBm0p; −96 for silence or no samples.
    pub dbm0p: f32,
    /// Not weighted, in dBm0.
    pub dbm0: f32,
    /// Mains hum, 31–164 Hz, not weighted, in dBm0.
    pub hum_dbm0: f32,
    /// How many samples were measured: whole spectra only.
    pub samples: u32,
}

/// Measures noise over as long as the reader lets it run; the least is 256 ms.
#[derive(Clone, Debug)]
pub struct Psophometer {
    fourier: Fourier<POINTS>,
    weights: Box<[f32]>,
    waiting: Box<[i16]>,
    filled: usize,
    weighted: f32,
    flat: f32,
    hum: f32,
    spectra: u32,
}

impl Default for Psophometer {
    fn default() -> Self {
        Self::new()
    }
}

impl Psophometer {
    /// A meter at rest. Allocates; nothing afterwards does.
    pub fn new() -> Self {
        let hz = |bin: usize| bin as f32 * SAMPLE_RATE_HZ as f32 / POINTS as f32;
        Psophometer {
            fourier: Fourier::new(),
            weights: (0..BINS).map(|bin| weight(hz(bin))).collect(),
            waiting: vec![0; POINTS].into(),
            filled: 0,
            weighted: 0.0,
            flat: 0.0,
            hum: 0.0,
            spectra: 0,
        }
    }

    /// Measures these samples too.
    pub fn rx(&mut self, samples: &[i16]) {
        let mut rest = samples;
        while !rest.is_empty() {
            let n = rest.len().min(POINTS - self.filled);
            self.waiting[self.filled..self.filled + n].copy_from_slice(&rest[..n]);
            self.filled += n;
            rest = &rest[n..];
            if self.filled == POINTS {
                self.filled = 0;
                self.measure();
            }
        }
    }

    fn measure(&mut self) {
        let power = self.fourier.power(&self.waiting);
        self.weighted += power.iter().zip(&self.weights).map(|(p, w)| p * w).sum::<f32>();
        self.flat += power.iter().sum::<f32>();
        self.hum += power[HUM_BINS].iter().sum::<f32>();
        self.spectra += 1;
    }

    /// What was measured since the last reading; starts anew.
    pub fn take(&mut self) -> Noise {
        let spectra = self.spectra.max(1) as f32;
        let dbm0 = |sum: f32| rms_to_dbm0((sum / spectra).sqrt());
        let noise = Noise {
            dbm0p: dbm0(self.weighted),
            dbm0: dbm0(self.flat),
            hum_dbm0: dbm0(self.hum),
            samples: self.spectra * POINTS as u32,
        };
        (self.weighted, self.flat, self.hum, self.spectra) = (0.0, 0.0, 0.0, 0);
        self.filled = 0;
        noise
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::dbm0_to_peak;

    fn reading(hz: f32, dbm0: f32) -> Noise {
        let mut meter = Psophometer::new();
        let peak = dbm0_to_peak(dbm0);
        let turn = core::f32::consts::TAU * hz / 8000.0;
        let samples: Vec<i16> =
            (0..16_000).map(|n| (peak * (turn * n as f32).sin()).round() as i16).collect();
        samples.chunks(77).for_each(|chunk| meter.rx(chunk));
        meter.take()
    }

    #[test]
    fn a_tone_reads_as_the_recommendation_says() {
        for (hz, db) in WEIGHTS.into_iter().filter(|(hz, _)| (50.0..=3500.0).contains(hz)) {
            let noise = reading(hz, 0.0);
            let allowed = if hz < 100.0 { 0.5 } else { 0.3 };
            assert!((noise.dbm0p - db).abs() < allowed, "{hz} Hz: {} for {db}", noise.dbm0p);
            assert!(noise.dbm0.abs() < 0.05, "{hz} Hz: {}", noise.dbm0);
        }
    }

    #[test]
    fn hum_is_told_apart() {
        let hum = reading(50.0, -30.0);
        assert!((hum.hum_dbm0 + 30.0).abs() < 0.5 && hum.dbm0p < -85.0, "{hum:?}");
        let tone = reading(450.0, -30.0);
        assert!(tone.hum_dbm0 < -80.0, "{tone:?}");
    }

    #[test]
    fn white_noise_reads_three_decibels_less_than_it_is() {
        // The weighting passes a band of some 1.9 kHz, about −3.4 dB of 4 kHz.
        let mut state = 1u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 22) as i16 - 512
        };
        let samples: Vec<i16> = (0..80_000).map(|_| next()).collect();
        let mut meter = Psophometer::new();
        meter.rx(&samples);
        let noise = meter.take();
        assert!((noise.dbm0 - noise.dbm0p - 3.4).abs() < 0.4, "{noise:?}");
        assert_eq!(meter.take().dbm0p, -96.0);
    }
}

//! Which tone sounds, in figures.

use super::partials::{Analyser, SAMPLES_MAX};
use crate::level::rms_to_dbm0;

/// A tone as it was measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ToneReading {
    /// Frequencies in Hz, the lower first; the second is 0 if there is one only.
    pub hz: [f32; 2],
    /// The frequency that modulates the first one's amplitude, in Hz, or 0.
    pub am_hz: f32,
    /// Level in all, in dBm0.
    pub level_dbm0: f32,
}

/// Measures the tone in the latest half second of sound.
#[derive(Clone, Debug)]
pub struct ToneMeter {
    analyser: Analyser,
    samples: Box<[i16]>,
    filled: usize,
}

impl Default for ToneMeter {
    fn default() -> Self {
        Self::new()
    }
}

impl ToneMeter {
    /// A meter at rest. Allocates; nothing afterwards does.
    pub fn new() -> Self {
        let samples = vec![0; SAMPLES_MAX].into();
        ToneMeter { analyser: Analyser::new(), samples, filled: 0 }
    }

    /// Takes up these samples; what is older than 512 ms is forgotten.
    pub fn rx(&mut self, samples: &[i16]) {
        let samples = &samples[samples.len().saturating_sub(SAMPLES_MAX)..];
        let keep = self.filled.min(SAMPLES_MAX - samples.len());
        self.samples.copy_within(self.filled - keep..self.filled, 0);
        self.samples[keep..keep + samples.len()].copy_from_slice(samples);
        self.filled = keep + samples.len();
    }

    /// Forgets what was taken up.
    pub fn clear(&mut self) {
        self.filled = 0;
    }

    /// How many samples there are to measure.
    pub fn samples(&self) -> usize {
        self.filled
    }

    /// The tone these samples are; `None` for silence, noise and anything else.
    pub fn read(&mut self) -> Option<ToneReading> {
        let samples = &self.samples[..self.filled];
        let tone = self.analyser.tone(samples)?;
        let squares: f32 = samples.iter().map(|s| f32::from(*s) * f32::from(*s)).sum();
        let level_dbm0 = rms_to_dbm0((squares / samples.len() as f32).sqrt());
        Some(ToneReading { hz: tone.hz, am_hz: tone.am_hz, level_dbm0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::{ToneCadence, ToneGenerator};

    #[test]
    fn tones_are_measured_and_noise_is_none() {
        let mut meter = ToneMeter::new();
        for (tone, hz) in [
            (ToneCadence::single(447, -17.0, &[]), [447.0, 0.0]),
            (ToneCadence::dual(350, 440, -20.0, &[]), [350.0, 440.0]),
        ] {
            let mut samples = [0i16; 6000];
            ToneGenerator::new(tone).tx(&mut samples);
            samples.chunks(160).for_each(|frame| meter.rx(frame));
            let reading = meter.read().expect("a tone");
            let near = reading.hz.into_iter().zip(hz).all(|(a, b)| (a - b).abs() < 0.5);
            assert!(near && (reading.level_dbm0 + 17.0).abs() < 0.2, "{reading:?}");
            meter.clear();
        }
        assert_eq!(meter.read(), None);
        let mut state = 7u32;
        let noise: Vec<i16> = (0..4096)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 20) as i16
            })
            .collect();
        meter.rx(&noise);
        assert_eq!(meter.read(), None);
    }
}

//! Levels in dBm0: power at a point of zero relative level, referred to 1 mW.
//!
//! The 16-bit scale is tied to the A-law codec: a sine that just fills it is +3.14 dBm0
//! (ITU-T G.711, 3.1), so 0 dBm0 is a sine of peak 22,827 and RMS 16,141.

/// Level of a full-scale sine.
#[expect(clippy::approx_constant, reason = "the overload point of the A-law codec is 3.14 dBm0")]
const FULL_SCALE_DBM0: f32 = 3.14;
const FULL_SCALE: f32 = 32768.0;

/// The peak value of a sine of this level.
pub fn dbm0_to_peak(dbm0: f32) -> f32 {
    FULL_SCALE * 10f32.powf((dbm0 - FULL_SCALE_DBM0) / 20.0)
}

/// The RMS value of a signal of this level.
pub fn dbm0_to_rms(dbm0: f32) -> f32 {
    dbm0_to_peak(dbm0) * core::f32::consts::FRAC_1_SQRT_2
}

/// The level of a signal of this RMS value; silence gives −96 dBm0.
pub fn rms_to_dbm0(rms: f32) -> f32 {
    let full_scale_rms = FULL_SCALE * core::f32::consts::FRAC_1_SQRT_2;
    (20.0 * (rms / full_scale_rms).log10() + FULL_SCALE_DBM0).max(-96.0)
}

/// Measures level and peak over as long as the reader lets it run.
#[derive(Clone, Debug, Default)]
pub struct LevelMeter {
    sum_of_squares: u64,
    samples: u64,
    peak: u16,
}

/// What a [`LevelMeter`] measured.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Level {
    /// Power averaged over the time measured, in dBm0; −96 for silence or no samples.
    pub dbm0: f32,
    /// The largest magnitude of a sample, 0–32,768.
    pub peak: u16,
    /// How many samples were measured.
    pub samples: u64,
}

impl LevelMeter {
    /// A meter at rest.
    pub fn new() -> Self {
        Self::default()
    }

    /// Measures these samples too.
    pub fn rx(&mut self, samples: &[i16]) {
        for &sample in samples {
            let magnitude = sample.unsigned_abs();
            self.peak = self.peak.max(magnitude);
            self.sum_of_squares += u64::from(magnitude) * u64::from(magnitude);
        }
        self.samples += samples.len() as u64;
    }

    /// What was measured since the last reading; starts anew.
    pub fn take(&mut self) -> Level {
        let measured = core::mem::take(self);
        let mean_square = if measured.samples == 0 {
            0.0
        } else {
            measured.sum_of_squares as f64 / measured.samples as f64
        };
        Level {
            dbm0: rms_to_dbm0(mean_square.sqrt() as f32),
            peak: measured.peak,
            samples: measured.samples,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reference_values() {
        for (dbm0, rms) in [(0.0, 16141.0), (-10.0, 5104.0), (-20.0, 1614.0), (-42.0, 128.0)] {
            assert!((dbm0_to_rms(dbm0) - rms).abs() < 1.0, "{dbm0}");
            assert!((rms_to_dbm0(rms) - dbm0).abs() < 0.04, "{dbm0}");
        }
        assert!((dbm0_to_peak(0.0) - 22827.0).abs() < 1.0);
    }

    #[test]
    fn measures_and_starts_anew() {
        let mut meter = LevelMeter::new();
        meter.rx(&[1614, -1614, 1614, -1614]);
        let level = meter.take();
        assert!((level.dbm0 + 20.0).abs() < 0.01);
        assert_eq!((level.peak, level.samples), (1614, 4));
        meter.rx(&[i16::MIN]);
        assert_eq!(meter.take().peak, 32768);
        assert_eq!(meter.take(), Level { dbm0: -96.0, peak: 0, samples: 0 });
    }
}

//! The generator of R2 signals (Q.454): −11.5 ± 1 dBm0 a frequency, within ± 4 Hz, both beginning
//! and ending together.

use super::{MfDirection, MfSignal};
use crate::level::dbm0_to_peak;
use crate::oscillator::{Oscillator, to_sample};

/// Level of each of the two frequencies (Q.454, clause 4.4.1).
const LEVEL_DBM0: f32 = -11.5;

/// Sends one signal for as long as it is not told otherwise, as compelled signalling needs.
#[derive(Clone, Debug)]
pub struct MfGenerator {
    direction: MfDirection,
    level_dbm0: f32,
    sounding: Option<(MfSignal, [Oscillator; 2])>,
}

impl MfGenerator {
    /// A silent generator of −11.5 dBm0 a frequency.
    pub fn new(direction: MfDirection) -> Self {
        Self::with_level(direction, LEVEL_DBM0)
    }

    /// A silent generator of this level a frequency.
    pub fn with_level(direction: MfDirection, level_dbm0: f32) -> Self {
        MfGenerator { direction, level_dbm0, sounding: None }
    }

    /// Begins this signal, in place of any that sounds; falls silent on `None`.
    pub fn send(&mut self, signal: Option<MfSignal>) {
        if self.signal() == signal {
            return;
        }
        let hz = self.direction.frequencies_hz();
        let peak = dbm0_to_peak(self.level_dbm0);
        self.sounding = signal.map(|signal| {
            (signal, signal.places().map(|place| Oscillator::new(f64::from(hz[place]), peak)))
        });
    }

    /// The signal that sounds.
    pub fn signal(&self) -> Option<MfSignal> {
        self.sounding.as_ref().map(|(signal, _)| *signal)
    }

    /// Fills `samples` with the signal; writes none and returns 0 when silent.
    pub fn tx(&mut self, samples: &mut [i16]) -> usize {
        let Some((_, [one, other])) = &mut self.sounding else { return 0 };
        samples.iter_mut().for_each(|s| *s = to_sample(one.next() + other.next()));
        one.renormalise();
        other.renormalise();
        samples.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::LevelMeter;

    #[test]
    fn both_frequencies_are_sent_at_their_level_until_stopped() {
        let mut generator = MfGenerator::new(MfDirection::Forward);
        let mut samples = [9i16; 8000];
        assert_eq!(generator.tx(&mut samples), 0);
        assert_eq!(samples[0], 9);
        generator.send(MfSignal::new(3));
        assert_eq!(generator.tx(&mut samples), 8000);
        let mut meter = LevelMeter::new();
        meter.rx(&samples);
        // Two tones of -11.5 dBm0.
        assert!((meter.take().dbm0 + 8.49).abs() < 0.1);
        generator.send(None);
        assert_eq!(generator.tx(&mut samples), 0);
    }
}

//! Cadenced tones: what a call-progress tone is made of (ITU-T E.180), and its generator.

use crate::level::dbm0_to_peak;
use crate::oscillator::{Oscillator, to_sample};

/// A part of a tone's cadence: up to two frequencies, or silence, for a time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ToneStep {
    /// Frequencies in Hz; 0 for none. Both 0: silence.
    pub hz: [u16; 2],
    /// Level of each frequency, in dBm0.
    pub level_dbm0: f32,
    /// How long it lasts, in milliseconds; 0 for ever.
    pub ms: u16,
}

impl ToneStep {
    /// Whether nothing sounds in this step.
    pub const fn is_silence(&self) -> bool {
        self.hz[0] == 0 && self.hz[1] == 0
    }
}

/// A tone by its steps, at most [`ToneCadence::STEPS_MAX`], repeated unless said otherwise.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ToneCadence {
    steps: [ToneStep; Self::STEPS_MAX],
    len: usize,
    repeats: bool,
}

impl ToneCadence {
    /// How many steps a cadence can have.
    pub const STEPS_MAX: usize = 8;

    const SILENT_STEP: ToneStep = ToneStep { hz: [0, 0], level_dbm0: 0.0, ms: 0 };

    /// One frequency, on and off in turn for these milliseconds; an empty list means continuous.
    ///
    /// # Panics
    /// On more than eight times: at compile time, when used in a `const`.
    pub const fn single(hz: u16, level_dbm0: f32, on_off_ms: &[u16]) -> Self {
        Self::dual(hz, 0, level_dbm0, on_off_ms)
    }

    /// Two frequencies at once, each at this level, otherwise as [`ToneCadence::single`].
    ///
    /// # Panics
    /// On more than eight times: at compile time, when used in a `const`.
    pub const fn dual(a_hz: u16, b_hz: u16, level_dbm0: f32, on_off_ms: &[u16]) -> Self {
        assert!(on_off_ms.len() <= Self::STEPS_MAX, "a cadence has at most eight times");
        let mut steps = [Self::SILENT_STEP; Self::STEPS_MAX];
        let on = ToneStep { hz: [a_hz, b_hz], level_dbm0, ms: 0 };
        if on_off_ms.is_empty() {
            steps[0] = on;
            return ToneCadence { steps, len: 1, repeats: true };
        }
        let mut i = 0;
        while i < on_off_ms.len() {
            if i % 2 == 0 {
                steps[i] = on;
            }
            steps[i].ms = on_off_ms[i];
            i += 1;
        }
        ToneCadence { steps, len: on_off_ms.len(), repeats: true }
    }

    /// Any steps; `None` if there are none or more than eight.
    pub fn from_steps(steps: &[ToneStep], repeats: bool) -> Option<Self> {
        if steps.is_empty() || steps.len() > Self::STEPS_MAX {
            return None;
        }
        let mut all = [Self::SILENT_STEP; Self::STEPS_MAX];
        all[..steps.len()].copy_from_slice(steps);
        Some(ToneCadence { steps: all, len: steps.len(), repeats })
    }

    /// The same tone, played once instead of for ever.
    pub const fn once(mut self) -> Self {
        self.repeats = false;
        self
    }

    /// The same tone with every frequency at this level.
    pub const fn at_level(mut self, dbm0: f32) -> Self {
        let mut i = 0;
        while i < self.len {
            self.steps[i].level_dbm0 = dbm0;
            i += 1;
        }
        self
    }

    /// The steps in order.
    pub fn steps(&self) -> &[ToneStep] {
        &self.steps[..self.len]
    }

    /// Whether the steps start over after the last one.
    pub const fn repeats(&self) -> bool {
        self.repeats
    }

    /// Whether it sounds without a break.
    pub fn is_continuous(&self) -> bool {
        self.len == 1 && self.repeats && !self.steps[0].is_silence()
    }
}

/// Plays a [`ToneCadence`].
#[derive(Clone, Debug)]
pub struct ToneGenerator {
    cadence: ToneCadence,
    place: usize,
    /// Samples left of the step; `None` for one without end.
    left: Option<u32>,
    voices: [Option<Oscillator>; 2],
    finished: bool,
}

impl ToneGenerator {
    /// A generator at the beginning of the cadence.
    pub fn new(cadence: ToneCadence) -> Self {
        let mut generator =
            ToneGenerator { cadence, place: 0, left: None, voices: [None, None], finished: false };
        generator.enter(0);
        generator
    }

    /// Fills `samples` and returns how many were written: all of them, unless a tone that is
    /// played once ends before.
    pub fn tx(&mut self, samples: &mut [i16]) -> usize {
        let mut written = 0;
        while written < samples.len() && !self.finished {
            let rest = &mut samples[written..];
            let n = self.left.map_or(rest.len(), |left| rest.len().min(left as usize));
            self.fill(&mut rest[..n]);
            written += n;
            if let Some(left) = &mut self.left {
                *left -= n as u32;
                if *left == 0 {
                    self.next_step();
                }
            }
        }
        written
    }

    /// Whether a tone that is played once has ended.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    fn fill(&mut self, samples: &mut [i16]) {
        match &mut self.voices {
            [None, None] => samples.fill(0),
            [Some(a), None] | [None, Some(a)] => {
                samples.iter_mut().for_each(|s| *s = to_sample(a.next()));
            }
            [Some(a), Some(b)] => {
                samples.iter_mut().for_each(|s| *s = to_sample(a.next() + b.next()));
            }
        }
        self.voices.iter_mut().flatten().for_each(Oscillator::renormalise);
    }

    fn next_step(&mut self) {
        if self.place + 1 < self.cadence.len {
            self.enter(self.place + 1);
        } else if self.cadence.repeats {
            self.enter(0);
        } else {
            self.finished = true;
        }
    }

    fn enter(&mut self, place: usize) {
        let step = self.cadence.steps[place];
        self.place = place;
        self.left = (step.ms > 0).then(|| u32::from(step.ms) * 8);
        let peak = dbm0_to_peak(step.level_dbm0);
        self.voices = step.hz.map(|hz| (hz > 0).then(|| Oscillator::new(f64::from(hz), peak)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::LevelMeter;
    use crate::tones;

    fn level_of(samples: &[i16]) -> f32 {
        let mut meter = LevelMeter::new();
        meter.rx(samples);
        meter.take().dbm0
    }

    #[test]
    fn busy_tone_keeps_cadence_and_level() {
        let mut generator = ToneGenerator::new(tones::china::BUSY);
        let mut samples = vec![0i16; 8 * 2100];
        // Odd slice lengths must make no difference.
        for chunk in samples.chunks_mut(77) {
            assert_eq!(generator.tx(chunk), chunk.len());
        }
        for cycle in samples.chunks(8 * 700) {
            assert!((level_of(&cycle[..8 * 350]) + 10.0).abs() < 0.05);
            assert!(cycle[8 * 350..].iter().all(|&s| s == 0));
        }
    }

    #[test]
    fn a_tone_played_once_ends() {
        let mut generator = ToneGenerator::new(ToneCadence::single(1000, -10.0, &[25]).once());
        let mut samples = [1i16; 300];
        assert_eq!(generator.tx(&mut samples), 200);
        assert!(generator.is_finished());
        assert_eq!(generator.tx(&mut samples), 0);
    }

    #[test]
    fn two_frequencies_add_up() {
        let mut generator = ToneGenerator::new(ToneCadence::dual(350, 440, -13.0, &[]));
        let mut samples = vec![0i16; 8000];
        generator.tx(&mut samples);
        assert!((level_of(&samples) + 10.0).abs() < 0.05);
    }

    #[test]
    fn bad_steps_are_refused() {
        assert!(ToneCadence::from_steps(&[], true).is_none());
        let step = ToneStep { hz: [450, 0], level_dbm0: -10.0, ms: 1 };
        assert!(ToneCadence::from_steps(&[step; 9], true).is_none());
        assert!(ToneCadence::from_steps(&[step; 8], true).is_some());
    }
}

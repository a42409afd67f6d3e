//! Cadenced tones: what a call-progress tone is made of (ITU-T E.180), and its generator.

use crate::level::dbm0_to_peak;
use crate::oscillator::{Oscillator, to_sample};

/// A part of a tone's cadence: up to two frequencies, or silence, for a time.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ToneStep {
    /// Frequencies in Hz; 0 for none. Both 0: silence.
    pub hz: [u16; 2],
    /// The frequency that modulates the amplitude of `hz[0]`, in Hz, 15–60 in practice; 0 for none.
    pub am_hz: u16,
    /// Level of each frequency, in dBm0; of a modulated one, of the whole.
    pub level_dbm0: f32,
    /// How long it lasts, in milliseconds; 0 for ever.
    pub ms: u16,
}

impl ToneStep {
    /// Nothing, for this many milliseconds; 0 for ever.
    pub const fn silence(ms: u16) -> Self {
        ToneStep { hz: [0, 0], am_hz: 0, level_dbm0: 0.0, ms }
    }

    /// Whether nothing sounds in this step.
    pub const fn is_silence(&self) -> bool {
        self.hz[0] == 0 && self.hz[1] == 0
    }

    /// Whether the same sounds in both, whatever the level and the time.
    pub const fn sounds_like(&self, other: &ToneStep) -> bool {
        self.hz[0] == other.hz[0] && self.hz[1] == other.hz[1] && self.am_hz == other.am_hz
    }
}

/// A tone by its steps, at most [`ToneCadence::STEPS_MAX`], repeated for ever unless said
/// otherwise.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct ToneCadence {
    steps: [ToneStep; Self::STEPS_MAX],
    len: usize,
    /// How often the steps are played; 0 for ever.
    times: u8,
}

impl ToneCadence {
    /// How many steps a cadence can have.
    pub const STEPS_MAX: usize = 12;

    /// One frequency, on and off in turn for these milliseconds; an empty list means continuous.
    ///
    /// # Panics
    /// On more than twelve times: at compile time, when used in a `const`.
    pub const fn single(hz: u16, level_dbm0: f32, on_off_ms: &[u16]) -> Self {
        Self::dual(hz, 0, level_dbm0, on_off_ms)
    }

    /// Two frequencies at once, each at this level, otherwise as [`ToneCadence::single`].
    ///
    /// # Panics
    /// On more than twelve times: at compile time, when used in a `const`.
    pub const fn dual(a_hz: u16, b_hz: u16, level_dbm0: f32, on_off_ms: &[u16]) -> Self {
        Self::on_off(ToneStep { hz: [a_hz, b_hz], am_hz: 0, level_dbm0, ms: 0 }, on_off_ms)
    }

    /// One frequency, its amplitude modulated by another, otherwise as [`ToneCadence::single`].
    ///
    /// # Panics
    /// On more than twelve times: at compile time, when used in a `const`.
    pub const fn modulated(hz: u16, am_hz: u16, level_dbm0: f32, on_off_ms: &[u16]) -> Self {
        Self::on_off(ToneStep { hz: [hz, 0], am_hz, level_dbm0, ms: 0 }, on_off_ms)
    }

    const fn on_off(on: ToneStep, on_off_ms: &[u16]) -> Self {
        assert!(on_off_ms.len() <= Self::STEPS_MAX, "a cadence has at most twelve times");
        let mut steps = [ToneStep::silence(0); Self::STEPS_MAX];
        if on_off_ms.is_empty() {
            steps[0] = on;
            return ToneCadence { steps, len: 1, times: 0 };
        }
        let mut i = 0;
        while i < on_off_ms.len() {
            if i % 2 == 0 {
                steps[i] = on;
            }
            steps[i].ms = on_off_ms[i];
            i += 1;
        }
        ToneCadence { steps, len: on_off_ms.len(), times: 0 }
    }

    /// Any steps; `None` if there are none or more than twelve.
    pub fn from_steps(steps: &[ToneStep], repeats: bool) -> Option<Self> {
        if steps.is_empty() || steps.len() > Self::STEPS_MAX {
            return None;
        }
        let mut all = [ToneStep::silence(0); Self::STEPS_MAX];
        all[..steps.len()].copy_from_slice(steps);
        Some(ToneCadence { steps: all, len: steps.len(), times: if repeats { 0 } else { 1 } })
    }

    /// The same tone, played once instead of for ever.
    pub const fn once(self) -> Self {
        self.times(1)
    }

    /// The same tone, played this often; 0 for ever.
    pub const fn times(mut self, times: u8) -> Self {
        self.times = times;
        self
    }

    /// The same tone with its loudest part at this level; softer parts stay as much below it.
    pub fn at_level(mut self, dbm0: f32) -> Self {
        let shift = dbm0 - self.level_dbm0();
        for step in self.steps[..self.len].iter_mut().filter(|s| !s.is_silence()) {
            step.level_dbm0 += shift;
        }
        self
    }

    /// Level of each frequency in its loudest part, in dBm0; −96 if nothing ever sounds.
    pub fn level_dbm0(&self) -> f32 {
        let sounding = self.steps().iter().filter(|s| !s.is_silence());
        sounding.map(|s| s.level_dbm0).fold(-96.0, f32::max)
    }

    /// The steps in order.
    pub fn steps(&self) -> &[ToneStep] {
        &self.steps[..self.len]
    }

    /// Whether the steps start over for ever after the last one.
    pub const fn repeats(&self) -> bool {
        self.times == 0
    }

    /// How often the steps are played; 0 for ever.
    pub const fn times_played(&self) -> u8 {
        self.times
    }

    /// Whether it sounds without a break.
    pub fn is_continuous(&self) -> bool {
        self.len == 1 && self.repeats() && !self.steps[0].is_silence()
    }
}

/// Modulation depth of modulated tones: NTT's ringback has 85 ± 15 %, the widest known use.
const AM_DEPTH: f64 = 0.85;

/// What sounds in a step.
#[derive(Clone, Debug)]
enum Voice {
    Silence,
    Single(Oscillator),
    Dual([Oscillator; 2]),
    /// Carrier and modulation.
    Modulated([Oscillator; 2]),
}

impl Voice {
    fn new(step: &ToneStep) -> Self {
        let peak = dbm0_to_peak(step.level_dbm0);
        let sine = |hz: u16| Oscillator::new(f64::from(hz), peak);
        match (step.hz, step.am_hz) {
            ([0, 0], _) => Voice::Silence,
            ([hz, 0], 0) | ([0, hz], _) => Voice::Single(sine(hz)),
            ([hz, 0], am_hz) => {
                // The sidebands' power is part of the level.
                let carrier = f64::from(peak) / (1.0 + AM_DEPTH * AM_DEPTH / 2.0).sqrt();
                let modulation = Oscillator::new(f64::from(am_hz), AM_DEPTH as f32);
                Voice::Modulated([Oscillator::new(f64::from(hz), carrier as f32), modulation])
            }
            ([a, b], _) => Voice::Dual([sine(a), sine(b)]),
        }
    }

    fn fill(&mut self, samples: &mut [i16]) {
        match self {
            Voice::Silence => samples.fill(0),
            Voice::Single(a) => {
                samples.iter_mut().for_each(|s| *s = to_sample(a.next()));
                a.renormalise();
            }
            Voice::Dual([a, b]) => {
                samples.iter_mut().for_each(|s| *s = to_sample(a.next() + b.next()));
                a.renormalise();
                b.renormalise();
            }
            Voice::Modulated([carrier, by]) => {
                samples.iter_mut().for_each(|s| *s = to_sample(carrier.next() * (1.0 + by.next())));
                carrier.renormalise();
                by.renormalise();
            }
        }
    }
}

/// Plays a [`ToneCadence`].
#[derive(Clone, Debug)]
pub struct ToneGenerator {
    cadence: ToneCadence,
    place: usize,
    /// Samples left of the step; `None` for one without end.
    left: Option<u32>,
    voice: Voice,
    /// How often the steps have been played to their end.
    played: u8,
    finished: bool,
}

impl ToneGenerator {
    /// A generator at the beginning of the cadence.
    pub fn new(cadence: ToneCadence) -> Self {
        let mut generator = ToneGenerator {
            cadence,
            place: 0,
            left: None,
            voice: Voice::Silence,
            played: 0,
            finished: false,
        };
        generator.enter(0);
        generator
    }

    /// Fills `samples` and returns how many were written: all of them, unless a tone that is
    /// played a few times only ends before.
    pub fn tx(&mut self, samples: &mut [i16]) -> usize {
        let mut written = 0;
        while written < samples.len() && !self.finished {
            let rest = &mut samples[written..];
            let n = self.left.map_or(rest.len(), |left| rest.len().min(left as usize));
            self.voice.fill(&mut rest[..n]);
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

    /// Whether a tone that is played a few times only has ended.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    fn next_step(&mut self) {
        if self.place + 1 < self.cadence.len {
            return self.enter(self.place + 1);
        }
        self.played = self.played.saturating_add(1);
        if self.cadence.repeats() || self.played < self.cadence.times {
            self.enter(0);
        } else {
            self.finished = true;
        }
    }

    fn enter(&mut self, place: usize) {
        let step = self.cadence.steps[place];
        self.place = place;
        self.left = (step.ms > 0).then(|| u32::from(step.ms) * 8);
        self.voice = Voice::new(&step);
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
        let step = ToneStep { hz: [450, 0], am_hz: 0, level_dbm0: -10.0, ms: 1 };
        assert!(ToneCadence::from_steps(&[step; 13], true).is_none());
        assert!(ToneCadence::from_steps(&[step; 12], true).is_some());
    }

    #[test]
    fn a_modulated_tone_has_its_level_and_its_envelope() {
        let mut generator = ToneGenerator::new(ToneCadence::modulated(400, 25, -10.0, &[]));
        let mut samples = vec![0i16; 8000];
        generator.tx(&mut samples);
        assert!((level_of(&samples) + 10.0).abs() < 0.05);
        // The envelope's first crest is at 10 ms, its first trough at 30 ms.
        let crest = level_of(&samples[60..100]);
        let trough = level_of(&samples[220..260]);
        assert!(crest - trough > 15.0, "{crest} {trough}");
    }

    #[test]
    fn softer_parts_stay_softer() {
        let part = |level_dbm0| ToneStep { hz: [425, 0], am_hz: 0, level_dbm0, ms: 375 };
        let gap = ToneStep::silence(375);
        let tone = ToneCadence::from_steps(&[part(-10.0), gap, part(-20.0), gap], true).unwrap();
        let levels: Vec<f32> = tone.at_level(-15.0).steps().iter().map(|s| s.level_dbm0).collect();
        assert_eq!(levels, [-15.0, 0.0, -25.0, 0.0]);
    }

    #[test]
    fn a_tone_is_played_as_often_as_told() {
        let mut generator = ToneGenerator::new(ToneCadence::single(425, -10.0, &[10, 5]).times(3));
        assert_eq!(generator.tx(&mut [0; 1000]), 3 * 15 * 8);
        assert!(generator.is_finished());
    }
}

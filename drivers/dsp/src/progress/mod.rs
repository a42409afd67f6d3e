//! Call-progress tones by frequency and cadence (ITU-T E.180; China GB/T 3380-1982).
//!
//! A tone is believed when it is pure (most of the power in 20 ms lies within about 35 Hz of
//! what the plan says), and when its times fit the plan for as many cycles as its meaning
//! demands: three for the tones that end a call, because speech, music and ringback begin like
//! them. Within a burst and from burst to burst its level must be steady, because an exchange's
//! generator is and a musical note is not; of tones that beat or are modulated only the burst's
//! times count. The parts are `sounds` (what the plan's tones consist of), `spectrum` (what sounds
//! in these 20 ms) and `cadence` (what the sequence of sounds means).

mod cadence;
mod sounds;
mod spectrum;

use arrayvec::ArrayVec;

use crate::queue::Queue;
use crate::tone::ToneCadence;
use crate::tones;
use cadence::CadenceTracker;
pub use spectrum::Sound;
use spectrum::Spectrum;

/// What a call-progress tone means.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ProgressTone {
    /// The exchange waits for digits. Told after [`ProgressPlan::dial_ms`] without a break.
    Dial,
    /// The called party is being rung. Told once a cycle.
    Ringback,
    /// The called party is busy, or the far side has hung up.
    Busy,
    /// No way through.
    Congestion,
    /// No such number.
    Vacant,
    /// The line was left off-hook. Told after [`ProgressPlan::dial_ms`] without a break.
    Howler,
    /// The three rising tones before an announcement that the call has failed, for whatever
    /// reason (ITU-T E.180, clause 6.4).
    SpecialInformation,
}

impl ProgressTone {
    /// Whether the tone says that the call is over. After the special information tone an
    /// announcement follows, and then one of these.
    pub const fn is_disconnect(self) -> bool {
        matches!(self, ProgressTone::Busy | ProgressTone::Congestion | ProgressTone::Vacant)
    }
}

/// How many tones a [`ProgressPlan`] can have.
pub const TONES_MAX: usize = 12;
/// How many tones can be known beside them.
pub const OTHERS_MAX: usize = 4;

/// The tones to listen for, and how hard to look.
#[derive(Clone, PartialEq, Debug)]
pub struct ProgressPlan {
    /// Tones by meaning.
    pub tones: ArrayVec<(ProgressTone, ToneCadence), TONES_MAX>,
    /// Tones that may sound on the line and mean nothing for the call's progress (call waiting,
    /// reminders): known so that none of them is taken for another.
    pub others: ArrayVec<ToneCadence, OTHERS_MAX>,
    /// How many whole cycles a tone that ends a call must be heard.
    pub cycles: u8,
    /// How long a continuous tone must sound, in milliseconds. Longer than any ringback burst.
    pub dial_ms: u16,
    /// The weakest tone, in dBm0.
    pub level_min_dbm0: f32,
}

impl ProgressPlan {
    /// These tones, three cycles, 2.5 s of continuous tone, −40 dBm0.
    ///
    /// # Panics
    /// On more than [`TONES_MAX`] tones.
    pub fn new(tones: &[(ProgressTone, ToneCadence)]) -> Self {
        ProgressPlan {
            tones: tones.iter().copied().collect(),
            others: ArrayVec::new(),
            cycles: 3,
            dial_ms: 2500,
            level_min_dbm0: -40.0,
        }
    }

    /// The same plan with these tones known beside; what is beyond [`OTHERS_MAX`] is left out.
    pub fn beside(mut self, others: &[ToneCadence]) -> Self {
        self.others = others.iter().copied().take(OTHERS_MAX).collect();
        self
    }

    /// Adds a tone by which this one line's exchange tells that the far side has hung up; `false`
    /// if there is no room for it.
    pub fn add_disconnect(&mut self, tone: ToneCadence) -> bool {
        self.tones.try_push((ProgressTone::Busy, tone)).is_ok()
    }

    /// China: 450 Hz for all but the howler.
    pub fn china() -> Self {
        Self::new(&[
            (ProgressTone::Dial, tones::china::DIAL),
            (ProgressTone::Ringback, tones::china::RINGBACK),
            (ProgressTone::Busy, tones::china::BUSY),
            (ProgressTone::Congestion, tones::china::CONGESTION),
            (ProgressTone::Vacant, tones::china::VACANT),
            (ProgressTone::Howler, tones::china::HOWLER),
        ])
    }
}

/// Recognises call-progress tones in a stream of samples.
#[derive(Clone, Debug)]
pub struct ProgressDetector {
    spectrum: Spectrum,
    cadence: CadenceTracker,
    found: Queue<ProgressTone, 8>,
}

impl ProgressDetector {
    /// A detector for this plan, having heard nothing.
    pub fn new(plan: &ProgressPlan) -> Self {
        ProgressDetector {
            spectrum: Spectrum::new(plan),
            cadence: CadenceTracker::new(plan),
            found: Queue::new(),
        }
    }

    /// Listens to these samples; what was found is ready to be polled.
    pub fn rx(&mut self, samples: &[i16]) {
        self.rx_beside(samples, &[]);
    }

    /// Listens to these samples while `sent` goes out on the same two wires: what is no louder
    /// than its echo can be counts as silence. `sent` is as long as `samples`, or empty.
    pub fn rx_beside(&mut self, samples: &[i16], sent: &[i16]) {
        let mut rest = samples;
        let mut sent = sent;
        while !rest.is_empty() {
            let (n, hop) = self.spectrum.rx(rest, sent);
            rest = &rest[n..];
            sent = &sent[n.min(sent.len())..];
            if let Some(tone) = hop.and_then(|hop| self.cadence.advance(hop)) {
                self.found.push(tone);
            }
        }
    }

    /// The next tone recognised, oldest first.
    pub fn poll(&mut self) -> Option<ProgressTone> {
        self.found.pop()
    }

    /// What sounds now, and for how many milliseconds it has.
    pub fn current(&self) -> (Sound, u32) {
        self.cadence.current()
    }

    /// Forgets everything heard; to be called where one call's audio ends and another's begins.
    pub fn reset(&mut self) {
        self.spectrum.reset();
        self.cadence.reset();
        self.found.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tone::ToneGenerator;
    use rand::rngs::SmallRng;
    use rand::{Rng, SeedableRng};

    fn play(cadence: ToneCadence, ms: usize) -> Vec<i16> {
        let mut samples = vec![0; ms * 8];
        ToneGenerator::new(cadence).tx(&mut samples);
        samples
    }

    fn add_noise(samples: &mut [i16], dbm0: f32) {
        let mut rng = SmallRng::seed_from_u64(7);
        let peak = crate::dbm0_to_rms(dbm0) * 3f32.sqrt();
        for s in samples {
            *s = s.saturating_add(rng.random_range(-peak..=peak) as i16);
        }
    }

    fn us() -> ProgressPlan {
        let pair = |a, b, ms| ToneCadence::dual(a, b, -20.0, ms);
        ProgressPlan::new(&[
            (ProgressTone::Dial, pair(350, 440, &[])),
            (ProgressTone::Ringback, pair(440, 480, &[2000, 4000])),
            (ProgressTone::Busy, pair(480, 620, &[500, 500])),
            (ProgressTone::Congestion, pair(480, 620, &[250, 250])),
        ])
    }

    fn found(plan: &ProgressPlan, samples: &[i16]) -> Vec<ProgressTone> {
        let mut detector = ProgressDetector::new(plan);
        let mut all = vec![];
        for frame in samples.chunks(160) {
            detector.rx(frame);
            while let Some(tone) = detector.poll() {
                all.push(tone);
            }
        }
        all
    }

    #[test]
    fn every_tone_of_the_plans_is_told_as_itself_and_nothing_else() {
        for plan in [ProgressPlan::china(), us()] {
            for (tone, cadence) in plan.tones.clone() {
                for level in [-5.0, -20.0, -35.0] {
                    let samples = play(cadence.at_level(level), 12_000);
                    let all = found(&plan, &samples);
                    assert!(!all.is_empty(), "{tone:?} at {level} not found");
                    assert!(all.iter().all(|t| *t == tone), "{tone:?} at {level}: {all:?}");
                }
            }
        }
    }

    #[test]
    fn noise_twenty_decibels_down_does_not_matter() {
        let plan = ProgressPlan::china();
        for (tone, cadence) in plan.tones.clone() {
            let mut samples = play(cadence.at_level(-20.0), 12_000);
            add_noise(&mut samples, -40.0);
            let all = found(&plan, &samples);
            assert!(!all.is_empty() && all.iter().all(|t| *t == tone), "{tone:?}: {all:?}");
        }
    }

    #[test]
    fn cadence_and_frequency_may_be_off_by_a_fifth_and_25_hz() {
        let plan = ProgressPlan::china();
        for hz in [425, 440, 450, 460, 475] {
            for ms in [290, 350, 410] {
                let samples = play(ToneCadence::single(hz, -15.0, &[ms, ms]), 4000);
                assert_eq!(found(&plan, &samples), [ProgressTone::Busy], "{hz} Hz, {ms} ms");
            }
        }
        for hz in [350, 380, 520, 600, 900] {
            let samples = play(ToneCadence::single(hz, -15.0, &[350, 350]), 6000);
            assert_eq!(found(&plan, &samples), [], "{hz} Hz");
        }
    }

    #[test]
    fn busy_needs_three_cycles_and_no_more_than_four() {
        let plan = ProgressPlan::china();
        let samples = play(tones::china::BUSY, 4000);
        let mut detector = ProgressDetector::new(&plan);
        for (n, frame) in samples.chunks(160).enumerate() {
            detector.rx(frame);
            if let Some(tone) = detector.poll() {
                assert_eq!(tone, ProgressTone::Busy);
                let ms = n * 20;
                assert!((1750..=2800).contains(&ms), "{ms}");
                return;
            }
        }
        panic!("busy tone not recognised");
    }

    #[test]
    fn a_louder_moment_or_call_before_does_not_deafen() {
        let tone = play(ToneCadence::dual(480, 620, -25.0, &[250, 250]), 3000);
        for (before, ms, pause) in
            [("a moment", 30, 400), ("a vowel", 120, 400), ("a tone", 500, 7_000)]
        {
            let louder = play(ToneCadence::dual(480, 620, -10.0, &[]), ms);
            let samples = [louder, vec![0; pause * 8], tone.clone()].concat();
            assert_eq!(found(&us(), &samples), [ProgressTone::Congestion], "after {before}");
        }
    }

    #[test]
    fn other_cadences_of_the_same_frequency_are_nothing() {
        let plan = ProgressPlan::china();
        for cadence in [
            ToneCadence::single(450, -15.0, &[350, 1500]),
            ToneCadence::single(450, -15.0, &[60, 60]),
            ToneCadence::single(450, -15.0, &[200, 200]),
            ToneCadence::single(450, -15.0, &[490, 490]),
            ToneCadence::single(450, -15.0, &[350, 700]),
            ToneCadence::single(450, -15.0, &[1400, 300]),
            tones::china::CALL_WAITING,
            tones::china::TRUNK_NOTICE,
        ] {
            let all = found(&plan, &play(cadence, 15_000));
            assert!(all.iter().all(|t| !t.is_disconnect()), "{cadence:?}: {all:?}");
        }
    }

    /// A note of 447 Hz: its level by the time since its start, in seconds, with weak overtones.
    fn note(ms: usize, level: impl Fn(f32) -> f32) -> Vec<i16> {
        let sample = |n: usize| {
            let t = n as f32 / 8000.0;
            let turn = core::f32::consts::TAU * 447.0 * t;
            let wave = turn.sin() + 0.2 * (2.0 * turn).sin() + 0.1 * (3.0 * turn).sin();
            (wave * 6000.0 * level(t)) as i16
        };
        (0..ms * 8).map(sample).collect()
    }

    #[test]
    fn music_on_the_tones_own_pitch_is_nothing() {
        let plucked = |t: f32| (-t * 3.0).exp();
        let tremolo = |t: f32| 1.0 + 0.3 * (t * 35.0).sin();
        let swelling = |t: f32| 0.2 + t * 0.3;
        let plan = ProgressPlan::china();
        for repeated in [350, 700, 1000] {
            let one = [note(repeated, plucked), vec![0; repeated * 8]].concat();
            assert_eq!(found(&plan, &one.repeat(10)), [], "plucked every {repeated} ms");
        }
        for (name, held) in [
            ("tremolo", note(6000, tremolo)),
            ("swelling", note(3500, swelling)),
            ("plucked", note(6000, plucked)),
        ] {
            assert_eq!(found(&plan, &held), [], "{name}");
        }
        // Struck with different force each time.
        let burst = |force: f32| [note(350, move |_| force), vec![0; 350 * 8]].concat();
        let melody: Vec<i16> = [1.0, 0.4, 1.0, 0.4, 1.0, 0.4].into_iter().flat_map(burst).collect();
        assert_eq!(found(&plan, &melody), [], "accents");
        // The same note without any expression is what an exchange sends.
        let plain: Vec<i16> = [1.0; 6].into_iter().flat_map(burst).collect();
        assert_eq!(found(&plan, &plain), [ProgressTone::Busy]);
    }

    #[test]
    fn the_sound_of_the_moment_and_its_age_are_told() {
        let mut detector = ProgressDetector::new(&ProgressPlan::china());
        detector.rx(&play(tones::china::DIAL, 600));
        let (sound, ms) = detector.current();
        assert_eq!(sound, Sound::Tone(0));
        assert!((500..=600).contains(&ms), "{ms}");
        detector.rx(&[0; 8 * 300]);
        assert_eq!(detector.current().0, Sound::Silence);
        detector.reset();
        assert_eq!(detector.current(), (Sound::Silence, 0));
    }

    #[test]
    fn slices_of_any_length_give_the_same() {
        let samples = play(tones::china::CONGESTION, 8000);
        let plan = ProgressPlan::china();
        for size in [1, 7, 79, 80, 81, 5000] {
            let mut detector = ProgressDetector::new(&plan);
            samples.chunks(size).for_each(|c| detector.rx(c));
            assert_eq!(detector.poll(), Some(ProgressTone::Congestion), "{size}");
        }
    }
}

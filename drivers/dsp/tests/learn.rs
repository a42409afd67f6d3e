//! Disconnect tones are learnt from noisy lines, and nothing from music, speech or silence.

mod common;

use common::{read_wav, speech_files};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_dsp::{
    Heard, LearntTone, ProgressDetector, ProgressPlan, ProgressTone, ToneCadence, ToneGenerator,
    ToneLearner, dbm0_to_rms, g711,
};
use tipring_line::Law;

/// A line: noise of this level, and the A-law codec.
fn through_line(samples: &mut [i16], noise_dbm0: f32, rng: &mut SmallRng) {
    let peak = dbm0_to_rms(noise_dbm0) * 3f32.sqrt();
    for sample in samples.iter_mut() {
        *sample = sample.saturating_add(rng.random_range(-peak..=peak) as i16);
    }
    let mut codes = vec![0u8; samples.len()];
    g711::encode(Law::A, samples, &mut codes);
    g711::decode(Law::A, &codes, samples);
}

fn learn(samples: &[i16]) -> Option<LearntTone> {
    let mut learner = ToneLearner::new();
    samples.chunks(160).find_map(|frame| {
        learner.rx(frame);
        learner.poll()
    })
}

fn busy(tone: ToneCadence, seed: u64) -> Vec<i16> {
    let mut rng = SmallRng::seed_from_u64(seed);
    // The end of a conversation's silence comes first.
    let lead = rng.random_range(2_000..12_000);
    let mut samples = vec![0i16; lead + 15 * 8000];
    ToneGenerator::new(tone).tx(&mut samples[lead..]);
    through_line(&mut samples, -50.0, &mut rng);
    samples
}

#[test]
fn one_and_two_frequencies_modulation_and_every_part_of_a_cadence() {
    for (n, (tone, hz, am_hz, ms)) in [
        (ToneCadence::single(450, -10.0, &[350, 350]), [450.0, 0.0], 0.0, vec![350, 350]),
        (ToneCadence::single(447, -33.0, &[290, 410]), [447.0, 0.0], 0.0, vec![290, 410]),
        (ToneCadence::dual(480, 620, -24.0, &[250, 250]), [480.0, 620.0], 0.0, vec![250, 250]),
        (ToneCadence::modulated(400, 25, -15.0, &[750, 750]), [400.0, 0.0], 25.0, vec![750, 750]),
        (
            ToneCadence::single(400, -20.0, &[400, 350, 225, 525]),
            [400.0, 0.0],
            0.0,
            vec![400, 350, 225, 525],
        ),
        (
            ToneCadence::single(450, -12.0, &[100, 100, 100, 100, 100, 100, 400, 400]),
            [450.0, 0.0],
            0.0,
            vec![100, 100, 100, 100, 100, 100, 400, 400],
        ),
    ]
    .into_iter()
    .enumerate()
    {
        let learnt = learn(&busy(tone, n as u64)).unwrap_or_else(|| panic!("{tone:?}"));
        for (a, b) in learnt.hz.into_iter().zip(hz) {
            assert!((a - b).abs() <= 3.0, "{learnt:?}");
        }
        assert!((learnt.am_hz - am_hz).abs() <= 3.0, "{learnt:?}");
        let times = learnt.on_off_ms();
        assert_eq!(times.len(), ms.len(), "{learnt:?}");
        // A longer cadence may be met in its middle.
        let turned = (0..ms.len()).step_by(2).any(|first| {
            times.iter().enumerate().all(|(i, &t)| {
                let wanted: u16 = ms[(first + i) % ms.len()];
                t.abs_diff(wanted) <= 10
            })
        });
        assert!(turned, "{tone:?}: {learnt:?}");
        let level = tone.level_dbm0() + if hz[1] > 0.0 { 3.0 } else { 0.0 };
        assert!((learnt.level_dbm0() - level).abs() < 1.0, "{learnt:?}");
    }
}

#[test]
fn a_tone_without_a_break_is_learnt_too() {
    let learnt = learn(&busy(ToneCadence::single(620, -18.0, &[]), 3)).expect("a tone");
    assert!((learnt.hz[0] - 620.0).abs() < 3.0 && learnt.on_off_ms().is_empty(), "{learnt:?}");
    assert!(learnt.cadence().is_continuous());
}

#[test]
fn what_was_learnt_is_then_recognised() {
    let odd = ToneCadence::dual(500, 640, -16.0, &[280, 420]);
    let samples = busy(odd, 5);
    let mut plan = ProgressPlan::china();
    let heard = |plan: &ProgressPlan| {
        let mut detector = ProgressDetector::new(plan);
        detector.rx(&samples);
        detector.poll()
    };
    assert_eq!(heard(&plan), None);
    assert!(plan.add_disconnect(learn(&samples).expect("a tone").cadence()));
    assert_eq!(heard(&plan), Some(ProgressTone::Busy));
}

#[test]
fn progress_is_told() {
    let samples = busy(ToneCadence::single(450, -20.0, &[350, 350]), 9);
    let mut learner = ToneLearner::new();
    assert_eq!(learner.progress().heard, Heard::Nothing);
    let mut cycles = vec![];
    for frame in samples.chunks(160) {
        learner.rx(frame);
        let progress = learner.progress();
        if cycles.last() != Some(&progress.cycles) {
            cycles.push(progress.cycles);
        }
        if learner.poll().is_some() {
            assert!(matches!(progress.heard, Heard::Tone([hz, _]) if (hz - 450.0).abs() < 3.0));
            break;
        }
    }
    assert_eq!(cycles, [0, 2, 3, 4, 5]);
}

#[test]
fn ringback_and_silence_give_nothing() {
    for on_off in [[1000u16, 4000], [400, 4000], [2000, 4000]] {
        let mut rng = SmallRng::seed_from_u64(4);
        let mut samples = vec![0i16; 60 * 8000];
        ToneGenerator::new(ToneCadence::single(450, -12.0, &on_off)).tx(&mut samples);
        through_line(&mut samples, -50.0, &mut rng);
        assert_eq!(learn(&samples), None, "{on_off:?}");
    }
    for noise in [-70.0, -50.0, -35.0] {
        let mut samples = vec![0i16; 60 * 8000];
        through_line(&mut samples, noise, &mut SmallRng::seed_from_u64(1));
        assert_eq!(learn(&samples), None, "noise at {noise}");
    }
}

/// A melody as ringback services play it: notes of a scale with overtones, plucked or blown, some
/// of them repeated, with a beat under it.
fn melody(seed: u64) -> Vec<i16> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let scale = [262.0f32, 294.0, 330.0, 392.0, 440.0, 523.0, 587.0, 659.0, 784.0, 880.0];
    let beat_ms = rng.random_range(180..420usize);
    let plucked = rng.random_bool(0.5);
    let overtones = rng.random_range(0.05f32..0.5);
    let drum = rng.random_bool(0.5);
    let mut samples = vec![];
    while samples.len() < 30 * 8000 {
        let hz = scale[rng.random_range(0..scale.len())];
        let force = rng.random_range(0.5f32..1.0);
        let beats = rng.random_range(1..4usize);
        let again = rng.random_range(1..4usize);
        for _ in 0..again {
            let length = beats * beat_ms * 8;
            let sounding = length * rng.random_range(5..10) / 10;
            for n in 0..length {
                let t = n as f32 / 8000.0;
                let turn = core::f32::consts::TAU * hz * t;
                let end = if n < sounding { 1.0 } else { (-(t * 60.0)).exp() };
                let envelope = if plucked {
                    (-t * 4.0).exp()
                } else {
                    (t * 30.0).min(1.0) * (1.0 + 0.15 * (t * 34.0).sin())
                };
                let wave = turn.sin()
                    + overtones * (2.0 * turn).sin()
                    + overtones * 0.5 * (3.0 * turn).sin();
                let hit =
                    if drum { rng.random_range(-1.0..1.0f32) * (-t * 25.0).exp() } else { 0.0 };
                samples.push(((wave * envelope * end * force + hit * 0.4) * 5000.0) as i16);
            }
        }
    }
    let mut rng = SmallRng::seed_from_u64(seed);
    through_line(&mut samples, -55.0, &mut rng);
    samples
}

#[test]
fn music_gives_nothing() {
    for seed in 0..60 {
        assert_eq!(learn(&melody(seed)), None, "seed {seed}");
    }
}

#[test]
fn speech_gives_nothing() {
    let mut learner = ToneLearner::new();
    let mut samples = 0;
    for file in speech_files() {
        let speech = read_wav(&file);
        samples += speech.len();
        learner.rx(&speech);
        assert_eq!(learner.poll(), None, "in {}", file.display());
    }
    println!("{} minutes of speech", samples / 480_000);
}

//! Recorded speech and music through the detector of every country: no call may end by it.

use crate::common::recordings;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_analog::plans::CountryPlan;
use tipring_dsp::{ProgressDetector, ProgressTone};

/// How many countries share the recordings out among themselves, so that together they hear all
/// several times over.
const SHARES: usize = 5;

/// Recordings of Debian's asterisk-core-sounds-en-wav, in shares.
fn speech() -> [Vec<i16>; SHARES] {
    let all = recordings();
    let share = |n: usize| all.iter().skip(n).step_by(SHARES).flatten().copied().collect();
    core::array::from_fn(share)
}

/// A melody on the pitches of the tones themselves, as ringback services play it: notes struck
/// with different force, with overtones, plucked or blown, some of them repeated.
fn melody(seed: u64) -> Vec<i16> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let pitches = [350.0f32, 400.0, 425.0, 440.0, 450.0, 480.0, 523.0, 587.0, 620.0, 659.0];
    let beat_ms = [175, 200, 250, 330, 350, 375, 480, 500][rng.random_range(0..8usize)];
    let plucked = rng.random_bool(0.5);
    let overtones = rng.random_range(0.1f32..0.5);
    let mut samples = vec![];
    while samples.len() < 30 * 8000 {
        let hz = pitches[rng.random_range(0..pitches.len())];
        let again = rng.random_range(1..6usize);
        for _ in 0..again {
            let force = rng.random_range(0.4f32..1.0);
            for n in 0..2 * beat_ms * 8 {
                let t = n as f32 / 8000.0;
                let turn = core::f32::consts::TAU * hz * t;
                let off = if n < beat_ms * 8 { 1.0 } else { 0.0 };
                let envelope = if plucked {
                    (-t * 4.0).exp()
                } else {
                    (t * 30.0).min(1.0) * (1.0 + 0.25 * (t * 34.0).sin())
                };
                let wave = turn.sin()
                    + overtones * (2.0 * turn).sin()
                    + overtones * 0.5 * (3.0 * turn).sin();
                samples.push((wave * envelope * off * force * 6000.0) as i16);
            }
        }
    }
    samples
}

/// What would end a call, or hold an outgoing one up for ringback that is none.
fn told(code: &str, samples: &[i16]) -> Vec<ProgressTone> {
    let plan = CountryPlan::named(code).unwrap().progress();
    let mut detector = ProgressDetector::new(&plan);
    let mut all = vec![];
    for frame in samples.chunks(160) {
        detector.rx(frame);
        all.extend(std::iter::from_fn(|| detector.poll()));
    }
    all
}

#[test]
fn speech_ends_no_call_in_any_country() {
    let shares = speech();
    let mut wrong = vec![];
    let mut samples = 0;
    for (code, speech) in CountryPlan::codes().zip(shares.iter().cycle()) {
        let all = told(code, speech);
        samples += speech.len();
        if !all.is_empty() {
            wrong.push(format!("{code}: {all:?}"));
        }
    }
    println!("{} minutes of speech", samples / 480_000);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn music_ends_no_call_in_any_country() {
    let mut wrong = vec![];
    for seed in 0..6 {
        let melody = melody(seed);
        for code in CountryPlan::codes() {
            let all = told(code, &melody);
            if all.iter().any(|tone| *tone != ProgressTone::Ringback) {
                wrong.push(format!("{code} seed {seed}: {all:?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

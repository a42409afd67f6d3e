//! The busy and congestion tones of every country, as if no plan knew them: learnt from a line
//! with noise, the A-law codec and a cadence that is off.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_analog::plans::CountryPlan;
use tipring_dsp::{
    ProgressDetector, ProgressPlan, ToneCadence, ToneGenerator, ToneLearner, ToneStep, dbm0_to_rms,
    g711,
};
use tipring_line::Law;

const NOISE_DBM0: f32 = -50.0;

fn through_line(tone: ToneCadence, seed: u64) -> Vec<i16> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let lead = rng.random_range(1_000..9_000);
    let cycle_ms: usize = tone.steps().iter().map(|s| usize::from(s.ms)).sum();
    let mut samples = vec![0i16; lead + 8 * (7 * cycle_ms).max(5_000)];
    ToneGenerator::new(tone).tx(&mut samples[lead..]);
    let peak = dbm0_to_rms(NOISE_DBM0) * 3f32.sqrt();
    for sample in &mut samples {
        *sample = sample.saturating_add(rng.random_range(-peak..=peak) as i16);
    }
    let mut codes = vec![0u8; samples.len()];
    g711::encode(Law::A, &samples, &mut codes);
    g711::decode(Law::A, &codes, &mut samples);
    samples
}

/// Whether the times are the tone's within 10 ms, begun with any of its ons. A tone without
/// different parts may have been written with several.
fn times_fit(learnt: &[u16], tone: &ToneCadence) -> bool {
    let steps = tone.steps();
    learnt.len() <= steps.len()
        && steps.len().is_multiple_of(learnt.len())
        && (0..steps.len()).step_by(2).any(|first| {
            (0..steps.len()).all(|i| {
                let step = &steps[(first + i) % steps.len()];
                learnt[i % learnt.len()].abs_diff(step.ms) <= 10
            })
        })
}

#[test]
fn every_disconnect_tone_of_every_plan_is_learnt_and_then_recognised() {
    let mut wrong = vec![];
    let (mut tried, mut hz_off, mut ms_off) = (0u32, 0f32, 0u16);
    for code in CountryPlan::codes() {
        let plan = CountryPlan::named(code).unwrap();
        for tone in [Some(&plan.tones.busy), plan.tones.congestion.as_ref()].into_iter().flatten() {
            for (pct, level) in [(80u32, -12.0f32), (100, -30.0), (100, -8.0), (120, -22.0)] {
                let steps: Vec<ToneStep> = tone
                    .cadence()
                    .at_level(level)
                    .steps()
                    .iter()
                    .map(|s| ToneStep { ms: (u32::from(s.ms) * pct / 100) as u16, ..*s })
                    .collect();
                let softest = steps.iter().filter(|s| !s.is_silence()).map(|s| s.level_dbm0);
                if softest.fold(0.0, f32::min) < -35.0 {
                    continue;
                }
                let tone = ToneCadence::from_steps(&steps, true).unwrap();
                tried += 1;
                let samples = through_line(tone, u64::from(tried));
                let mut learner = ToneLearner::new();
                learner.rx(&samples);
                let Some(learnt) = learner.poll() else {
                    wrong.push(format!("{code} {pct} % {level}: nothing of {steps:?}"));
                    continue;
                };
                let [a, b] = learnt.hz;
                let off = (a - f32::from(steps[0].hz[0]))
                    .abs()
                    .max((b - f32::from(steps[0].hz[1])).abs());
                hz_off = hz_off.max(off);
                let times = learnt.on_off_ms();
                if times.len() == 2 {
                    ms_off = ms_off
                        .max(times[0].abs_diff(steps[0].ms))
                        .max(times[1].abs_diff(steps[1].ms));
                }
                let mut own = ProgressPlan::new(&[]);
                own.add_disconnect(learnt.cadence());
                let mut detector = ProgressDetector::new(&own);
                detector.rx(&samples);
                if off > 3.0 || !times_fit(&times, &tone) || detector.poll().is_none() {
                    wrong.push(format!("{code} {pct} % {level}: {learnt:?} of {steps:?}"));
                }
            }
        }
    }
    println!("{tried} tones; at most {hz_off:.2} Hz and {ms_off} ms off");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

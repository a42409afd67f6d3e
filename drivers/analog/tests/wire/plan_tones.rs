//! Every tone of every country's plan, generated and recognised as itself and nothing else.

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_analog::plans::CountryPlan;
use tipring_dsp::{
    ProgressDetector, ProgressPlan, ProgressTone, ToneCadence, ToneGenerator, ToneStep, dbm0_to_rms,
};

/// How a line changes a tone.
#[derive(Clone, Copy, Debug)]
struct Condition {
    level_dbm0: f32,
    noise_dbm0: f32,
    /// Every time is this many per cent of what the plan says.
    cadence_pct: u16,
    shift_hz: i16,
}

const fn line(level_dbm0: f32, noise_dbm0: f32, cadence_pct: u16, shift_hz: i16) -> Condition {
    Condition { level_dbm0, noise_dbm0, cadence_pct, shift_hz }
}

const CONDITIONS: [Condition; 9] = [
    line(-35.0, -60.0, 100, 0),
    line(-35.0, -55.0, 95, -10),
    line(-20.0, -40.0, 100, 10),
    line(-5.0, -40.0, 100, 0),
    line(-5.0, -25.0, 105, 10),
    line(-20.0, -50.0, 90, 0),
    line(-20.0, -50.0, 110, 0),
    line(-15.0, -50.0, 100, -25),
    line(-15.0, -50.0, 100, 25),
];

/// The tone as it comes off the line.
fn heard(tone: ToneCadence, mut condition: Condition, seed: u64) -> Vec<i16> {
    let sounding = tone.steps().iter().filter(|s| !s.is_silence());
    let softest = sounding.map(|s| s.level_dbm0).fold(f32::MAX, f32::min) - tone.level_dbm0();
    // The conditions hold for the softest part.
    condition.level_dbm0 = condition.level_dbm0.max(-35.0 - softest);
    condition.noise_dbm0 = condition.noise_dbm0.min(condition.level_dbm0 + softest - 20.0);
    let steps: Vec<ToneStep> = tone
        .at_level(condition.level_dbm0)
        .steps()
        .iter()
        .map(|step| ToneStep {
            hz: step
                .hz
                .map(|hz| if hz == 0 { 0 } else { hz.saturating_add_signed(condition.shift_hz) }),
            ms: (u32::from(step.ms) * u32::from(condition.cadence_pct) / 100) as u16,
            ..*step
        })
        .collect();
    let played = ToneCadence::from_steps(&steps, true).unwrap().times(tone.times_played());
    let cycle_ms: usize = steps.iter().map(|s| usize::from(s.ms)).sum();
    // Some line noise first: nothing begins with the tone's first sample.
    let lead = 300 * 8 + (seed as usize % 80);
    let mut samples = vec![0i16; lead + 8 * (4 * cycle_ms).clamp(8_000, 60_000)];
    ToneGenerator::new(played).tx(&mut samples[lead..]);
    let mut rng = SmallRng::seed_from_u64(seed);
    let peak = dbm0_to_rms(condition.noise_dbm0) * 3f32.sqrt();
    for sample in &mut samples {
        *sample = sample.saturating_add(rng.random_range(-peak..=peak) as i16);
    }
    samples
}

fn told(plan: &ProgressPlan, samples: &[i16]) -> Vec<ProgressTone> {
    let mut detector = ProgressDetector::new(plan);
    let mut all = vec![];
    for frame in samples.chunks(160) {
        detector.rx(frame);
        all.extend(std::iter::from_fn(|| detector.poll()));
    }
    all
}

/// What the plan says a tone means. Tones that sound the same mean the same; so do tones whose
/// times differ by less than a tenth, which is what an exchange is allowed to be off (Laos has a
/// congestion tone of 375/375 and, in one table, call waiting of 400/400).
fn meanings(plan: &ProgressPlan, tone: &ToneCadence) -> Vec<ProgressTone> {
    let same = |other: &ToneCadence| {
        other.steps().len() == tone.steps().len()
            && other.steps().iter().zip(tone.steps()).all(|(a, b)| {
                a.sounds_like(b) && a.ms.abs_diff(b.ms) <= a.ms / 10 && a.level_dbm0 == b.level_dbm0
            })
    };
    plan.tones.iter().filter(|(_, other)| same(other)).map(|(meaning, _)| *meaning).collect()
}

/// Whether a tone that sounds nearly the same means nothing, so that this one may go unheard.
fn may_be_missed(plan: &ProgressPlan, tone: &ToneCadence) -> bool {
    let beside = ProgressPlan::new(&[(ProgressTone::Busy, *tone)]);
    plan.others.iter().any(|other| other == tone || !meanings(&beside, other).is_empty())
}

#[test]
fn every_tone_of_every_plan_is_told_as_itself_and_nothing_else() {
    let mut wrong = vec![];
    let mut tried = 0;
    for code in CountryPlan::codes() {
        let plan = CountryPlan::named(code).unwrap().progress();
        let tones = plan.tones.iter().map(|(_, tone)| tone).chain(&plan.others);
        for tone in tones {
            let meant = meanings(&plan, tone);
            for (n, condition) in CONDITIONS.into_iter().enumerate() {
                let all = told(&plan, &heard(*tone, condition, n as u64 * 7 + 1));
                tried += 1;
                let missed = all.is_empty() && !may_be_missed(&plan, tone);
                if missed || all.iter().any(|t| !meant.contains(t)) {
                    let steps: Vec<_> =
                        tone.steps().iter().map(|s| (s.hz, s.am_hz, s.ms)).collect();
                    wrong.push(format!("{code} {meant:?} {steps:?} {condition:?}: {all:?}"));
                }
            }
        }
    }
    println!("{tried} tones played");
    assert!(wrong.is_empty(), "{} of {tried}:\n{}", wrong.len(), wrong.join("\n"));
}

//! What sounds: windows of 20 ms, one every 10 ms.
//!
//! Each frequency of the plan is looked for by three correlators 25 Hz apart, because a window of
//! 20 ms sees a tone only within 15 Hz or so without loss, and exchanges are off by as much as 25.

use arrayvec::ArrayVec;
use tipring_line::SAMPLE_RATE_HZ;

use super::ProgressPlan;
use crate::level::dbm0_to_rms;

/// Samples between two windows; a window is two of these.
pub(super) const HOP_SAMPLES: usize = 80;
/// The same in milliseconds.
pub(super) const HOP_MS: u32 = 10;

const FREQUENCIES_MAX: usize = 8;
const PROBES_A_FREQUENCY: usize = 3;
const LANES: usize = FREQUENCIES_MAX * PROBES_A_FREQUENCY;
/// Lanes are worked on in groups that fit a vector register.
const GROUP: usize = 8;
const PROBE_SPACING_HZ: f32 = 25.0;
/// How much of a window's power must lie in the tone's frequencies. A tone in noise 20 dB down
/// and 12 Hz off a correlator's centre keeps 0.8; voiced speech rarely exceeds 0.5 for long.
const PURITY_MIN: f32 = 0.7;
/// Of two frequencies sounding together each must have at least this part of their power.
const PART_MIN: f32 = 0.1;
/// Anything this much below the last tone (as a power) counts as its pause.
const PAUSE_BELOW_TONE: f32 = 1.0 / 16.0;
/// A hybrid lets back at most this part (as a power) of what is sent: 6 dB in the worst case.
const ECHO_MAX: f32 = 0.25;
/// Echo comes back late: the bound on it falls by 0.7 dB a hop.
const ECHO_DECAY: f32 = 0.85;
/// Under an echo this part of the power is enough for a tone.
const PURITY_MIN_ECHO: f32 = 0.5;
/// How long the last tone's level is the measure of silence.
const TONE_MEMORY_HOPS: u32 = 600;

/// What is heard at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sound {
    /// Nothing, or so little that it is the pause of the tone before.
    #[default]
    Silence,
    /// A pure tone: the number counts the plan's different sets of frequencies.
    Tone(u8),
    /// Something else: speech, music, noise.
    Other,
}

/// Correlates a stream with the frequencies of a plan.
#[derive(Clone, Debug)]
pub(super) struct Spectrum {
    step_re: [f32; LANES],
    step_im: [f32; LANES],
    phase_re: [f32; LANES],
    phase_im: [f32; LANES],
    half: Half,
    last_half: Half,
    in_half: usize,
    frequencies: ArrayVec<u16, FREQUENCIES_MAX>,
    sets: ArrayVec<[u16; 2], FREQUENCIES_MAX>,
    power_min: f32,
    tone_power: f32,
    tone_age_hops: u32,
    /// Power sent in this half window.
    sent_power: f32,
    /// The most that can come back of what was sent.
    echo_max: f32,
}

#[derive(Clone, Debug)]
struct Half {
    re: [f32; LANES],
    im: [f32; LANES],
    power: f32,
}

impl Half {
    const EMPTY: Half = Half { re: [0.0; LANES], im: [0.0; LANES], power: 0.0 };
}

/// The plan's different sets of frequencies, in order of appearance.
pub(super) fn frequency_sets(plan: &ProgressPlan) -> ArrayVec<[u16; 2], FREQUENCIES_MAX> {
    let mut sets = ArrayVec::new();
    for (_, cadence) in &plan.tones {
        for step in cadence.steps().iter().filter(|s| !s.is_silence()) {
            if !sets.contains(&step.hz) {
                // A plan with more sets than that loses its last tones; the limit is generous.
                let _ = sets.try_push(step.hz);
            }
        }
    }
    sets
}

impl Spectrum {
    pub(super) fn new(plan: &ProgressPlan) -> Self {
        let sets = frequency_sets(plan);
        let mut frequencies: ArrayVec<u16, FREQUENCIES_MAX> = ArrayVec::new();
        for &hz in sets.iter().flatten().filter(|hz| **hz > 0) {
            if !frequencies.contains(&hz) {
                let _ = frequencies.try_push(hz);
            }
        }
        let mut step_re = [1.0; LANES];
        let mut step_im = [0.0; LANES];
        for (f, &hz) in frequencies.iter().enumerate() {
            for probe in 0..PROBES_A_FREQUENCY {
                let hz = f32::from(hz) + (probe as f32 - 1.0) * PROBE_SPACING_HZ;
                let angle = core::f32::consts::TAU * hz / SAMPLE_RATE_HZ as f32;
                step_re[f * PROBES_A_FREQUENCY + probe] = angle.cos();
                step_im[f * PROBES_A_FREQUENCY + probe] = angle.sin();
            }
        }
        Spectrum {
            step_re,
            step_im,
            phase_re: [1.0; LANES],
            phase_im: [0.0; LANES],
            half: Half::EMPTY,
            last_half: Half::EMPTY,
            in_half: 0,
            frequencies,
            sets,
            power_min: dbm0_to_rms(plan.level_min_dbm0).powi(2),
            tone_power: 0.0,
            tone_age_hops: TONE_MEMORY_HOPS,
            sent_power: 0.0,
            echo_max: 0.0,
        }
    }

    pub(super) fn reset(&mut self) {
        self.half = Half::EMPTY;
        self.last_half = Half::EMPTY;
        self.in_half = 0;
        self.tone_power = 0.0;
        self.tone_age_hops = TONE_MEMORY_HOPS;
        self.sent_power = 0.0;
        self.echo_max = 0.0;
    }

    /// Takes samples up to the end of the hop; says how many, and what sounds if the hop is full,
    /// with the power of the tone if it is one.
    pub(super) fn rx(&mut self, samples: &[i16], sent: &[i16]) -> (usize, Option<(Sound, f32)>) {
        let n = samples.len().min(HOP_SAMPLES - self.in_half);
        let groups = (self.frequencies.len() * PROBES_A_FREQUENCY).div_ceil(GROUP);
        for group in 0..groups {
            self.correlate(group * GROUP, &samples[..n]);
        }
        self.half.power += power(&samples[..n]);
        self.sent_power += power(&sent[..n.min(sent.len())]);
        self.in_half += n;
        if self.in_half < HOP_SAMPLES {
            return (n, None);
        }
        let sound = self.judge();
        self.last_half = core::mem::replace(&mut self.half, Half::EMPTY);
        self.in_half = 0;
        (n, Some(sound))
    }

    fn correlate(&mut self, first: usize, samples: &[i16]) {
        let lanes = first..first + GROUP;
        let step_re: [f32; GROUP] = self.step_re[lanes.clone()].try_into().expect("eight lanes");
        let step_im: [f32; GROUP] = self.step_im[lanes.clone()].try_into().expect("eight lanes");
        let mut re: [f32; GROUP] = self.phase_re[lanes.clone()].try_into().expect("eight lanes");
        let mut im: [f32; GROUP] = self.phase_im[lanes.clone()].try_into().expect("eight lanes");
        let mut sum_re = [0.0f32; GROUP];
        let mut sum_im = [0.0f32; GROUP];
        for &sample in samples {
            let x = f32::from(sample);
            for lane in 0..GROUP {
                sum_re[lane] += x * re[lane];
                sum_im[lane] += x * im[lane];
                let turned = re[lane] * step_re[lane] - im[lane] * step_im[lane];
                im[lane] = re[lane] * step_im[lane] + im[lane] * step_re[lane];
                re[lane] = turned;
            }
        }
        for lane in 0..GROUP {
            // One step of Newton's iteration for 1/√x near 1 takes out the rounding errors.
            let gain = 1.5 - 0.5 * (re[lane] * re[lane] + im[lane] * im[lane]);
            self.phase_re[first + lane] = re[lane] * gain;
            self.phase_im[first + lane] = im[lane] * gain;
            self.half.re[first + lane] += sum_re[lane];
            self.half.im[first + lane] += sum_im[lane];
        }
    }

    fn judge(&mut self) -> (Sound, f32) {
        let window = (2 * HOP_SAMPLES) as f32;
        let total = (self.half.power + self.last_half.power) / window;
        let sent = core::mem::take(&mut self.sent_power) / HOP_SAMPLES as f32;
        self.echo_max = (sent * ECHO_MAX).max(self.echo_max * ECHO_DECAY);
        self.tone_age_hops = self.tone_age_hops.saturating_add(1);
        if total < self.silence_below() {
            return (Sound::Silence, 0.0);
        }
        match self.purest_set(total) {
            Some((set, purity)) if total >= self.power_min && self.is_pure(purity, total) => {
                self.tone_power = total;
                self.tone_age_hops = 0;
                (Sound::Tone(set), self.steady_power(set, purity * total))
            }
            _ if total < self.echo_max => (Sound::Silence, 0.0),
            _ => (Sound::Other, 0.0),
        }
    }

    /// Whether this part of the power is enough for a tone: of all that cannot be echo.
    fn is_pure(&self, purity: f32, total: f32) -> bool {
        let without_echo = (total - self.echo_max).max(0.0);
        purity >= PURITY_MIN
            || purity >= PURITY_MIN_ECHO && purity * total >= PURITY_MIN * without_echo
    }

    /// Two frequencies beat within a window, so the power of a pair says nothing.
    fn steady_power(&self, set: u8, power: f32) -> f32 {
        let is_pair = self.sets.get(usize::from(set)).is_some_and(|s| s[0] > 0 && s[1] > 0);
        if is_pair { 1.0 } else { power }
    }

    fn silence_below(&self) -> f32 {
        let floor = self.power_min / 4.0;
        if self.tone_age_hops < TONE_MEMORY_HOPS {
            floor.max(self.tone_power * PAUSE_BELOW_TONE)
        } else {
            floor
        }
    }

    fn purest_set(&self, total: f32) -> Option<(u8, f32)> {
        let mut best: Option<(u8, f32)> = None;
        for (i, set) in self.sets.iter().enumerate() {
            let a = self.power_of(set[0]);
            let b = self.power_of(set[1]);
            let is_pair = set[0] > 0 && set[1] > 0;
            if is_pair && a.min(b) < PART_MIN * (a + b) {
                continue;
            }
            let purity = (a + b) / total;
            if best.is_none_or(|(_, p)| purity > p) {
                best = Some((i as u8, purity));
            }
        }
        best
    }

    /// Power of the tone nearest to this frequency, in the window.
    fn power_of(&self, hz: u16) -> f32 {
        let Some(f) = self.frequencies.iter().position(|&known| known == hz) else {
            return 0.0;
        };
        let first = f * PROBES_A_FREQUENCY;
        let window = (2 * HOP_SAMPLES) as f32;
        (first..first + PROBES_A_FREQUENCY)
            .map(|lane| {
                let re = self.half.re[lane] + self.last_half.re[lane];
                let im = self.half.im[lane] + self.last_half.im[lane];
                2.0 * (re * re + im * im) / (window * window)
            })
            .fold(0.0, f32::max)
    }
}

/// Sum of squares.
fn power(samples: &[i16]) -> f32 {
    samples.iter().map(|&s| f32::from(s) * f32::from(s)).sum()
}

//! What sounds: windows of 20 ms, one every 10 ms.
//!
//! Each frequency of the plan is looked for by three correlators 25 Hz apart, because a window of
//! 20 ms sees a tone only within 15 Hz or so without loss, and exchanges are off by as much as 25.

use tipring_line::SAMPLE_RATE_HZ;

use super::ProgressPlan;
use super::sounds::{LANES_MAX as LANES, Look, Sounds};
use crate::level::dbm0_to_rms;

/// Samples between two windows; a window is two of these.
pub(super) const HOP_SAMPLES: usize = 80;
/// The same in milliseconds.
pub(super) const HOP_MS: u32 = 10;

/// Lanes are worked on in groups that fit a vector register.
const GROUP: usize = 8;
/// How much of a window's power must lie in the tone's frequencies. A tone in noise 20 dB down
/// and 12 Hz off a correlator's centre keeps 0.8; voiced speech rarely exceeds 0.5 for long.
const PURITY_MIN: f32 = 0.7;
/// Of two frequencies sounding together each must have at least this part of their power.
const PART_MIN: f32 = 0.15;
/// Anything this much below the last tone (as a power) counts as its pause.
const PAUSE_BELOW_TONE: f32 = 1.0 / 16.0;
/// A hybrid lets back at most this part (as a power) of what is sent: 6 dB in the worst case.
const ECHO_MAX: f32 = 0.25;
/// Echo comes back late: the bound on it falls by 0.7 dB a hop.
const ECHO_DECAY: f32 = 0.85;
/// Under an echo this part of the power is enough for a tone.
const PURITY_MIN_ECHO: f32 = 0.5;
/// A tone's level is believed from so many more windows on than have not been one: speech is as
/// pure as a tone for a moment, and louder than the exchange's.
const BELIEVED_HOPS: u8 = 4;
/// A tone too weak beside the last one is the pause it seems for so many windows; one that goes
/// on shows that the last one was something else, a vowel perhaps.
const WEAK_HOPS: u8 = 6;
/// How long the last tone's level is the measure of silence.
const TONE_MEMORY_HOPS: u32 = 600;
/// So long after a tone, longer than a slow modulation's trough, one this much weaker (as a
/// power) goes on with it.
const TROUGH_HOPS: u32 = 6;
const TROUGH: f32 = 1.0 / 8.0;
/// How much purer another sound must be than the last one.
const LAST_PREFERRED: f32 = 1.15;
/// How fast the crest is forgotten, a hop (as a power).
const CREST_DECAY: f32 = 0.9;

/// What is heard at a moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sound {
    /// Nothing, or so little that it is the pause of the tone before.
    #[default]
    Silence,
    /// A pure tone: the number counts the plan's different sounds.
    Tone(u8),
    /// Something else: speech, music, noise.
    Other,
}

/// What one hop brought.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Hop {
    pub(super) sound: Sound,
    /// Power of the tone in the window of 20 ms, if it is one.
    pub(super) tone_power: f32,
    /// Power of everything in these 10 ms.
    pub(super) power: f32,
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
    sounds: Sounds,
    last: Sound,
    power_min: f32,
    tone_power: f32,
    tone_age_hops: u32,
    /// Windows that were a tone, less those that were not.
    tone_hops: u8,
    /// For how many windows a tone has been too weak to count.
    weak_hops: u8,
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

impl Spectrum {
    pub(super) fn new(plan: &ProgressPlan) -> Self {
        let sounds = Sounds::of(plan);
        let mut step_re = [1.0; LANES];
        let mut step_im = [0.0; LANES];
        for (lane, &hz) in sounds.lanes.iter().enumerate() {
            let angle = core::f32::consts::TAU * f32::from(hz) / SAMPLE_RATE_HZ as f32;
            step_re[lane] = angle.cos();
            step_im[lane] = angle.sin();
        }
        Spectrum {
            step_re,
            step_im,
            phase_re: [1.0; LANES],
            phase_im: [0.0; LANES],
            half: Half::EMPTY,
            last_half: Half::EMPTY,
            in_half: 0,
            sounds,
            last: Sound::Silence,
            power_min: dbm0_to_rms(plan.level_min_dbm0).powi(2),
            tone_power: 0.0,
            tone_age_hops: TONE_MEMORY_HOPS,
            tone_hops: 0,
            weak_hops: 0,
            sent_power: 0.0,
            echo_max: 0.0,
        }
    }

    pub(super) fn reset(&mut self) {
        self.half = Half::EMPTY;
        self.last_half = Half::EMPTY;
        self.in_half = 0;
        self.last = Sound::Silence;
        self.tone_power = 0.0;
        self.tone_age_hops = TONE_MEMORY_HOPS;
        self.tone_hops = 0;
        self.weak_hops = 0;
        self.sent_power = 0.0;
        self.echo_max = 0.0;
    }

    /// Takes samples up to the end of the hop; says how many, and what the hop brought if it is
    /// full.
    pub(super) fn rx(&mut self, samples: &[i16], sent: &[i16]) -> (usize, Option<Hop>) {
        let n = samples.len().min(HOP_SAMPLES - self.in_half);
        let groups = self.sounds.lanes.len().div_ceil(GROUP);
        for group in 0..groups {
            self.correlate(group * GROUP, &samples[..n]);
        }
        self.half.power += power(&samples[..n]);
        self.sent_power += power(&sent[..n.min(sent.len())]);
        self.in_half += n;
        if self.in_half < HOP_SAMPLES {
            return (n, None);
        }
        let (sound, tone_power) = self.judge();
        self.last = sound;
        let power = self.half.power / HOP_SAMPLES as f32;
        self.last_half = core::mem::replace(&mut self.half, Half::EMPTY);
        self.in_half = 0;
        (n, Some(Hop { sound, tone_power, power }))
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
        let tone = (total >= self.tone_above())
            .then(|| self.purest_sound(total))
            .flatten()
            .filter(|(_, purity)| self.is_pure(*purity, total));
        self.mistrust(tone.is_some(), total);
        let heard = match tone {
            _ if total < self.silence_below() => (Sound::Silence, 0.0),
            Some((sound, purity)) => (Sound::Tone(sound), purity * total),
            None if total < self.echo_max => (Sound::Silence, 0.0),
            None => (Sound::Other, 0.0),
        };
        self.remember(heard.0, total);
        heard
    }

    /// Forgets the last tone's level when a weaker tone goes on below it.
    fn mistrust(&mut self, is_tone: bool, total: f32) {
        let is_weak = is_tone && total < self.silence_below();
        self.weak_hops = if is_weak { self.weak_hops + 1 } else { 0 };
        if self.weak_hops >= WEAK_HOPS {
            self.weak_hops = 0;
            self.tone_age_hops = TONE_MEMORY_HOPS;
        }
    }

    /// Takes note of a tone's level: the measure of silence.
    fn remember(&mut self, sound: Sound, total: f32) {
        if !matches!(sound, Sound::Tone(_)) {
            self.tone_hops = self.tone_hops.saturating_sub(1);
            return;
        }
        self.tone_hops = (self.tone_hops + 1).min(2 * BELIEVED_HOPS);
        if self.tone_hops >= BELIEVED_HOPS {
            // A modulated tone's crest, not its trough, is the measure of silence.
            let goes_on = self.tone_age_hops <= TROUGH_HOPS;
            let crest = if goes_on { self.tone_power * CREST_DECAY } else { 0.0 };
            self.tone_power = total.max(crest);
            self.tone_age_hops = 0;
        }
    }

    /// Whether this part of the power is enough for a tone: of all that cannot be echo.
    fn is_pure(&self, purity: f32, total: f32) -> bool {
        let without_echo = (total - self.echo_max).max(0.0);
        purity >= PURITY_MIN
            || purity >= PURITY_MIN_ECHO && purity * total >= PURITY_MIN * without_echo
    }

    fn tone_above(&self) -> f32 {
        if self.tone_age_hops <= TROUGH_HOPS { self.power_min * TROUGH } else { self.power_min }
    }

    fn silence_below(&self) -> f32 {
        let floor = self.tone_above() / 4.0;
        if self.tone_age_hops < TONE_MEMORY_HOPS {
            floor.max(self.tone_power * PAUSE_BELOW_TONE)
        } else {
            floor
        }
    }

    fn purest_sound(&self, total: f32) -> Option<(u8, f32)> {
        let purity_of = |look| self.power_of(look) / total;
        let purities = self.sounds.sets.iter().map(|set| (set.sound, purity_of(set.look)));
        // Between two that explain the window nearly as well, the one that sounds already goes on.
        let weight = |sound| if self.last == Sound::Tone(sound) { LAST_PREFERRED } else { 1.0 };
        purities.max_by(|a, b| (a.1 * weight(a.0)).total_cmp(&(b.1 * weight(b.0))))
    }

    /// Power of a set of frequencies in the window.
    fn power_of(&self, look: Look) -> f32 {
        match look {
            Look::Single(lanes) => {
                lanes.map(|l| self.lane_power(l)).into_iter().fold(0.0, f32::max)
            }
            Look::Pair(pairs) => pairs
                .map(|pair| {
                    let [a, b] = pair.map(|lane| self.lane_power(lane));
                    if a.min(b) < PART_MIN * (a + b) { 0.0 } else { a + b }
                })
                .into_iter()
                .fold(0.0, f32::max),
            Look::Varying(two, three) => {
                // With little in the middle it is two tones standing side by side.
                let [low, middle, high] = three.map(|lane| self.lane_power(lane));
                let beats = middle > low.max(high) / 4.0;
                let three = if beats { low + middle + high } else { 0.0 };
                two.map(|lane| self.lane_power(lane)).iter().sum::<f32>().max(three)
            }
        }
    }

    /// Power at a lane's frequency in the window.
    fn lane_power(&self, lane: u8) -> f32 {
        let lane = usize::from(lane);
        let window = (2 * HOP_SAMPLES) as f32;
        let re = self.half.re[lane] + self.last_half.re[lane];
        let im = self.half.im[lane] + self.last_half.im[lane];
        2.0 * (re * re + im * im) / (window * window)
    }
}

/// Sum of squares.
fn power(samples: &[i16]) -> f32 {
    samples.iter().map(|&s| f32::from(s) * f32::from(s)).sum()
}

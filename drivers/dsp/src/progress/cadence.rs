//! What a sequence of sounds means.

use arrayvec::ArrayVec;

use super::sounds::Sounds;
use super::spectrum::{HOP_MS, Hop, Sound};
use super::{OTHERS_MAX, ProgressPlan, ProgressTone, TONES_MAX};
use crate::tone::ToneCadence;

/// How many finished stretches of sound are remembered: three cycles of the longest cadence.
const HISTORY: usize = 3 * ToneCadence::STEPS_MAX;
/// A change of sound counts once it has lasted this long, so clicks and the windows that see
/// both sides of an edge make no stretch of their own.
const SETTLE_HOPS: u32 = 3;
/// Shorter pauses belong to the tone around them, as the breaks of 40 ms in China's special dial
/// tone do.
const PAUSE_HOPS_MIN: u32 = 6;
/// In the trough of a modulated tone noise is stronger than the tone for up to this long.
const SETTLE_TROUGH_HOPS: u32 = 5;
/// A tone with more breaks and clicks in it than this part is none.
const BREAKS_MAX: u32 = 6;

/// A step of a cadence as the tracker sees it.
#[derive(Clone, Copy, Debug)]
struct Step {
    sound: Sound,
    ms: u32,
    /// Power relative to the tone's loudest part.
    gain: f32,
}

#[derive(Clone, Debug)]
struct Pattern {
    /// `None` for a tone that is known and means nothing.
    tone: Option<ProgressTone>,
    steps: ArrayVec<Step, { ToneCadence::STEPS_MAX }>,
    /// Whether its level varies while it sounds, because it beats or is modulated.
    varies: bool,
    /// How many stretches make it certain.
    stretches: usize,
}

impl Pattern {
    fn new(tone: Option<ProgressTone>, cadence: &ToneCadence, sounds: &Sounds, cycles: u8) -> Self {
        let loudest = cadence.level_dbm0();
        let steps: ArrayVec<Step, { ToneCadence::STEPS_MAX }> = cadence
            .steps()
            .iter()
            .map(|s| Step {
                sound: sounds.sound(s).map_or(Sound::Silence, Sound::Tone),
                ms: u32::from(s.ms),
                gain: 10f32.powf((s.level_dbm0 - loudest) / 10.0),
            })
            .collect();
        let cycles = match (tone, cadence.times_played()) {
            // Nobody takes the first two cycles of a cadenced dial tone for anything else.
            (Some(ProgressTone::Dial), _) => cycles.clamp(1, 2),
            (_, 0) => cycles.clamp(1, 3),
            (_, times) => cycles.clamp(1, 3).min(times),
        };
        let stretches = usize::from(cycles) * steps.len() - 1;
        let varies = cadence.steps().iter().any(|s| sounds.varies(s));
        Pattern { tone, steps, varies, stretches }
    }

    /// The step at this place of the endless sequence.
    fn step(&self, place: usize) -> &Step {
        &self.steps[place % self.steps.len()]
    }

    /// How many stretches of `other` in a row could be taken for this one's, from the best start;
    /// `limit` if there is no end to it.
    fn run_in(&self, other: &Pattern, limit: usize) -> usize {
        let run = |mine: usize, theirs: usize| {
            let fits = |i: &usize| {
                let (step, seen) = (self.step(mine + i), other.step(theirs + i));
                step.sound == seen.sound && step.deviation(seen.ms).is_some()
            };
            (0..limit).take_while(fits).count()
        };
        let starts =
            (0..self.steps.len()).flat_map(|m| (0..other.steps.len()).map(move |t| (m, t)));
        starts.map(|(mine, theirs)| run(mine, theirs)).max().unwrap_or(0)
    }
}

/// A stretch of one sound.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    sound: Sound,
    hops: u32,
    /// Of these hops, how many sounded otherwise but too shortly to count.
    broken: u32,
    level: Level,
    ripple: Ripple,
    /// Whether ringback has been told in it.
    rang: bool,
}

impl Stretch {
    const fn new(sound: Sound, hops: u32) -> Self {
        let level = Level { low: f32::MAX, high: 0.0, waiting: [None; 2] };
        let ripple = Ripple { low: f32::MAX, high: 0.0, waiting: None };
        Stretch { sound, hops, broken: 0, level, ripple, rang: false }
    }

    /// This stretch, a break in it, and how it goes on.
    fn and_on(&self, pause: &Stretch, after: &Stretch) -> Self {
        Stretch {
            hops: self.hops + pause.hops + after.hops,
            broken: self.broken + pause.hops + after.broken,
            level: after.level.and(self.level),
            ripple: after.ripple.and(self.ripple),
            ..*self
        }
    }

    const fn is_tone(&self) -> bool {
        matches!(self.sound, Sound::Tone(_))
    }

    const fn is_broken(&self) -> bool {
        self.broken * BREAKS_MAX > self.hops
    }
}

/// How a tone's power varied over a stretch. The last window is left out, because it may have
/// seen the tone's end.
#[derive(Clone, Copy, Debug)]
struct Level {
    low: f32,
    high: f32,
    waiting: [Option<f32>; 2],
}

/// A generator's tone varies less than this (4 dB as a power), noise and echo included.
const STEADY: f32 = 2.5;

impl Level {
    fn add(&mut self, power: f32) {
        let [newer, older] = self.waiting;
        self.waiting = [Some(power), newer];
        if let (Some(newer), Some(older)) = (newer, older) {
            // The mean of two windows evens out what speech in an echo adds and takes away.
            let power = (newer + older) / 2.0;
            self.low = self.low.min(power);
            self.high = self.high.max(power);
        }
    }

    /// Whether it varied no more than a generator's tone; true of too short a stretch.
    fn is_steady(&self) -> bool {
        self.high <= self.low * STEADY
    }

    /// Both together.
    fn and(self, other: Level) -> Level {
        Level { low: self.low.min(other.low), high: self.high.max(other.high), ..self }
    }

    /// The level as it would be without this gain.
    fn without(self, gain: f32) -> Level {
        Level { low: self.low / gain, high: self.high / gain, ..self }
    }
}

/// How the power of 10 ms varied over a stretch; shows modulation that longer windows even out.
#[derive(Clone, Copy, Debug)]
struct Ripple {
    low: f32,
    high: f32,
    waiting: Option<f32>,
}

impl Ripple {
    /// Ratio of powers from which on a tone counts as modulated.
    const MODULATED: f32 = 4.0;

    fn add(&mut self, power: f32) {
        if let Some(power) = self.waiting.replace(power) {
            self.low = self.low.min(power);
            self.high = self.high.max(power);
        }
    }

    /// Both together.
    fn and(self, other: Ripple) -> Ripple {
        Ripple { low: self.low.min(other.low), high: self.high.max(other.high), ..self }
    }

    fn is_modulated(&self) -> bool {
        self.high > self.low * Self::MODULATED
    }
}

const PATTERNS_MAX: usize = TONES_MAX + OTHERS_MAX;

/// Follows stretches of sound and compares them with the plan's cadences.
#[derive(Clone, Debug)]
pub(super) struct CadenceTracker {
    patterns: ArrayVec<Pattern, PATTERNS_MAX>,
    /// Bit n: sound n of the plan varies in level.
    varying: u32,
    dial_hops: u32,
    /// Oldest first; full when its length is `HISTORY`.
    history: ArrayVec<Stretch, HISTORY>,
    now: Stretch,
    candidate: Stretch,
    told: Option<ProgressTone>,
}

impl CadenceTracker {
    pub(super) fn new(plan: &ProgressPlan) -> Self {
        let sounds = Sounds::of(plan);
        let known = plan.tones.iter().map(|(tone, cadence)| (Some(*tone), cadence));
        let all = known.chain(plan.others.iter().map(|cadence| (None, cadence)));
        let mut patterns: ArrayVec<Pattern, PATTERNS_MAX> =
            all.map(|(tone, c)| Pattern::new(tone, c, &sounds, plan.cycles)).collect();
        demand_what_tells_apart(&mut patterns);
        let varying = patterns.iter().filter(|p| p.varies).flat_map(|p| &p.steps);
        CadenceTracker {
            varying: varying.fold(0, |bits, step| match step.sound {
                Sound::Tone(sound) => bits | 1 << sound,
                _ => bits,
            }),
            patterns,
            dial_hops: u32::from(plan.dial_ms) / HOP_MS,
            history: ArrayVec::new(),
            now: Stretch::new(Sound::Silence, 0),
            candidate: Stretch::new(Sound::Silence, 0),
            told: None,
        }
    }

    pub(super) fn reset(&mut self) {
        self.history.clear();
        self.now = Stretch::new(Sound::Silence, 0);
        self.candidate = self.now;
        self.told = None;
    }

    pub(super) fn current(&self) -> (Sound, u32) {
        (self.now.sound, self.now.hops * HOP_MS)
    }

    /// Goes on by one hop; says which tone has now been recognised, if one has.
    pub(super) fn advance(&mut self, hop: Hop) -> Option<ProgressTone> {
        if hop.sound == self.now.sound {
            self.now.level.add(hop.tone_power);
            if self.candidate.hops == 0 {
                self.now.ripple.add(hop.power);
            }
            // What looked like a change was a click: its hops belong to the stretch it broke.
            let click = core::mem::take(&mut self.candidate.hops);
            self.now.hops += 1 + click;
            self.now.broken += click;
            return self.while_it_lasts();
        }
        if hop.sound != self.candidate.sound || self.candidate.hops == 0 {
            // An edge window is half tone, half pause, and neither: it counts for the new sound.
            let edge = if self.candidate.sound == Sound::Other { self.candidate.hops } else { 0 };
            let edge = if edge < SETTLE_HOPS { edge } else { 0 };
            self.candidate = Stretch::new(hop.sound, edge);
        }
        self.candidate.hops += 1;
        let in_trough = hop.sound == Sound::Other && self.varies(self.now.sound);
        let settle = if in_trough { SETTLE_TROUGH_HOPS } else { SETTLE_HOPS };
        if self.candidate.hops < settle {
            return None;
        }
        let ended = core::mem::replace(&mut self.now, self.candidate);
        self.candidate.hops = 0;
        self.finish(ended)
    }

    /// Continuous tones and ringback are recognised while their last sound goes on.
    fn while_it_lasts(&mut self) -> Option<ProgressTone> {
        let now = self.now;
        if now.is_tone() && now.hops >= self.dial_hops && !now.is_broken() {
            let fits = |p: &&Pattern| {
                p.steps.len() == 1
                    && p.steps[0].sound == now.sound
                    && (p.varies || now.level.is_steady())
            };
            // A steady tone and a beating one can share a sound; what fits better comes first.
            let modulated = now.ripple.is_modulated();
            let best = self.patterns.iter().filter(fits).min_by_key(|p| p.varies != modulated)?;
            return self.tell(best.tone?);
        }
        if now.sound != Sound::Silence || now.rang {
            return None;
        }
        if self.rings(now.hops) {
            self.now.rang = true;
            self.told = None;
            return self.tell(ProgressTone::Ringback);
        }
        None
    }

    /// Whether ringback has just sounded and half its last pause is over.
    fn rings(&self, pause_hops: u32) -> bool {
        let one = |p: &Pattern| self.matches(p, p.steps.len() - 1);
        let ringback = self.patterns.iter().filter(|p| p.tone == Some(ProgressTone::Ringback));
        let waited =
            |p: &&Pattern| p.steps.last().is_some_and(|last| pause_hops >= last.ms / 2 / HOP_MS);
        let Some(deviation) = ringback.filter(waited).filter_map(one).min() else { return false };
        let pausing = |p: &&Pattern| {
            let last = p.steps.last();
            p.tone != Some(ProgressTone::Ringback)
                && last.is_some_and(|l| l.sound == Sound::Silence)
                && last.is_some_and(|l| l.ms * 3 / 2 > pause_hops * HOP_MS)
        };
        !self.patterns.iter().filter(pausing).filter_map(one).any(|other| other < deviation)
    }

    /// Whether the level of this sound may vary while it lasts.
    fn varies(&self, sound: Sound) -> bool {
        matches!(sound, Sound::Tone(sound) if self.varying >> sound & 1 == 1)
    }

    fn finish(&mut self, ended: Stretch) -> Option<ProgressTone> {
        let unsteady = !ended.level.is_steady() && !self.varies(ended.sound);
        if ended.sound == Sound::Other || unsteady || ended.is_tone() && ended.is_broken() {
            // Speech or music: no cadence goes on across it.
            self.history.clear();
            self.told = None;
            return None;
        }
        if self.is_mere_break(&ended) {
            if let Some(before) = self.history.pop() {
                self.now = before.and_on(&ended, &self.now);
            }
            return None;
        }
        if self.history.is_full() {
            self.history.remove(0);
        }
        self.history.push(ended);
        if !ended.is_tone() {
            return None;
        }
        let (_, tone) = self
            .patterns
            .iter()
            .filter(|p| p.steps.len() > 1 && p.tone != Some(ProgressTone::Ringback))
            .filter_map(|p| self.matches(p, p.stretches).map(|deviation| (deviation, p.tone)))
            .min_by_key(|(deviation, _)| *deviation)?;
        self.tell(tone?)
    }

    /// Whether this was too short a pause between two stretches of one tone.
    fn is_mere_break(&self, ended: &Stretch) -> bool {
        let around = self.history.last().is_some_and(|before| before.sound == self.now.sound);
        ended.sound == Sound::Silence && ended.hops < PAUSE_HOPS_MIN && around
    }

    fn tell(&mut self, tone: ProgressTone) -> Option<ProgressTone> {
        (self.told.replace(tone) != Some(tone)).then_some(tone)
    }

    /// Whether the latest `wanted` stretches are the pattern's, from whichever step they begin;
    /// gives the mean of the deviations in per mille.
    fn matches(&self, pattern: &Pattern, wanted: usize) -> Option<u32> {
        let recent = self.history.len().checked_sub(wanted).map(|from| &self.history[from..])?;
        let count = pattern.steps.len();
        let firsts = (0..count)
            .filter(|first| wanted > 0 && pattern.step(first + wanted - 1).sound != Sound::Silence);
        firsts.filter_map(|first| deviation(pattern, first, recent)).min()
    }
}

/// Where a cadence stands within another (a busy tone of 200/200 within a congestion tone that has
/// three of these and a longer pause), one stretch more than they have in common decides.
fn demand_what_tells_apart(patterns: &mut ArrayVec<Pattern, PATTERNS_MAX>) {
    let count = patterns.len();
    for (i, j) in (0..count).flat_map(|i| (0..count).map(move |j| (i, j))).filter(|(i, j)| i != j) {
        let limit = 4 * patterns[i].steps.len();
        let common = patterns[i].run_in(&patterns[j], limit);
        if patterns[i].steps.len() > 1 && (patterns[i].stretches..limit).contains(&common) {
            // The last stretch is always one that sounds.
            let last_sounds = |n: usize| n % 2 == 1;
            let wanted = if last_sounds(common + 1) { common + 1 } else { common + 2 };
            patterns[i].stretches = wanted.min(HISTORY);
        }
    }
}

/// How far these stretches are from the pattern that begins with its step `first`, in per mille
/// on average; `None` if they are something else.
fn deviation(pattern: &Pattern, first: usize, recent: &[Stretch]) -> Option<u32> {
    let mut sum = 0;
    let mut level: Option<Level> = None;
    let mut modulated = false;
    for (i, stretch) in recent.iter().enumerate() {
        let step = pattern.step(first + i);
        if stretch.sound != step.sound {
            return None;
        }
        sum += step.deviation(stretch.hops * HOP_MS)?;
        if stretch.is_tone() {
            let own = stretch.level.without(step.gain);
            level = Some(level.map_or(own, |l| l.and(own)));
            modulated |= stretch.ripple.is_modulated();
        }
    }
    let steady = level.is_none_or(|level| level.is_steady());
    if !pattern.varies && !steady {
        return None;
    }
    // Where a tone and the same tone modulated share a cadence, this decides.
    let other_kind = if pattern.varies == modulated { 0 } else { 500 };
    Some(sum / recent.len().max(1) as u32 + other_kind)
}

impl Step {
    /// How far off a stretch's length is, in per mille; `None` beyond 20 % + 30 ms.
    fn deviation(&self, ms: u32) -> Option<u32> {
        let off = ms.abs_diff(self.ms);
        (off <= self.ms / 5 + 30).then(|| off * 1000 / self.ms.max(1))
    }
}

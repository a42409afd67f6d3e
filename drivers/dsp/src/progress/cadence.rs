//! What a sequence of sounds means.

use arrayvec::ArrayVec;

use super::spectrum::{HOP_MS, Sound, frequency_sets};
use super::{ProgressPlan, ProgressTone, TONES_MAX};
use crate::tone::{ToneCadence, ToneStep};

/// How many finished stretches of sound are remembered: three cycles of the longest cadence.
const HISTORY: usize = 3 * ToneCadence::STEPS_MAX;
/// A change of sound counts once it has lasted this long, so clicks and the windows that see
/// both sides of an edge make no stretch of their own.
const SETTLE_HOPS: u32 = 3;

/// A step of a cadence as the tracker sees it.
#[derive(Clone, Copy, Debug)]
struct Step {
    sound: Sound,
    ms: u32,
}

#[derive(Clone, Debug)]
struct Pattern {
    tone: ProgressTone,
    steps: ArrayVec<Step, { ToneCadence::STEPS_MAX }>,
}

/// A stretch of one sound.
#[derive(Clone, Copy, Debug)]
struct Stretch {
    sound: Sound,
    hops: u32,
    level: Level,
}

impl Stretch {
    const fn new(sound: Sound, hops: u32) -> Self {
        Stretch { sound, hops, level: Level { low: f32::MAX, high: 0.0, waiting: [None; 2] } }
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
}

/// Follows stretches of sound and compares them with the plan's cadences.
#[derive(Clone, Debug)]
pub(super) struct CadenceTracker {
    patterns: ArrayVec<Pattern, TONES_MAX>,
    cycles: usize,
    dial_hops: u32,
    /// Oldest first; full when its length is `HISTORY`.
    history: ArrayVec<Stretch, HISTORY>,
    now: Stretch,
    candidate: Stretch,
    told: Option<ProgressTone>,
}

impl CadenceTracker {
    pub(super) fn new(plan: &ProgressPlan) -> Self {
        let sets = frequency_sets(plan);
        let step = |s: &ToneStep| Step {
            sound: match sets.iter().position(|set| *set == s.hz) {
                Some(set) => Sound::Tone(set as u8),
                None => Sound::Silence,
            },
            ms: u32::from(s.ms),
        };
        CadenceTracker {
            patterns: plan
                .tones
                .iter()
                .map(|(tone, cadence)| Pattern {
                    tone: *tone,
                    steps: cadence.steps().iter().map(step).collect(),
                })
                .collect(),
            cycles: usize::from(plan.cycles.clamp(1, 3)),
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
    pub(super) fn advance(&mut self, sound: Sound, power: f32) -> Option<ProgressTone> {
        if sound == self.now.sound {
            self.now.level.add(power);
            // What looked like a change was a click: its hops belong to the stretch it broke.
            self.now.hops += 1 + core::mem::take(&mut self.candidate.hops);
            return self.while_it_lasts();
        }
        if sound != self.candidate.sound || self.candidate.hops == 0 {
            // An edge window is half tone, half pause, and neither: it counts for the new sound.
            let edge = if self.candidate.sound == Sound::Other { self.candidate.hops } else { 0 };
            self.candidate = Stretch::new(sound, if edge < SETTLE_HOPS { edge } else { 0 });
        }
        self.candidate.hops += 1;
        if self.candidate.hops < SETTLE_HOPS {
            return None;
        }
        let ended = core::mem::replace(&mut self.now, self.candidate);
        self.candidate.hops = 0;
        self.finish(ended)
    }

    /// Continuous tones and ringback are recognised while their last sound goes on.
    fn while_it_lasts(&mut self) -> Option<ProgressTone> {
        let hops = self.now.hops;
        let now = self.now.sound;
        if hops == self.dial_hops && matches!(now, Sound::Tone(_)) && self.now.level.is_steady() {
            let pattern =
                self.patterns.iter().find(|p| p.steps.len() == 1 && p.steps[0].sound == now)?;
            return self.tell(pattern.tone);
        }
        if now != Sound::Silence {
            return None;
        }
        let rings = self.patterns.iter().any(|p| {
            p.tone == ProgressTone::Ringback
                && p.steps.last().is_some_and(|last| last.ms / 2 / HOP_MS == hops)
                && self.matches(p, 1).is_some()
        });
        if rings {
            self.told = None;
            return self.tell(ProgressTone::Ringback);
        }
        None
    }

    fn finish(&mut self, ended: Stretch) -> Option<ProgressTone> {
        if ended.sound == Sound::Other || !ended.level.is_steady() {
            // Speech or music: no cadence goes on across it.
            self.history.clear();
            self.told = None;
            return None;
        }
        if self.history.is_full() {
            self.history.remove(0);
        }
        self.history.push(ended);
        if !matches!(ended.sound, Sound::Tone(_)) {
            return None;
        }
        let best = self
            .patterns
            .iter()
            .filter(|p| p.steps.len() > 1 && p.tone != ProgressTone::Ringback)
            .filter_map(|p| self.matches(p, self.cycles).map(|deviation| (deviation, p.tone)))
            .min_by_key(|(deviation, _)| *deviation)?;
        self.tell(best.1)
    }

    fn tell(&mut self, tone: ProgressTone) -> Option<ProgressTone> {
        (self.told.replace(tone) != Some(tone)).then_some(tone)
    }

    /// Whether the latest stretches are this many cycles of the pattern, the last pause not
    /// counted, from whichever step they begin; gives the sum of the deviations in per mille.
    fn matches(&self, pattern: &Pattern, cycles: usize) -> Option<u32> {
        let count = pattern.steps.len();
        let wanted = cycles * count - 1;
        let recent = self.history.len().checked_sub(wanted).map(|from| &self.history[from..])?;
        let tones = recent.iter().filter(|s| matches!(s.sound, Sound::Tone(_)));
        if !tones.map(|s| s.level).reduce(Level::and).is_some_and(|level| level.is_steady()) {
            return None;
        }
        let ends = (0..count).filter(|&end| pattern.steps[end].sound != Sound::Silence);
        ends.filter_map(|end| {
            let first = (end + count * cycles + 1 - wanted) % count;
            recent.iter().enumerate().try_fold(0u32, |sum, (i, stretch)| {
                let deviation = pattern.steps[(first + i) % count].deviation(stretch)?;
                Some(sum + deviation)
            })
        })
        .min()
    }
}

impl Step {
    /// How far off a stretch's length is, in per mille; `None` beyond 20 % + 30 ms.
    fn deviation(&self, stretch: &Stretch) -> Option<u32> {
        let ms = stretch.hops * HOP_MS;
        let off = ms.abs_diff(self.ms);
        (stretch.sound == self.sound && off <= self.ms / 5 + 30)
            .then(|| off * 1000 / self.ms.max(1))
    }
}

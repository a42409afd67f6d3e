//! The different sounds of a plan: which frequencies to look for, and which tones a window of
//! 20 ms cannot tell apart.
//!
//! Such a window separates frequencies 50 Hz apart. Tones closer than that (425 and 440 Hz, 413+438
//! and 415+440 Hz, a tone and the same tone modulated) count as one sound, and the cadence tells
//! them apart, as it does for a listener.

use arrayvec::ArrayVec;

use super::{OTHERS_MAX, ProgressPlan, TONES_MAX};
use crate::tone::ToneStep;

/// How many different sets of frequencies a plan can have. Special information tones have three
/// a tone, all others one.
pub(super) const SETS_MAX: usize = TONES_MAX + OTHERS_MAX;
/// How many frequencies are looked for: three a frequency, because exchanges are off by up to
/// 25 Hz, and five a pair that beats.
pub(super) const LANES_MAX: usize = 40;
/// Frequencies at most this far apart sound as one: each may be off by 25 Hz.
const NEAR_HZ: i32 = 50;
/// Two frequencies at most this far apart beat within a window instead of standing side by side.
const BEATING_MAX_HZ: i32 = 60;
const PROBE_SPACING_HZ: i32 = 25;

/// How a set of frequencies is found in a window: lanes whose power is summed, of several such
/// combinations the best.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Look {
    /// One frequency, or the one or the other neighbour of it.
    Single([u8; 3]),
    /// Two frequencies, both of them needed, and off by the same.
    Pair([[u8; 2]; 3]),
    /// A frequency whose level varies: two that beat, or one with its amplitude modulated. The
    /// lanes of each combination stand 50 Hz apart, where windows see them independently.
    Varying([u8; 2], [u8; 3]),
}

/// One set of frequencies.
#[derive(Clone, Copy, Debug)]
pub(super) struct Set {
    hz: [u16; 2],
    am_hz: u16,
    /// The number of its sound; sets that cannot be told apart share one.
    pub(super) sound: u8,
    pub(super) look: Look,
}

impl Set {
    fn is(&self, step: &ToneStep) -> bool {
        self.hz == step.hz && self.am_hz == step.am_hz
    }

    fn is_pair(&self) -> bool {
        matches!(self.look, Look::Pair(_))
    }

    fn span(&self) -> [i32; 2] {
        span(self.hz)
    }

    /// Whether one could be taken for the other in a window.
    fn is_like(&self, other: &Set) -> bool {
        let [a, b] = self.span();
        let [c, d] = other.span();
        match (self.is_pair(), other.is_pair()) {
            (false, false) => c - b <= NEAR_HZ && a - d <= NEAR_HZ,
            (true, true) => a.abs_diff(c) <= NEAR_HZ as u32 && b.abs_diff(d) <= NEAR_HZ as u32,
            _ => false,
        }
    }
}

/// The lower and the upper frequency.
fn span(hz: [u16; 2]) -> [i32; 2] {
    let [a, b] = hz.map(i32::from);
    if a == 0 || b == 0 { [a.max(b); 2] } else { [a.min(b), a.max(b)] }
}

/// The sounds of a plan.
#[derive(Clone, Debug, Default)]
pub(super) struct Sounds {
    pub(super) sets: ArrayVec<Set, SETS_MAX>,
    /// The frequencies to look for, in Hz.
    pub(super) lanes: ArrayVec<u16, LANES_MAX>,
}

impl Sounds {
    pub(super) fn of(plan: &ProgressPlan) -> Self {
        let mut sounds = Sounds::default();
        for cadence in plan.tones.iter().map(|(_, c)| c).chain(&plan.others) {
            for step in cadence.steps().iter().filter(|s| !s.is_silence()) {
                sounds.add(step);
            }
        }
        sounds
    }

    /// The number of a step's sound; `None` for silence.
    pub(super) fn sound(&self, step: &ToneStep) -> Option<u8> {
        self.sets.iter().find(|set| set.is(step)).map(|set| set.sound)
    }

    /// Whether the level of this step's tone varies from window to window.
    pub(super) fn varies(&self, step: &ToneStep) -> bool {
        let set = self.sets.iter().find(|set| set.is(step));
        set.is_some_and(|set| !matches!(set.look, Look::Single(_)))
    }

    /// A plan with more sets or frequencies than there is room for loses its last tones; the room
    /// is more than any country needs.
    fn add(&mut self, step: &ToneStep) {
        if self.sets.is_full() || self.sets.iter().any(|set| set.is(step)) {
            return;
        }
        let before = self.lanes.len();
        let Some(look) = self.look(step) else { return self.lanes.truncate(before) };
        let sound = self.sets.len() as u8;
        let new = Set { hz: step.hz, am_hz: step.am_hz, sound, look };
        let alike: ArrayVec<u8, SETS_MAX> =
            self.sets.iter().filter(|set| set.is_like(&new)).map(|set| set.sound).collect();
        self.sets.push(new);
        if let Some(&first) = alike.iter().min() {
            let joined = |set: &&mut Set| alike.contains(&set.sound) || set.sound == sound;
            self.sets.iter_mut().filter(joined).for_each(|set| set.sound = first);
        }
    }

    fn look(&mut self, step: &ToneStep) -> Option<Look> {
        let [a, b] = span(step.hz);
        let beats = a != b && b - a <= BEATING_MAX_HZ;
        let places = [-PROBE_SPACING_HZ, 0, PROBE_SPACING_HZ];
        if beats || step.am_hz > 0 {
            let centre = (a + b) / 2;
            let two =
                [self.lane(centre - PROBE_SPACING_HZ)?, self.lane(centre + PROBE_SPACING_HZ)?];
            let three = [
                self.lane(centre - 2 * PROBE_SPACING_HZ)?,
                self.lane(centre)?,
                self.lane(centre + 2 * PROBE_SPACING_HZ)?,
            ];
            return Some(Look::Varying(two, three));
        }
        let mut pairs = [[0; 2]; 3];
        for (pair, offset) in pairs.iter_mut().zip(places) {
            *pair = [self.lane(a + offset)?, self.lane(b + offset)?];
        }
        Some(if a == b { Look::Single(pairs.map(|p| p[0])) } else { Look::Pair(pairs) })
    }

    fn lane(&mut self, hz: i32) -> Option<u8> {
        let hz = u16::try_from(hz).ok()?;
        let known = self.lanes.iter().position(|&lane| lane == hz);
        let place = known.unwrap_or(self.lanes.len());
        if known.is_none() {
            self.lanes.try_push(hz).ok()?;
        }
        Some(place as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::ProgressTone;
    use crate::tone::ToneCadence;

    fn sounds(tones: &[ToneCadence]) -> Vec<u8> {
        let tones: Vec<_> = tones.iter().map(|t| (ProgressTone::Busy, *t)).collect();
        Sounds::of(&ProgressPlan::new(&tones)).sets.iter().map(|set| set.sound).collect()
    }

    #[test]
    fn what_a_window_cannot_tell_apart_is_one_sound() {
        let one = |hz| ToneCadence::single(hz, -10.0, &[]);
        let two = |a, b| ToneCadence::dual(a, b, -10.0, &[]);
        assert_eq!(sounds(&[one(450), one(950)]), [0, 1]);
        assert_eq!(sounds(&[one(425), one(440)]), [0, 0]);
        assert_eq!(sounds(&[one(400), ToneCadence::modulated(400, 25, -10.0, &[])]), [0, 0]);
        assert_eq!(sounds(&[two(350, 440), one(400), two(400, 450), one(440)]), [0, 1, 1, 1]);
        assert_eq!(sounds(&[two(350, 440), two(480, 620), two(440, 480)]), [0, 1, 2]);
        // The third joins the first two.
        assert_eq!(sounds(&[one(400), one(450), two(400, 450)]), [0, 0, 0]);
    }
}

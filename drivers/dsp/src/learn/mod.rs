//! Learning a line's own disconnect tone from the line.
//!
//! Exchanges and PBXs sound whatever they like after the far end has hung up. The learner is fed
//! that: it finds the frequency or the two frequencies, a modulation, the times on and off over at
//! least three cycles (five, where a cycle is a single on and off, because longer cadences begin
//! with three equal ones), and the level. A tone without a break counts after six seconds. Speech
//! and music, whose sounds are not pure, not steady or not regular, give nothing, and neither does
//! ringback, whose pauses are longer than those of any tone that ends a call.
//!
//! `bursts` finds where sounds begin and end, `partials` what they consist of, and the learner
//! looks for the period.

mod bursts;
mod meter;
mod partials;

use arrayvec::ArrayVec;

use crate::level::rms_to_dbm0;
use crate::tone::{ToneCadence, ToneStep};
use bursts::{Burst, Edge, Edges, HOP_SAMPLES};
pub use meter::{ToneMeter, ToneReading};
use partials::{Analyser, Partials, SAMPLES_MAX};

/// The most ons and offs a cycle can have.
const PARTS_MAX: usize = 4;
/// How many ons and offs are remembered: three cycles and a little.
const HISTORY: usize = 16;
/// How many cycles must agree, if a cycle has one on and off, and if it has more.
const CYCLES_OF_ONE: usize = 5;
const CYCLES_OF_MORE: usize = 3;
/// Times agree within this, in milliseconds.
const SAME_MS: f32 = 15.0;
/// Frequencies agree within this, in Hz.
const SAME_HZ: f32 = 4.0;
/// Levels agree within this factor, as powers: 2 dB.
const SAME_POWER: f32 = 1.6;
/// A generator's tone swings less than this within a burst (4 dB as a power).
const STEADY: f32 = 2.5;
const ON_MS_MIN: f32 = 60.0;
/// Longer pauses are ringback's.
const OFF_MS_MAX: f32 = 1500.0;
/// A tone without a break is looked at once a second …
const LONG_LOOK_HOPS: usize = 200;
/// … and believed after so many looks.
const LONG_LOOKS: u8 = 6;

/// One on and off of a learnt tone.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LearntPart {
    /// How long it sounds, in milliseconds; 0 for ever.
    pub on_ms: u16,
    /// How long it pauses, in milliseconds.
    pub off_ms: u16,
    /// Its level in all, in dBm0.
    pub level_dbm0: f32,
}

/// A tone learnt from the line.
#[derive(Clone, PartialEq, Debug)]
pub struct LearntTone {
    /// Frequencies in Hz, the lower first; the second is 0 if there is one only.
    pub hz: [f32; 2],
    /// The frequency that modulates the first one's amplitude, in Hz, or 0.
    pub am_hz: f32,
    /// Ons and offs of a cycle; a tone without a break has one on of 0 ms.
    pub parts: ArrayVec<LearntPart, PARTS_MAX>,
    /// How many cycles agreed; of a tone without a break, seconds.
    pub cycles: u8,
}

impl LearntTone {
    /// Level of the loudest part, in dBm0.
    pub fn level_dbm0(&self) -> f32 {
        self.parts.iter().map(|part| part.level_dbm0).fold(-96.0, f32::max)
    }

    /// On and off in turn, in milliseconds; empty for a tone without a break.
    pub fn on_off_ms(&self) -> ArrayVec<u16, { 2 * PARTS_MAX }> {
        let broken = self.parts.iter().filter(|part| part.on_ms > 0);
        broken.flat_map(|part| [part.on_ms, part.off_ms]).collect()
    }

    /// The tone as plans have it, to be added by
    /// [`crate::ProgressPlan::add_disconnect`].
    pub fn cadence(&self) -> ToneCadence {
        let share_db = if self.hz[1] > 0.0 { 3.0 } else { 0.0 };
        let mut steps: ArrayVec<ToneStep, { 2 * PARTS_MAX }> = ArrayVec::new();
        for part in &self.parts {
            steps.push(ToneStep {
                hz: self.hz.map(|hz| hz.round() as u16),
                am_hz: self.am_hz.round() as u16,
                level_dbm0: part.level_dbm0 - share_db,
                ms: part.on_ms,
            });
            if part.on_ms > 0 {
                steps.push(ToneStep::silence(part.off_ms));
            }
        }
        ToneCadence::from_steps(&steps, true).expect("one to four parts make two to eight steps")
    }
}

/// What the learner hears.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub enum Heard {
    /// Nothing yet, or nothing any more.
    #[default]
    Nothing,
    /// A tone of these frequencies in Hz.
    Tone([f32; 2]),
    /// Speech, music, noise.
    Other,
}

/// How far the learning is.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct LearnProgress {
    /// What was heard last.
    pub heard: Heard,
    /// How many cycles agree so far.
    pub cycles: u8,
    /// How many must.
    pub wanted: u8,
}

/// A sound of the tone, and the pause after it.
#[derive(Clone, Copy, Debug)]
struct Beat {
    partials: Partials,
    /// When it ended, in milliseconds of the learner's time.
    end_ms: f64,
    on_ms: f32,
    /// `None` until the next sound has begun.
    off_ms: Option<f32>,
    power: f32,
}

impl Beat {
    fn is_like(&self, other: &Beat) -> bool {
        let same = |a: f32, b: f32| (a - b).abs() <= SAME_MS + 0.03 * a.max(b);
        let off = self.off_ms.zip(other.off_ms).is_some_and(|(a, b)| same(a, b));
        let power = self.power.max(other.power) <= SAME_POWER * self.power.min(other.power);
        off && power
            && same(self.on_ms, other.on_ms)
            && self.partials.is_like(&other.partials, SAME_HZ)
    }
}

/// Learns the tone a line sounds after the far end has hung up.
#[derive(Clone, Debug)]
pub struct ToneLearner {
    edges: Edges,
    analyser: Analyser,
    /// The latest samples, the next to be overwritten at `place`.
    recent: Box<[i16]>,
    straight: Box<[i16]>,
    place: usize,
    in_hop: usize,
    hop_sum: f32,
    beats: ArrayVec<Beat, HISTORY>,
    long: Option<(Partials, f32)>,
    long_looks: u8,
    heard: Heard,
    learnt: Option<LearntTone>,
    done: bool,
}

/// Enough for the longest stretch that is analysed and what passes until its end is certain.
const RECENT: usize = 2 * SAMPLES_MAX;

impl Default for ToneLearner {
    fn default() -> Self {
        Self::new()
    }
}

impl ToneLearner {
    /// A learner that has heard nothing. Allocates; nothing afterwards does.
    pub fn new() -> Self {
        ToneLearner {
            edges: Edges::new(),
            analyser: Analyser::new(),
            recent: vec![0; RECENT].into(),
            straight: vec![0; SAMPLES_MAX].into(),
            place: 0,
            in_hop: 0,
            hop_sum: 0.0,
            beats: ArrayVec::new(),
            long: None,
            long_looks: 0,
            heard: Heard::Nothing,
            learnt: None,
            done: false,
        }
    }

    /// Listens to these samples.
    pub fn rx(&mut self, samples: &[i16]) {
        for &sample in samples {
            self.recent[self.place] = sample;
            self.place = (self.place + 1) % RECENT;
            self.hop_sum += f32::from(sample) * f32::from(sample);
            self.in_hop += 1;
            if self.in_hop == HOP_SAMPLES {
                self.in_hop = 0;
                let power = core::mem::take(&mut self.hop_sum) / HOP_SAMPLES as f32;
                self.on_hop(power);
            }
        }
    }

    /// The tone, once, when it has been learnt.
    pub fn poll(&mut self) -> Option<LearntTone> {
        self.learnt.take()
    }

    /// How far the learning is.
    pub fn progress(&self) -> LearnProgress {
        if self.long_looks > 0 {
            return LearnProgress {
                heard: self.heard,
                cycles: self.long_looks,
                wanted: LONG_LOOKS,
            };
        }
        let agreeing = |parts: usize| {
            let wanted = if parts == 1 { CYCLES_OF_ONE } else { CYCLES_OF_MORE };
            let cycles = (self.run(parts) / parts).min(wanted) as u8;
            LearnProgress { heard: self.heard, cycles, wanted: wanted as u8 }
        };
        let best = (1..=PARTS_MAX).map(agreeing).rev().max_by_key(|p| p.cycles * 10 / p.wanted);
        best.unwrap_or_default()
    }

    fn on_hop(&mut self, power: f32) {
        match self.edges.advance(power) {
            Edge::Silence => {}
            Edge::Sound(hops) => {
                if hops % LONG_LOOK_HOPS == 0 {
                    self.look_at_long();
                }
            }
            Edge::EndedLong => self.forget(Heard::Other),
            Edge::Ended(burst) => self.on_burst(&burst),
        }
    }

    fn forget(&mut self, heard: Heard) {
        self.beats.clear();
        self.long = None;
        self.long_looks = 0;
        self.heard = heard;
    }

    /// The tone the stretch is that ended so long ago.
    fn tone(&mut self, samples: usize, ago: usize) -> Option<Partials> {
        let count = samples.min(SAMPLES_MAX);
        let from = self.place + 2 * RECENT - self.in_hop - ago - count;
        for (n, sample) in self.straight[..count].iter_mut().enumerate() {
            *sample = self.recent[(from + n) % RECENT];
        }
        self.analyser.tone(&self.straight[..count])
    }

    fn look_at_long(&mut self) {
        let samples = SAMPLES_MAX;
        let tone = self.tone(samples, 0);
        let squares = self.straight.iter().map(|s| f32::from(*s) * f32::from(*s)).sum::<f32>();
        let power = squares / samples as f32;
        let Some(tone) = tone else { return self.forget(Heard::Other) };
        let goes_on = self.long.is_some_and(|(before, was)| {
            before.is_like(&tone, SAME_HZ) && was.max(power) <= SAME_POWER * was.min(power)
        });
        self.long_looks = if goes_on { self.long_looks.saturating_add(1) } else { 1 };
        self.long = Some((tone, power));
        self.heard = Heard::Tone(tone.hz);
        if self.long_looks == LONG_LOOKS {
            let level_dbm0 = rms_to_dbm0(power.sqrt());
            let part = LearntPart { on_ms: 0, off_ms: 0, level_dbm0 };
            self.tell(LearntTone {
                hz: tone.hz,
                am_hz: tone.am_hz,
                parts: [part].into_iter().collect(),
                cycles: LONG_LOOKS,
            });
        }
    }

    fn on_burst(&mut self, burst: &Burst) {
        self.long = None;
        self.long_looks = 0;
        let on_ms = (burst.end_ms - burst.begin_ms) as f32;
        let tone = self.tone(burst.samples, burst.samples_ago);
        let steady = |tone: &Partials| !tone.is_single() || burst.swing <= STEADY;
        let Some(partials) = tone.filter(steady).filter(|_| on_ms >= ON_MS_MIN) else {
            return self.forget(Heard::Other);
        };
        self.heard = Heard::Tone(partials.hz);
        if let Some(last) = self.beats.last_mut() {
            let off_ms = (burst.begin_ms - last.end_ms) as f32;
            last.off_ms = Some(off_ms);
            if off_ms > OFF_MS_MAX {
                self.beats.clear();
            }
        }
        if self.beats.is_full() {
            self.beats.remove(0);
        }
        let end_ms = burst.end_ms;
        self.beats.push(Beat { partials, end_ms, on_ms, off_ms: None, power: burst.power });
        self.look_for_period();
    }

    /// How many whole ons and offs, counted from the latest, repeat with this many in a cycle.
    fn run(&self, parts: usize) -> usize {
        let whole = &self.beats[..self.beats.len().saturating_sub(1)];
        if whole.is_empty() {
            return 0;
        }
        let same = |n: &usize| whole[whole.len() - n].is_like(&whole[whole.len() - n - parts]);
        let repeats = (1..(whole.len() + 1).saturating_sub(parts)).take_while(same).count();
        if repeats == 0 { 0 } else { repeats + parts }
    }

    fn look_for_period(&mut self) {
        for parts in 1..=PARTS_MAX {
            let cycles = if parts == 1 { CYCLES_OF_ONE } else { CYCLES_OF_MORE };
            if self.run(parts) >= cycles * parts {
                let tone = self.mean(parts, cycles);
                return self.tell(tone);
            }
        }
    }

    /// The mean of the latest cycles.
    fn mean(&self, parts: usize, cycles: usize) -> LearntTone {
        let whole = &self.beats[..self.beats.len() - 1];
        let latest = &whole[whole.len() - cycles * parts..];
        let mean = |of: &dyn Fn(&Beat) -> f32, beats: &mut dyn Iterator<Item = &Beat>| {
            let (sum, count) = beats.fold((0.0, 0), |(sum, count), b| (sum + of(b), count + 1));
            sum / count.max(1) as f32
        };
        let of_all = |of: &dyn Fn(&Beat) -> f32| mean(of, &mut latest.iter());
        let part = |first: usize| {
            let of_part =
                |of: &dyn Fn(&Beat) -> f32| mean(of, &mut latest.iter().skip(first).step_by(parts));
            LearntPart {
                on_ms: of_part(&|b| b.on_ms).round() as u16,
                off_ms: of_part(&|b| b.off_ms.unwrap_or_default()).round() as u16,
                level_dbm0: rms_to_dbm0(of_part(&|b| b.power).sqrt()),
            }
        };
        LearntTone {
            hz: [of_all(&|b| b.partials.hz[0]), of_all(&|b| b.partials.hz[1])],
            am_hz: of_all(&|b| b.partials.am_hz),
            parts: (0..parts).map(part).collect(),
            cycles: cycles as u8,
        }
    }

    fn tell(&mut self, tone: LearntTone) {
        if !core::mem::replace(&mut self.done, true) {
            self.learnt = Some(tone);
        }
    }
}

//! The DTMF detector: when a digit begins and when it ends.
//!
//! Every 2.5 ms it takes a look at the newest 15 ms. If they may belong to a digit, the judgement
//! over its whole length so far decides; a digit is told some 37 ms after it began. It has ended
//! when 24 ms have gone by without it, so that a shorter interruption does not split it.

use tipring_line::Digit;

use super::bands::{Filters, POINT_SAMPLES, STEP_POINTS};
use super::complex::Complex;
use super::history::History;
use super::judge::{Found, LEVEL_MIN_DBM0, Pair, Verdict, is_present, judge};
use super::keypad::digit_at;
use crate::level::dbm0_to_peak;
use crate::queue::Queue;

/// Looks that a window is made of: 15 ms.
const WINDOW_LOOKS: usize = 6;
const WINDOW_POINTS: f32 = (WINDOW_LOOKS * STEP_POINTS) as f32;
/// How well a band must turn from point to point as one of its tones does. A tone 3 % off keeps
/// 0.93, and noise 10 dB down takes a tenth.
const COHERENCE_MIN: f32 = 0.8;
/// How long is waited, at most, for a digit that has not sounded for long enough: 10 ms.
const WAIT_LOOKS_MAX: usize = 4;
/// A digit has ended when this many points went by without it: 23.75 ms.
const OFF_POINTS: u64 = 19;

/// What a [`DtmfDetector`] tells.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DtmfEvent {
    /// A digit has begun, some 37 ms ago; [`DtmfDetector::started_ago`] says it exactly.
    Start(Digit),
    /// The digit has ended, 24 ms ago or, where another one follows at once, earlier.
    End {
        /// Which digit.
        digit: Digit,
        /// How long it sounded, in milliseconds, within 2 or so.
        ms: u32,
    },
}

/// A digit that sounds.
#[derive(Clone, Copy, Debug)]
struct Sounding {
    pair: Pair,
    /// Numbers of its first point and of its last one so far.
    first: u64,
    last: u64,
    /// Power of each band's tone.
    powers: [f32; 2],
}

/// Sums over the points of a look or of a window.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    /// The turn from point to point, weighed by power.
    turns: [Complex; 2],
    powers: [f32; 2],
}

impl Sums {
    fn plus(self, other: Sums) -> Sums {
        Sums {
            turns: [0, 1].map(|band| self.turns[band].plus(other.turns[band])),
            powers: [0, 1].map(|band| self.powers[band] + other.powers[band]),
        }
    }
}

/// Recognises digits in a stream of samples.
#[derive(Clone, Debug)]
pub struct DtmfDetector {
    filters: &'static Filters,
    history: History,
    looks: [Sums; WINDOW_LOOKS],
    /// Power below which a band holds no tone, as the sum over a window.
    power_min: f32,
    sounding: Option<Sounding>,
    /// Looks to be skipped.
    wait: usize,
    events: Queue<DtmfEvent, 16>,
}

impl DtmfDetector {
    /// A detector that has heard silence.
    pub fn new() -> Self {
        DtmfDetector {
            filters: Filters::get(),
            history: History::new(),
            looks: [Sums::default(); WINDOW_LOOKS],
            // The filters take up to 4 dB off a tone at a band's edge.
            power_min: dbm0_to_peak(LEVEL_MIN_DBM0 - 4.0).powi(2) * WINDOW_POINTS,
            sounding: None,
            wait: 0,
            events: Queue::new(),
        }
    }

    /// Listens to these samples; what was found is ready to be polled.
    pub fn rx(&mut self, mut samples: &[i16]) {
        while !samples.is_empty() {
            let taken = self.history.take(samples);
            samples = &samples[taken..];
            while self.history.step() {
                self.look();
            }
        }
    }

    /// The next event, oldest first.
    pub fn poll(&mut self) -> Option<DtmfEvent> {
        self.events.pop()
    }

    /// The digit that sounds now.
    pub fn current(&self) -> Option<Digit> {
        self.sounding.map(|s| digit_at(s.pair.0))
    }

    /// How many samples ago, counted from the newest one heard, the digit began that sounds now;
    /// within ten or so.
    pub fn started_ago(&self) -> Option<u64> {
        let points = self.history.count() - self.sounding?.first;
        let since_newest = self.history.since_newest() + POINT_SAMPLES / 2;
        Some(points * POINT_SAMPLES as u64 + since_newest as u64)
    }

    /// How many events were dropped because sixteen waited unread.
    pub fn dropped(&self) -> u32 {
        self.events.dropped()
    }

    /// Looks at the newest step.
    fn look(&mut self) {
        self.add_up();
        if self.is_sounding_on() {
            return;
        }
        if self.wait > 0 {
            self.wait -= 1;
            return;
        }
        let Some((pair, powers)) = self.candidate() else { return };
        match judge(&self.history, self.filters, pair, powers) {
            Verdict::Digit(found) => self.begin(pair, found),
            Verdict::TooShort { points_missing } => {
                self.wait = (points_missing / STEP_POINTS).min(WAIT_LOOKS_MAX);
            }
            Verdict::NoDigit => {}
        }
    }

    /// Adds the newest points up.
    fn add_up(&mut self) {
        let mut sums = Sums::default();
        for back in 0..STEP_POINTS {
            let (now, before) = (self.history.back(back), self.history.back(back + 1));
            sums = sums.plus(Sums {
                turns: [0, 1].map(|band| now[band].against(before[band])),
                powers: [0, 1].map(|band| now[band].power()),
            });
        }
        let step = self.history.count() as usize / STEP_POINTS;
        self.looks[step % WINDOW_LOOKS] = sums;
    }

    fn begin(&mut self, pair: Pair, found: Found) {
        if self.sounding.is_some_and(|s| s.pair == pair) {
            return;
        }
        self.end();
        let last = self.history.count();
        let first = last - found.start as u64;
        self.sounding = Some(Sounding { pair, first, last, powers: found.powers });
        self.events.push(DtmfEvent::Start(digit_at(pair.0)));
    }

    /// Whether the digit found last is in the newest points too; ends it when it has not been
    /// there for long enough.
    fn is_sounding_on(&mut self) -> bool {
        let Some(sounding) = &mut self.sounding else { return false };
        let now = self.history.count();
        let newest = (0..STEP_POINTS).find(|&back| {
            is_present(&self.history, self.filters, back, sounding.pair, sounding.powers)
        });
        if let Some(back) = newest {
            sounding.last = now - back as u64;
        } else if now - sounding.last >= OFF_POINTS {
            self.end();
        }
        newest.is_some()
    }

    fn end(&mut self) {
        let Some(Sounding { pair, first, last, .. }) = self.sounding.take() else { return };
        let samples = (last - first + 1) * POINT_SAMPLES as u64;
        let ms = u32::try_from(samples / 8).unwrap_or(u32::MAX);
        self.events.push(DtmfEvent::End { digit: digit_at(pair.0), ms });
    }

    /// The pair of tones that the newest 15 ms may hold, and the bands' mean powers.
    fn candidate(&self) -> Option<(Pair, [f32; 2])> {
        let window = self.looks.iter().fold(Sums::default(), |sum, look| sum.plus(*look));
        if window.powers.iter().any(|power| *power < self.power_min) {
            return None;
        }
        let mut pair = Pair([0; 2]);
        for band in 0..2 {
            let turns = &self.filters.turns[band];
            let along = turns.map(|turn| window.turns[band].against(turn).re);
            let best = (1..4).fold(0, |best, t| if along[t] > along[best] { t } else { best });
            if along[best] < COHERENCE_MIN * window.powers[band] {
                return None;
            }
            pair.0[band] = best;
        }
        Some((pair, window.powers.map(|power| power / WINDOW_POINTS)))
    }
}

impl Default for DtmfDetector {
    fn default() -> Self {
        Self::new()
    }
}

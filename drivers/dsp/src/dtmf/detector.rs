//! The DTMF detector: when a digit begins and when it ends.
//!
//! Every 2.5 ms it takes a look at the newest 15 ms. If they may belong to a digit, the judgement
//! over its whole length so far decides; a digit is told some 37 ms after it began. It has ended
//! when 24 ms have gone by without it, so that a shorter interruption does not split it.

use tipring_line::Digit;

use super::bands::{BandSplit, DELAY_SAMPLES, Filters, POINT_SAMPLES, Point};
use super::complex::Complex;
use super::history::History;
use super::judge::{LEVEL_MIN_DBM0, Pair, is_present, judge};
use super::keypad::digit_at;
use crate::level::dbm0_to_peak;
use crate::queue::Queue;

/// Points from look to look.
const LOOK_POINTS: usize = 2;
/// Looks that a window is made of: 15 ms.
const WINDOW_LOOKS: usize = 6;
const WINDOW_POINTS: f32 = (WINDOW_LOOKS * LOOK_POINTS) as f32;
/// How well a band must turn from point to point as one of its tones does. A tone 3 % off keeps
/// 0.93, and noise 10 dB down takes a tenth.
const COHERENCE_MIN: f32 = 0.8;
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
    split: BandSplit,
    history: History,
    looks: [Sums; WINDOW_LOOKS],
    /// Power below which a band holds no tone, as the sum over a window.
    power_min: f32,
    sounding: Option<Sounding>,
    events: Queue<DtmfEvent, 16>,
}

impl DtmfDetector {
    /// A detector that has heard silence.
    pub fn new() -> Self {
        DtmfDetector {
            filters: Filters::get(),
            split: BandSplit::new(),
            history: History::new(),
            looks: [Sums::default(); WINDOW_LOOKS],
            // The filters take up to 4 dB off a tone at a band's edge.
            power_min: dbm0_to_peak(LEVEL_MIN_DBM0 - 4.0).powi(2) * WINDOW_POINTS,
            sounding: None,
            events: Queue::new(),
        }
    }

    /// Listens to these samples; what was found is ready to be polled.
    pub fn rx(&mut self, mut samples: &[i16]) {
        while let Some(point) = self.split.next(&mut samples) {
            self.hear(point);
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
        let since_point = self.split.since_point() + DELAY_SAMPLES + POINT_SAMPLES / 2;
        Some(points * POINT_SAMPLES as u64 + since_point as u64)
    }

    /// How many events were dropped because sixteen waited unread.
    pub fn dropped(&self) -> u32 {
        self.events.dropped()
    }

    fn hear(&mut self, point: Point) {
        self.history.push(point);
        let count = self.history.count() as usize;
        if count.is_multiple_of(LOOK_POINTS) {
            let mut sums = Sums::default();
            for back in 0..LOOK_POINTS {
                let (now, before) = (self.history.back(back), self.history.back(back + 1));
                sums = sums.plus(Sums {
                    turns: [0, 1].map(|b| now.bands[b].against(before.bands[b])),
                    powers: [0, 1].map(|b| now.bands[b].power()),
                });
            }
            self.looks[count / LOOK_POINTS % WINDOW_LOOKS] = sums;
            self.look();
        }
    }

    fn look(&mut self) {
        self.follow();
        let Some((pair, powers)) = self.candidate() else { return };
        if self.sounding.is_some_and(|s| s.pair == pair) {
            return;
        }
        let Some(found) = judge(&self.history, self.filters, pair, powers) else { return };
        self.end();
        let now = self.history.count();
        let first = now - found.start as u64;
        self.sounding = Some(Sounding { pair, first, last: now, powers: found.powers });
        self.events.push(DtmfEvent::Start(digit_at(pair.0)));
    }

    /// Looks whether the digit still sounds.
    fn follow(&mut self) {
        let Some(sounding) = &mut self.sounding else { return };
        let now = self.history.count();
        let newest = (0..LOOK_POINTS).find(|&back| {
            is_present(&self.history, self.filters, back, sounding.pair, sounding.powers)
        });
        if let Some(back) = newest {
            sounding.last = now - back as u64;
        } else if now - sounding.last >= OFF_POINTS {
            self.end();
        }
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
            let along = |tone: usize| window.turns[band].against(self.filters.turns[band][tone]).re;
            let best = (1..4).fold(0, |best, t| if along(t) > along(best) { t } else { best });
            if along(best) < COHERENCE_MIN * window.powers[band] {
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

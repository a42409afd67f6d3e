//! The DTMF detector: when a digit begins and when it ends.
//!
//! Every 2.5 ms it takes a look at the newest 15 ms. If they may belong to a digit, the judgement
//! over its whole length so far decides; a digit is told some 36 ms after it began. It has ended
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
    /// A digit has begun, some 36 ms ago; [`DtmfDetector::started_ago`] says when.
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
    /// The digit that ended last, and the number of the last point at which it was there.
    ended: Option<(Pair, u64)>,
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
            ended: None,
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
        if self.sounding.is_some_and(|s| s.pair == pair) {
            return;
        }
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
        let last = self.history.count();
        let first = last - found.start as u64;
        if self.ended.is_some_and(|(before, end)| before == pair && first <= end) {
            // It never paused: the digit has only become so weak that it seemed to end.
            self.ended = Some((pair, last));
            return;
        }
        self.end();
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
        self.ended = Some((pair, last));
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DtmfGenerator, DtmfLevels, DtmfTiming};

    const ALL: &str = "123A456B789C*0#D";

    fn digits(text: &str) -> impl Iterator<Item = Digit> + '_ {
        text.chars().map(|c| Digit::from_char(c).unwrap())
    }

    fn starts(detector: &mut DtmfDetector) -> String {
        let mut text = String::new();
        while let Some(event) = detector.poll() {
            if let DtmfEvent::Start(digit) = event {
                text.push(digit.as_char());
            }
        }
        text
    }

    fn heard(levels: DtmfLevels, timing: DtmfTiming) -> String {
        let mut generator = DtmfGenerator::with(levels, timing);
        let mut detector = DtmfDetector::new();
        let mut text = String::new();
        for digit in digits(ALL) {
            assert!(generator.push(digit));
        }
        let mut frame = [0i16; 160];
        while !generator.is_idle() {
            frame.fill(0);
            generator.tx(&mut frame);
            detector.rx(&frame);
            text += &starts(&mut detector);
        }
        detector.rx(&[0; 800]);
        text + &starts(&mut detector)
    }

    #[test]
    fn every_digit_from_minus_30_to_minus_3_dbm0() {
        for level in -30..=-3 {
            let level = level as f32;
            let levels = DtmfLevels { low_dbm0: level, high_dbm0: level };
            assert_eq!(heard(levels, DtmfTiming::default()), ALL, "{level} dBm0");
        }
    }

    #[test]
    fn forty_milliseconds_on_and_off_are_enough() {
        let timing = DtmfTiming { on_ms: 40, off_ms: 40 };
        assert_eq!(heard(DtmfLevels::default(), timing), ALL);
    }

    /// What is told while these samples are heard a millisecond at a time, each with the time.
    fn told(detector: &mut DtmfDetector, samples: &[i16]) -> Vec<(usize, DtmfEvent)> {
        let mut told = Vec::new();
        for (ms, slice) in samples.chunks(8).enumerate() {
            detector.rx(slice);
            told.extend(std::iter::from_fn(|| detector.poll()).map(|event| (ms + 1, event)));
        }
        told
    }

    /// A digit, beginning after this many samples.
    fn pressed(digit: char, lead: usize, on_ms: u16) -> Vec<i16> {
        let timing = DtmfTiming { on_ms, off_ms: 100 };
        let mut generator = DtmfGenerator::with(DtmfLevels::default(), timing);
        assert!(generator.push(Digit::from_char(digit).unwrap()));
        let mut samples = vec![0i16; lead + (usize::from(on_ms) + 100) * 8];
        generator.tx(&mut samples[lead..]);
        samples
    }

    #[test]
    fn the_beginning_is_told_within_45_ms_and_its_place_within_two() {
        for lead in 400..440 {
            let samples = pressed('5', lead, 200);
            let mut detector = DtmfDetector::new();
            let began = samples.chunks(8).enumerate().find_map(|(ms, slice)| {
                detector.rx(slice);
                detector.poll().map(|event| (ms + 1, event))
            });
            let (ms, event) = began.expect("a digit");
            assert_eq!(Some(event), Digit::from_char('5').map(DtmfEvent::Start));
            assert!(ms * 8 - lead <= 45 * 8, "{} samples after it began", ms * 8 - lead);
            let ago = detector.started_ago().expect("it sounds") as usize;
            assert!((ms * 8 - ago).abs_diff(lead) <= 16, "{ago} samples ago, at {ms} ms");
        }
    }

    #[test]
    fn the_end_tells_how_long_it_lasted() {
        for on_ms in [40, 65, 100, 1000] {
            let mut detector = DtmfDetector::new();
            let told = told(&mut detector, &pressed('9', 403, on_ms));
            let [(_, DtmfEvent::Start(_)), (at, DtmfEvent::End { ms, .. })] = told[..] else {
                panic!("{told:?}")
            };
            assert!(ms.abs_diff(on_ms.into()) <= 3, "{ms} of {on_ms} ms");
            assert!((50 + 20..50 + 35).contains(&(at - usize::from(on_ms))), "at {at} ms");
            assert_eq!((detector.current(), detector.started_ago()), (None, None));
        }
    }

    #[test]
    fn a_digit_that_becomes_12_db_weaker_is_not_told_again() {
        let mut samples = pressed('7', 400, 500);
        samples[400 + 800..].iter_mut().for_each(|s| *s /= 4);
        let told = told(&mut DtmfDetector::new(), &samples);
        let [(_, DtmfEvent::Start(_)), (_, DtmfEvent::End { ms, .. })] = told[..] else {
            panic!("{told:?}")
        };
        assert!(ms.abs_diff(100) <= 3, "{ms} ms");
    }

    #[test]
    fn a_digit_that_follows_without_a_pause_ends_the_one_before() {
        let mut samples = pressed('1', 400, 80);
        samples.truncate(400 + 80 * 8);
        samples.extend(pressed('6', 0, 80));
        let told = told(&mut DtmfDetector::new(), &samples);
        let digits: Vec<_> = told
            .iter()
            .map(|(_, event)| match event {
                DtmfEvent::Start(digit) => ('+', digit.as_char()),
                DtmfEvent::End { digit, .. } => ('-', digit.as_char()),
            })
            .collect();
        assert_eq!(digits, [('+', '1'), ('-', '1'), ('+', '6'), ('-', '6')]);
    }

    #[test]
    fn unread_events_are_bounded_and_counted() {
        let mut generator = DtmfGenerator::new();
        let mut detector = DtmfDetector::new();
        let mut samples = vec![0i16; 1600 * 16];
        digits(ALL).for_each(|d| assert!(generator.push(d)));
        generator.tx(&mut samples);
        detector.rx(&samples);
        assert_eq!(detector.dropped(), 16);
        assert_eq!(starts(&mut detector).len(), 8);
    }

    #[test]
    fn detectors_can_be_made_on_many_threads_at_once() {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope
                    .spawn(|| assert_eq!(heard(DtmfLevels::default(), DtmfTiming::default()), ALL));
            }
        });
    }
}

//! Ring validation: what is ringing current and what a disturbance.
//!
//! The hardware tells raw that current flows and that it does not, some with every half wave. A
//! burst is current that flows for 150 ms with no break longer than 100 ms; where the port lets
//! through enough of it to be heard, its frequency must lie between 15 and 70 Hz, which thumps of
//! a tapping set and induction of the mains do not.

use arrayvec::ArrayVec;
use tipring_clock::{Duration, Instant};
use tipring_dsp::dbm0_to_rms;
use tipring_line::{Frame, Number, SAMPLE_RATE_HZ};

/// Current away for this long has ended the burst; half waves of 15 Hz are 33 ms apart.
const BREAK_MAX: Duration = Duration::from_millis(100);
/// What is between the bursts of one round of the cadence is shorter than this, what is between
/// two rounds longer (E.180 supplement 2; distinctive ringing by GR-506).
const ROUND_PAUSE_MIN: Duration = Duration::from_millis(900);
/// Ringing frequencies, in Hz.
const RING_HZ: core::ops::RangeInclusive<u16> = 15..=70;
/// Swings less than this are no sound of ringing.
const HEARD_MIN_DBM0: f32 = -40.0;

/// What ringing was like: for distinctive ringing, and for the technician.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RingReport {
    /// Bursts and pauses of the first round in turn, in milliseconds; the last pause is missing
    /// until the second round begins.
    pub cadence_ms: ArrayVec<u16, 8>,
    /// Frequency, where the port lets ringing through to be heard.
    pub hz: Option<u16>,
}

/// What happened on the line with this frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Ring {
    /// A burst has lasted long enough. `new_round` unless it follows another within a round.
    Valid {
        /// Whether it begins a round of the cadence.
        new_round: bool,
    },
    /// A valid burst has ended, at this time.
    Ended(Instant),
}

#[derive(Clone, Copy, Debug)]
struct Burst {
    since: Instant,
    /// When current was last taken away; `None` while it flows.
    off_at: Option<Instant>,
    valid: bool,
}

/// Follows ringing current.
#[derive(Clone, Debug, Default)]
pub(super) struct RingMeter {
    burst: Option<Burst>,
    last_end: Option<Instant>,
    ear: PitchMeter,
    report: RingReport,
    /// Bursts and pauses of the round that goes on, or went on last.
    round: ArrayVec<u16, 8>,
    rounds: u8,
}

/// Which of the line's numbers the ringing of the call that comes in is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct Cadence {
    /// Ringing may still tell another number than the line's own.
    pub(super) is_open: bool,
    /// The call is to be offered as soon as that is settled.
    pub(super) offer_due: bool,
    /// The number, if it is not the line's own.
    pub(super) number: Option<Number>,
}

/// How a round of ringing fits a cadence.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Fit {
    /// How far their times are from one another in all, in milliseconds.
    off_ms: u32,
    /// The round may be the cadence's end, whose beginning was not heard.
    pub(super) is_tail: bool,
}

/// How a round, bursts and pauses in turn, fits a cadence, whose last pause belongs to no round;
/// `None` if it cannot be that cadence.
pub(super) fn fit(round: &[u16], cadence: &[u16]) -> Option<Fit> {
    let (_, wanted) = cadence.split_last()?;
    let missing = wanted.len().checked_sub(round.len()).filter(|m| m.is_multiple_of(2))?;
    let off_ms = round.iter().zip(&wanted[missing..]).try_fold(0, |sum, (is, should)| {
        let off = is.abs_diff(*should);
        // Hardware tells the ends of bursts late, up to a fifth of a second.
        (off <= should / 4 + 100).then_some(sum + u32::from(off))
    })?;
    Some(Fit { off_ms, is_tail: missing > 0 })
}

impl RingMeter {
    /// Current flows or does not, says the hardware.
    pub(super) fn current(&mut self, now: Instant, flows: bool) {
        match &mut self.burst {
            Some(burst) => burst.off_at = if flows { None } else { Some(now) },
            None if flows => {
                self.burst = Some(Burst { since: now, off_at: None, valid: false });
                self.ear = PitchMeter::default();
            }
            None => {}
        }
    }

    /// Whether current flows or has just flowed, valid or not.
    pub(super) fn is_present(&self) -> bool {
        self.burst.is_some()
    }

    /// Goes on by a frame of what the port let through.
    pub(super) fn frame(&mut self, now: Instant, rx: &Frame, min: Duration) -> Option<Ring> {
        let mut burst = self.burst?;
        self.ear.rx(rx);
        if let Some(off_at) = burst.off_at.filter(|off| now - *off >= BREAK_MAX) {
            self.burst = None;
            return burst.valid.then(|| self.ended(burst.since, off_at));
        }
        let until = burst.off_at.unwrap_or(now);
        if burst.valid || until - burst.since < min || !self.ear.may_be_ringing() {
            return None;
        }
        burst.valid = true;
        self.burst = Some(burst);
        Some(Ring::Valid { new_round: self.begun(burst.since) })
    }

    /// What ringing is like; of the last call until the next one rings.
    pub(super) fn report(&self) -> &RingReport {
        &self.report
    }

    /// The round of ringing that has just been completed, bursts and pauses in turn.
    pub(super) fn whole_round(&self, now: Instant) -> Option<&[u16]> {
        let is_over = self.burst.is_none() && now - self.last_end? >= ROUND_PAUSE_MIN;
        is_over.then_some(&self.round)
    }

    /// How many rounds this call has rung, the one that goes on included.
    pub(super) fn rounds(&self) -> u8 {
        self.rounds
    }

    /// The call that rang is over: the next burst is the first of another.
    pub(super) fn forget(&mut self) {
        self.last_end = None;
        self.rounds = 0;
    }

    fn begun(&mut self, since: Instant) -> bool {
        let pause = self.last_end.map(|end| since - end);
        let new_round = pause.is_none_or(|pause| pause >= ROUND_PAUSE_MIN);
        match pause.filter(|_| !new_round) {
            Some(pause) => push_time(&mut self.round, pause),
            None => self.round.clear(),
        }
        match pause {
            None => {
                self.report = RingReport::default();
                self.rounds = 1;
            }
            Some(pause) => {
                self.note(pause);
                self.rounds = self.rounds.saturating_add(u8::from(new_round));
            }
        }
        new_round
    }

    fn ended(&mut self, since: Instant, at: Instant) -> Ring {
        self.note(at - since);
        push_time(&mut self.round, at - since);
        self.report.hz = self.ear.hz().or(self.report.hz);
        self.last_end = Some(at);
        Ring::Ended(at)
    }

    fn note(&mut self, lasted: Duration) {
        if self.rounds == 1 {
            push_time(&mut self.report.cadence_ms, lasted);
        }
    }
}

fn push_time(times: &mut ArrayVec<u16, 8>, lasted: Duration) {
    let ms = u16::try_from(lasted.as_millis()).unwrap_or(u16::MAX);
    // More than eight times are not told apart any more.
    let _ = times.try_push(ms);
}

/// Measures the frequency of a loud, low sound by its swings to either side.
#[derive(Clone, Debug, Default)]
struct PitchMeter {
    low: f32,
    mean: f32,
    positive: bool,
    samples: u32,
    first_swing: u32,
    last_swing: u32,
    swings: u32,
}

impl PitchMeter {
    /// One-pole filters: below 100 Hz passes, below 4 Hz does not.
    const LOW_PASS: f32 = 0.08;
    const HIGH_PASS: f32 = 0.003;

    fn rx(&mut self, samples: &Frame) {
        let swing = dbm0_to_rms(HEARD_MIN_DBM0);
        for &sample in samples {
            self.samples += 1;
            self.low += (f32::from(sample) - self.low) * Self::LOW_PASS;
            self.mean += (self.low - self.mean) * Self::HIGH_PASS;
            let value = self.low - self.mean;
            let changed = if self.positive { value < -swing } else { value > swing };
            if changed {
                self.positive = !self.positive;
                self.swings += 1;
                self.last_swing = self.samples;
                if self.swings == 1 {
                    self.first_swing = self.samples;
                }
            }
        }
    }

    /// The frequency, once three swings were seen.
    fn hz(&self) -> Option<u16> {
        let spanned = self.last_swing - self.first_swing;
        let halves = self.swings.checked_sub(1).filter(|halves| *halves >= 2)?;
        Some((halves * SAMPLE_RATE_HZ / 2 + spanned / 2).checked_div(spanned)? as u16)
    }

    /// Nothing heard says nothing; what is heard must be of the right frequency.
    fn may_be_ringing(&self) -> bool {
        self.swings == 0 || self.hz().is_some_and(|hz| RING_HZ.contains(&hz))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_dsp::{ToneCadence, ToneGenerator};

    const MIN: Duration = Duration::from_millis(150);

    /// Follows a course of frames, each with or without current; gives what happened and when.
    fn follow(course: impl IntoIterator<Item = bool>, hz: u16) -> (Vec<(u64, Ring)>, RingMeter) {
        let mut meter = RingMeter::default();
        let mut tone = ToneGenerator::new(ToneCadence::single(hz.max(1), -20.0, &[]));
        let mut found = vec![];
        let mut before = false;
        for (n, flows) in course.into_iter().enumerate() {
            let now = Instant::from_millis(n as u64 * 20);
            let mut rx = [0; 160];
            if flows && hz > 0 {
                tone.tx(&mut rx);
            }
            if flows != before {
                meter.current(now, flows);
                before = flows;
            }
            found.extend(meter.frame(now, &rx, MIN).map(|ring| (now.as_millis(), ring)));
        }
        (found, meter)
    }

    fn course(parts: &[(bool, usize)]) -> Vec<bool> {
        parts.iter().flat_map(|(on, ms)| vec![*on; ms / 20]).collect()
    }

    #[test]
    fn a_burst_counts_from_150_ms_and_ends_when_current_has_gone() {
        for (ms, counts) in [(100, false), (140, false), (200, true), (1000, true)] {
            let (found, _) = follow(course(&[(true, ms), (false, 500)]), 25);
            assert_eq!(found.len(), if counts { 2 } else { 0 }, "{ms}: {found:?}");
            if counts {
                assert_eq!(found[0], (160, Ring::Valid { new_round: true }));
                assert_eq!(found[1].1, Ring::Ended(Instant::from_millis(ms as u64)));
            }
        }
    }

    #[test]
    fn frequencies_outside_15_to_70_hz_are_not_ringing() {
        for (hz, counts) in
            [(0, true), (7, false), (16, true), (25, true), (50, true), (66, true), (100, false)]
        {
            let (found, meter) = follow(course(&[(true, 1000), (false, 500)]), hz);
            assert_eq!(!found.is_empty(), counts, "{hz} Hz: {found:?}");
            if counts && hz > 0 {
                let measured = meter.report().hz.unwrap();
                assert!(measured.abs_diff(hz) <= 2, "{measured} for {hz} Hz");
            }
        }
    }

    #[test]
    fn hardware_that_tells_every_half_wave_makes_one_burst() {
        let half_waves = (0..50).map(|n| n % 2 == 0).chain([false; 20]);
        let (found, _) = follow(half_waves, 0);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn the_cadence_of_the_first_round_is_reported() {
        let double = [(true, 400), (false, 200), (true, 400), (false, 2000)];
        let (found, meter) = follow(course(&double).repeat(2), 25);
        let rounds: Vec<_> = found
            .iter()
            .filter_map(|(_, ring)| match ring {
                Ring::Valid { new_round } => Some(*new_round),
                Ring::Ended(_) => None,
            })
            .collect();
        assert_eq!(rounds, [true, false, true, false]);
        assert_eq!(meter.report().cadence_ms.as_slice(), [400, 200, 400, 2000]);
    }
}

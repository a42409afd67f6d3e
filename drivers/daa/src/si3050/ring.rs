//! Ringing, told from the two half-wave bits of register 5.
//!
//! The bits follow the voltage on the line, so a step (dial pulses of another set, a reversal)
//! sets one of them for a moment. Ringing is what makes them alternate or, where the polls beat
//! with it, what keeps setting them.

use tipring_clock::{Duration, Instant};

/// Half-waves that must follow each other before ringing is told: 60 to 80 ms at 25 Hz. A first
/// burst cut down to 200 ms still leaves the signalling the 150 ms it wants to see.
const HALF_WAVES_MIN: u8 = 4;
/// Half-waves that are all seen alike count as ringing once they have gone on for this long.
const ACTIVE_MIN: Duration = Duration::from_millis(96);
/// Half-waves further apart belong to no ringing: 15 Hz has 33 ms, and two polls of tolerance.
const HALF_WAVE_MAX: Duration = Duration::from_millis(50);
/// Quiet for this long ends a burst. Every real ringing crosses the threshold much more often.
const QUIET: Duration = Duration::from_millis(104);

/// Which half-wave was last seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Half {
    Positive,
    Negative,
}

/// Watches the two bits.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct RingDetector {
    last: Option<(Half, Instant)>,
    half_waves: u8,
    /// Since when half-waves have come without a gap.
    since: Instant,
    ringing: bool,
}

impl RingDetector {
    /// Takes a look at the bits; tells when ringing begins (`true`) or ends.
    pub(super) fn look(&mut self, now: Instant, positive: bool, negative: bool) -> Option<bool> {
        let half = match (positive, negative) {
            (true, false) => Some(Half::Positive),
            (false, true) => Some(Half::Negative),
            // Both at once: the zero between them fell between two polls.
            (true, true) => self.last.map(|(half, _)| half.other()).or(Some(Half::Positive)),
            (false, false) => None,
        };
        match half {
            Some(half) => self.on_half_wave(now, half),
            None => self.on_quiet(now),
        }
    }

    fn on_half_wave(&mut self, now: Instant, half: Half) -> Option<bool> {
        match self.last {
            Some((last, at)) if now - at <= HALF_WAVE_MAX => {
                self.half_waves = self.half_waves.saturating_add(u8::from(last != half));
            }
            _ => (self.half_waves, self.since) = (1, now),
        }
        self.last = Some((half, now));
        let is_ringing = self.half_waves >= HALF_WAVES_MIN || now - self.since >= ACTIVE_MIN;
        let begins = !self.ringing && is_ringing;
        self.ringing |= begins;
        begins.then_some(true)
    }

    fn on_quiet(&mut self, now: Instant) -> Option<bool> {
        let (_, at) = self.last?;
        if now - at < QUIET {
            return None;
        }
        self.stop().then_some(false)
    }

    /// Whether there was ringing or something like it just now.
    pub(super) fn is_disturbed(&self) -> bool {
        self.last.is_some()
    }

    /// Forgets everything; gives whether it rang.
    pub(super) fn stop(&mut self) -> bool {
        let rang = self.ringing;
        *self = RingDetector::default();
        rang
    }
}

impl Half {
    fn other(self) -> Half {
        match self {
            Half::Positive => Half::Negative,
            Half::Negative => Half::Positive,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When ringing of these hertz and volts, on from 0 to `ms`, is told as begun and ended.
    fn burst(hz: f64, peak_v: f64, ms: u64, phase_ms: u64) -> (Option<u64>, Option<u64>) {
        let mut detector = RingDetector::default();
        let (mut began, mut ended) = (None, None);
        let (mut at, mut is_even) = (phase_ms, true);
        while at < ms + 1000 {
            let v = if at < ms {
                peak_v * (core::f64::consts::TAU * hz * at as f64 / 1000.0).sin()
            } else {
                0.0
            };
            match detector.look(Instant::from_millis(at), v > 20.0, v < -20.0) {
                Some(true) => began = Some(at),
                Some(false) => ended = Some(at),
                None => {}
            }
            // The intervals of the polls take turns.
            at += if is_even { 4 } else { 12 };
            is_even = !is_even;
        }
        (began, ended)
    }

    #[test]
    fn ringing_from_15_to_68_hz_begins_and_ends_in_time() {
        for hz in [15.0, 16.7, 20.0, 22.0, 25.0, 28.0, 33.3, 50.0, 60.0, 62.0, 68.0] {
            for peak_v in [35.0, 60.0, 127.0] {
                for phase in 0..8 {
                    let (began, ended) = burst(hz, peak_v, 1000, phase);
                    let began = began.unwrap_or_else(|| panic!("{hz} Hz, {peak_v} V not heard"));
                    let ended = ended.expect("a burst ends");
                    assert!(began <= 150, "{hz} Hz {peak_v} V begins at {began} ms");
                    // At 60 Hz a half-wave may go unseen between two polls.
                    assert!((1030..1130).contains(&ended), "{hz} Hz ends at {ended} ms");
                }
            }
        }
    }

    #[test]
    fn a_first_burst_of_200_ms_is_heard_long_enough() {
        for phase in 0..8 {
            let (began, ended) = burst(25.0, 127.0, 200, phase);
            assert!(ended.unwrap() - began.unwrap() >= 150 + 20, "{began:?} to {ended:?}");
        }
    }

    #[test]
    fn steps_and_dial_pulses_are_no_ringing() {
        let mut detector = RingDetector::default();
        // Ten breaks a second of a set on the same pair: a spike up, 60 ms later one down.
        for at in (0..3000).step_by(8) {
            let (positive, negative) = (at % 100 < 8, (60..68).contains(&(at % 100)));
            assert_eq!(detector.look(Instant::from_millis(at), positive, negative), None, "{at}");
        }
        assert_eq!(burst(25.0, 127.0, 50, 0), (None, None), "a jolt of 50 ms");
    }
}

//! Dial pulses as the exchange counts them: breaks of the loop, 10 ± 1 a second, about 1.6 times
//! as long as the makes between them (GB/T 15279).

use tipring_line::Digit;

/// A break shorter than this is a disturbance.
const BREAK_SAMPLES_MIN: u64 = 8 * 30;
/// A break longer than this is no pulse.
const BREAK_SAMPLES_MAX: u64 = 8 * 100;
/// A loop open for this long has been hung up.
const HUNG_UP_SAMPLES: u64 = 8 * 250;
/// A make longer than this ends the digit.
const DIGIT_END_SAMPLES: u64 = 8 * 300;

/// Counts breaks.
#[derive(Debug, Default)]
pub(super) struct PulseCounter {
    opened_at: Option<u64>,
    closed_at: u64,
    pulses: u8,
}

impl PulseCounter {
    /// The loop opens or closes at this sample.
    pub(super) fn hook(&mut self, at: u64, closed: bool) {
        if !closed {
            self.opened_at = Some(at);
        } else if let Some(opened) = self.opened_at.take() {
            self.closed_at = at;
            if (BREAK_SAMPLES_MIN..=BREAK_SAMPLES_MAX).contains(&(at - opened)) {
                self.pulses = self.pulses.saturating_add(1);
            }
        }
    }

    /// Whether the loop has been open so long that the set has hung up.
    pub(super) fn has_hung_up(&self, at: u64) -> bool {
        self.opened_at.is_some_and(|opened| at - opened >= HUNG_UP_SAMPLES)
    }

    /// Whether a digit has begun.
    pub(super) fn is_counting(&self) -> bool {
        self.opened_at.is_some() || self.pulses > 0
    }

    /// The digit that has ended.
    pub(super) fn take(&mut self, at: u64) -> Option<Digit> {
        let ended = self.opened_at.is_none() && at - self.closed_at >= DIGIT_END_SAMPLES;
        if !ended || self.pulses == 0 {
            return None;
        }
        let pulses = core::mem::take(&mut self.pulses);
        // Ten pulses are the digit 0; more are none.
        (pulses <= 10).then(|| Digit::from_event(pulses % 10)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dial(counter: &mut PulseCounter, at: &mut u64, pulses: u8, open_ms: u64, closed_ms: u64) {
        for _ in 0..pulses {
            counter.hook(*at, false);
            *at += open_ms * 8;
            counter.hook(*at, true);
            *at += closed_ms * 8;
        }
    }

    #[test]
    fn digits_are_counted_and_end_with_a_pause() {
        let mut counter = PulseCounter::default();
        let mut at = 0;
        for (pulses, digit) in [(1, '1'), (7, '7'), (10, '0')] {
            dial(&mut counter, &mut at, pulses, 60, 40);
            assert_eq!(counter.take(at), None);
            at += 8 * 800;
            assert_eq!(counter.take(at), Digit::from_char(digit));
            assert_eq!(counter.take(at), None);
        }
    }

    #[test]
    fn disturbances_and_hanging_up_are_no_pulses() {
        let mut counter = PulseCounter::default();
        let mut at = 0;
        dial(&mut counter, &mut at, 3, 10, 40);
        dial(&mut counter, &mut at, 1, 200, 800);
        assert_eq!(counter.take(at), None);
        counter.hook(at, false);
        assert!(!counter.has_hung_up(at + 8 * 240));
        assert!(counter.has_hung_up(at + 8 * 250));
    }
}

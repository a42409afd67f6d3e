//! Dial pulses: the loop opened again and again, as often as the country's rule says of a digit.
//!
//! Hook commands take effect between frames, so each time is the plan's to the nearest frame of
//! 20 ms, and never less than one: 61 and 39 ms (China, GB/T 15279) become 60 and 40.

use tipring_line::{Digits, FRAME_MS};

use crate::plans::Pulses;

/// What the loop does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Closed,
    Open,
}

/// Sends digits by hook commands.
#[derive(Clone, Debug)]
pub(super) struct PulseDialler {
    practice: Pulses,
    waiting: Digits,
    phase: Phase,
    /// Frames until the phase ends.
    left: u32,
    /// Pulses of the digit still to be sent.
    pulses: u8,
}

impl PulseDialler {
    pub(super) fn new(practice: Pulses) -> Self {
        PulseDialler { practice, waiting: Digits::new(), phase: Phase::Closed, left: 0, pulses: 0 }
    }

    /// Whether all of these digits have pulses: `*`, `#` and letters do not.
    pub(super) fn can_send(&self, digits: &Digits) -> bool {
        digits.iter().all(|d| self.practice.digits.pulses_of(*d).is_some())
    }

    /// Begins to send these digits; those without pulses are left out.
    pub(super) fn start(&mut self, digits: Digits) {
        *self = PulseDialler::new(self.practice);
        self.waiting = digits;
        self.waiting.retain(|d| self.practice.digits.pulses_of(*d).is_some());
    }

    /// Whether all digits and the pause after the last have been sent.
    pub(super) fn is_idle(&self) -> bool {
        self.left == 0 && self.pulses == 0 && self.waiting.is_empty()
    }

    /// Forgets what is left.
    pub(super) fn stop(&mut self) {
        *self = PulseDialler::new(self.practice);
    }

    /// What to tell the hook before the next frame: closed (`true`) or open, or nothing new.
    pub(super) fn frame(&mut self) -> Option<bool> {
        if self.left > 1 {
            self.left -= 1;
            return None;
        }
        match self.phase {
            Phase::Open => {
                self.pulses -= 1;
                self.phase = Phase::Closed;
                let more = self.pulses > 0;
                let closed_ms = if more { self.practice.make_ms } else { self.practice.pause_ms };
                self.left = frames(closed_ms);
                Some(true)
            }
            Phase::Closed => {
                self.left = 0;
                if self.pulses == 0 && !self.waiting.is_empty() {
                    let digit = self.waiting.remove(0);
                    self.pulses = self.practice.digits.pulses_of(digit).unwrap_or(0);
                }
                if self.pulses == 0 {
                    return None;
                }
                self.phase = Phase::Open;
                self.left = frames(self.practice.break_ms);
                Some(false)
            }
        }
    }
}

/// The nearest whole frames, one at least.
fn frames(ms: u16) -> u32 {
    ((u32::from(ms) + FRAME_MS / 2) / FRAME_MS).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_line::Digit;

    fn digits(text: &str) -> Digits {
        text.chars().filter_map(Digit::from_char).collect()
    }

    /// The loop's times for these digits, open first, without the pause at the end.
    fn times(practice: Pulses, text: &str) -> Vec<(bool, u32)> {
        let mut dialler = PulseDialler::new(practice);
        dialler.start(digits(text));
        let mut closed = true;
        let mut runs: Vec<(bool, u32)> = vec![];
        for _ in 0..400 {
            if let Some(next) = dialler.frame() {
                closed = next;
            }
            match runs.last_mut() {
                Some((same, ms)) if *same == closed => *ms += 20,
                _ => runs.push((closed, 20)),
            }
        }
        assert!(dialler.is_idle());
        runs.pop();
        runs
    }

    #[test]
    fn breaks_makes_and_pauses_have_their_times() {
        let mut expected = vec![(false, 60), (true, 40), (false, 60), (true, 800)];
        expected.extend([(false, 60), (true, 40)].repeat(9));
        expected.push((false, 60));
        assert_eq!(times(Pulses::default(), "20"), expected);
    }

    #[test]
    fn the_countrys_practice_is_followed() {
        let slow = Pulses { break_ms: 82, make_ms: 38, pause_ms: 690, ..Pulses::default() };
        assert_eq!(
            times(slow, "21"),
            [(false, 80), (true, 40), (false, 80), (true, 700), (false, 80)]
        );
        let rule = |text: &str| Pulses {
            digits: text.to_owned().try_into().unwrap(),
            ..Pulses::default()
        };
        let breaks =
            |practice, text| times(practice, text).iter().filter(|(closed, _)| !closed).count();
        assert_eq!(breaks(rule("0123456789"), "0"), 1, "Sweden");
        assert_eq!(breaks(rule("0123456789"), "9"), 10, "Sweden");
        assert_eq!(breaks(rule("9876543210"), "1"), 9, "New Zealand");
    }

    #[test]
    fn keys_without_pulses_are_known() {
        let mut dialler = PulseDialler::new(Pulses::default());
        assert!(dialler.can_send(&digits("1234567890")));
        assert!(!dialler.can_send(&digits("12#")));
        dialler.start(digits("*#"));
        assert!(dialler.is_idle());
        assert_eq!(dialler.frame(), None);
    }
}

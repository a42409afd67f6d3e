//! Dial pulses: the loop opened ten times a second, once a unit of the digit, ten times for 0.
//!
//! China (GB/T 15279) breaks about 1.6 times as long as it makes: 60 and 40 ms are three and two
//! frames, so that hook commands between frames are exact. Between digits the loop stays closed
//! for at least 600 ms.

use tipring_line::{Digit, Digits, FRAME_MS};

const BREAK_FRAMES: u32 = 60 / FRAME_MS;
const MAKE_FRAMES: u32 = 40 / FRAME_MS;
/// Longer than the exchange asks for, so that a slow one keeps up.
const DIGIT_PAUSE_FRAMES: u32 = 800 / FRAME_MS;

/// What the loop does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    Closed,
    Open,
}

/// Sends digits by hook commands.
#[derive(Clone, Debug)]
pub(super) struct PulseDialler {
    waiting: Digits,
    phase: Phase,
    /// Frames until the phase ends.
    left: u32,
    /// Pulses of the digit still to be sent.
    pulses: u8,
}

impl PulseDialler {
    pub(super) fn new() -> Self {
        PulseDialler { waiting: Digits::new(), phase: Phase::Closed, left: 0, pulses: 0 }
    }

    /// Whether all of these digits have pulses: `*`, `#` and letters do not.
    pub(super) fn can_send(digits: &Digits) -> bool {
        digits.iter().all(|d| pulses_of(*d).is_some())
    }

    /// Begins to send these digits; those without pulses are left out.
    pub(super) fn start(&mut self, digits: Digits) {
        *self = PulseDialler::new();
        self.waiting = digits;
        self.waiting.retain(|d| pulses_of(*d).is_some());
    }

    /// Whether all digits and the pause after the last have been sent.
    pub(super) fn is_idle(&self) -> bool {
        self.left == 0 && self.pulses == 0 && self.waiting.is_empty()
    }

    /// Forgets what is left.
    pub(super) fn stop(&mut self) {
        *self = PulseDialler::new();
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
                self.left = if self.pulses > 0 { MAKE_FRAMES } else { DIGIT_PAUSE_FRAMES };
                Some(true)
            }
            Phase::Closed => {
                self.left = 0;
                if self.pulses == 0 && !self.waiting.is_empty() {
                    self.pulses = pulses_of(self.waiting.remove(0)).unwrap_or(0);
                }
                if self.pulses == 0 {
                    return None;
                }
                self.phase = Phase::Open;
                self.left = BREAK_FRAMES;
                Some(false)
            }
        }
    }
}

fn pulses_of(digit: Digit) -> Option<u8> {
    match digit.as_char() {
        '0' => Some(10),
        d @ '1'..='9' => Some(d as u8 - b'0'),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(text: &str) -> Digits {
        text.chars().filter_map(Digit::from_char).collect()
    }

    #[test]
    fn breaks_makes_and_pauses_have_their_times() {
        let mut dialler = PulseDialler::new();
        dialler.start(digits("20"));
        let mut closed = true;
        let mut course = vec![];
        for _ in 0..200 {
            if let Some(next) = dialler.frame() {
                closed = next;
            }
            course.push(closed);
        }
        assert!(dialler.is_idle());
        let mut runs: Vec<(bool, u32)> = vec![];
        for closed in course {
            match runs.last_mut() {
                Some((same, ms)) if *same == closed => *ms += 20,
                _ => runs.push((closed, 20)),
            }
        }
        let mut expected = vec![(false, 60), (true, 40), (false, 60), (true, 800)];
        expected.extend([(false, 60), (true, 40)].repeat(9));
        expected.push((false, 60));
        assert_eq!(runs[..runs.len() - 1], expected);
    }

    #[test]
    fn keys_without_pulses_are_known() {
        assert!(PulseDialler::can_send(&digits("1234567890")));
        assert!(!PulseDialler::can_send(&digits("12#")));
        let mut dialler = PulseDialler::new();
        dialler.start(digits("*#"));
        assert!(dialler.is_idle());
        assert_eq!(dialler.frame(), None);
    }
}

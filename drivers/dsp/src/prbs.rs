//! A pseudo-random pattern through a timeslot, and the bits that come out wrong (ITU-T O.150,
//! clause 5.3: 2¹⁵ − 1 bits, inverted; O.151 for when the receiver has lost it).
//!
//! The pattern fills whole octets, first bit first on the line, so a frame of 20 ms carries 1,280
//! bits of it. Audio at this seam is linear: A-law's 256 codes survive that unchanged, while µ-law
//! has two for zero. So the timeslot is opened in A-law, whatever its calls have.

use tipring_line::{FRAME_SAMPLES, Frame, Law};

use crate::g711;

/// Stages of the shift register.
const STAGES: u32 = 15;
const MASK: u16 = (1 << STAGES) - 1;
/// So many bits in a row as predicted make the receiver believe that it hears the pattern: by
/// chance once in 2³².
const SYNC_BITS: u32 = 32;
/// The receiver has lost the pattern when a fifth of so many bits is wrong (O.151, clause 2.4): 16
/// frames of a timeslot at most pass until it looks for it again.
const WINDOW_BITS: u32 = 1_000;
const WINDOW_ERRORS_MAX: u32 = WINDOW_BITS / 5;

/// The next bit after those in the register, newest at the right; the register with it.
const fn advance(register: u16) -> (u16, u16) {
    let bit = (register >> 13 ^ register >> 14) & 1;
    (bit, (register << 1 | bit) & MASK)
}

/// What the receiver has found.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct BitErrors {
    /// Bits compared.
    pub bits: u64,
    /// Those of them that were wrong.
    pub errors: u64,
    /// Bits that passed while the receiver looked for the pattern.
    pub bits_unseen: u64,
    /// Times it had the pattern and lost it: slips, or an interruption.
    pub losses: u32,
    /// It has the pattern now.
    pub in_sync: bool,
}

impl BitErrors {
    /// The part of the bits compared that was wrong; `None` before there was any.
    pub fn ratio(&self) -> Option<f64> {
        (self.bits > 0).then(|| self.errors as f64 / self.bits as f64)
    }

    /// Whether the pattern is there and was there all the time since it was found first, without
    /// an error.
    pub fn is_clean(&self) -> bool {
        self.in_sync && self.errors == 0 && self.losses == 0
    }
}

/// Bits compared, and those of them that were wrong.
#[derive(Clone, Copy, Debug, Default)]
struct Window {
    seen: u32,
    wrong: u32,
}

#[derive(Clone, Copy, Debug)]
enum Receiver {
    /// Fills its register from what comes; so many bits in a row were as predicted.
    Searching { right: u32 },
    /// Predicts by itself, and compares; `before`: the window before this one.
    Synchronised { window: Window, before: Window },
}

/// Sends the pattern, and compares what comes back.
#[derive(Clone, Debug)]
pub struct PatternTest {
    sender: u16,
    register: u16,
    receiver: Receiver,
    found: BitErrors,
}

impl Default for PatternTest {
    fn default() -> Self {
        PatternTest::new()
    }
}

impl PatternTest {
    /// A test that has not begun.
    pub fn new() -> Self {
        PatternTest {
            sender: MASK,
            register: 0,
            receiver: Receiver::Searching { right: 0 },
            found: BitErrors::default(),
        }
    }

    /// What was found so far.
    pub fn found(&self) -> BitErrors {
        BitErrors { in_sync: matches!(self.receiver, Receiver::Synchronised { .. }), ..self.found }
    }

    /// Fills the next frame to send.
    pub fn tx(&mut self, frame: &mut Frame) {
        let codes: [u8; FRAME_SAMPLES] = core::array::from_fn(|_| self.next_octet());
        g711::decode(Law::A, &codes, frame);
    }

    /// Takes a frame received.
    pub fn rx(&mut self, frame: &Frame) {
        let mut codes = [0; FRAME_SAMPLES];
        g711::encode(Law::A, frame, &mut codes);
        for code in codes {
            (0..8).rev().for_each(|place| self.take(u16::from(!code >> place & 1)));
        }
    }

    fn next_octet(&mut self) -> u8 {
        let mut octet = 0;
        for _ in 0..8 {
            let (bit, register) = advance(self.sender);
            self.sender = register;
            octet = octet << 1 | bit as u8;
        }
        !octet
    }

    /// Takes a bit, no longer inverted.
    fn take(&mut self, bit: u16) {
        let (predicted, free) = advance(self.register);
        match &mut self.receiver {
            Receiver::Searching { right } => {
                self.found.bits_unseen += 1;
                self.register = (self.register << 1 | bit) & MASK;
                // A register of zeros predicts zeros for ever: that is a dead timeslot.
                let is_right = predicted == bit && self.register != 0;
                *right = if is_right { *right + 1 } else { 0 };
                if *right == SYNC_BITS {
                    let (window, before) = (Window::default(), Window::default());
                    self.receiver = Receiver::Synchronised { window, before };
                }
            }
            Receiver::Synchronised { window, before } => {
                self.register = free;
                self.found.bits += 1;
                window.seen += 1;
                if predicted != bit {
                    self.found.errors += 1;
                    window.wrong += 1;
                }
                if window.wrong > WINDOW_ERRORS_MAX {
                    self.lose();
                } else if window.seen == WINDOW_BITS {
                    *before = core::mem::take(window);
                }
            }
        }
    }

    /// What was wrong in the window, or since the one before, was no error of a bit, but the
    /// pattern's absence.
    fn lose(&mut self) {
        let Receiver::Synchronised { window, before } = self.receiver else { return };
        let seen = u64::from(window.seen + before.seen);
        self.found.bits -= seen;
        self.found.errors -= u64::from(window.wrong + before.wrong);
        self.found.bits_unseen += seen;
        self.found.losses = self.found.losses.saturating_add(1);
        self.receiver = Receiver::Searching { right: 0 };
    }
}

#[cfg(test)]
mod tests {
    use tipring_line::SILENCE;

    use super::*;

    /// The pattern's bits, as O.150 has them on the line.
    fn bits(count: usize) -> Vec<u8> {
        let mut test = PatternTest::new();
        let octets = core::iter::from_fn(|| Some(test.next_octet()));
        octets.flat_map(|octet| (0..8).rev().map(move |n| octet >> n & 1)).take(count).collect()
    }

    #[test]
    fn the_pattern_is_that_of_the_recommendation() {
        const LENGTH: usize = 32_767;
        let pattern = bits(2 * LENGTH);
        assert_eq!(pattern[..LENGTH], pattern[LENGTH..], "it repeats");
        let ones = pattern[..LENGTH].iter().filter(|bit| **bit == 1).count();
        assert_eq!(ones, (LENGTH - 1) / 2, "inverted, it has a one less than zeros");
        let text: String = pattern.iter().map(|bit| char::from(b'0' + bit)).collect();
        assert!(text.contains(&"0".repeat(15)) && !text.contains(&"0".repeat(16)));
        assert!(text.contains(&"1".repeat(14)) && !text.contains(&"1".repeat(15)));
    }

    /// Lets frames pass through a wire that spoils them.
    fn run(test: &mut PatternTest, frames: u32, mut spoil: impl FnMut(u32, &mut [u8; 160])) {
        for number in 0..frames {
            let (mut frame, mut codes) = (SILENCE, [0; 160]);
            test.tx(&mut frame);
            g711::encode(Law::A, &frame, &mut codes);
            spoil(number, &mut codes);
            g711::decode(Law::A, &codes, &mut frame);
            test.rx(&frame);
        }
    }

    #[test]
    fn a_good_timeslot_is_clean() {
        let mut test = PatternTest::new();
        run(&mut test, 500, |_, _| {});
        let found = test.found();
        assert!(found.is_clean(), "{found:?}");
        assert_eq!(found.bits + found.bits_unseen, 640_000);
        // The register is filled, but for the zeros that it had; then the bits are compared.
        assert!(found.bits_unseen <= u64::from(STAGES + SYNC_BITS), "{found:?}");
    }

    #[test]
    fn every_wrong_bit_is_counted() {
        let mut test = PatternTest::new();
        let mut spoilt = 0;
        run(&mut test, 1_000, |number, codes| {
            if number % 7 == 3 {
                codes[usize::try_from(number).unwrap() % 160] ^= 0b10_0100;
                spoilt += 2;
            }
        });
        let found = test.found();
        assert_eq!((found.errors, found.losses), (spoilt, 0));
        let ratio = found.ratio().unwrap();
        assert!((ratio - spoilt as f64 / 1_280_000.0).abs() < 1e-6, "{ratio}");
    }

    #[test]
    fn a_slip_is_a_loss_and_no_error() {
        let mut test = PatternTest::new();
        run(&mut test, 200, |number, codes| {
            if number == 100 {
                codes.copy_within(1.., 0);
            }
        });
        let found = test.found();
        assert!(found.in_sync, "{found:?}");
        // At the lost octet, and where the frame's last one is doubled.
        assert!((1..=2).contains(&found.losses), "{found:?}");
        assert!(found.errors < 100 && found.bits_unseen < 4_000, "{found:?}");
    }

    #[test]
    fn nothing_but_the_pattern_is_taken_for_it() {
        for code in [0xD5, 0xFF, 0x00, 0x7E, 0x55] {
            let mut test = PatternTest::new();
            run(&mut test, 100, |_, codes| codes.fill(code));
            let found = test.found();
            assert_eq!((found.bits, found.in_sync, found.losses), (0, false, 0), "{code:#04x}");
            assert_eq!(found.ratio(), None);
        }
    }
}

//! Dial pulses: their times, and which digit has how many.

use serde::{Deserialize, Serialize};
use tipring_line::Digit;

/// Dial pulses as they are sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Pulses {
    /// The loop is open, in milliseconds. With `make_ms` it gives pulses a second, and their ratio.
    pub break_ms: u16,
    /// The loop is closed between two pulses, in milliseconds.
    pub make_ms: u16,
    /// The loop is closed between two digits, in milliseconds.
    pub pause_ms: u16,
    /// The digits of one, two … ten pulses.
    #[serde(default)]
    pub digits: PulseDigits,
}

impl Default for Pulses {
    /// China (GB/T 15279): ten a second, broken 1.6 times as long as made.
    fn default() -> Self {
        Pulses { break_ms: 61, make_ms: 39, pause_ms: 800, digits: PulseDigits::default() }
    }
}

/// The digits of one, two … ten pulses: `1234567890` nearly everywhere, `0123456789` in Sweden,
/// `9876543210` in New Zealand.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct PulseDigits([Digit; 10]);

impl PulseDigits {
    /// How many pulses a digit has; `None` for `*`, `#` and letters.
    pub fn pulses_of(&self, digit: Digit) -> Option<u8> {
        self.0.iter().position(|d| *d == digit).map(|at| at as u8 + 1)
    }

    /// The digit of so many pulses; `None` unless they are one to ten.
    pub fn digit_of(&self, pulses: u8) -> Option<Digit> {
        self.0.get(usize::from(pulses.checked_sub(1)?)).copied()
    }
}

impl Default for PulseDigits {
    fn default() -> Self {
        PulseDigits(core::array::from_fn(|at| {
            Digit::from_event((at as u8 + 1) % 10).expect("0 to 9 are digits")
        }))
    }
}

impl TryFrom<String> for PulseDigits {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || {
            "`digits` must be the ten digits in the order of their pulses, as \"1234567890\""
                .to_owned()
        };
        let digits: Vec<Digit> =
            text.chars().filter(char::is_ascii_digit).filter_map(Digit::from_char).collect();
        let once = digits.iter().all(|d| digits.iter().filter(|other| *other == d).count() == 1);
        let ten: [Digit; 10] = digits.try_into().map_err(|_| wrong())?;
        if once && text.len() == ten.len() { Ok(PulseDigits(ten)) } else { Err(wrong()) }
    }
}

impl From<PulseDigits> for String {
    fn from(digits: PulseDigits) -> Self {
        digits.0.iter().map(|d| d.as_char()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digit(c: char) -> Digit {
        Digit::from_char(c).unwrap()
    }

    #[test]
    fn pulses_by_the_rule_of_the_country() {
        for (rule, one, nought) in
            [("1234567890", 1, 10), ("0123456789", 2, 1), ("9876543210", 9, 10)]
        {
            let digits = PulseDigits::try_from(rule.to_owned()).unwrap();
            assert_eq!(digits.pulses_of(digit('1')), Some(one), "{rule}");
            assert_eq!(digits.pulses_of(digit('0')), Some(nought), "{rule}");
            assert_eq!(digits.pulses_of(digit('#')), None);
            assert_eq!(digits.digit_of(one), Some(digit('1')));
            assert_eq!([digits.digit_of(0), digits.digit_of(11)], [None, None]);
            assert_eq!(String::from(digits), rule);
        }
    }

    #[test]
    fn what_is_no_rule_is_refused() {
        for wrong in ["", "123456789", "1234567899", "12345678901", "123456789#", "1 234567890"] {
            assert!(PulseDigits::try_from(wrong.to_owned()).is_err(), "{wrong}");
        }
    }
}

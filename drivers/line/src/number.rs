//! Digits, numbers and names, in fixed-size strings.

use core::fmt;
use core::str::FromStr;

use arrayvec::{ArrayString, ArrayVec};
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// One key of a telephone: `0`–`9`, `*`, `#`, `A`–`D` (ITU-T Q.23).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Digit(u8);

impl Digit {
    /// The key with this character; lower-case letters are taken as upper-case.
    pub const fn from_char(c: char) -> Option<Self> {
        match c {
            '0'..='9' | '*' | '#' | 'A'..='D' => Some(Digit(c as u8)),
            'a'..='d' => Some(Digit(c as u8 - 32)),
            _ => None,
        }
    }

    /// The key with this RFC 4733 event code, 0–15 (section 3.2).
    pub const fn from_event(event: u8) -> Option<Self> {
        if event < 16 { Some(Digit(b"0123456789*#ABCD"[event as usize])) } else { None }
    }

    /// The RFC 4733 event code, 0–15.
    pub const fn event(self) -> u8 {
        match self.0 {
            b'*' => 10,
            b'#' => 11,
            letter @ b'A'..=b'D' => letter - b'A' + 12,
            digit => digit - b'0',
        }
    }

    /// The key's character.
    pub const fn as_char(self) -> char {
        self.0 as char
    }
}

impl fmt::Debug for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.as_char())
    }
}

impl fmt::Display for Digit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.as_char())
    }
}

/// Up to 32 keys, in the order in which they are pressed.
pub type Digits = ArrayVec<Digit, 32>;

/// A name as shown to people, at most 64 bytes of UTF-8.
pub type Name = ArrayString<64>;

/// Why a text is not a [`Number`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NumberError {
    /// Nothing is there.
    #[error("a number has at least one digit")]
    Empty,
    /// More than 40 characters.
    #[error("a number has at most 40 characters, this has {0}")]
    TooLong(usize),
    /// A character no number has.
    #[error("{0:?} cannot stand in a number: use digits, letters, and + * # - . _")]
    Character(char),
}

/// A dialled or calling number, or a SIP user: 1–40 of `0-9 A-Z a-z + * # - . _`, as it came.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "schema", schema(value_type = String, pattern = "^[0-9A-Za-z+*#._-]{1,40}$"))]
#[serde(try_from = "String", into = "String")]
pub struct Number(ArrayString<40>);

impl Number {
    /// The number's characters.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The keys to press for it; what has no key (`+`, letters) is left out.
    pub fn digits(&self) -> Digits {
        self.0
            .chars()
            .filter(|c| !c.is_ascii_alphabetic())
            .filter_map(Digit::from_char)
            .take(32)
            .collect()
    }
}

impl FromStr for Number {
    type Err = NumberError;
    fn from_str(s: &str) -> Result<Self, NumberError> {
        if s.is_empty() {
            return Err(NumberError::Empty);
        }
        if let Some(c) = s.chars().find(|c| !(c.is_ascii_alphanumeric() || "+*#-._".contains(*c))) {
            return Err(NumberError::Character(c));
        }
        ArrayString::from(s).map(Number).map_err(|_| NumberError::TooLong(s.len()))
    }
}

impl TryFrom<String> for Number {
    type Error = NumberError;
    fn try_from(s: String) -> Result<Self, NumberError> {
        s.parse()
    }
}

impl From<Number> for String {
    fn from(n: Number) -> String {
        n.as_str().to_owned()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_and_events_are_each_others_inverse() {
        for event in 0..16 {
            let digit = Digit::from_event(event).unwrap();
            assert_eq!(digit.event(), event);
            assert_eq!(Digit::from_char(digit.as_char()), Some(digit));
        }
        assert_eq!(Digit::from_event(16), None);
        assert_eq!(Digit::from_char('d'), Digit::from_event(15));
        assert_eq!(Digit::from_char('E'), None);
    }

    #[test]
    fn numbers_are_checked_once() {
        let n: Number = "+86-13800138000".parse().unwrap();
        assert_eq!(n.digits().iter().map(|d| d.as_char()).collect::<String>(), "8613800138000");
        assert_eq!("".parse::<Number>(), Err(NumberError::Empty));
        assert_eq!("12 3".parse::<Number>(), Err(NumberError::Character(' ')));
        assert_eq!("1".repeat(41).parse::<Number>(), Err(NumberError::TooLong(41)));
    }
}

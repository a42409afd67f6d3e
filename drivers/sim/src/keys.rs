//! Keys pressed at given times: `1@4s`, or several: `1@4s,23#@6500ms`.

use core::str::FromStr;

use arrayvec::ArrayVec;
use thiserror::Error;
use tipring_line::Digit;

/// One key at its time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct KeyPress {
    /// The key.
    pub digit: Digit,
    /// When, in milliseconds after the answer. Keys whose time has come while another still
    /// sounds follow it.
    pub at_ms: u32,
}

/// Keys in the order of their times, at most 32.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct KeyPlan(ArrayVec<KeyPress, 32>);

/// Why a text is no [`KeyPlan`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KeyPlanError {
    /// No `@` in a part.
    #[error("{0:?} does not say when: write keys@time, as in 1@4s")]
    NoTime(String),
    /// Not a key.
    #[error("{0:?} is no key: use 0-9, *, #, A-D")]
    NotAKey(char),
    /// Not a time.
    #[error(
        "{0:?} is no time: write seconds or milliseconds, as in 4s, 2.5s or 800ms, up to 24h of them"
    )]
    NotATime(String),
    /// More than 32 keys.
    #[error("at most 32 keys can be pressed")]
    TooMany,
}

const DAY_MS: f64 = 86_400_000.0;

impl KeyPlan {
    /// The keys, earliest first.
    pub fn presses(&self) -> &[KeyPress] {
        &self.0
    }
}

impl FromStr for KeyPlan {
    type Err = KeyPlanError;

    fn from_str(text: &str) -> Result<Self, KeyPlanError> {
        let mut plan = KeyPlan::default();
        for part in text.split(',').map(str::trim).filter(|p| !p.is_empty()) {
            let (keys, time) =
                part.rsplit_once('@').ok_or_else(|| KeyPlanError::NoTime(part.to_owned()))?;
            let at_ms = parse_ms(time)?;
            for c in keys.chars() {
                let digit = Digit::from_char(c).ok_or(KeyPlanError::NotAKey(c))?;
                let press = KeyPress { digit, at_ms };
                plan.0.try_push(press).map_err(|_| KeyPlanError::TooMany)?;
            }
        }
        // The sort is stable: keys of one part stay in order.
        plan.0.sort_by_key(|p| p.at_ms);
        Ok(plan)
    }
}

fn parse_ms(time: &str) -> Result<u32, KeyPlanError> {
    let wrong = || KeyPlanError::NotATime(time.to_owned());
    let (number, unit_ms) = match (time.strip_suffix("ms"), time.strip_suffix('s')) {
        (Some(number), _) => (number, 1.0),
        (None, Some(number)) => (number, 1000.0),
        _ => return Err(wrong()),
    };
    let ms = number.parse::<f64>().map_err(|_| wrong())? * unit_ms;
    if (0.0..=DAY_MS).contains(&ms) { Ok(ms.round() as u32) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(plan: &KeyPlan) -> String {
        plan.presses().iter().map(|p| format!("{}{} ", p.digit, p.at_ms)).collect()
    }

    #[test]
    fn keys_and_times() {
        for (input, expected) in [
            ("1@4s", "14000 "),
            ("2#@6.5s, 1@800ms", "1800 26500 #6500 "),
            ("", ""),
            ("*@0s", "*0 "),
        ] {
            assert_eq!(text(&input.parse().unwrap()), expected);
        }
    }

    #[test]
    fn mistakes_are_named() {
        let error = |input: &str| input.parse::<KeyPlan>().unwrap_err();
        assert_eq!(error("1"), KeyPlanError::NoTime("1".into()));
        assert_eq!(error("x@1s"), KeyPlanError::NotAKey('x'));
        for time in ["4", "s", "-1s", "1h", "99999999s", "NaNs", "infs"] {
            assert_eq!(error(&format!("1@{time}")), KeyPlanError::NotATime(time.into()));
        }
        assert_eq!(error(&format!("{}@1s", "1".repeat(33))), KeyPlanError::TooMany);
    }
}

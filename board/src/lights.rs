//! The lights beside the sockets, and how they show what a socket does.

use serde::Deserialize;

use crate::Pin;

/// A light.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Light {
    /// On a GPIO line.
    Pin(Pin),
    /// A LED of the kernel's LED class, by its name in `/sys/class/leds`.
    Class(String),
}

/// Light and dark in turn, in milliseconds, over and over; a single time is light for ever, none is
/// dark. In a file: `"on"`, `"off"`, or the times as `[250, 250]`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BlinkText")]
pub struct Blink(Vec<u16>);

#[derive(Deserialize)]
#[serde(untagged)]
enum BlinkText {
    Word(String),
    Times(Vec<u16>),
}

impl TryFrom<BlinkText> for Blink {
    type Error = String;

    fn try_from(text: BlinkText) -> Result<Self, String> {
        match text {
            BlinkText::Word(word) if word == "on" => Ok(Blink::on()),
            BlinkText::Word(word) if word == "off" => Ok(Blink::off()),
            BlinkText::Times(times) if Blink::fits(&times) => Ok(Blink(times)),
            _ => Err("a light is \"on\", \"off\", or light and dark in turn, two to eight times \
                      of 50 to 5000 ms, as [250, 250]"
                .to_owned()),
        }
    }
}

impl Blink {
    /// Light for ever.
    pub fn on() -> Self {
        Blink(vec![1])
    }

    /// Dark.
    pub fn off() -> Self {
        Blink(Vec::new())
    }

    fn fits(times: &[u16]) -> bool {
        matches!(times.len(), 2 | 4 | 6 | 8) && times.iter().all(|ms| (50..=5000).contains(ms))
    }

    /// Whether it is light after so many milliseconds, and in how many it changes; `None` if never.
    pub fn after(&self, ms: u64) -> (bool, Option<u64>) {
        let round: u64 = self.0.iter().map(|ms| u64::from(*ms)).sum();
        if self.0.len() < 2 {
            return (!self.0.is_empty(), None);
        }
        let mut left = ms % round;
        for (place, lasts) in self.0.iter().enumerate() {
            let lasts = u64::from(*lasts);
            if left < lasts {
                return (place.is_multiple_of(2), Some(lasts - left));
            }
            left -= lasts;
        }
        (false, None)
    }
}

/// How each state of a socket is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lights {
    /// Free.
    pub idle: Blink,
    /// It rings, or is being rung.
    pub ringing: Blink,
    /// It carries a call.
    pub in_use: Blink,
    /// It is out of order.
    pub alarm: Blink,
}

impl Default for Lights {
    fn default() -> Self {
        Lights {
            idle: Blink::off(),
            ringing: Blink(vec![250, 250]),
            in_use: Blink::on(),
            alarm: Blink(vec![100, 900]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_light_changes_when_its_times_say() {
        assert_eq!(Blink::on().after(12_345), (true, None));
        assert_eq!(Blink::off().after(0), (false, None));
        let alarm = Lights::default().alarm;
        for (ms, expected) in [
            (0, (true, 100)),
            (99, (true, 1)),
            (100, (false, 900)),
            (999, (false, 1)),
            (1000, (true, 100)),
            (7_050, (true, 50)),
        ] {
            assert_eq!(alarm.after(ms), (expected.0, Some(expected.1)), "{ms}");
        }
    }
}

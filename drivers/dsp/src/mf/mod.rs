//! Multi-frequency signals between registers: signalling system R2 (ITU-T Q.441, Q.454, Q.455).

mod generator;
mod receiver;

pub use generator::MfGenerator;
pub use receiver::{MfEvent, MfReceiver};

/// Which of the two sets of six frequencies (Q.441, table 5).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MfDirection {
    /// From the calling side: 1380–1980 Hz.
    Forward,
    /// From the called side: 1140–540 Hz.
    Backward,
}

impl MfDirection {
    /// The six frequencies in hertz, 120 Hz apart, in the order in which Q.441 numbers them.
    pub const fn frequencies_hz(self) -> [u16; 6] {
        match self {
            MfDirection::Forward => [1380, 1500, 1620, 1740, 1860, 1980],
            MfDirection::Backward => [1140, 1020, 900, 780, 660, 540],
        }
    }
}

/// One of the fifteen signals of either direction: two frequencies of six.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MfSignal(u8);

impl MfSignal {
    /// How many there are.
    pub const COUNT: u8 = 15;

    /// The signal of this number, 1–15.
    pub const fn new(number: u8) -> Option<Self> {
        if number >= 1 && number <= Self::COUNT { Some(MfSignal(number)) } else { None }
    }

    /// Its number, 1–15.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// The places of its two frequencies in [`MfDirection::frequencies_hz`], lower first: all pairs
    /// are numbered in the order of their higher place.
    pub(crate) fn places(self) -> [usize; 2] {
        let mut low = usize::from(self.0) - 1;
        let mut high = 1;
        while low >= high {
            low -= high;
            high += 1;
        }
        [low, high]
    }

    /// The signal made of the frequencies of these two places, which differ and are below 6.
    pub(crate) fn from_places(one: usize, other: usize) -> Option<Self> {
        let (low, high) = (one.min(other), one.max(other));
        if low == high || high > 5 {
            return None;
        }
        u8::try_from(high * (high - 1) / 2 + low + 1).ok().and_then(Self::new)
    }
}

impl core::fmt::Debug for MfSignal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl core::fmt::Display for MfSignal {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_and_pairs_of_frequencies_are_each_others_inverse() {
        for number in 1..=15 {
            let signal = MfSignal::new(number).unwrap();
            let [low, high] = signal.places();
            assert_eq!(MfSignal::from_places(low, high), Some(signal));
            assert_eq!(MfSignal::from_places(high, low), Some(signal));
        }
        assert_eq!((MfSignal::new(0), MfSignal::new(16)), (None, None));
        assert_eq!(MfSignal::from_places(3, 3), None);
    }

    #[test]
    fn frequencies_are_those_of_q441() {
        let pair = |direction: MfDirection, number| {
            let [low, high] = MfSignal::new(number).unwrap().places();
            let hz = direction.frequencies_hz();
            [hz[low], hz[high]]
        };
        assert_eq!(pair(MfDirection::Forward, 1), [1380, 1500]);
        assert_eq!(pair(MfDirection::Forward, 5), [1500, 1740]);
        assert_eq!(pair(MfDirection::Forward, 10), [1740, 1860]);
        assert_eq!(pair(MfDirection::Forward, 15), [1860, 1980]);
        assert_eq!(pair(MfDirection::Backward, 1), [1140, 1020]);
        assert_eq!(pair(MfDirection::Backward, 3), [1020, 900]);
        assert_eq!(pair(MfDirection::Backward, 7), [1140, 660]);
        assert_eq!(pair(MfDirection::Backward, 13), [900, 540]);
    }
}

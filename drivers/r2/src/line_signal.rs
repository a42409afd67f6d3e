//! The persistence check of line signals (Q.424, clause 2.1.3): bits become a signal only when
//! they have stayed for some time, since a bit error in timeslot 16 looks like one.

use tipring_clock::{Duration, Instant};

/// Bits A and B of a nibble as received, A as bit 1 and B as bit 0. Bits C and D mean nothing.
pub(crate) const fn line_bits(abcd: u8) -> u8 {
    abcd >> 2 & 3
}

/// Which bits hold, and which might.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Persistence {
    time: Duration,
    /// What counts; `None` until anything has stayed.
    held: Option<u8>,
    candidate: Option<(u8, Instant)>,
}

impl Persistence {
    pub(crate) fn new(time: Duration) -> Self {
        Persistence { time, held: None, candidate: None }
    }

    /// Takes bits as received.
    pub(crate) fn on_bits(&mut self, now: Instant, ab: u8) {
        self.candidate = match self.candidate {
            _ if self.held == Some(ab) => None,
            Some((waiting, since)) if waiting == ab => Some((waiting, since)),
            _ => Some((ab, now)),
        };
    }

    /// The signal that has stayed for long enough now, once.
    pub(crate) fn poll(&mut self, now: Instant) -> Option<u8> {
        let (ab, since) = self.candidate?;
        if now.saturating_since(since) < self.time {
            return None;
        }
        self.candidate = None;
        self.held = Some(ab);
        Some(ab)
    }

    /// The signal that holds.
    pub(crate) fn held(&self) -> Option<u8> {
        self.held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    #[test]
    fn bits_are_a_signal_once_they_have_stayed() {
        let mut check = Persistence::new(Duration::from_millis(20));
        check.on_bits(at(0), 2);
        assert_eq!(check.poll(at(10)), None);
        assert_eq!(check.poll(at(20)), Some(2));
        assert_eq!(check.poll(at(40)), None);
        assert_eq!(check.held(), Some(2));
    }

    #[test]
    fn what_goes_back_in_time_was_no_signal() {
        let mut check = Persistence::new(Duration::from_millis(40));
        check.on_bits(at(0), 2);
        assert_eq!(check.poll(at(40)), Some(2));
        check.on_bits(at(60), 0);
        assert_eq!(check.poll(at(80)), None);
        check.on_bits(at(80), 2);
        assert_eq!(check.poll(at(200)), None);
        // The time counts from the last change.
        check.on_bits(at(200), 0);
        check.on_bits(at(220), 3);
        check.on_bits(at(240), 3);
        assert_eq!(check.poll(at(240)), None);
        assert_eq!(check.poll(at(260)), Some(3));
    }

    #[test]
    fn only_bits_a_and_b_count() {
        assert_eq!(line_bits(0b1001), 0b10);
        assert_eq!(line_bits(0b1011), 0b10);
        assert_eq!(line_bits(0b0111), 0b01);
        assert_eq!(line_bits(0xFC), 0b11);
    }
}

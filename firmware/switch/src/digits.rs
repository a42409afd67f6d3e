//! One key, one digit: phones that send a key both as an event and as a tone are heard once.

use tipring_clock::{Duration, Instant};
use tipring_line::{Digit, DigitSource};

/// A key heard in the audio and told by an event within this time is one key. Events are sent
/// over 40 ms and more, and repeated; a person does not press one key twice in so short a time.
const SAME_KEY: Duration = Duration::from_millis(300);

/// Drops what a leg says twice.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DigitFilter {
    /// Events have come: tones in the audio are their echo from now on (RFC 4733, section 2.6.3).
    out_of_band: bool,
    last: Option<(Digit, DigitSource, Instant)>,
}

impl DigitFilter {
    /// Whether this is a key of its own.
    pub(crate) fn accept(&mut self, now: Instant, digit: Digit, source: DigitSource) -> bool {
        if source == DigitSource::InBand && self.out_of_band {
            return false;
        }
        let told_twice = self.last.is_some_and(|(d, s, at)| {
            d == digit && s != source && now.saturating_since(at) < SAME_KEY
        });
        self.out_of_band |= matches!(source, DigitSource::Rfc4733 | DigitSource::SipInfo);
        if !told_twice {
            self.last = Some((digit, source, now));
        }
        !told_twice
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_told_twice_counts_once() {
        let mut filter = DigitFilter::default();
        let one = Digit::from_char('1').unwrap();
        let at = Instant::from_millis;
        assert!(filter.accept(at(0), one, DigitSource::InBand));
        assert!(!filter.accept(at(60), one, DigitSource::Rfc4733));
        assert!(!filter.accept(at(2000), one, DigitSource::InBand));
        assert!(filter.accept(at(2010), one, DigitSource::Rfc4733));
        assert!(filter.accept(at(2100), one, DigitSource::Rfc4733));
        assert!(!filter.accept(at(2120), one, DigitSource::SipInfo));
    }
}

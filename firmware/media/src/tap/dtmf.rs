//! Keys heard on a leg: in the audio, and as one report where they come in two ways.

use tipring_clock::{Duration, Instant};
use tipring_dsp::{DtmfDetector, DtmfEvent, g711};
use tipring_line::{Digit, DigitSource, FRAME_SAMPLES, Law};

/// Listens for DTMF in a leg's audio.
pub(crate) struct DtmfTap {
    detector: DtmfDetector,
}

impl DtmfTap {
    pub(crate) fn new() -> Self {
        DtmfTap { detector: DtmfDetector::new() }
    }

    /// Listens to a packet's codes.
    pub(crate) fn rx(&mut self, law: Law, codes: &[u8]) {
        let mut samples = [0; FRAME_SAMPLES];
        for part in codes.chunks(FRAME_SAMPLES) {
            let count = g711::decode(law, part, &mut samples);
            self.detector.rx(&samples[..count]);
        }
    }

    /// Listens to samples.
    pub(crate) fn rx_linear(&mut self, samples: &[i16]) {
        self.detector.rx(samples);
    }

    /// The next key that has begun.
    pub(crate) fn poll(&mut self) -> Option<Digit> {
        loop {
            match self.detector.poll()? {
                DtmfEvent::Start(digit) => return Some(digit),
                DtmfEvent::End { .. } => {}
            }
        }
    }
}

/// How far apart the two reports of one key may be.
const PAIR: Duration = Duration::from_millis(300);

/// Lets each key through once although a gateway may send it both as event and in the audio.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct DigitFilter {
    /// A report whose twin from the other source has not come.
    unpaired: Option<(Digit, DigitSource, Instant)>,
}

impl DigitFilter {
    /// Whether this report is a key of its own.
    pub(crate) fn accept(&mut self, now: Instant, digit: Digit, source: DigitSource) -> bool {
        if let Some((before, other, at)) = self.unpaired
            && before == digit
            && other != source
            && now - at < PAIR
        {
            self.unpaired = None;
            return false;
        }
        self.unpaired = Some((digit, source, now));
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_sent_both_ways_is_told_once_and_keys_in_a_row_are_all_told() {
        let five = Digit::from_char('5').unwrap();
        let mut filter = DigitFilter::default();
        let mut told = 0;
        for press in 0..5u64 {
            let at = press * 140;
            // Sometimes the audio is recognised first.
            let (first, second) = if press % 2 == 0 {
                (DigitSource::Rfc4733, DigitSource::InBand)
            } else {
                (DigitSource::InBand, DigitSource::Rfc4733)
            };
            told += u32::from(filter.accept(Instant::from_millis(at), five, first));
            told += u32::from(filter.accept(Instant::from_millis(at + 35), five, second));
        }
        assert_eq!(told, 5);
    }

    #[test]
    fn keys_of_one_source_are_never_merged() {
        let one = Digit::from_char('1').unwrap();
        let mut filter = DigitFilter::default();
        for at in [0, 100, 200] {
            assert!(filter.accept(Instant::from_millis(at), one, DigitSource::InBand));
        }
    }
}

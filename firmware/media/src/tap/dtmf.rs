//! Keys heard on a leg: in the audio, and as one report where they come in two ways.

use tipring_clock::{Duration, Instant};
use tipring_dsp::{DtmfDetector, DtmfEvent, g711};
use tipring_line::{Digit, DigitSource, FRAME_SAMPLES, Law};

use super::screen::{self, BLOCK, Block};

/// How long the detector goes on listening after the last suspicion, in blocks: 60 ms, so that it
/// sees the end of the digit.
const HOLD: u8 = 6;

/// Listens for DTMF in a leg's audio.
pub(crate) struct DtmfTap {
    detector: DtmfDetector,
    /// Samples that do not make a block yet.
    partial: Block,
    partial_count: usize,
    /// The two blocks before, oldest first: a digit may have begun in them.
    before: [Block; 2],
    /// Blocks for which the detector still listens.
    listen: u8,
}

impl DtmfTap {
    pub(crate) fn new() -> Self {
        screen::prepare();
        DtmfTap {
            detector: DtmfDetector::new(),
            partial: [0; BLOCK],
            partial_count: 0,
            before: [[0; BLOCK]; 2],
            listen: 0,
        }
    }

    /// Listens to a packet's codes.
    pub(crate) fn rx(&mut self, law: Law, codes: &[u8]) {
        let mut samples = [0; FRAME_SAMPLES];
        for part in codes.chunks(FRAME_SAMPLES) {
            let count = g711::decode(law, part, &mut samples);
            self.rx_linear(&samples[..count]);
        }
    }

    /// Listens to samples.
    pub(crate) fn rx_linear(&mut self, mut samples: &[i16]) {
        while !samples.is_empty() {
            let take = samples.len().min(BLOCK - self.partial_count);
            let (now, later) = samples.split_at(take);
            self.partial[self.partial_count..self.partial_count + take].copy_from_slice(now);
            self.partial_count += take;
            samples = later;
            if self.partial_count == BLOCK {
                self.partial_count = 0;
                self.block();
            }
        }
    }

    fn block(&mut self) {
        if screen::may_be_digit(&self.partial) {
            if self.listen == 0 {
                self.detector.rx(self.before.as_flattened());
            }
            self.listen = HOLD;
        }
        if self.listen > 0 {
            self.listen -= 1;
            self.detector.rx(&self.partial);
        }
        self.before = [self.before[1], self.partial];
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
    use rand::rngs::SmallRng;
    use rand::seq::IndexedRandom;
    use rand::{Rng, SeedableRng};
    use tipring_dsp::{DtmfGenerator, DtmfLevels, DtmfTiming};

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

    /// What the tap hears, and what the detector alone hears.
    fn both(samples: &[i16], packet: usize) -> (String, String) {
        let mut tap = DtmfTap::new();
        let mut detector = DtmfDetector::new();
        let (mut tapped, mut detected) = (String::new(), String::new());
        for part in samples.chunks(packet) {
            tap.rx_linear(part);
            tapped.extend(std::iter::from_fn(|| tap.poll()).map(Digit::as_char));
            detector.rx(part);
            while let Some(event) = detector.poll() {
                if let DtmfEvent::Start(digit) = event {
                    detected.push(digit.as_char());
                }
            }
        }
        (tapped, detected)
    }

    fn digits(levels: DtmfLevels, timing: DtmfTiming, rng: &mut SmallRng) -> Vec<i16> {
        let mut generator = DtmfGenerator::with(levels, timing);
        let mut samples = vec![0; rng.random_range(0..200)];
        for event in 0..16 {
            generator.push(Digit::from_event(event).unwrap());
        }
        let mut frame = [0; 160];
        while !generator.is_idle() {
            let count = generator.tx(&mut frame);
            samples.extend(&frame[..count]);
        }
        samples.extend([0; 800]);
        samples
    }

    #[test]
    fn the_screen_lets_every_digit_of_the_detector_through() {
        let mut rng = SmallRng::seed_from_u64(7);
        let mut heard = 0;
        for _ in 0..300 {
            let low_dbm0 = rng.random_range(-30.0..-4.0);
            let levels = DtmfLevels { low_dbm0, high_dbm0: low_dbm0 + rng.random_range(-6.5..3.0) };
            let timing =
                DtmfTiming { on_ms: rng.random_range(40..120), off_ms: rng.random_range(40..100) };
            let mut samples = digits(levels, timing, &mut rng);
            // 15 dB below the weaker tone, as no line worse than that is built for.
            let noise = (22_500.0 * 10f32.powf((low_dbm0 - 6.5 - 15.0) / 20.0)) as i16 + 1;
            let noise = rng.random_range(0..=noise);
            samples
                .iter_mut()
                .for_each(|s| *s = s.saturating_add(rng.random_range(-noise..=noise)));
            let packet = *[80, 160, 240, 77].choose(&mut rng).unwrap();
            let (tapped, detected) = both(&samples, packet);
            // At the detector's own limits its blocks' phase decides, so the ranges stay within.
            assert_eq!(tapped, detected, "{levels:?} {timing:?} noise {noise}");
            heard += tapped.len();
        }
        assert!(heard > 2000, "too few digits to tell: {heard}");
    }

    #[test]
    fn the_screen_adds_no_digit_to_noise_and_hum() {
        let mut rng = SmallRng::seed_from_u64(8);
        for amplitude in [300, 3000, 20_000] {
            let mut smooth = 0i32;
            let samples: Vec<i16> = (0..80_000)
                .map(|_| {
                    smooth = (smooth * 7 + rng.random_range(-amplitude..=amplitude)) / 8;
                    (smooth * 2).clamp(-32_000, 32_000) as i16
                })
                .collect();
            let (tapped, detected) = both(&samples, 160);
            assert_eq!((tapped, detected), (String::new(), String::new()));
        }
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

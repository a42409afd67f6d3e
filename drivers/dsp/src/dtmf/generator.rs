//! The DTMF generator.

use tipring_line::Digit;

use super::keypad::frequencies;
use crate::level::dbm0_to_peak;
use crate::oscillator::{Oscillator, to_sample};
use crate::queue::Queue;

/// Levels of the two groups. The high group is sent 2 dB stronger because lines lose more of it
/// (GB/T 15279: 2 ± 1 dB).
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct DtmfLevels {
    /// Low group, 697–941 Hz, in dBm0.
    pub low_dbm0: f32,
    /// High group, 1209–1633 Hz, in dBm0.
    pub high_dbm0: f32,
}

impl Default for DtmfLevels {
    fn default() -> Self {
        DtmfLevels { low_dbm0: -10.0, high_dbm0: -8.0 }
    }
}

/// How long a digit sounds, and the pause after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DtmfTiming {
    /// Tone, in milliseconds. Receivers need 40 (Q.24); 0 is taken as 1.
    pub on_ms: u16,
    /// Pause, in milliseconds.
    pub off_ms: u16,
}

impl Default for DtmfTiming {
    fn default() -> Self {
        DtmfTiming { on_ms: 100, off_ms: 100 }
    }
}

/// Sends digits one after the other.
#[derive(Clone, Debug)]
pub struct DtmfGenerator {
    levels: DtmfLevels,
    timing: DtmfTiming,
    waiting: Queue<Digit, 32>,
    voices: Option<[Oscillator; 2]>,
    on_left: u32,
    off_left: u32,
}

impl DtmfGenerator {
    /// A generator at −10/−8 dBm0, 100 ms on, 100 ms off.
    pub fn new() -> Self {
        Self::with(DtmfLevels::default(), DtmfTiming::default())
    }

    /// A generator with these levels and times.
    pub fn with(levels: DtmfLevels, timing: DtmfTiming) -> Self {
        DtmfGenerator {
            levels,
            timing,
            waiting: Queue::new(),
            voices: None,
            on_left: 0,
            off_left: 0,
        }
    }

    /// Queues a digit; `false` if 32 wait already and it was dropped.
    pub fn push(&mut self, digit: Digit) -> bool {
        let room = !self.waiting.is_full();
        if room {
            self.waiting.push(digit);
        }
        room
    }

    /// Whether everything queued has been sent, the last pause included.
    pub fn is_idle(&self) -> bool {
        self.on_left == 0 && self.off_left == 0 && self.waiting.is_empty()
    }

    /// Forgets what is queued and falls silent.
    pub fn stop(&mut self) {
        self.waiting.clear();
        self.on_left = 0;
        self.off_left = 0;
    }

    /// Fills `samples` with tones and pauses; returns how many were written, fewer than all when
    /// the queue runs dry.
    pub fn tx(&mut self, samples: &mut [i16]) -> usize {
        let mut written = 0;
        while written < samples.len() {
            let rest = &mut samples[written..];
            if self.on_left > 0 {
                let n = rest.len().min(self.on_left as usize);
                self.sound(&mut rest[..n]);
                self.on_left -= n as u32;
                written += n;
            } else if self.off_left > 0 {
                let n = rest.len().min(self.off_left as usize);
                rest[..n].fill(0);
                self.off_left -= n as u32;
                written += n;
            } else if let Some(digit) = self.waiting.pop() {
                self.begin(digit);
            } else {
                break;
            }
        }
        written
    }

    fn begin(&mut self, digit: Digit) {
        let (low, high) = frequencies(digit);
        self.voices = Some([
            Oscillator::new(low, dbm0_to_peak(self.levels.low_dbm0)),
            Oscillator::new(high, dbm0_to_peak(self.levels.high_dbm0)),
        ]);
        self.on_left = u32::from(self.timing.on_ms.max(1)) * 8;
        self.off_left = u32::from(self.timing.off_ms) * 8;
    }

    fn sound(&mut self, samples: &mut [i16]) {
        let Some([low, high]) = &mut self.voices else {
            samples.fill(0);
            return;
        };
        samples.iter_mut().for_each(|s| *s = to_sample(low.next() + high.next()));
        low.renormalise();
        high.renormalise();
    }
}

impl Default for DtmfGenerator {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::LevelMeter;

    #[test]
    fn levels_and_times_are_as_set() {
        let levels = DtmfLevels { low_dbm0: -13.0, high_dbm0: -13.0 };
        let mut generator = DtmfGenerator::with(levels, DtmfTiming { on_ms: 70, off_ms: 50 });
        generator.push(Digit::from_char('1').unwrap());
        let mut samples = [7i16; 2000];
        assert_eq!(generator.tx(&mut samples), 120 * 8);
        assert!(generator.is_idle());
        let mut meter = LevelMeter::new();
        meter.rx(&samples[..70 * 8]);
        assert!((meter.take().dbm0 + 10.0).abs() < 0.3);
        assert!(samples[70 * 8..120 * 8].iter().all(|&s| s == 0));
        assert_eq!(samples[120 * 8], 7);
    }

    #[test]
    fn the_queue_is_bounded() {
        let mut generator = DtmfGenerator::new();
        let digit = Digit::from_char('7').unwrap();
        for _ in 0..32 {
            assert!(generator.push(digit));
        }
        assert!(!generator.push(digit));
        generator.stop();
        assert!(generator.is_idle());
    }
}

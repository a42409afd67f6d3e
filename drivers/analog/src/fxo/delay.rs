//! What was sent, as late as its echo can come back at the earliest.

use tipring_line::Frame;

/// The longest delay, in samples: half a second.
const SAMPLES_MAX: usize = 4000;

/// Delays frames by a fixed number of samples.
#[derive(Debug)]
pub(super) struct Delay {
    waiting: Box<[i16]>,
    at: usize,
}

impl Delay {
    /// A delay of so many samples, at most half a second. Allocates; nothing afterwards does.
    pub(super) fn new(samples: usize) -> Self {
        Delay { waiting: vec![0; samples.min(SAMPLES_MAX)].into(), at: 0 }
    }

    /// Takes what was sent now and gives what was sent before.
    pub(super) fn frame(&mut self, sent: &Frame) -> Frame {
        let mut late = *sent;
        if self.waiting.is_empty() {
            return late;
        }
        for sample in &mut late {
            core::mem::swap(sample, &mut self.waiting[self.at]);
            self.at = (self.at + 1) % self.waiting.len();
        }
        late
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_line::FRAME_SAMPLES;

    #[test]
    fn every_sample_comes_so_much_later() {
        for samples in [0, 1, 160, 333, 5000] {
            let mut delay = Delay::new(samples);
            let held = samples.min(SAMPLES_MAX);
            let mut out = Vec::new();
            for n in 0..60 {
                let frame = core::array::from_fn(|i| (n * FRAME_SAMPLES + i + 1) as i16);
                out.extend(delay.frame(&frame));
            }
            assert!(out[..held].iter().all(|s| *s == 0), "{samples}");
            let expected = (1..).take(out.len() - held);
            assert!(out[held..].iter().copied().eq(expected), "{samples}");
        }
    }
}

//! What a two-to-four-wire hybrid lets back: an echo path as a finite impulse response.

use arrayvec::ArrayVec;
use tipring_line::Frame;

/// An echo path: taps at 8 kHz, the first for the sample just sent.
#[derive(Clone, PartialEq, Debug)]
pub struct EchoPath {
    taps: ArrayVec<f32, { EchoPath::TAPS_MAX }>,
}

impl EchoPath {
    /// The longest path: 16 ms.
    pub const TAPS_MAX: usize = 128;

    /// No echo at all.
    pub fn none() -> Self {
        EchoPath { taps: ArrayVec::new() }
    }

    /// These taps; what is beyond 128 is left out.
    pub fn from_taps(taps: &[f32]) -> Self {
        EchoPath { taps: taps.iter().copied().take(Self::TAPS_MAX).collect() }
    }

    /// A hybrid on a subscriber's loop: half a millisecond of delay, then a decaying oscillation
    /// of some 4 ms, whose energy gives this echo return loss in dB.
    pub fn hybrid(return_loss_db: f32) -> Self {
        let shape = |n: usize| {
            let t = n as f32;
            (t * 0.9).cos() * (-t / 9.0).exp() * if n.is_multiple_of(2) { 1.0 } else { -0.6 }
        };
        let mut taps: ArrayVec<f32, { Self::TAPS_MAX }> = ArrayVec::new();
        taps.extend([0.0; 4]);
        taps.extend((0..32).map(shape));
        let energy: f32 = taps.iter().map(|t| t * t).sum();
        let gain = (10f32.powf(-return_loss_db / 10.0) / energy).sqrt();
        taps.iter_mut().for_each(|t| *t *= gain);
        EchoPath { taps }
    }

    /// The taps.
    pub fn taps(&self) -> &[f32] {
        &self.taps
    }
}

/// An echo path with the memory of what was sent.
#[derive(Clone, Debug)]
pub(crate) struct Echo {
    path: EchoPath,
    /// The latest samples sent, oldest first.
    sent: [f32; EchoPath::TAPS_MAX],
}

impl Echo {
    pub(crate) fn new(path: EchoPath) -> Self {
        Echo { path, sent: [0.0; EchoPath::TAPS_MAX] }
    }

    /// Adds the echo of `sent` to `into`.
    pub(crate) fn add(&mut self, sent: &Frame, into: &mut [f32; tipring_line::FRAME_SAMPLES]) {
        const MEMORY: usize = EchoPath::TAPS_MAX;
        let mut all = [0.0f32; MEMORY + tipring_line::FRAME_SAMPLES];
        all[..MEMORY].copy_from_slice(&self.sent);
        all[MEMORY..].iter_mut().zip(sent).for_each(|(a, s)| *a = f32::from(*s));
        for (delay, tap) in self.path.taps.iter().enumerate() {
            let delayed = &all[MEMORY - delay..];
            into.iter_mut().zip(delayed).for_each(|(out, sample)| *out += tap * sample);
        }
        self.sent.copy_from_slice(&all[tipring_line::FRAME_SAMPLES..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hybrid_has_the_loss_asked_for() {
        let mut echo = Echo::new(EchoPath::hybrid(12.0));
        let mut impulse = [0i16; 160];
        impulse[0] = 10_000;
        let mut heard = [0.0; 160];
        echo.add(&impulse, &mut heard);
        let energy: f32 = heard.iter().map(|h| (h / 10_000.0).powi(2)).sum();
        assert!((10.0 * energy.log10() + 12.0).abs() < 0.1);
    }

    #[test]
    fn echo_crosses_frames() {
        let mut echo = Echo::new(EchoPath::from_taps(&[0.0, 0.0, 0.5]));
        let mut sent = [0i16; 160];
        sent[159] = 1000;
        let mut heard = [0.0; 160];
        echo.add(&sent, &mut heard);
        assert!(heard.iter().all(|h| *h == 0.0));
        echo.add(&[0; 160], &mut heard);
        assert_eq!(heard[1], 500.0);
    }
}

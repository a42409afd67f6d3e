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
        let mut path = EchoPath { taps: (0..36).map(Self::hybrid_tap).collect() };
        path.scale(return_loss_db);
        path
    }

    fn hybrid_tap(n: usize) -> f32 {
        let Some(n) = n.checked_sub(4).filter(|n| *n < 32) else { return 0.0 };
        let t = n as f32;
        (t * 0.9).cos() * (-t / 9.0).exp() * if n.is_multiple_of(2) { 1.0 } else { -0.6 }
    }

    /// Gives the path this echo return loss.
    fn scale(&mut self, return_loss_db: f32) {
        let energy: f32 = self.taps.iter().map(|t| t * t).sum();
        let gain = (10f32.powf(-return_loss_db / 10.0) / energy).sqrt();
        self.taps.iter_mut().for_each(|t| *t *= gain);
        // What is too weak to be heard need not be worked on.
        while self.taps.last().is_some_and(|t| t.abs() < 1e-5) {
            self.taps.pop();
        }
    }

    /// How many kinds of path [`EchoPath::nth`] knows.
    pub const KINDS: usize = 6;

    /// One of six kinds of path with this echo return loss in dB: a subscriber's hybrid, a nearly
    /// balanced one that lets back an early spike, a long loaded loop, one that lets back low
    /// frequencies, two hybrids one behind the other, and a far hybrid 9 ms away. `kind` is taken
    /// modulo [`KINDS`](Self::KINDS).
    pub fn nth(kind: usize, return_loss_db: f32) -> Self {
        let decay = |n: usize, samples: f32| (-(n as f32) / samples).exp();
        let ring = |n: usize, turn: f32| (n as f32 * turn).cos();
        let shape = |n: usize| match kind % Self::KINDS {
            0 => Self::hybrid_tap(n),
            1 => {
                if n == 2 {
                    1.0
                } else {
                    0.1 * decay(n, 4.0) * ring(n, 2.0)
                }
            }
            2 => decay(n, 24.0) * ring(n, 0.35),
            3 => decay(n, 12.0),
            4 => Self::hybrid_tap(n) + if n >= 40 { 0.5 * Self::hybrid_tap(n - 40) } else { 0.0 },
            _ => {
                if n >= 72 {
                    Self::hybrid_tap(n - 72)
                } else {
                    0.0
                }
            }
        };
        let mut path = EchoPath { taps: (0..Self::TAPS_MAX).map(shape).collect() };
        path.scale(return_loss_db);
        path
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
    fn every_hybrid_has_the_loss_asked_for() {
        let paths = (0..EchoPath::KINDS).map(|kind| EchoPath::nth(kind, 12.0));
        for path in paths.chain([EchoPath::hybrid(12.0)]) {
            let mut echo = Echo::new(path.clone());
            let mut impulse = [0i16; 160];
            impulse[0] = 10_000;
            let mut heard = [0.0; 160];
            echo.add(&impulse, &mut heard);
            let energy: f32 = heard.iter().map(|h| (h / 10_000.0).powi(2)).sum();
            assert!((10.0 * energy.log10() + 12.0).abs() < 0.1, "{path:?}");
        }
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

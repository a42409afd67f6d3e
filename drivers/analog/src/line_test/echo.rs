//! Echo return loss by a test signal of sixteen tones.
//!
//! The tones stand 200 Hz apart from 350 to 3350 Hz, so that each frame of 20 ms holds whole
//! periods of all of them: the same frame is sent over and over, and what comes back at each
//! frequency is the echo whatever its delay, with noise and the exchange's tones (multiples of
//! 50 Hz too) averaged out. None of them is a signalling frequency (2100 Hz disables cancellers).

use arrayvec::ArrayVec;
use tipring_dsp::dbm0_to_peak;
use tipring_line::{FRAME_SAMPLES, Frame, SAMPLE_RATE_HZ, SILENCE};

const TONES: usize = 16;
/// The frequency of which all are multiples.
const BASE_HZ: usize = SAMPLE_RATE_HZ as usize / FRAME_SAMPLES;
/// Level of the whole, in dBm0: as loud as speech, and 3 dB below what modems may send.
const LEVEL_DBM0: f32 = -13.0;
/// Where nothing comes back the loss is at least this, in dB.
const LOSS_MAX_DB: f32 = 60.0;
/// The bands' upper ends, as numbers of tones: 800, 2000 and 3400 Hz.
const BAND_ENDS: [usize; 3] = [3, 9, TONES];

/// Echo return loss, in dB: how much weaker what comes back is than what was sent.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct EchoReading {
    /// The number of the balance it was measured with; `None` where there is no choice.
    pub balance: Option<u8>,
    /// Over the whole band, 300–3400 Hz.
    pub loss_db: f32,
    /// Over 300–800, 800–2000 and 2000–3400 Hz.
    pub bands_db: [f32; 3],
}

/// Sends the test signal and measures what comes back.
#[derive(Clone, Debug)]
pub(super) struct EchoProbe {
    signal: Frame,
    peak: f32,
    /// cos and sin of 2πn/160.
    turns: [(f32, f32); FRAME_SAMPLES],
    sums: [(f32, f32); TONES],
    frames: u16,
}

/// The tone's frequency as a multiple of the base.
const fn harmonic(tone: usize) -> usize {
    (350 + 200 * tone) / BASE_HZ
}

impl EchoProbe {
    pub(super) fn new() -> Self {
        let peak = dbm0_to_peak(LEVEL_DBM0) / (TONES as f32).sqrt();
        let turns = core::array::from_fn(|n| {
            let (sin, cos) = (core::f32::consts::TAU * n as f32 / FRAME_SAMPLES as f32).sin_cos();
            (cos, sin)
        });
        let mut signal = SILENCE;
        for (n, sample) in signal.iter_mut().enumerate() {
            let value = |tone: usize| {
                let turn = (harmonic(tone) * n) as f32 / FRAME_SAMPLES as f32;
                // Phases by Newman's rule keep the peaks low.
                let phase = 0.5 * (tone * tone) as f32 / TONES as f32;
                peak * (core::f32::consts::TAU * (turn + phase)).cos()
            };
            *sample = (0..TONES).map(value).sum::<f32>().round() as i16;
        }
        EchoProbe { signal, peak, turns, sums: [(0.0, 0.0); TONES], frames: 0 }
    }

    /// The frame to send, again and again.
    pub(super) fn signal(&self) -> &Frame {
        &self.signal
    }

    /// Takes up a frame that came back while the signal was being sent.
    pub(super) fn rx(&mut self, heard: &Frame) {
        for (tone, sum) in self.sums.iter_mut().enumerate() {
            for (n, &sample) in heard.iter().enumerate() {
                let (cos, sin) = self.turns[harmonic(tone) * n % FRAME_SAMPLES];
                sum.0 += cos * f32::from(sample);
                sum.1 += sin * f32::from(sample);
            }
        }
        self.frames += 1;
    }

    /// How many frames were taken up.
    pub(super) fn frames(&self) -> u16 {
        self.frames
    }

    /// The loss since the last reading; starts anew.
    pub(super) fn take(&mut self, balance: Option<u8>) -> EchoReading {
        let whole = f32::from(self.frames.max(1)) * FRAME_SAMPLES as f32 / 2.0 * self.peak;
        let gains: ArrayVec<f32, TONES> =
            self.sums.iter().map(|(re, im)| (re * re + im * im) / (whole * whole)).collect();
        self.sums = [(0.0, 0.0); TONES];
        self.frames = 0;
        let loss = |gains: &[f32]| {
            let mean = gains.iter().sum::<f32>() / gains.len() as f32;
            (-10.0 * mean.log10()).clamp(-10.0, LOSS_MAX_DB)
        };
        let mut from = 0;
        let bands_db = BAND_ENDS.map(|end| {
            let band = loss(&gains[from..end]);
            from = end;
            band
        });
        EchoReading { balance, loss_db: loss(&gains), bands_db }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tipring_dsp::LevelMeter;

    #[test]
    fn the_signal_has_its_level_and_low_peaks() {
        let mut meter = LevelMeter::new();
        meter.rx(EchoProbe::new().signal());
        let level = meter.take();
        assert!((level.dbm0 - LEVEL_DBM0).abs() < 0.1, "{level:?}");
        // Twice the peak of a sine of the same level is far from overload.
        assert!(f32::from(level.peak) < 2.0 * dbm0_to_peak(LEVEL_DBM0), "{level:?}");
    }

    #[test]
    fn a_delayed_copy_reads_as_its_loss() {
        let mut probe = EchoProbe::new();
        let signal = *probe.signal();
        for _ in 0..10 {
            let heard = core::array::from_fn(|n| signal[(n + 117) % FRAME_SAMPLES] / 4);
            probe.rx(&heard);
        }
        let reading = probe.take(Some(2));
        assert!((reading.loss_db - 12.04).abs() < 0.1, "{reading:?}");
        assert!(reading.bands_db.iter().all(|band| (band - 12.04).abs() < 0.2), "{reading:?}");
        probe.rx(&SILENCE);
        assert_eq!(probe.take(None).loss_db, LOSS_MAX_DB);
    }
}

//! Which frequencies a stretch of sound consists of, if it is a tone.

use tipring_line::SAMPLE_RATE_HZ;

use crate::fourier::Fourier;

/// The longest stretch that is looked at: half a second, which separates sidebands 8 Hz apart.
pub(super) const SAMPLES_MAX: usize = 4096;
/// The shortest that tells frequencies well enough.
pub(super) const SAMPLES_MIN: usize = 320;

const HZ_A_BIN: f32 = SAMPLE_RATE_HZ as f32 / SAMPLES_MAX as f32;
/// Mains hum below and the channel's end above do not count.
const LOWEST_HZ: f32 = 200.0;
const HIGHEST_HZ: f32 = 3600.0;
/// This part of the power lies in a tone's frequencies. Noise 13 dB down takes 5 %.
const PURITY_MIN: f32 = 0.9;
/// Of two frequencies the weaker has at least this part.
const PART_MIN: f32 = 0.1;
/// Sidebands stand this evenly about the carrier.
const EVEN_HZ: f32 = 3.0;

/// What a tone consists of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Partials {
    /// Its frequencies in Hz, the lower first; 0 for none.
    pub(super) hz: [f32; 2],
    /// The frequency that modulates the first one's amplitude, or 0.
    pub(super) am_hz: f32,
}

impl Partials {
    /// Whether both are the same tone, measured twice.
    pub(super) fn is_like(&self, other: &Partials, within_hz: f32) -> bool {
        let near = |a: f32, b: f32| (a - b).abs() <= within_hz;
        near(self.hz[0], other.hz[0])
            && near(self.hz[1], other.hz[1])
            && near(self.am_hz, other.am_hz)
    }

    /// Whether the level must be steady while it sounds.
    pub(super) fn is_single(&self) -> bool {
        self.hz[1] == 0.0 && self.am_hz == 0.0
    }
}

/// A peak of the spectrum.
#[derive(Clone, Copy, Debug)]
struct Peak {
    hz: f32,
    power: f32,
}

/// Takes sounds to pieces.
#[derive(Clone, Debug)]
pub(super) struct Analyser {
    fourier: Fourier<SAMPLES_MAX>,
    left: Box<[f32]>,
}

impl Analyser {
    pub(super) fn new() -> Self {
        Analyser { fourier: Fourier::new(), left: vec![0.0; SAMPLES_MAX / 2 + 1].into() }
    }

    /// The tone these samples are; `None` for anything else.
    pub(super) fn tone(&mut self, samples: &[i16]) -> Option<Partials> {
        if samples.len() < SAMPLES_MIN {
            return None;
        }
        let samples = &samples[samples.len().saturating_sub(SAMPLES_MAX)..];
        self.left.copy_from_slice(self.fourier.power(samples));
        self.left[..(LOWEST_HZ / HZ_A_BIN) as usize].fill(0.0);
        self.left[(HIGHEST_HZ / HZ_A_BIN) as usize..].fill(0.0);
        let total: f32 = self.left.iter().sum();
        if total <= 0.0 {
            return None;
        }
        // A Hann window's lobe reaches two bins of the unpadded transform either way.
        let reach = 5 * SAMPLES_MAX / (2 * samples.len());
        let mut peaks = [(); 3].map(|()| self.take_peak(reach));
        let sum = |n: usize| peaks[..n].iter().map(|p| p.power).sum::<f32>();
        if sum(1) >= PURITY_MIN * total {
            return Some(Partials { hz: [peaks[0].hz, 0.0], am_hz: 0.0 });
        }
        if sum(2) >= PURITY_MIN * total && peaks[1].power >= PART_MIN * sum(2) {
            let [a, b] = [peaks[0].hz, peaks[1].hz];
            return Some(Partials { hz: [a.min(b), a.max(b)], am_hz: 0.0 });
        }
        if sum(3) < PURITY_MIN * total {
            return None;
        }
        let strongest_hz = peaks[0].hz;
        peaks.sort_by(|a, b| a.hz.total_cmp(&b.hz));
        let [low, carrier, high] = peaks;
        let even = (high.hz + low.hz - 2.0 * carrier.hz).abs() <= EVEN_HZ
            && low.power.max(high.power) <= 2.0 * low.power.min(high.power);
        (even && carrier.hz == strongest_hz)
            .then(|| Partials { hz: [carrier.hz, 0.0], am_hz: (high.hz - low.hz) / 2.0 })
    }

    /// The strongest peak, which is taken out.
    fn take_peak(&mut self, reach: usize) -> Peak {
        let loudest = self.left.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
        let bin = loudest.map_or(1, |(bin, _)| bin).clamp(1, self.left.len() - 2);
        let log = |bin: usize| self.left[bin].max(f32::MIN_POSITIVE).ln();
        let (below, at, above) = (log(bin - 1), log(bin), log(bin + 1));
        let bend = below - 2.0 * at + above;
        let off = if bend < 0.0 { (0.5 * (below - above) / bend).clamp(-0.5, 0.5) } else { 0.0 };
        let lobe = bin.saturating_sub(reach)..(bin + reach + 1).min(self.left.len());
        let power = self.left[lobe.clone()].iter().sum();
        self.left[lobe].fill(0.0);
        Peak { hz: (bin as f32 + off) * HZ_A_BIN, power }
    }
}

//! Power spectra of short stretches of sound.

/// A discrete Fourier transform of `N` points, a power of two, with its memory.
#[derive(Clone, Debug)]
pub(crate) struct Fourier<const N: usize> {
    /// cos and −sin of 2πn/N.
    turns: Box<[(f32, f32)]>,
    re: Box<[f32]>,
    im: Box<[f32]>,
    power: Box<[f32]>,
}

impl<const N: usize> Fourier<N> {
    /// Makes the tables; the only place that allocates.
    pub(crate) fn new() -> Self {
        assert!(N.is_power_of_two() && N >= 4, "a power of two");
        let turn = |n| {
            let angle = core::f64::consts::TAU * n as f64 / N as f64;
            (angle.cos() as f32, -angle.sin() as f32)
        };
        Fourier {
            turns: (0..N / 2).map(turn).collect(),
            re: vec![0.0; N].into(),
            im: vec![0.0; N].into(),
            power: vec![0.0; N / 2 + 1].into(),
        }
    }

    /// The power spectrum of these samples, at most `N` of them counted, under a Hann window:
    /// bin n stands for n · 8000/N Hz, and the bins' sum is the samples' mean square, so a tone's
    /// power is the sum of the bins of its lobe, two window lengths' worth either way.
    pub(crate) fn power(&mut self, samples: &[i16]) -> &[f32] {
        let samples = &samples[..samples.len().min(N)];
        self.re.fill(0.0);
        self.im.fill(0.0);
        let step = core::f32::consts::TAU / samples.len().max(1) as f32;
        let mut window_power = 0.0f32;
        for (n, &sample) in samples.iter().enumerate() {
            let window = 0.5 - 0.5 * (step * (n as f32 + 0.5)).cos();
            self.re[n] = window * f32::from(sample);
            window_power += window * window;
        }
        self.transform();
        let scale = 2.0 / (N as f32 * window_power.max(f32::MIN_POSITIVE));
        for (bin, power) in self.power.iter_mut().enumerate() {
            *power = scale * (self.re[bin] * self.re[bin] + self.im[bin] * self.im[bin]);
        }
        // The ends have no mirror image.
        self.power[0] /= 2.0;
        self.power[N / 2] /= 2.0;
        &self.power
    }

    /// Decimation in time, in place.
    fn transform(&mut self) {
        let bits = N.trailing_zeros();
        for n in 0..N {
            let mirrored = n.reverse_bits() >> (usize::BITS - bits);
            if mirrored > n {
                self.re.swap(n, mirrored);
                self.im.swap(n, mirrored);
            }
        }
        let mut half = 1;
        while half < N {
            let stride = N / (2 * half);
            for start in (0..N).step_by(2 * half) {
                for k in 0..half {
                    let (cos, sin) = self.turns[k * stride];
                    let (a, b) = (start + k, start + k + half);
                    let re = self.re[b] * cos - self.im[b] * sin;
                    let im = self.re[b] * sin + self.im[b] * cos;
                    (self.re[b], self.im[b]) = (self.re[a] - re, self.im[a] - im);
                    self.re[a] += re;
                    self.im[a] += im;
                }
            }
            half *= 2;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_add_up_to_the_mean_square_and_stand_where_the_tone_is() {
        let mut fourier = Fourier::<1024>::new();
        let sine = |n: usize| (core::f32::consts::TAU * 1000.0 / 8000.0 * n as f32).sin();
        let samples: Vec<i16> = (0..800).map(|n| (10_000.0 * sine(n)) as i16).collect();
        let power = fourier.power(&samples);
        let sum: f32 = power.iter().sum();
        assert!((sum / 5e7 - 1.0).abs() < 0.01, "{sum}");
        let lobe: f32 = power[128 - 3..=128 + 3].iter().sum();
        assert!(lobe > 0.99 * sum);
    }

    #[test]
    fn no_samples_are_silence() {
        assert!(Fourier::<64>::new().power(&[]).iter().all(|p| *p == 0.0));
    }
}

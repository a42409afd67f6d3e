//! A sine by rotation of a unit vector.

use tipring_line::SAMPLE_RATE_HZ;

/// A sine of one frequency and amplitude whose phase goes on from call to call.
#[derive(Clone, Debug)]
pub(crate) struct Oscillator {
    re: f64,
    im: f64,
    step_re: f64,
    step_im: f64,
    amplitude: f64,
}

impl Oscillator {
    /// A sine that starts at a zero crossing. `peak` is on the 16-bit scale.
    pub(crate) fn new(hz: f64, peak: f32) -> Self {
        let (step_im, step_re) =
            (core::f64::consts::TAU * hz / f64::from(SAMPLE_RATE_HZ)).sin_cos();
        Oscillator { re: 1.0, im: 0.0, step_re, step_im, amplitude: f64::from(peak) }
    }

    #[inline]
    pub(crate) fn next(&mut self) -> f64 {
        let value = self.im * self.amplitude;
        let re = self.re * self.step_re - self.im * self.step_im;
        self.im = self.re * self.step_im + self.im * self.step_re;
        self.re = re;
        value
    }

    /// Takes out the rounding errors of many rotations; to be called once a frame or so.
    pub(crate) fn renormalise(&mut self) {
        // One step of Newton's iteration for 1/√x near 1.
        let gain = 1.5 - 0.5 * (self.re * self.re + self.im * self.im);
        self.re *= gain;
        self.im *= gain;
    }
}

/// Rounds to the nearest sample value, saturating.
#[inline]
pub(crate) fn to_sample(value: f64) -> i16 {
    // `as` saturates on floats.
    value.round_ties_even() as i16
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_frequency_and_amplitude_for_an_hour() {
        let mut osc = Oscillator::new(450.0, 1000.0);
        let mut peak = 0.0f64;
        for n in 0..3600 * 50 {
            for _ in 0..160 {
                let v = osc.next();
                if n == 3600 * 50 - 1 {
                    peak = peak.max(v.abs());
                }
            }
            osc.renormalise();
        }
        assert!((999.0..1000.01).contains(&peak), "{peak}");
        // A whole number of periods has passed: the phase is at its start.
        assert!(osc.im.abs() < 1e-4, "{}", osc.im);
    }
}

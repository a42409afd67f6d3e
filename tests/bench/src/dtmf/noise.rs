//! White noise between 300 and 3400 Hz.

use std::f64::consts::{PI, TAU};

use rand::Rng;
use rand::rngs::SmallRng;

/// Where the noise begins and ends, in hertz.
const BAND_HZ: [f64; 2] = [300.0, 3400.0];
const RATE: f64 = 8000.0;
/// Taps of the band-pass: its edges are 60 Hz wide.
const TAPS: usize = 255;

/// A source of noise of an RMS value of 1.
pub(super) struct Noise {
    taps: Vec<f64>,
    white: [f64; TAPS],
    place: usize,
}

impl Noise {
    pub(super) fn new() -> Self {
        let mut taps: Vec<f64> = (0..TAPS)
            .map(|i| {
                let x = i as f64 - (TAPS / 2) as f64;
                let [from, to] = BAND_HZ.map(|hz| low_pass(hz / RATE, x));
                let hann = 0.5 + 0.5 * (TAU * x / (TAPS + 1) as f64).cos();
                (to - from) * hann
            })
            .collect();
        let power: f64 = taps.iter().map(|tap| tap * tap).sum();
        taps.iter_mut().for_each(|tap| *tap /= power.sqrt());
        Noise { taps, white: [0.0; TAPS], place: 0 }
    }

    pub(super) fn next(&mut self, random: &mut SmallRng) -> f64 {
        self.white[self.place] = gauss(random);
        self.place = (self.place + 1) % TAPS;
        let (newer, older) = self.white.split_at(self.place);
        let in_order = older.iter().chain(newer);
        self.taps.iter().zip(in_order).map(|(tap, x)| tap * x).sum::<f64>()
    }
}

/// The ideal low-pass of an edge in cycles a sample.
fn low_pass(edge: f64, x: f64) -> f64 {
    if x == 0.0 { 2.0 * edge } else { (TAU * edge * x).sin() / (PI * x) }
}

/// A normally distributed number, by the method of Box and Muller.
fn gauss(random: &mut SmallRng) -> f64 {
    let radius = (-2.0 * random.random_range(f64::MIN_POSITIVE..1.0).ln()).sqrt();
    radius * random.random_range(0.0..TAU).cos()
}

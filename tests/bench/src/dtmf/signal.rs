//! Digits as a bad line delivers them: off in frequency, level and time, in noise, over a dial
//! tone, and all of it through A-law.

use std::f64::consts::TAU;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_dsp::{dbm0_to_peak, dbm0_to_rms, g711};
use tipring_line::Law;

use super::noise::Noise;

const LOW_HZ: [f64; 4] = [697.0, 770.0, 852.0, 941.0];
const HIGH_HZ: [f64; 4] = [1209.0, 1336.0, 1477.0, 1633.0];
/// The keys, row by row.
pub(super) const KEYS: &str = "123A456B789C*0#D";
/// Samples a second, and a millisecond.
const RATE: f64 = 8000.0;
const SAMPLES_A_MS: f64 = 8.0;

/// How a digit is sent.
#[derive(Clone, Copy)]
pub(super) struct Key {
    /// Its place in [`KEYS`].
    pub(super) index: usize,
    /// How far low and high tone are off, in per cent.
    pub(super) offset_pct: [f64; 2],
    /// Levels of low and high tone.
    pub(super) dbm0: [f32; 2],
    pub(super) on_ms: f64,
    pub(super) off_ms: f64,
    /// An interruption: from when, and how long.
    pub(super) gap_ms: Option<(f64, f64)>,
}

impl Key {
    /// 50 ms on, 50 off, −10 and −8 dBm0: what SpanDSP's own acceptance tests send.
    pub(super) fn new(index: usize) -> Self {
        let dbm0 = [-10.0, -8.0];
        Key { index, offset_pct: [0.0; 2], dbm0, on_ms: 50.0, off_ms: 50.0, gap_ms: None }
    }

    /// Every key, so.
    pub(super) fn all(shape: impl Fn(Key) -> Key) -> Vec<Key> {
        (0..16).map(|index| shape(Key::new(index))).collect()
    }

    pub(super) fn digit(&self) -> char {
        char::from(KEYS.as_bytes()[self.index])
    }

    fn hz(&self) -> [f64; 2] {
        let nominal = [LOW_HZ[self.index / 4], HIGH_HZ[self.index % 4]];
        [0, 1].map(|i| nominal[i] * (1.0 + self.offset_pct[i] / 100.0))
    }

    /// Adds the tones to what is there, from this time on (in samples, broken ones too).
    fn add(&self, samples: &mut [f64], from: f64, phases: [f64; 2]) {
        let to = from + self.on_ms * SAMPLES_A_MS;
        for (group, hz) in self.hz().into_iter().enumerate() {
            let peak = f64::from(dbm0_to_peak(self.dbm0[group]));
            for n in from.ceil() as usize..(to.ceil() as usize).min(samples.len()) {
                let since = (n as f64 - from) / SAMPLES_A_MS;
                if self.gap_ms.is_some_and(|(at, ms)| (at..at + ms).contains(&since)) {
                    continue;
                }
                samples[n] += peak * (TAU * hz * n as f64 / RATE + phases[group]).sin();
            }
        }
    }
}

/// What is under the digits.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Background {
    Silence,
    /// White noise from 300 to 3400 Hz whose power is so far below the digit's.
    SnrDb(f32),
    /// These tones of this level together, from 200 ms before the digit on.
    DialTone {
        hz: [f64; 2],
        dbm0: f32,
    },
}

/// Makes what is heard.
pub(super) struct Line {
    random: SmallRng,
    noise: Noise,
    background: Background,
    /// Where in the stream it is, for tones that go on.
    position: usize,
}

impl Line {
    pub(super) fn new(seed: u64, background: Background) -> Self {
        let random = SmallRng::seed_from_u64(seed);
        Line { random, noise: Noise::new(), background, position: 0 }
    }

    /// A digit with the pause after it. It begins at any phase and anywhere between two samples
    /// and in a block.
    pub(super) fn key(&mut self, key: &Key) -> Vec<i16> {
        let lead = match self.background {
            Background::DialTone { .. } => 1600.0,
            _ => 0.0,
        };
        let from = lead + self.random.random_range(0.0..20.0);
        let length = from + (key.on_ms + key.off_ms) * SAMPLES_A_MS;
        let mut samples = vec![0.0; length.ceil() as usize];
        let phases = [0, 1].map(|_| self.random.random_range(0.0..TAU));
        key.add(&mut samples, from, phases);
        self.add_background(&mut samples, key);
        self.position += samples.len();
        through_a_law(&samples)
    }

    /// So many samples without a digit.
    pub(super) fn pause(&mut self, samples: usize) -> Vec<i16> {
        let mut silence = vec![0.0; samples];
        self.add_background(&mut silence, &Key::new(0));
        self.position += samples;
        through_a_law(&silence)
    }

    fn add_background(&mut self, samples: &mut [f64], key: &Key) {
        match self.background {
            Background::Silence => {}
            Background::SnrDb(snr_db) => {
                let power: f32 = key.dbm0.iter().map(|l| dbm0_to_rms(*l).powi(2)).sum();
                let rms = f64::from(power).sqrt() / 10f64.powf(f64::from(snr_db) / 20.0);
                let (noise, random) = (&mut self.noise, &mut self.random);
                samples.iter_mut().for_each(|s| *s += rms * noise.next(random));
            }
            Background::DialTone { hz, dbm0 } => {
                let sounding = hz.iter().filter(|hz| **hz > 0.0).count().max(1);
                let peak = f64::from(dbm0_to_peak(dbm0)) / (sounding as f64).sqrt();
                for (n, sample) in samples.iter_mut().enumerate() {
                    let turns = (self.position + n) as f64 / RATE;
                    *sample += hz.iter().map(|hz| peak * (TAU * hz * turns).sin()).sum::<f64>();
                }
            }
        }
    }
}

fn through_a_law(samples: &[f64]) -> Vec<i16> {
    let code = |s: &f64| g711::encode_sample(Law::A, s.round() as i16);
    samples.iter().map(|s| g711::decode_sample(Law::A, code(s))).collect()
}

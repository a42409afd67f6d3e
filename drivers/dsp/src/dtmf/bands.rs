//! The band split: the low and the high group of tones, each as a slow complex signal.
//!
//! Two band-pass filters of 64 taps (8 ms) keep only positive frequencies, so that a tone of
//! amplitude A and frequency f comes out as A·e^(j2πft), and are computed only once every ten
//! samples, for a *point*: 1.25 ms. Coefficients and samples are 16-bit integers, because eight
//! of those are multiplied and summed in one instruction where four floats would be.

use std::f64::consts::{PI, TAU};
use std::sync::LazyLock;

use tipring_line::SAMPLE_RATE_HZ;

use super::complex::Complex;
use super::keypad::{HIGH_HZ, LOW_HZ};

/// Samples from one point to the next.
pub(super) const POINT_SAMPLES: usize = 10;
/// Samples that a point is made of.
const TAPS: usize = 64;
/// A point tells about the middle of its samples, this many before the newest.
pub(super) const DELAY_SAMPLES: usize = TAPS / 2;
const HALF: usize = TAPS / 2;
/// Room for the samples of the first point and of 32 more: they are moved back only then.
const BUFFER: usize = TAPS + 32 * POINT_SAMPLES;
/// Where the samples lie, in the newest 64, that a point's power is measured over: its middle.
const POWER_FROM: usize = HALF - POINT_SAMPLES / 2;

/// The low group of tones, and the high one: indices of pairs.
pub(super) const LOW: usize = 0;
pub(super) const HIGH: usize = 1;

/// Middles of the pass bands, in hertz: of the tones, each widened by 2.5 %.
const CENTRE_HZ: [f64; 2] = [822.0, 1426.0];
/// Where the bands' edges lie, either side of the middle: 6 dB down.
const EDGE_HZ: [f64; 2] = [205.0, 312.0];
/// Shape of the Kaiser window: side lobes 40 dB down.
const KAISER_BETA: f64 = 3.4;
/// Coefficients are fractions of this.
const UNIT: f64 = 32_768.0;

/// Both bands at one moment.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Point {
    /// Amplitude and phase of what each band holds.
    pub(super) bands: [Complex; 2],
    /// Mean square of the ten samples around the moment, all frequencies.
    pub(super) power: f32,
}

/// The coefficients, and what follows from them.
#[derive(Debug)]
pub(super) struct Filters {
    /// For each band the real and the imaginary part.
    taps: [[[i16; TAPS]; 2]; 2],
    /// The half of the low-pass that each band is made of, middle first.
    shape: [[f32; HALF]; 2],
    /// The turn from one point to the next of each band's four tones.
    pub(super) turns: [[Complex; 4]; 2],
    /// What each band's four tones are amplified by.
    pub(super) gains: [[f32; 4]; 2],
}

static FILTERS: LazyLock<Filters> = LazyLock::new(Filters::new);

/// The turn of a tone in one point.
fn turn(hz: f64) -> Complex {
    Complex::turn((TAU * hz * POINT_SAMPLES as f64 / f64::from(SAMPLE_RATE_HZ)) as f32)
}

impl Filters {
    /// The one table of coefficients, made at the first call.
    pub(super) fn get() -> &'static Filters {
        &FILTERS
    }

    fn new() -> Self {
        let shapes = EDGE_HZ.map(low_pass);
        let taps = [LOW, HIGH].map(|band| {
            let wave = |function: fn(f64) -> f64| {
                let step = TAU * CENTRE_HZ[band] / f64::from(SAMPLE_RATE_HZ);
                std::array::from_fn(|i| {
                    let from_middle = i as f64 - HALF as f64 + 0.5;
                    let place = (from_middle.abs() - 0.5) as usize;
                    let tap = 2.0 * shapes[band][place] * function(step * from_middle);
                    (tap * UNIT).round() as i16
                })
            };
            [wave(f64::cos), wave(|angle| -angle.sin())]
        });
        let mut filters = Filters {
            taps,
            shape: shapes.map(|shape| shape.map(|tap| tap as f32)),
            turns: [LOW_HZ, HIGH_HZ].map(|group| group.map(turn)),
            gains: [[0.0; 4]; 2],
        };
        for (band, group) in [LOW_HZ, HIGH_HZ].into_iter().enumerate() {
            filters.gains[band] = group.map(|hz| filters.gain(band, hz as f32));
        }
        filters
    }

    /// What a band amplifies a tone by.
    pub(super) fn gain(&self, band: usize, hz: f32) -> f32 {
        let step = std::f32::consts::TAU * (hz - CENTRE_HZ[band] as f32) / SAMPLE_RATE_HZ as f32;
        let taps = self.shape[band].iter().enumerate();
        2.0 * taps.map(|(i, tap)| tap * (step * (i as f32 + 0.5)).cos()).sum::<f32>()
    }

    /// What the bands hold in these samples.
    fn point(&self, samples: &[i16; TAPS]) -> Point {
        let bands = [LOW, HIGH].map(|band| {
            let [re, im] = self.taps[band].each_ref().map(|taps| dot(taps, samples));
            Complex { re: re as f32, im: im as f32 }.scaled(1.0 / UNIT as f32)
        });
        let middle = &samples[POWER_FROM..POWER_FROM + POINT_SAMPLES];
        let energy: f32 = middle.iter().map(|&s| f32::from(s) * f32::from(s)).sum();
        Point { bands, power: energy / POINT_SAMPLES as f32 }
    }
}

/// The sum of products. It cannot overflow, as a test of the coefficients shows; wrapping spares
/// the looking.
fn dot(taps: &[i16; TAPS], samples: &[i16; TAPS]) -> i32 {
    let products = taps.iter().zip(samples).map(|(t, s)| i32::from(*t).wrapping_mul((*s).into()));
    products.fold(0, i32::wrapping_add)
}

/// Half of a symmetric low-pass, middle first: a Kaiser-windowed sinc whose taps sum up to ½.
fn low_pass(edge_hz: f64) -> [f64; HALF] {
    let mut taps: [f64; HALF] = std::array::from_fn(|i| {
        let x = i as f64 + 0.5;
        let angle = TAU * edge_hz / f64::from(SAMPLE_RATE_HZ) * x;
        let along = x / HALF as f64;
        angle.sin() / (PI * x) * bessel_i0(KAISER_BETA * (1.0 - along * along).sqrt())
    });
    let sum: f64 = taps.iter().sum();
    taps.iter_mut().for_each(|tap| *tap *= 0.5 / sum);
    taps
}

/// The modified Bessel function of order 0, by its power series.
fn bessel_i0(x: f64) -> f64 {
    let mut term = 1.0;
    let mut sum = 1.0;
    for k in 1..20 {
        term *= (x / (2.0 * f64::from(k))).powi(2);
        sum += term;
    }
    sum
}

/// Splits a stream of samples.
#[derive(Clone, Debug)]
pub(super) struct BandSplit {
    filters: &'static Filters,
    buffer: [i16; BUFFER],
    /// How many samples of the buffer are filled: never fewer than the taps less one point.
    filled: usize,
}

impl BandSplit {
    /// Silence so far.
    pub(super) fn new() -> Self {
        BandSplit { filters: Filters::get(), buffer: [0; BUFFER], filled: TAPS - POINT_SAMPLES }
    }

    /// Takes samples off the front until they make a point; `None` when they are used up.
    pub(super) fn next(&mut self, samples: &mut &[i16]) -> Option<Point> {
        let wanted = self.wanted();
        let (now, later) = samples.split_at(wanted.min(samples.len()));
        self.buffer[self.filled..self.filled + now.len()].copy_from_slice(now);
        self.filled += now.len();
        *samples = later;
        if now.len() < wanted {
            return None;
        }
        let newest = self.buffer[self.filled - TAPS..self.filled].try_into();
        let point = self.filters.point(newest.expect("as many as there are taps"));
        if self.filled == BUFFER {
            self.buffer.copy_within(BUFFER - TAPS + POINT_SAMPLES.., 0);
            self.filled = TAPS - POINT_SAMPLES;
        }
        Some(point)
    }

    /// How many samples the next point lacks: 1 to 10.
    fn wanted(&self) -> usize {
        POINT_SAMPLES - (self.filled - (TAPS - POINT_SAMPLES)) % POINT_SAMPLES
    }

    /// Samples heard since the newest point.
    pub(super) fn since_point(&self) -> usize {
        POINT_SAMPLES - self.wanted()
    }
}

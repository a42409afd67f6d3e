//! The band split: the low and the high group of tones, each as a slow complex signal.
//!
//! Two band-pass filters of 64 taps (8 ms) keep only positive frequencies, so that a tone of
//! amplitude A and frequency f comes out as A·e^(j2πft), and are computed only once every ten
//! samples, for a *point*: every 1.25 ms. Coefficients and samples are 16-bit integers, because eight
//! of those are multiplied and summed in one instruction where four floats would be.

use std::f64::consts::{PI, TAU};
use std::sync::LazyLock;

use tipring_line::SAMPLE_RATE_HZ;

use super::complex::Complex;
use super::keypad::{HIGH_HZ, LOW_HZ};

/// Samples from one point to the next.
pub(super) const POINT_SAMPLES: usize = 10;
/// Points that are told together: 2.5 ms.
pub(super) const STEP_POINTS: usize = 2;
const STEP_SAMPLES: usize = STEP_POINTS * POINT_SAMPLES;
/// Samples that a point is made of, in chunks: longer sums are turned into slower code.
const CHUNK: usize = 16;
const CHUNKS: usize = 4;
const TAPS: usize = CHUNK * CHUNKS;
const HALF: usize = TAPS / 2;
/// A point tells about the middle of its samples, this many before the newest.
const DELAY_SAMPLES: usize = HALF;
/// Points whose samples are kept, so that their power can be told.
pub(super) const KEPT_POINTS: usize = 128;
const KEPT_SAMPLES: usize = TAPS + KEPT_POINTS * POINT_SAMPLES;
/// Room for the samples kept, and for some more so that they need not be moved at every step.
const BUFFER: usize = 2048;

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

/// Amplitude and phase of what each band holds at one moment.
pub(super) type Point = [Complex; 2];

type Taps = [[i16; CHUNK]; CHUNKS];

/// The coefficients, and what follows from them.
#[derive(Debug)]
pub(super) struct Filters {
    /// For each band the real and the imaginary part.
    taps: [[Taps; 2]; 2],
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
                let tap = |i: usize| {
                    let from_middle = i as f64 - HALF as f64 + 0.5;
                    let place = (from_middle.abs() - 0.5) as usize;
                    let tap = 2.0 * shapes[band][place] * function(step * from_middle);
                    (tap * UNIT).round() as i16
                };
                std::array::from_fn(|chunk| std::array::from_fn(|i| tap(chunk * CHUNK + i)))
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

    /// What the bands hold in these samples, as many as there are taps.
    fn point(&self, samples: &[i16]) -> Point {
        let (chunks, _) = samples.as_chunks();
        self.taps.each_ref().map(|[re, im]| {
            let (re, im) = (dot(re, chunks), dot(im, chunks));
            Complex { re: re as f32, im: im as f32 }.scaled(1.0 / UNIT as f32)
        })
    }
}

/// The sum of products. It cannot overflow, as a test of the coefficients shows; wrapping spares
/// the looking.
fn dot(taps: &Taps, samples: &[[i16; CHUNK]]) -> i32 {
    let mut sum = 0i32;
    for (taps, samples) in taps.iter().zip(samples) {
        for (tap, sample) in taps.iter().zip(samples) {
            sum = sum.wrapping_add(i32::from(*tap).wrapping_mul(i32::from(*sample)));
        }
    }
    sum
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
    /// How many samples of the buffer are filled, and up to where they have become points.
    filled: usize,
    told: usize,
}

impl BandSplit {
    /// Silence so far.
    pub(super) fn new() -> Self {
        let (filled, told) = (KEPT_SAMPLES, KEPT_SAMPLES);
        BandSplit { filters: Filters::get(), buffer: [0; BUFFER], filled, told }
    }

    /// Takes as many samples as there is room for; says how many.
    pub(super) fn take(&mut self, samples: &[i16]) -> usize {
        if self.filled == BUFFER {
            let from = self.told - KEPT_SAMPLES;
            self.buffer.copy_within(from.., 0);
            self.filled -= from;
            self.told -= from;
        }
        let count = samples.len().min(BUFFER - self.filled);
        self.buffer[self.filled..self.filled + count].copy_from_slice(&samples[..count]);
        self.filled += count;
        count
    }

    /// The next points, oldest first, once their samples have been taken.
    pub(super) fn next(&mut self) -> Option<[Point; STEP_POINTS]> {
        if self.filled - self.told < STEP_SAMPLES {
            return None;
        }
        self.told += STEP_SAMPLES;
        Some(std::array::from_fn(|point| {
            let end = self.told - (STEP_POINTS - 1 - point) * POINT_SAMPLES;
            self.filters.point(&self.buffer[end - TAPS..end])
        }))
    }

    /// Mean square of the ten samples around the point so many before the newest, at most 127.
    pub(super) fn power(&self, back: usize) -> f32 {
        let middle = self.told - DELAY_SAMPLES - back * POINT_SAMPLES;
        let from = middle - POINT_SAMPLES / 2;
        let samples = &self.buffer[from..from + POINT_SAMPLES];
        let energy: f32 = samples.iter().map(|s| f32::from(*s) * f32::from(*s)).sum();
        energy / POINT_SAMPLES as f32
    }

    /// How many samples have come since the middle of the newest point.
    pub(super) fn since_newest(&self) -> usize {
        self.filled - self.told + DELAY_SAMPLES
    }
}

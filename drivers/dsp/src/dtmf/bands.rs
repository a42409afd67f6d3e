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
    /// The turn from one point to the next of each band's four tones.
    pub(super) turns: [[Complex; 4]; 2],
    /// What each band amplifies its four tones by.
    gains: [[Gain; 4]; 2],
}

/// What a filter amplifies a tone by, as a parabola over how far the tone is off.
#[derive(Clone, Copy, Debug)]
struct Gain([f32; 3]);

/// The parabola meets the filter at the tone and so far to either side, as a part of it.
const GAIN_OFFSET: f64 = 0.025;

impl Gain {
    /// Of the low-pass of this shape, moved to a centre, at a tone.
    fn of(shape: &[f64; HALF], centre_hz: f64, hz: f64) -> Self {
        let at = |offset: f64| {
            let step = TAU * (hz * (1.0 + offset) - centre_hz) / f64::from(SAMPLE_RATE_HZ);
            let taps = shape.iter().enumerate();
            2.0 * taps.map(|(i, tap)| tap * (step * (i as f64 + 0.5)).cos()).sum::<f64>()
        };
        let [below, middle, above] = [at(-GAIN_OFFSET), at(0.0), at(GAIN_OFFSET)];
        let slope = (above - below) / (2.0 * GAIN_OFFSET);
        let bend = ((above + below) / 2.0 - middle) / GAIN_OFFSET.powi(2);
        Gain([middle, slope, bend].map(|part| part as f32))
    }

    fn at(self, offset: f32) -> f32 {
        let [middle, slope, bend] = self.0;
        middle + offset * (slope + offset * bend)
    }
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
        let groups = [LOW_HZ, HIGH_HZ];
        let gains = [LOW, HIGH]
            .map(|band| groups[band].map(|hz| Gain::of(&shapes[band], CENTRE_HZ[band], hz)));
        Filters { taps, turns: groups.map(|group| group.map(turn)), gains }
    }

    /// What a band amplifies one of its tones by that is so far off, as a part of it; good within
    /// 1 % for a tone up to 3 % off.
    pub(super) fn gain(&self, band: usize, tone: usize, offset: f32) -> f32 {
        self.gains[band][tone].at(offset)
    }

    /// What the bands hold in these samples, as many as there are taps.
    fn point(&self, samples: &[i16]) -> Point {
        let chunks: &Taps = samples.as_chunks().0.try_into().expect("as many samples as taps");
        self.taps.each_ref().map(|[re, im]| {
            let (re, im) = (dot(re, chunks), dot(im, chunks));
            Complex { re: re as f32, im: im as f32 }.scaled(1.0 / UNIT as f32)
        })
    }
}

/// The sum of products. It cannot overflow, as a test of the coefficients shows; wrapping spares
/// the looking.
fn dot(taps: &Taps, samples: &Taps) -> i32 {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Feeds samples in pieces of this length.
    fn feed(split: &mut BandSplit, samples: &[i16], piece: usize) -> Vec<Point> {
        let mut points = Vec::new();
        for mut rest in samples.chunks(piece) {
            while !rest.is_empty() {
                rest = &rest[split.take(rest)..];
                points.extend(std::iter::from_fn(|| split.next()).flatten());
            }
        }
        points
    }

    fn points(samples: &[i16]) -> Vec<Point> {
        feed(&mut BandSplit::new(), samples, 160)
    }

    fn tone(hz: f64, samples: usize) -> Vec<i16> {
        let step = TAU * hz / f64::from(SAMPLE_RATE_HZ);
        (0..samples).map(|n| (10_000.0 * (step * n as f64).sin()).round() as i16).collect()
    }

    #[test]
    fn sums_of_products_fit_at_full_scale() {
        for part in Filters::new().taps.as_flattened() {
            let sum: i64 = part.as_flattened().iter().map(|tap| i64::from(tap.abs())).sum();
            assert!(sum * 32_768 <= i64::from(i32::MAX), "{sum}");
        }
    }

    #[test]
    fn a_tone_comes_out_with_its_amplitude_and_turn_in_its_band_alone() {
        let filters = Filters::get();
        for (band, group) in [LOW_HZ, HIGH_HZ].into_iter().enumerate() {
            for (number, hz) in group.into_iter().enumerate() {
                for offset in [-0.022, 0.0, 0.022] {
                    let points = points(&tone(hz * (1.0 + offset), 800));
                    let [before, now] = [points[70], points[71]];
                    let gain = filters.gain(band, number, offset as f32);
                    let amplitude = now[band].power().sqrt() / 10_000.0;
                    assert!((amplitude / gain - 1.0).abs() < 0.01, "{hz}: {amplitude}, {gain}");
                    assert!(gain > 0.6, "{hz}: {gain}");
                    let other = now[1 - band].power().sqrt() / 10_000.0;
                    assert!(other < 0.02, "{hz}: {other} in the other band");
                    let turned = now[band].against(before[band]);
                    let off = turned.against(turn(hz * (1.0 + offset))).angle();
                    assert!(off.abs() < 0.03, "{hz}: {off}");
                }
            }
        }
    }

    #[test]
    fn dial_tones_are_kept_out() {
        for hz in [350.0, 425.0, 440.0, 450.0] {
            let point = points(&tone(hz, 800))[70];
            let strongest = point[LOW].power().max(point[HIGH].power()).sqrt() / 10_000.0;
            assert!(strongest < 0.02, "{hz}: {strongest}");
        }
    }

    #[test]
    fn power_is_that_of_the_samples_around_a_point() {
        let mut split = BandSplit::new();
        let mut samples = vec![0; 3000];
        samples[2600..].fill(1000);
        feed(&mut split, &samples, 160);
        // The newest point is around sample 2968, so the one at 2608 is 36 before it.
        let powers = [35, 36, 37, 38].map(|back| split.power(back));
        assert_eq!(powers[0], 1_000_000.0);
        assert_eq!(powers[1], 1_000_000.0);
        assert_eq!(powers[2], 300_000.0);
        assert_eq!(powers[3], 0.0);
        assert_eq!(split.since_newest(), 32);
    }

    #[test]
    fn slices_of_any_length_make_the_same_points() {
        let samples = tone(1209.0, 5000);
        for piece in [1, 77, 4000] {
            let in_pieces = feed(&mut BandSplit::new(), &samples, piece);
            assert_eq!(in_pieces, points(&samples));
        }
    }
}

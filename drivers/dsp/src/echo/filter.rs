//! Partitioned filters in the frequency domain: one that only filters, and one that learns.
//!
//! The learning one is a Kalman filter whose state is the echo path, bin by bin and partition by
//! partition (after Enzner and Vary, 2006, and Kuech, Mabande and Enzner, 2014): each weight has
//! a variance, its uncertainty, which sets its share of every correction. Uncertainty falls with
//! what is learnt and rises in proportion to the echo that was found there, so that a path of few
//! milliseconds at an unknown delay is soon learnt at that delay only.

#![allow(clippy::needless_range_loop, reason = "one index runs over several blocks")]

use super::lanes::{Lanes, Vector, WIDTH};
use super::reference::Reference;
use super::transform::{BLANK, BLOCK, Block, Spectrum, Tables, VECTORS, load};

/// Uncertainty at first: the energy of an echo 17 dB down, spread evenly. With more, speech of the
/// near end would be learnt from as if it were echo.
const PRIOR_ENERGY: f32 = 0.02;
/// By how much of its own squared magnitude, and of its partition's, a weight becomes uncertain
/// a block.
const DRIFT_BIN: f32 = 0.017;
const DRIFT_PARTITION: f32 = 0.004;
/// Below this power a bin says nothing, and nothing about it becomes uncertain: some −57 dBm0.
const BIN_POWER_MIN: f32 = 500.0 * 2.0 * BLOCK as f32;
/// Memory of the power of what is no echo, per correction.
const NEAR_MEMORY: f32 = 0.7;
/// That power at least: the noise of a line, −63 dBm0.
const NEAR_MIN: f32 = 125.0 * BLOCK as f32;

/// The echo by these weights of what was sent, `age` blocks ago.
#[inline(always)]
pub(super) fn echo<V: Vector>(
    weights: &[Spectrum],
    reference: &Reference,
    age: usize,
    tables: &Tables,
) -> Block {
    let mut sum = Spectrum::default();
    for half in [0, VECTORS / 2] {
        let mut re_re = [V::splat(0.0); VECTORS / 2];
        let (mut im_im, mut re_im, mut im_re) = (re_re, re_re, re_re);
        for (partition, w) in weights.iter().enumerate() {
            let (x, _) = reference.at(age + partition);
            for i in 0..VECTORS / 2 {
                let (w_re, w_im) = (V::load(&w.re[half + i]), V::load(&w.im[half + i]));
                let (x_re, x_im) = (V::load(&x.re[half + i]), V::load(&x.im[half + i]));
                re_re[i] = w_re.mul_add(x_re, re_re[i]);
                im_im[i] = w_im.mul_add(x_im, im_im[i]);
                re_im[i] = w_re.mul_add(x_im, re_im[i]);
                im_re[i] = w_im.mul_add(x_re, im_re[i]);
            }
        }
        for i in 0..VECTORS / 2 {
            (re_re[i] - im_im[i]).store(&mut sum.re[half + i]);
            (re_im[i] + im_re[i]).store(&mut sum.im[half + i]);
        }
        if half == 0 {
            // Bins 0 and 32 are two real numbers: no cross terms for them.
            let (first, others) = (V::load(&Lanes::FIRST), V::load(&Lanes::OTHERS));
            (re_re[0] - im_im[0] * others).store(&mut sum.re[0]);
            ((re_im[0] + im_re[0]) * others + im_im[0] * first).store(&mut sum.im[0]);
        }
    }
    tables.newer_block::<V>(&sum)
}

/// The filter that learns.
#[derive(Clone, Debug)]
pub(super) struct Adaptive {
    pub(super) weights: Box<[Spectrum]>,
    variance: Box<[Block]>,
    /// Power a bin of what is received and is no echo: the near end, noise.
    near: Block,
    turn: usize,
}

impl Adaptive {
    pub(super) fn new(partitions: usize) -> Self {
        let mut filter = Adaptive {
            weights: vec![Spectrum::default(); partitions].into(),
            variance: vec![BLANK; partitions].into(),
            near: BLANK,
            turn: 0,
        };
        filter.clear();
        filter
    }

    /// Knows nothing any more.
    pub(super) fn clear(&mut self) {
        self.weights.fill(Spectrum::default());
        self.doubt();
        self.near = BLANK;
        self.turn = 0;
    }

    /// What it knows may be wrong.
    pub(super) fn doubt(&mut self) {
        let prior = PRIOR_ENERGY / self.weights.len() as f32;
        self.variance.fill([Lanes([prior; WIDTH]); VECTORS]);
    }

    /// Takes these weights over, which have proved better than its own.
    pub(super) fn return_to(&mut self, weights: &[Spectrum]) {
        self.weights.copy_from_slice(weights);
    }

    /// Energy of the impulse response between 250 and 3500 Hz, referred to the whole band.
    pub(super) fn energy(&self, weights: &[Spectrum]) -> f32 {
        let mut sum = 0.0;
        for w in weights {
            // Even bins 2…28 and odd bins 3…27 of 32 stand at places 1…14 and 17…29.
            let power = |at: usize| {
                let (v, lane) = (at / 8, at % 8);
                w.re[v].0[lane].powi(2) + w.im[v].0[lane].powi(2)
            };
            sum += (1..=14).chain(17..=29).map(power).sum::<f32>();
        }
        sum / 27.0
    }

    /// Learns from what its echo left of the block `age` blocks ago.
    #[inline(always)]
    pub(super) fn learn<V: Vector>(
        &mut self,
        reference: &Reference,
        age: usize,
        left: &Block,
        tables: &Tables,
    ) {
        let error = tables.spectrum_of_newer::<V>(left);
        let gain = self.gain::<V>(reference, age, &error);
        let (mut re, mut im) = (load::<V>(&error.re), load::<V>(&error.im));
        for v in 0..VECTORS {
            re[v] = re[v] * gain[v];
            im[v] = im[v] * gain[v];
        }
        // Bins 0 and 32 are two real numbers: no cross terms for them.
        let (first, others) = (V::load(&Lanes::FIRST), V::load(&Lanes::OTHERS));
        let (mut without_first, mut crossed) = (im, re);
        without_first[0] = im[0] * others;
        crossed[0] = re[0] * others - im[0] * first;
        let half = V::splat(0.5);
        for (partition, w) in self.weights.iter_mut().enumerate() {
            let (x, power) = reference.at(age + partition);
            let variance = &mut self.variance[partition];
            for v in 0..VECTORS {
                let p = V::load(&variance[v]);
                let (x_re, x_im) = (V::load(&x.re[v]), V::load(&x.im[v]));
                let to_re = x_re.mul_add(re[v], x_im * without_first[v]);
                let to_im = x_re * without_first[v] - x_im * crossed[v];
                p.mul_add(to_re, V::load(&w.re[v])).store(&mut w.re[v]);
                p.mul_add(to_im, V::load(&w.im[v])).store(&mut w.im[v]);
                let known = p * gain[v] * V::load(&power[v]) * half;
                (p - p * known).store(&mut variance[v]);
            }
        }
    }

    /// One over the power a bin that an error has, by its causes.
    #[inline(always)]
    fn gain<V: Vector>(
        &mut self,
        reference: &Reference,
        age: usize,
        error: &Spectrum,
    ) -> [V; VECTORS] {
        let mut expected = [V::splat(0.0); VECTORS];
        for (partition, variance) in self.variance.iter().enumerate() {
            let (_, power) = reference.at(age + partition);
            for v in 0..VECTORS {
                expected[v] = V::load(&variance[v]).mul_add(V::load(&power[v]), expected[v]);
            }
        }
        let (memory, least) = (V::splat(NEAR_MEMORY), V::splat(NEAR_MIN));
        for v in 0..VECTORS {
            let (re, im) = (V::load(&error.re[v]), V::load(&error.im[v]));
            let power = re.mul_add(re, im * im);
            let near = (V::load(&self.near[v]) - power).mul_add(memory, power);
            if age == 0 {
                near.store(&mut self.near[v]);
            }
            expected[v] = V::splat(1.0) / (expected[v] + near + least);
        }
        expected
    }

    /// A block has passed. Of every `turn`th partition in turn: what was learnt becomes a little
    /// uncertain, where it was of use, and taps beyond the partition's block become zero.
    #[inline(always)]
    pub(super) fn keep<V: Vector>(
        &mut self,
        reference: &Reference,
        tables: &Tables,
        turn: usize,
        pace: f32,
    ) {
        self.turn = (self.turn + 1) % turn;
        let (of_bin, least) = (V::splat(DRIFT_BIN * pace * turn as f32), V::splat(BIN_POWER_MIN));
        let of_all = DRIFT_PARTITION * pace * turn as f32 / BLOCK as f32;
        for partition in (self.turn..self.weights.len()).step_by(turn) {
            let w = &mut self.weights[partition];
            tables.keep_older::<V>(w);
            let (_, power) = reference.at(partition);
            let mut squares = [V::splat(0.0); VECTORS];
            for v in 0..VECTORS {
                let (re, im) = (V::load(&w.re[v]), V::load(&w.im[v]));
                squares[v] = re.mul_add(re, im * im);
            }
            let [a, b, c, d] = squares;
            let of_all = V::splat(of_all * ((a + b) + (c + d)).sum());
            let variance = &mut self.variance[partition];
            for v in 0..VECTORS {
                let drift = squares[v].mul_add(of_bin, of_all);
                let power = V::load(&power[v]);
                let heard = power / (power + least);
                heard.mul_add(drift, V::load(&variance[v])).store(&mut variance[v]);
            }
        }
    }
}

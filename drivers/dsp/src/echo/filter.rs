//! Partitioned filters in the frequency domain: one that only filters, and one that learns.
//!
//! The learning one is a Kalman filter whose state is the echo path, bin by bin and partition by
//! partition (after Enzner and Vary, 2006, and Kuech, Mabande and Enzner, 2014): each weight has
//! a variance, its uncertainty, which sets its share of every correction. Uncertainty falls with
//! what is learnt and rises in proportion to the echo that was found there, so that a path of few
//! milliseconds at an unknown delay is soon learnt at that delay only.

use super::lanes::{Arithmetic, Lanes};
use super::reference::Reference;
use super::transform::{BLOCK, Block, Spectrum, Tables, VECTORS};

/// Uncertainty at first: the energy of an echo 6 dB down, spread evenly.
const PRIOR_ENERGY: f32 = 0.25;
/// By how much of its own squared magnitude, and of its partition's, a weight becomes uncertain
/// a block.
const DRIFT_BIN: f32 = 0.01;
const DRIFT_PARTITION: f32 = 0.002;
/// Below this power a bin says nothing, and nothing about it becomes uncertain: some −57 dBm0.
const BIN_POWER_MIN: f32 = 500.0 * 2.0 * BLOCK as f32;
/// Memory of the power of what is no echo, per correction.
const NEAR_MEMORY: f32 = 0.5;
/// That power at least: rounding to A-law.
const NEAR_MIN: f32 = 20.0 * BLOCK as f32;
/// Every so many partitions, one is made causal again in each block.
const CAUSAL_TURN: usize = 4;

/// The echo by these weights of what was sent, `age` blocks ago.
#[inline(always)]
pub(super) fn echo<A: Arithmetic>(
    weights: &[Spectrum],
    reference: &Reference,
    age: usize,
    tables: &Tables,
) -> Block {
    let mut sum = Spectrum::default();
    for half in [0, VECTORS / 2] {
        let mut re_re = [Lanes::ZERO; VECTORS / 2];
        let (mut im_im, mut re_im, mut im_re) = (re_re, re_re, re_re);
        for (partition, w) in weights.iter().enumerate() {
            let (x, _) = reference.at(age + partition);
            for i in 0..VECTORS / 2 {
                let v = half + i;
                re_re[i] = A::mul_add(w.re[v], x.re[v], re_re[i]);
                im_im[i] = A::mul_add(w.im[v], x.im[v], im_im[i]);
                re_im[i] = A::mul_add(w.re[v], x.im[v], re_im[i]);
                im_re[i] = A::mul_add(w.im[v], x.re[v], im_re[i]);
            }
        }
        for i in 0..VECTORS / 2 {
            sum.re[half + i] = re_re[i] - im_im[i];
            sum.im[half + i] = re_im[i] + im_re[i];
        }
        if half == 0 {
            // Bins 0 and 32 are two real numbers.
            sum.re[0].0[0] = re_re[0].0[0];
            sum.im[0].0[0] = im_im[0].0[0];
        }
    }
    tables.newer_block::<A>(&sum)
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
            variance: vec![[Lanes::ZERO; VECTORS]; partitions].into(),
            near: [Lanes::ZERO; VECTORS],
            turn: 0,
        };
        filter.clear();
        filter
    }

    /// Knows nothing any more.
    pub(super) fn clear(&mut self) {
        let prior = PRIOR_ENERGY / self.weights.len() as f32;
        self.weights.fill(Spectrum::default());
        self.variance.fill([Lanes::splat(prior); VECTORS]);
        self.near = [Lanes::ZERO; VECTORS];
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
    pub(super) fn learn<A: Arithmetic>(
        &mut self,
        reference: &Reference,
        age: usize,
        left: &Block,
        tables: &Tables,
    ) {
        let error = tables.spectrum_of_newer::<A>(left);
        let gain = self.gain::<A>(reference, age, &error);
        let re = [0, 1, 2, 3].map(|v| gain[v] * error.re[v]);
        let im = [0, 1, 2, 3].map(|v| gain[v] * error.im[v]);
        // Bins 0 and 32 are two real numbers: no cross terms for them.
        let (mut cross_re, mut cross_im) = (im, re);
        cross_re[0].0[0] = 0.0;
        cross_im[0].0[0] = -im[0].0[0];
        let mut own_im = im;
        own_im[0].0[0] = 0.0;
        for (partition, w) in self.weights.iter_mut().enumerate() {
            let (x, power) = reference.at(age + partition);
            let variance = &mut self.variance[partition];
            for v in 0..VECTORS {
                let p = variance[v];
                let d_re = A::mul_add(x.re[v], re[v], x.im[v] * cross_re[v]);
                let d_im = x.re[v] * own_im[v] - x.im[v] * cross_im[v];
                w.re[v] = A::mul_add(p, d_re, w.re[v]);
                w.im[v] = A::mul_add(p, d_im, w.im[v]);
                let known = p * gain[v] * power[v] * Lanes::splat(0.5);
                variance[v] = p - p * known;
            }
        }
    }

    /// One over the power a bin that an error has, by its causes.
    #[inline(always)]
    fn gain<A: Arithmetic>(
        &mut self,
        reference: &Reference,
        age: usize,
        error: &Spectrum,
    ) -> Block {
        let mut expected = [Lanes::ZERO; VECTORS];
        for (partition, variance) in self.variance.iter().enumerate() {
            let (_, power) = reference.at(age + partition);
            for v in 0..VECTORS {
                expected[v] = A::mul_add(variance[v], power[v], expected[v]);
            }
        }
        let mut gain = [Lanes::ZERO; VECTORS];
        for v in 0..VECTORS {
            let power = A::mul_add(error.re[v], error.re[v], error.im[v] * error.im[v]);
            let near = A::mul_add(self.near[v] - power, Lanes::splat(NEAR_MEMORY), power);
            if age == 0 {
                self.near[v] = near;
            }
            gain[v] = Lanes::splat(1.0) / (expected[v] + near + Lanes::splat(NEAR_MIN));
        }
        gain
    }

    /// A block has passed: what was learnt becomes a little uncertain, where it was of use.
    #[inline(always)]
    pub(super) fn drift<A: Arithmetic>(&mut self, reference: &Reference) {
        for (partition, w) in self.weights.iter().enumerate() {
            let (_, power) = reference.at(partition);
            let mut squares = [Lanes::ZERO; VECTORS];
            let mut sum = Lanes::ZERO;
            for v in 0..VECTORS {
                squares[v] = A::mul_add(w.re[v], w.re[v], w.im[v] * w.im[v]);
                sum = sum + squares[v];
            }
            let partition_drift = Lanes::splat(DRIFT_PARTITION / BLOCK as f32 * sum.sum());
            let variance = &mut self.variance[partition];
            for v in 0..VECTORS {
                let drift = A::mul_add(squares[v], Lanes::splat(DRIFT_BIN), partition_drift);
                let heard = power[v] / (power[v] + Lanes::splat(BIN_POWER_MIN));
                variance[v] = A::mul_add(heard, drift, variance[v]);
            }
        }
    }

    /// Makes a part of the partitions causal again: their taps beyond a block become zero.
    #[inline(always)]
    pub(super) fn keep_causal<A: Arithmetic>(&mut self, tables: &Tables) {
        self.turn = (self.turn + 1) % CAUSAL_TURN;
        let mut partition = self.turn;
        while partition < self.weights.len() {
            tables.keep_older::<A>(&mut self.weights[partition]);
            partition += CAUSAL_TURN;
        }
    }
}

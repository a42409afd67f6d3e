//! Fourier transforms of 64 real samples, of which one half is given, wanted or zero.
//!
//! Splitting by even and odd bins leaves two real matrices of 32 by 32 a transform: at this size
//! their product with a vector is as quick as a fast Fourier transform, and has no loose ends.

use core::f64::consts::TAU;
use std::sync::LazyLock;

use super::lanes::{Lanes, Vector, WIDTH};

/// Samples in a block.
pub(super) const BLOCK: usize = 32;
/// Samples in a transform: two blocks.
const WINDOW: usize = 2 * BLOCK;
/// Vectors to a block.
pub(super) const VECTORS: usize = BLOCK / WIDTH;
const HALF: usize = VECTORS / 2;

/// 32 samples, or one value a bin.
pub(super) type Block = [Lanes; VECTORS];

/// The spectrum of 64 real samples: bins 0, 2, … 30, then 1, 3, … 31. Bins 0 and 32 are real;
/// bin 32 stands as the imaginary part of bin 0.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Spectrum {
    pub(super) re: Block,
    pub(super) im: Block,
}

/// Column after column.
type Matrix = [Block; BLOCK];

/// What the transforms multiply with.
pub(super) struct Tables {
    /// Sum of both halves to even bins; difference of the halves to odd bins.
    even: Matrix,
    odd: Matrix,
    /// Even bins to the part that both halves share; odd bins to the part that differs in sign.
    inverse_even: Matrix,
    inverse_odd: Matrix,
    /// What zeroing the second half brings from odd bins to even ones, and the other way.
    odd_to_even: Matrix,
    even_to_odd: Matrix,
}

static TABLES: LazyLock<Box<Tables>> = LazyLock::new(|| Box::new(Tables::new()));

impl Tables {
    /// The tables, made when first asked for.
    pub(super) fn get() -> &'static Tables {
        &TABLES
    }

    fn new() -> Tables {
        let even = forward(0);
        let odd = forward(1);
        let inverse_even = inverse(0);
        let inverse_odd = inverse(1);
        Tables {
            odd_to_even: matrix(&product(&even, &inverse_odd)),
            even_to_odd: matrix(&product(&odd, &inverse_even)),
            even: matrix(&even),
            odd: matrix(&odd),
            inverse_even: matrix(&inverse_even),
            inverse_odd: matrix(&inverse_odd),
        }
    }

    /// The spectrum of two blocks, the older first.
    #[inline(always)]
    pub(super) fn spectrum<V: Vector>(&self, older: &Block, newer: &Block) -> Spectrum {
        let (older, newer) = (load::<V>(older), load::<V>(newer));
        let (mut sum, mut difference) = (BLANK, BLANK);
        for v in 0..VECTORS {
            (older[v] + newer[v]).store(&mut sum[v]);
            (older[v] - newer[v]).store(&mut difference[v]);
        }
        let (even, odd) = multiply::<V>(&self.even, &sum, &self.odd, &difference);
        joined(even, odd)
    }

    /// The spectrum of a block of zeros and this one.
    #[inline(always)]
    pub(super) fn spectrum_of_newer<V: Vector>(&self, newer: &Block) -> Spectrum {
        let (even, mut odd) = multiply::<V>(&self.even, newer, &self.odd, newer);
        for v in &mut odd {
            *v = V::splat(0.0) - *v;
        }
        joined(even, odd)
    }

    /// The second block of what has this spectrum.
    #[inline(always)]
    pub(super) fn newer_block<V: Vector>(&self, spectrum: &Spectrum) -> Block {
        let (even, odd) = split(spectrum);
        let (even, odd) = multiply::<V>(&self.inverse_even, &even, &self.inverse_odd, &odd);
        let mut block = BLANK;
        for v in 0..VECTORS {
            (even[v] - odd[v]).store(&mut block[v]);
        }
        block
    }

    /// Makes the second block of what has this spectrum zero.
    #[inline(always)]
    pub(super) fn keep_older<V: Vector>(&self, spectrum: &mut Spectrum) {
        let (even, odd) = split(spectrum);
        let (mut to_odd, mut to_even) =
            multiply::<V>(&self.even_to_odd, &even, &self.odd_to_even, &odd);
        let half = V::splat(0.5);
        for v in 0..VECTORS {
            to_even[v] = V::load(&even[v]).mul_add(half, to_even[v]);
            to_odd[v] = V::load(&odd[v]).mul_add(half, to_odd[v]);
        }
        *spectrum = joined(to_even, to_odd);
    }
}

/// A block of zeros.
pub(super) const BLANK: Block = [Lanes::ZERO; VECTORS];

/// A block in registers.
#[inline(always)]
pub(super) fn load<V: Vector>(block: &Block) -> [V; VECTORS] {
    [V::load(&block[0]), V::load(&block[1]), V::load(&block[2]), V::load(&block[3])]
}

/// Two products of a matrix and a vector at once, which keeps both multipliers busy.
#[inline(always)]
fn multiply<V: Vector>(
    a: &Matrix,
    x: &Block,
    b: &Matrix,
    y: &Block,
) -> ([V; VECTORS], [V; VECTORS]) {
    let mut left = [V::splat(0.0); VECTORS];
    let mut right = left;
    for column in 0..BLOCK {
        let (a, b) = (&a[column], &b[column]);
        let (group, lane) = (column / WIDTH, column % WIDTH);
        let (x, y) = (V::splat(x[group].0[lane]), V::splat(y[group].0[lane]));
        for i in 0..VECTORS {
            left[i] = V::load(&a[i]).mul_add(x, left[i]);
            right[i] = V::load(&b[i]).mul_add(y, right[i]);
        }
    }
    (left, right)
}

/// Even bins and odd ones, real parts before imaginary parts.
#[inline(always)]
fn split(s: &Spectrum) -> (Block, Block) {
    ([s.re[0], s.re[1], s.im[0], s.im[1]], [s.re[2], s.re[3], s.im[2], s.im[3]])
}

#[inline(always)]
fn joined<V: Vector>(even: [V; VECTORS], odd: [V; VECTORS]) -> Spectrum {
    let mut spectrum = Spectrum::default();
    for i in 0..HALF {
        even[i].store(&mut spectrum.re[i]);
        odd[i].store(&mut spectrum.re[HALF + i]);
        even[HALF + i].store(&mut spectrum.im[i]);
        odd[HALF + i].store(&mut spectrum.im[HALF + i]);
    }
    spectrum
}

/// Rows of numbers, before they are put into vectors.
type Rows = Vec<[f64; BLOCK]>;

/// The bin and whether its imaginary part is meant, of a row among the even (0) or odd (1) bins.
fn place(row: usize, odd: usize) -> (usize, bool) {
    let (bin, imaginary) = (2 * (row % (BLOCK / 2)) + odd, row >= BLOCK / 2);
    // Bin 32 stands in for the imaginary part that bin 0 does not have.
    if bin == 0 && imaginary { (BLOCK, false) } else { (bin, imaginary) }
}

fn forward(odd: usize) -> Rows {
    let value = |row: usize, n: usize| {
        let (bin, imaginary) = place(row, odd);
        let angle = TAU * (bin * n % WINDOW) as f64 / WINDOW as f64;
        if imaginary { -angle.sin() } else { angle.cos() }
    };
    (0..BLOCK).map(|row| core::array::from_fn(|n| value(row, n))).collect()
}

fn inverse(odd: usize) -> Rows {
    let forward = forward(odd);
    let weight = |row: usize| if place(row, odd).0.is_multiple_of(BLOCK) { 1.0 } else { 2.0 };
    (0..BLOCK)
        .map(|n| core::array::from_fn(|row| forward[row][n] * weight(row) / WINDOW as f64))
        .collect()
}

fn product(a: &Rows, b: &Rows) -> Rows {
    a.iter()
        .map(|row| core::array::from_fn(|j| row.iter().zip(b).map(|(a, b)| a * b[j]).sum()))
        .collect()
}

fn matrix(rows: &Rows) -> Matrix {
    core::array::from_fn(|column| {
        core::array::from_fn(|vector| {
            Lanes(core::array::from_fn(|lane| rows[vector * WIDTH + lane][column] as f32))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::super::simd::Halves;
    use super::*;

    fn block(f: impl Fn(usize) -> f32) -> Block {
        core::array::from_fn(|v| Lanes(core::array::from_fn(|i| f(v * WIDTH + i))))
    }

    fn numbers(block: &Block) -> Vec<f32> {
        block.iter().flat_map(|v| v.0).collect()
    }

    #[test]
    fn a_cosine_stands_in_its_bin() {
        for bin in [0, 1, 6, 31, 32] {
            let wave = |n: usize| (TAU * (bin * n) as f64 / 64.0).cos() as f32;
            let spectrum = Tables::get().spectrum::<Halves>(&block(wave), &block(|n| wave(n + 32)));
            let (re, im) = (numbers(&spectrum.re), numbers(&spectrum.im));
            for at in 0..32 {
                let here = if at < 16 { 2 * at } else { 2 * at - 31 };
                let expected = if here == bin { if bin == 0 { 64.0 } else { 32.0 } } else { 0.0 };
                assert!((re[at] - expected).abs() < 1e-3, "bin {here} of {bin}: {}", re[at]);
                let nyquist = if at == 0 && bin == 32 { 64.0 } else { 0.0 };
                assert!((im[at] - nyquist).abs() < 1e-3, "bin {here} of {bin}: {}", im[at]);
            }
        }
    }

    #[test]
    fn there_and_back_again() {
        let older = block(|n| ((n * 37 + 11) % 64) as f32 - 30.0);
        let newer = block(|n| ((n * 23 + 5) % 61) as f32 - 30.0);
        let tables = Tables::get();
        let mut spectrum = tables.spectrum::<Halves>(&older, &newer);
        let back = numbers(&tables.newer_block::<Halves>(&spectrum));
        for (a, b) in back.iter().zip(numbers(&newer)) {
            assert!((a - b).abs() < 1e-3, "{a} {b}");
        }
        tables.keep_older::<Halves>(&mut spectrum);
        let only_older = tables.spectrum::<Halves>(&older, &BLANK);
        let only_newer = tables.spectrum_of_newer::<Halves>(&newer);
        let whole = tables.spectrum::<Halves>(&BLANK, &newer);
        for (a, b) in [(spectrum, only_older), (only_newer, whole)] {
            for (a, b) in numbers(&a.re).iter().zip(numbers(&b.re)) {
                assert!((a - b).abs() < 2e-3, "{a} {b}");
            }
            for (a, b) in numbers(&a.im).iter().zip(numbers(&b.im)) {
                assert!((a - b).abs() < 2e-3, "{a} {b}");
            }
        }
    }
}

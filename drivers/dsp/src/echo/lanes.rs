//! Eight numbers side by side: how they lie in memory, and what can be done with them.

use core::ops::{Add, Div, Mul, Sub};

/// How many numbers stand side by side.
pub(super) const WIDTH: usize = 8;

/// Eight numbers in memory.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(32))]
pub(super) struct Lanes(pub(super) [f32; WIDTH]);

impl Lanes {
    pub(super) const ZERO: Lanes = Lanes([0.0; WIDTH]);
    /// One in the first lane, where bins 0 and 32 stand.
    pub(super) const FIRST: Lanes = Lanes([1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    /// One in all the others.
    pub(super) const OTHERS: Lanes = Lanes([0.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]);
}

/// Eight numbers in a processor's registers; everything is done lane by lane.
pub(super) trait Vector:
    Copy + Add<Output = Self> + Sub<Output = Self> + Mul<Output = Self> + Div<Output = Self>
{
    /// The same number in every lane.
    fn splat(value: f32) -> Self;
    /// Out of memory.
    fn load(lanes: &Lanes) -> Self;
    /// Into memory.
    fn store(self, lanes: &mut Lanes);
    /// `self · b + c`, rounded once where the processor can.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// Samples as numbers.
    fn from_samples(samples: &[i16; WIDTH]) -> Self;
    /// Rounded to the nearest sample values, saturating.
    fn to_samples(self) -> [i16; WIDTH];

    /// The sum of all lanes.
    #[inline(always)]
    fn sum(self) -> f32 {
        let mut lanes = Lanes::ZERO;
        self.store(&mut lanes);
        let [a, b, c, d, e, f, g, h] = lanes.0;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    }
}

//! Eight numbers side by side, and the two ways of multiplying and adding them.
//!
//! Everything here is inlined into its caller and turned into the vector instructions that the
//! caller is compiled for.

/// How many numbers stand side by side.
pub(super) const WIDTH: usize = 8;

/// Eight numbers, in one register where the processor has registers that wide.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(32))]
pub(super) struct Lanes(pub(super) [f32; WIDTH]);

impl Lanes {
    pub(super) const ZERO: Lanes = Lanes([0.0; WIDTH]);

    #[inline(always)]
    pub(super) fn splat(value: f32) -> Self {
        Lanes([value; WIDTH])
    }

    #[inline(always)]
    pub(super) fn map(self, f: impl Fn(f32) -> f32) -> Self {
        let mut out = self;
        for lane in &mut out.0 {
            *lane = f(*lane);
        }
        out
    }

    #[inline(always)]
    pub(super) fn with(self, other: Lanes, f: impl Fn(f32, f32) -> f32) -> Self {
        let mut out = self;
        for (lane, &other) in out.0.iter_mut().zip(&other.0) {
            *lane = f(*lane, other);
        }
        out
    }

    #[inline(always)]
    pub(super) fn max(self, other: Lanes) -> Self {
        self.with(other, |a, b| if a > b { a } else { b })
    }

    #[inline(always)]
    pub(super) fn sum(self) -> f32 {
        let [a, b, c, d, e, f, g, h] = self.0;
        ((a + e) + (b + f)) + ((c + g) + (d + h))
    }
}

macro_rules! by_lane {
    ($($operation:ident $method:ident $sign:tt),*) => {$(
        impl core::ops::$operation for Lanes {
            type Output = Lanes;
            #[inline(always)]
            fn $method(self, other: Lanes) -> Lanes {
                self.with(other, |a, b| a $sign b)
            }
        }
    )*};
}

by_lane!(Add add +, Sub sub -, Mul mul *, Div div /);

/// How a product is added to a sum.
pub(super) trait Arithmetic {
    /// `a · b + c`.
    fn mul_add(a: Lanes, b: Lanes, c: Lanes) -> Lanes;
}

/// Rounded once, by one instruction: only where the processor has it.
pub(super) struct Fused;

/// Rounded twice: everywhere.
pub(super) struct Separate;

impl Arithmetic for Fused {
    #[inline(always)]
    fn mul_add(a: Lanes, b: Lanes, c: Lanes) -> Lanes {
        let mut out = c;
        for i in 0..WIDTH {
            out.0[i] = a.0[i].mul_add(b.0[i], c.0[i]);
        }
        out
    }
}

impl Arithmetic for Separate {
    #[inline(always)]
    fn mul_add(a: Lanes, b: Lanes, c: Lanes) -> Lanes {
        a * b + c
    }
}

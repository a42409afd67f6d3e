//! Vector instructions: AVX2 with FMA where the processor has them, which is looked up once, when
//! a canceller is made; otherwise two halves of four with what every processor of the
//! architecture has: SSE2, NEON, or plain numbers.

use core::ops::{Add, Div, Mul, Sub};

use super::core::{Core, Samples};
use super::lanes::{Lanes, Vector, WIDTH};

/// A processor's instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Instructions {
    /// What every processor of this architecture has.
    Baseline,
    /// AVX2 and FMA: made only where they were found.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

impl Instructions {
    /// The best that this processor has.
    pub(super) fn best() -> Self {
        #[cfg(target_arch = "x86_64")]
        if is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma") {
            return Instructions::Avx2;
        }
        Instructions::Baseline
    }

    /// [`Core::whole`].
    pub(super) fn whole(self, core: &mut Core, sent: &Samples, received: &mut Samples) {
        match self {
            Instructions::Baseline => core.whole::<Halves>(sent, received),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Avx2` is made in `best` alone, after both features were found.
            Instructions::Avx2 => unsafe { avx2::whole(core, sent, received) },
        }
    }

    /// [`Core::part`].
    pub(super) fn part(self, core: &mut Core, sent: &Samples, received: &mut Samples) {
        match self {
            Instructions::Baseline => core.part::<Halves>(sent, received),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Avx2` is made in `best` alone, after both features were found.
            Instructions::Avx2 => unsafe { avx2::part(core, sent, received) },
        }
    }

    /// [`Core::pass`].
    pub(super) fn pass(self, core: &mut Core, sent: &Samples) {
        match self {
            Instructions::Baseline => core.pass::<Halves>(sent),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Avx2` is made in `best` alone, after both features were found.
            Instructions::Avx2 => unsafe { avx2::pass(core, sent) },
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod avx2 {
    use core::arch::x86_64::*;

    use super::*;

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn whole(core: &mut Core, sent: &Samples, received: &mut Samples) {
        core.whole::<Eight>(sent, received);
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn part(core: &mut Core, sent: &Samples, received: &mut Samples) {
        core.part::<Eight>(sent, received);
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn pass(core: &mut Core, sent: &Samples) {
        core.pass::<Eight>(sent);
    }

    /// Eight numbers in one register. Named in the functions above alone, and everything that
    /// uses it is inlined into them: so wherever it is worked with, AVX2 and FMA are there.
    #[derive(Clone, Copy)]
    struct Eight(__m256);

    // Of every block below: the processor has AVX2 and FMA, see `Eight`; memory is read
    // and written through references to as many aligned numbers as the instruction moves.
    macro_rules! instructions {
        ($($operation:ident $method:ident $instruction:ident),*) => {$(
            impl $operation for Eight {
                type Output = Self;
                #[inline(always)]
                fn $method(self, other: Self) -> Self {
                    // SAFETY: see above.
                    Eight(unsafe { $instruction(self.0, other.0) })
                }
            }
        )*};
    }
    instructions!(Add add _mm256_add_ps, Sub sub _mm256_sub_ps);
    instructions!(Mul mul _mm256_mul_ps, Div div _mm256_div_ps);

    impl Vector for Eight {
        #[inline(always)]
        fn splat(value: f32) -> Self {
            // SAFETY: see above.
            Eight(unsafe { _mm256_set1_ps(value) })
        }

        #[inline(always)]
        fn load(lanes: &Lanes) -> Self {
            // SAFETY: see above; `Lanes` is aligned to 32 bytes.
            Eight(unsafe { _mm256_load_ps(lanes.0.as_ptr()) })
        }

        #[inline(always)]
        fn store(self, lanes: &mut Lanes) {
            // SAFETY: see above; `Lanes` is aligned to 32 bytes.
            unsafe { _mm256_store_ps(lanes.0.as_mut_ptr(), self.0) }
        }

        #[inline(always)]
        fn mul_add(self, b: Self, c: Self) -> Self {
            // SAFETY: see above.
            Eight(unsafe { _mm256_fmadd_ps(self.0, b.0, c.0) })
        }

        #[inline(always)]
        fn from_samples(samples: &[i16; WIDTH]) -> Self {
            // SAFETY: see above; the load is of eight samples, aligned or not.
            Eight(unsafe {
                let samples = _mm_loadu_si128(samples.as_ptr().cast());
                _mm256_cvtepi32_ps(_mm256_cvtepi16_epi32(samples))
            })
        }

        #[inline(always)]
        fn to_samples(self) -> [i16; WIDTH] {
            let mut samples = [0; WIDTH];
            // SAFETY: see above; the store is of eight samples, aligned or not.
            unsafe {
                let whole = _mm256_cvtps_epi32(self.0);
                let (low, high) =
                    (_mm256_castsi256_si128(whole), _mm256_extracti128_si256::<1>(whole));
                _mm_storeu_si128(samples.as_mut_ptr().cast(), _mm_packs_epi32(low, high));
            }
            samples
        }
    }
}

/// Eight numbers as two halves of four.
#[derive(Clone, Copy)]
pub(super) struct Halves(four::Four, four::Four);

macro_rules! by_halves {
    ($($operation:ident $method:ident),*) => {$(
        impl $operation for Halves {
            type Output = Self;
            #[inline(always)]
            fn $method(self, other: Self) -> Self {
                Halves(four::$method(self.0, other.0), four::$method(self.1, other.1))
            }
        }
    )*};
}
by_halves!(Add add, Sub sub, Mul mul, Div div);

impl Vector for Halves {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Halves(four::load(&[value; 4]), four::load(&[value; 4]))
    }

    #[inline(always)]
    fn load(lanes: &Lanes) -> Self {
        let [a, b, c, d, e, f, g, h] = lanes.0;
        Halves(four::load(&[a, b, c, d]), four::load(&[e, f, g, h]))
    }

    #[inline(always)]
    fn store(self, lanes: &mut Lanes) {
        let (low, high) = lanes.0.split_at_mut(WIDTH / 2);
        low.copy_from_slice(&four::store(self.0));
        high.copy_from_slice(&four::store(self.1));
    }

    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Halves(four::mul_add(self.0, b.0, c.0), four::mul_add(self.1, b.1, c.1))
    }

    #[inline(always)]
    fn from_samples(samples: &[i16; WIDTH]) -> Self {
        Self::load(&Lanes(samples.map(f32::from)))
    }

    #[inline(always)]
    fn to_samples(self) -> [i16; WIDTH] {
        // Adding a number with no room for fractions rounds to the nearest.
        const NO_FRACTION: f32 = 12_582_912.0;
        let mut lanes = Lanes::ZERO;
        self.store(&mut lanes);
        lanes.0.map(|v| ((v.clamp(-32768.0, 32767.0) + NO_FRACTION) - NO_FRACTION) as i16)
    }
}

/// Four numbers with SSE2.
#[cfg(target_arch = "x86_64")]
mod four {
    use core::arch::x86_64::*;

    pub(super) use core::arch::x86_64::__m128 as Four;

    // Of every block below: every processor of this architecture has SSE2; loads and
    // stores are of four numbers, aligned or not.
    #[inline(always)]
    pub(super) fn load(four: &[f32; 4]) -> Four {
        // SAFETY: see above.
        unsafe { _mm_loadu_ps(four.as_ptr()) }
    }

    #[inline(always)]
    pub(super) fn store(four: Four) -> [f32; 4] {
        let mut out = [0.0; 4];
        // SAFETY: see above.
        unsafe { _mm_storeu_ps(out.as_mut_ptr(), four) };
        out
    }

    #[inline(always)]
    pub(super) fn mul_add(a: Four, b: Four, c: Four) -> Four {
        add(mul(a, b), c)
    }

    macro_rules! operations {
        ($($name:ident $instruction:ident),*) => {$(
            #[inline(always)]
            pub(super) fn $name(a: Four, b: Four) -> Four {
                // SAFETY: see above.
                unsafe { $instruction(a, b) }
            }
        )*};
    }
    operations!(add _mm_add_ps, sub _mm_sub_ps, mul _mm_mul_ps, div _mm_div_ps);
}

/// Four numbers with NEON.
#[cfg(target_arch = "aarch64")]
mod four {
    use core::arch::aarch64::*;

    pub(super) use core::arch::aarch64::float32x4_t as Four;

    // Of every block below: every processor of this architecture has NEON; loads and
    // stores are of four numbers.
    #[inline(always)]
    pub(super) fn load(four: &[f32; 4]) -> Four {
        // SAFETY: see above.
        unsafe { vld1q_f32(four.as_ptr()) }
    }

    #[inline(always)]
    pub(super) fn store(four: Four) -> [f32; 4] {
        let mut out = [0.0; 4];
        // SAFETY: see above.
        unsafe { vst1q_f32(out.as_mut_ptr(), four) };
        out
    }

    #[inline(always)]
    pub(super) fn mul_add(a: Four, b: Four, c: Four) -> Four {
        // SAFETY: see above.
        unsafe { vfmaq_f32(c, a, b) }
    }

    macro_rules! operations {
        ($($name:ident $instruction:ident),*) => {$(
            #[inline(always)]
            pub(super) fn $name(a: Four, b: Four) -> Four {
                // SAFETY: see above.
                unsafe { $instruction(a, b) }
            }
        )*};
    }
    operations!(add vaddq_f32, sub vsubq_f32, mul vmulq_f32, div vdivq_f32);
}

/// Four plain numbers.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod four {
    pub(super) type Four = [f32; 4];

    pub(super) fn load(four: &[f32; 4]) -> Four {
        *four
    }

    pub(super) fn store(four: Four) -> [f32; 4] {
        four
    }

    pub(super) fn mul_add(a: Four, b: Four, c: Four) -> Four {
        add(mul(a, b), c)
    }

    macro_rules! operations {
        ($($name:ident $sign:tt),*) => {$(
            pub(super) fn $name(a: Four, b: Four) -> Four {
                core::array::from_fn(|i| a[i] $sign b[i])
            }
        )*};
    }
    operations!(add +, sub -, mul *, div /);
}

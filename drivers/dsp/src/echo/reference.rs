//! What was sent, as spectra of overlapping windows, newest first.

#![allow(clippy::needless_range_loop, reason = "one index runs over several blocks")]

use super::lanes::Vector;
use super::transform::{BLANK, Block, Spectrum, Tables, VECTORS};

/// The memory of what was sent.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    spectra: Box<[Spectrum]>,
    /// Squared magnitudes of the bins; bins 0 and 32 count together.
    powers: Box<[Block]>,
    newest: usize,
    previous: Block,
    steadiness: Steadiness,
}

impl Reference {
    /// Room for this many blocks, and one more for a block in the making.
    pub(super) fn new(blocks: usize) -> Self {
        Reference {
            spectra: vec![Spectrum::default(); blocks + 1].into(),
            powers: vec![BLANK; blocks + 1].into(),
            newest: 0,
            previous: BLANK,
            steadiness: Steadiness::default(),
        }
    }

    pub(super) fn clear(&mut self) {
        *self = Reference {
            spectra: core::mem::take(&mut self.spectra),
            powers: core::mem::take(&mut self.powers),
            newest: 0,
            previous: BLANK,
            steadiness: Steadiness::default(),
        };
        self.spectra.fill(Spectrum::default());
        self.powers.fill(BLANK);
    }

    /// A whole block was sent.
    #[inline(always)]
    pub(super) fn push<V: Vector>(&mut self, tables: &Tables, block: &Block) {
        self.begin::<V>(tables, block);
        self.previous = *block;
        self.steadiness.push(energy::<V>(block));
    }

    /// A block was sent in part, the rest of it being zero so far; to be followed by
    /// [`Self::take_back`].
    #[inline(always)]
    pub(super) fn begin<V: Vector>(&mut self, tables: &Tables, block: &Block) {
        let spectrum = tables.spectrum::<V>(&self.previous, block);
        self.newest = self.newest.checked_sub(1).unwrap_or(self.spectra.len() - 1);
        self.spectra[self.newest] = spectrum;
        let power = &mut self.powers[self.newest];
        for v in 0..VECTORS {
            let (re, im) = (V::load(&spectrum.re[v]), V::load(&spectrum.im[v]));
            re.mul_add(re, im * im).store(&mut power[v]);
        }
    }

    /// Forgets the block begun last.
    pub(super) fn take_back(&mut self) {
        self.newest = (self.newest + 1) % self.spectra.len();
    }

    /// Spectrum and powers of the window that ended so many blocks ago.
    #[inline(always)]
    pub(super) fn at(&self, age: usize) -> (&Spectrum, &Block) {
        let mut at = self.newest + age;
        if at >= self.spectra.len() {
            at -= self.spectra.len();
        }
        (&self.spectra[at], &self.powers[at])
    }

    /// Energy of a block, averaged over the last five.
    pub(super) fn block_energy(&self) -> f32 {
        self.steadiness.sum / 5.0
    }

    /// Whether the loudness has been so even for 48 ms that this is a tone, or tones: they say
    /// next to nothing about an echo path, and would lead an adaptive filter astray.
    pub(super) fn is_tone(&self) -> bool {
        self.steadiness.is_even
    }
}

/// How even the loudness is: no speech and no noise keeps its power over 20 ms within 12 % for
/// 48 ms, and every lasting tone does.
#[derive(Clone, Debug, Default)]
struct Steadiness {
    /// Energies of the last five blocks, their sum, and the last eight such sums.
    energies: [f32; 5],
    sum: f32,
    sums: [f32; 8],
    count: usize,
    is_even: bool,
}

impl Steadiness {
    fn push(&mut self, energy: f32) {
        self.count = self.count.wrapping_add(1);
        self.energies[self.count % 5] = energy;
        self.sum = self.energies.iter().sum();
        self.sums[self.count % 8] = self.sum;
        let (low, high) = self
            .sums
            .iter()
            .fold((f32::MAX, 0.0f32), |(low, high), &sum| (low.min(sum), high.max(sum)));
        self.is_even = high < 1.12 * low;
    }
}

/// The sum of a block's squares.
#[inline(always)]
pub(super) fn energy<V: Vector>(block: &Block) -> f32 {
    let mut sum = V::splat(0.0);
    for lanes in block {
        let value = V::load(lanes);
        sum = value.mul_add(value, sum);
    }
    sum.sum()
}

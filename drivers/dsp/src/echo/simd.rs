//! Which instructions do the work: chosen once, when a canceller is made.

use super::core::{Core, Outcome};
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
use super::lanes::Fused;
#[cfg(not(target_arch = "aarch64"))]
use super::lanes::Separate;
use super::transform::Block;

/// A processor's instructions.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Instructions {
    /// What every processor of this architecture has; with NEON on aarch64.
    Baseline,
    /// AVX2 and FMA: made only where they were found.
    #[cfg(target_arch = "x86_64")]
    Avx2,
}

/// What multiplies and adds with the architecture's own instructions.
#[cfg(target_arch = "aarch64")]
type Native = Fused;
#[cfg(not(target_arch = "aarch64"))]
type Native = Separate;

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
    pub(super) fn whole(self, core: &mut Core, sent: &Block, received: &Block) -> Outcome {
        match self {
            Instructions::Baseline => core.whole::<Native>(sent, received),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Avx2` is made in `best` alone, after both features were found.
            Instructions::Avx2 => unsafe { avx2::whole(core, sent, received) },
        }
    }

    /// [`Core::part`].
    pub(super) fn part(self, core: &mut Core, sent: &Block, received: &Block) -> Outcome {
        match self {
            Instructions::Baseline => core.part::<Native>(sent, received),
            #[cfg(target_arch = "x86_64")]
            // SAFETY: `Avx2` is made in `best` alone, after both features were found.
            Instructions::Avx2 => unsafe { avx2::part(core, sent, received) },
        }
    }

    /// [`Core::pass`].
    pub(super) fn pass(self, core: &mut Core, sent: &Block) {
        core.pass::<Native>(sent);
    }
}

/// The same once more, compiled for AVX2 and FMA.
#[cfg(target_arch = "x86_64")]
mod avx2 {
    use super::{Block, Core, Fused, Outcome};

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn whole(core: &mut Core, sent: &Block, received: &Block) -> Outcome {
        core.whole::<Fused>(sent, received)
    }

    #[target_feature(enable = "avx2,fma")]
    pub(super) fn part(core: &mut Core, sent: &Block, received: &Block) -> Outcome {
        core.part::<Fused>(sent, received)
    }
}

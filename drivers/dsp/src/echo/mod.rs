//! A line echo canceller in the class of ITU-T G.168 (04/2015): it learns what the hybrids on a
//! line let back of what was sent, and takes it out of what is received, without delay.
//!
//! A block of 4 ms at a time ([`core`]), a Kalman filter over overlapping spectra ([`filter`],
//! [`transform`]) learns the echo path, while a second filter with fixed weights does the work;
//! the fixed one takes the weights of the learning one over when they have proved better, and
//! gives its own back when they went astray ([`contest`]). So speech from the near end does not
//! spoil what is heard. Tones, which say little about a path, teach nothing.
//!
//! Left out: echo later than 64 ms, several paths that move (a satellite's), acoustic echo.

mod contest;
mod core;
mod filter;
mod lanes;
mod reference;
mod simd;
mod transform;

use self::core::{Core, Samples};
use self::simd::Instructions;
use self::transform::BLOCK;

/// How long an echo may come after what caused it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum EchoTail {
    /// 32 ms, 256 taps: the own hybrid and the local loop.
    #[default]
    Ms32,
    /// 64 ms, 512 taps: far hybrids on toll lines too.
    Ms64,
}

impl EchoTail {
    /// The length in samples.
    pub fn samples(self) -> usize {
        match self {
            EchoTail::Ms32 => 256,
            EchoTail::Ms64 => 512,
        }
    }
}

/// Takes the echo of what was sent out of what is received.
#[derive(Clone)]
pub struct EchoCanceller {
    core: Core,
    instructions: Instructions,
    enabled: bool,
    /// The samples of a block that is not complete yet.
    sent: Samples,
    received: Samples,
    waiting: usize,
}

impl EchoCanceller {
    /// A canceller that knows nothing of its line yet. Allocates.
    pub fn new(tail: EchoTail) -> Self {
        Self::with(tail, Instructions::best())
    }

    /// One that does without the vector instructions that only some processors of this
    /// architecture have: for comparison. Allocates.
    pub fn portable(tail: EchoTail) -> Self {
        Self::with(tail, Instructions::Baseline)
    }

    fn with(tail: EchoTail, instructions: Instructions) -> Self {
        EchoCanceller {
            core: Core::new(tail.samples()),
            instructions,
            enabled: true,
            sent: [0; BLOCK],
            received: [0; BLOCK],
            waiting: 0,
        }
    }

    /// Takes the echo out of `received`; `sent` is what went to the line in the same time, after
    /// gain, mixing and coding. Multiples of 32 samples cost least. What one of them has beyond
    /// the other's length is left alone.
    pub fn process(&mut self, sent: &[i16], received: &mut [i16]) {
        let len = sent.len().min(received.len());
        let (mut sent, mut received) = (&sent[..len], &mut received[..len]);
        while !sent.is_empty() {
            let n = sent.len().min(BLOCK - self.waiting);
            let (sent_now, sent_later) = sent.split_at(n);
            let (received_now, received_later) = received.split_at_mut(n);
            self.step(sent_now, received_now);
            (sent, received) = (sent_later, received_later);
        }
    }

    /// Off: what is received passes unchanged, as fax and data want it; what was learnt is kept.
    pub fn set_enabled(&mut self, on: bool) {
        self.enabled = on;
    }

    /// Forgets the line.
    pub fn reset(&mut self) {
        self.core.reset();
        self.waiting = 0;
    }

    /// Echo return loss: how much weaker than what was sent its echo comes back, from 250 to
    /// 3500 Hz, as far as it is learnt. `None` while no echo was found.
    pub fn erl_db(&self) -> Option<f32> {
        self.core.erl_db()
    }

    /// Echo return loss enhancement: how much less was left than received, lately and while
    /// there was something to echo. Speech and noise of the near end lower it. `None` before.
    pub fn erle_db(&self) -> Option<f32> {
        self.core.erle_db()
    }

    /// As many samples as the block in the making has room for, or fewer.
    fn step(&mut self, sent: &[i16], received: &mut [i16]) {
        let (from, to) = (self.waiting, self.waiting + sent.len());
        self.sent[from..to].copy_from_slice(sent);
        self.received[from..to].copy_from_slice(received);
        self.waiting = to % BLOCK;
        if to == BLOCK {
            if self.enabled {
                let mut left = self.received;
                self.instructions.whole(&mut self.core, &self.sent, &mut left);
                received.copy_from_slice(&left[from..to]);
            } else {
                self.instructions.pass(&mut self.core, &self.sent);
            }
        } else if self.enabled {
            let (mut sent, mut left) = (self.sent, self.received);
            sent[to..].fill(0);
            self.instructions.part(&mut self.core, &sent, &mut left);
            received.copy_from_slice(&left[from..to]);
        }
    }
}

impl ::core::fmt::Debug for EchoCanceller {
    fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
        f.debug_struct("EchoCanceller")
            .field("instructions", &self.instructions)
            .field("enabled", &self.enabled)
            .field("erl_db", &self.erl_db())
            .field("erle_db", &self.erle_db())
            .finish_non_exhaustive()
    }
}

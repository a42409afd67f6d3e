//! The canceller's work on one block of 4 ms.

use super::contest::{Contest, Round, Verdict};
use super::filter::{Adaptive, echo};
use super::lanes::{Arithmetic, Lanes};
use super::reference::Reference;
use super::transform::{BLOCK, Block, Spectrum, Tables, VECTORS, each};

/// How many blocks the learning filter learns from at a time, the newest included, until it has
/// learnt for a while.
const REUSE: usize = 4;
/// How long it does so, in blocks: two seconds of sound.
const EAGER_BLOCKS: u32 = 500;
/// Below this energy a block of what is sent is silence: −51 dBm0.
const SILENCE: f32 = 2000.0 * BLOCK as f32;
/// How often the learning filter's size is looked at, in blocks.
const CHECK_BLOCKS: u32 = 64;
/// No line lets back more than four times what was sent.
const ENERGY_MAX: f32 = 4.0;

/// Everything a canceller knows.
#[derive(Clone)]
pub(super) struct Core {
    tables: &'static Tables,
    reference: Reference,
    used: Box<[Spectrum]>,
    learning: Adaptive,
    contest: Contest,
    /// The latest blocks received, newest first.
    received: [Block; REUSE],
    sent_offset: f32,
    received_offset: f32,
    /// Blocks for which echo of what was sent may still come.
    sounding: usize,
    eager: u32,
    count: u32,
    cancelled: Cancelled,
}

/// What becomes of a block.
pub(super) struct Outcome {
    /// What is left without the echo.
    pub(super) left: Block,
    /// The echo taken out.
    pub(super) echo: Block,
}

/// Energies before and after, over about half a second with echo.
#[derive(Clone, Copy, Default)]
struct Cancelled {
    before: f32,
    after: f32,
}

impl Core {
    pub(super) fn new(taps: usize) -> Self {
        let partitions = taps / BLOCK;
        Core {
            tables: Tables::get(),
            reference: Reference::new(partitions + REUSE - 1),
            used: vec![Spectrum::default(); partitions].into(),
            learning: Adaptive::new(partitions),
            contest: Contest::default(),
            received: [[Lanes::ZERO; VECTORS]; REUSE],
            sent_offset: 0.0,
            received_offset: 0.0,
            sounding: 0,
            eager: EAGER_BLOCKS,
            count: 0,
            cancelled: Cancelled::default(),
        }
    }

    pub(super) fn reset(&mut self) {
        self.reference.clear();
        self.forget();
        self.used.fill(Spectrum::default());
        self.received = [[Lanes::ZERO; VECTORS]; REUSE];
        self.sent_offset = 0.0;
        self.received_offset = 0.0;
        self.sounding = 0;
        self.count = 0;
        self.cancelled = Cancelled::default();
    }

    /// The learning filter starts anew.
    fn forget(&mut self) {
        self.learning.clear();
        self.contest = Contest::default();
        self.eager = EAGER_BLOCKS;
    }

    pub(super) fn erl_db(&self) -> Option<f32> {
        let energy = self.learning.energy(&self.used);
        (energy > 1e-6).then(|| -10.0 * energy.log10())
    }

    pub(super) fn erle_db(&self) -> Option<f32> {
        let Cancelled { before, after } = self.cancelled;
        (before > 0.0).then(|| 10.0 * (before / after.max(1.0)).log10())
    }

    /// A block of which only a part is known so far: takes the echo out and learns nothing.
    #[inline(always)]
    pub(super) fn part<A: Arithmetic>(&mut self, sent: &Block, received: &Block) -> Outcome {
        if self.sounding == 0 && energy(sent) < SILENCE {
            return Outcome { left: *received, echo: [Lanes::ZERO; VECTORS] };
        }
        let sent = without(sent, self.sent_offset);
        self.reference.begin::<A>(self.tables, &sent);
        let echo = echo::<A>(&self.used, &self.reference, 0, self.tables);
        self.reference.take_back();
        Outcome { left: each(received, &echo, |r, e| r - e), echo }
    }

    /// A block that passes unchanged: only what was sent is remembered.
    #[inline(always)]
    pub(super) fn pass<A: Arithmetic>(&mut self, sent: &Block) {
        self.hear::<A>(sent);
    }

    /// A whole block: takes the echo out, and learns.
    #[inline(always)]
    pub(super) fn whole<A: Arithmetic>(&mut self, sent: &Block, received: &Block) -> Outcome {
        self.hear::<A>(sent);
        follow(&mut self.received_offset, received);
        let heard = without(received, self.received_offset);
        self.received.copy_within(0..REUSE - 1, 1);
        self.received[0] = heard;
        if self.sounding == 0 {
            return Outcome { left: *received, echo: [Lanes::ZERO; VECTORS] };
        }
        let mut echo_used = echo::<A>(&self.used, &self.reference, 0, self.tables);
        if !self.reference.is_tone() {
            let echo_learning = echo::<A>(&self.learning.weights, &self.reference, 0, self.tables);
            let left = each(&heard, &echo_learning, |r, e| r - e);
            let round = Round {
                received: energy(&heard),
                used: energy(&each(&heard, &echo_used, |r, e| r - e)),
                learning: energy(&left),
                apart: energy(&each(&echo_used, &echo_learning, |a, b| a - b)),
            };
            echo_used = self.settle(round, &echo_used, &echo_learning);
            self.learn::<A>(&left);
        }
        self.account(&heard, &echo_used);
        Outcome { left: each(received, &echo_used, |r, e| r - e), echo: echo_used }
    }

    /// Remembers what was sent.
    #[inline(always)]
    fn hear<A: Arithmetic>(&mut self, sent: &Block) {
        follow(&mut self.sent_offset, sent);
        let sent = without(sent, self.sent_offset);
        self.reference.push::<A>(self.tables, &sent);
        self.sounding = if self.reference.block_energy() > SILENCE {
            self.used.len() + 1
        } else {
            self.sounding.saturating_sub(1)
        };
    }

    /// Lets the better filter win; gives the echo to take out.
    fn settle(&mut self, round: Round, used: &Block, learning: &Block) -> Block {
        match self.contest.judge(round) {
            Verdict::Undecided => *used,
            Verdict::Adopt => {
                self.used.copy_from_slice(&self.learning.weights);
                crossfade(used, learning)
            }
            Verdict::Return => {
                self.learning.return_to(&self.used);
                *used
            }
            Verdict::Harm => {
                self.used.fill(Spectrum::default());
                self.eager = EAGER_BLOCKS;
                if round.learning > round.received {
                    self.forget();
                }
                crossfade(used, &[Lanes::ZERO; VECTORS])
            }
        }
    }

    /// Learns from the newest block, and in the beginning from those before it once more.
    #[inline(always)]
    fn learn<A: Arithmetic>(&mut self, left: &Block) {
        self.learning.learn::<A>(&self.reference, 0, left, self.tables);
        let times = if self.eager > 0 { REUSE } else { 1 };
        self.eager = self.eager.saturating_sub(1);
        for age in 1..times {
            let again = echo::<A>(&self.learning.weights, &self.reference, age, self.tables);
            let left = each(&self.received[age], &again, |r, e| r - e);
            self.learning.learn::<A>(&self.reference, age, &left, self.tables);
        }
        self.learning.drift::<A>(&self.reference);
        self.learning.keep_causal::<A>(self.tables);
        self.count = self.count.wrapping_add(1);
        if self.count.is_multiple_of(CHECK_BLOCKS) {
            let energy = self.learning.energy(&self.learning.weights);
            if energy.is_nan() || energy > ENERGY_MAX {
                self.forget();
            }
        }
    }

    fn account(&mut self, received: &Block, echo: &Block) {
        let memory = 1.0 - 1.0 / 128.0;
        self.cancelled.before = memory * self.cancelled.before + energy(received);
        let left = each(received, echo, |r, e| r - e);
        self.cancelled.after = memory * self.cancelled.after + energy(&left);
    }
}

#[inline(always)]
fn energy(block: &Block) -> f32 {
    block.iter().fold(Lanes::ZERO, |sum, &v| sum + v * v).sum()
}

/// Follows a signal's constant part over some two seconds.
fn follow(offset: &mut f32, block: &Block) {
    let sum = block.iter().fold(Lanes::ZERO, |sum, &v| sum + v).sum();
    *offset += (sum / BLOCK as f32 - *offset) / 512.0;
}

fn without(block: &Block, offset: f32) -> Block {
    block.map(|v| v - Lanes::splat(offset))
}

/// From one block to another, so that no step is heard.
fn crossfade(from: &Block, to: &Block) -> Block {
    let mut out = *from;
    for (n, (out, &to)) in
        out.iter_mut().flat_map(|v| &mut v.0).zip(to.iter().flat_map(|v| &v.0)).enumerate()
    {
        let part = (n + 1) as f32 / BLOCK as f32;
        *out += (to - *out) * part;
    }
    out
}

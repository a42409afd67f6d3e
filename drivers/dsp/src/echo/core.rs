//! The canceller's work on one block of 4 ms.

use super::contest::{Contest, Round, Verdict};
use super::filter::{Adaptive, echo};
use super::lanes::{Vector, WIDTH};
use super::reference::{Reference, energy};
use super::transform::{BLANK, BLOCK, Block, Spectrum, Tables, VECTORS, load};

/// How many blocks the learning filter learns from at a time, the newest included, until it has
/// learnt for a while.
const REUSE: usize = 4;
/// How long it does so, in blocks: 0.6 s of sound. Longer, it would learn the line's noise.
const EAGER_BLOCKS: u32 = 150;
/// How the learning goes at first, and how later.
const EAGER: Manner = Manner { blocks: REUSE, turn: 4, pace: 1.0, caution: 1.6 };
const SETTLED: Manner = Manner { blocks: 1, turn: 8, pace: 0.1, caution: 2.0 };
/// Below this energy a block of what is sent is silence: −51 dBm0.
const SILENCE: f32 = 2000.0 * BLOCK as f32;
/// How often the filters' energy is looked at, in blocks.
const CHECK_BLOCKS: u32 = 16;
/// A filter in use that has lost so much of its energy no longer fits the line.
const FADED: f32 = 0.4;
/// What is louder than this part of the loudest that was sent is the near end's (after Geigel): no
/// hybrid's return loss is below 3 dB.
const NEAR_SPEECH: f32 = 0.5;
/// Memory of the loudest, a block: the tail is 64 ms at most.
const LOUDEST_MEMORY: f32 = 0.95;
/// No line lets back more than four times what was sent.
const ENERGY_MAX: f32 = 4.0;

/// Everything a canceller knows.
#[derive(Clone)]
pub(super) struct Core {
    tables: &'static Tables,
    reference: Reference,
    used: Box<[Spectrum]>,
    /// No filter is in use: `used` takes nothing out.
    none_used: bool,
    learning: Adaptive,
    contest: Contest,
    /// The latest blocks received, newest first.
    received: [Block; REUSE],
    sent_offset: f32,
    received_offset: f32,
    /// Blocks for which echo of what was sent may still come.
    sounding: usize,
    /// Energy of the loudest block sent lately.
    loudest: f32,
    eager: u32,
    /// The most energy that the filter in use had since it began anew.
    energy_used: f32,
    count: u32,
    cancelled: Cancelled,
}

/// A manner of learning.
#[derive(Clone, Copy)]
struct Manner {
    /// How many blocks are learnt from at a time, the newest included.
    blocks: usize,
    /// How many partitions take turns in being put in order.
    turn: usize,
    /// How fast what was learnt becomes uncertain.
    pace: f32,
    /// How much better than by chance the learning filter has to be.
    caution: f32,
}

/// A block of samples.
pub(super) type Samples = [i16; BLOCK];

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
            none_used: true,
            learning: Adaptive::new(partitions),
            contest: Contest::default(),
            received: [BLANK; REUSE],
            sent_offset: 0.0,
            received_offset: 0.0,
            sounding: 0,
            loudest: 0.0,
            eager: EAGER_BLOCKS,
            energy_used: 0.0,
            count: 0,
            cancelled: Cancelled::default(),
        }
    }

    pub(super) fn reset(&mut self) {
        self.reference.clear();
        self.forget();
        self.used.fill(Spectrum::default());
        self.none_used = true;
        self.received = [BLANK; REUSE];
        self.sent_offset = 0.0;
        self.received_offset = 0.0;
        self.sounding = 0;
        self.loudest = 0.0;
        self.energy_used = 0.0;
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
    pub(super) fn part<V: Vector>(&mut self, sent: &Samples, received: &mut Samples) {
        let sent = block_of::<V>(sent);
        if self.sounding == 0 && energy::<V>(&sent) < SILENCE {
            return;
        }
        let sent = without::<V>(&sent, self.sent_offset);
        self.reference.begin::<V>(self.tables, &sent);
        let echo = echo::<V>(&self.used, &self.reference, 0, self.tables);
        self.reference.take_back();
        let left = difference::<V>(&block_of::<V>(received), &echo);
        *received = samples_of::<V>(&left);
    }

    /// A block that passes unchanged: only what was sent is remembered.
    #[inline(always)]
    pub(super) fn pass<V: Vector>(&mut self, sent: &Samples) {
        self.hear::<V>(&block_of::<V>(sent));
    }

    /// A whole block: takes the echo out, and learns.
    #[inline(always)]
    pub(super) fn whole<V: Vector>(&mut self, sent: &Samples, received: &mut Samples) {
        self.hear::<V>(&block_of::<V>(sent));
        let block = block_of::<V>(received);
        follow::<V>(&mut self.received_offset, &block);
        let heard = without::<V>(&block, self.received_offset);
        self.received.copy_within(0..REUSE - 1, 1);
        self.received[0] = heard;
        if self.sounding == 0 {
            return;
        }
        let mut echo_used = echo::<V>(&self.used, &self.reference, 0, self.tables);
        let heard_energy = energy::<V>(&heard);
        let used_energy = energy::<V>(&difference::<V>(&heard, &echo_used));
        if !self.none_used && self.contest.harms(heard_energy, used_energy) {
            echo_used = self.give_up(&echo_used);
        } else if !self.reference.is_tone() && heard_energy < NEAR_SPEECH * self.loudest {
            let echo_learning = echo::<V>(&self.learning.weights, &self.reference, 0, self.tables);
            let left = difference::<V>(&heard, &echo_learning);
            let round = Round {
                received: heard_energy,
                echo: energy::<V>(&echo_used),
                used: used_energy,
                learning: energy::<V>(&left),
                apart: energy::<V>(&difference::<V>(&echo_used, &echo_learning)),
            };
            echo_used = self.settle(round, &echo_used, &echo_learning);
            self.learn::<V>(&left);
        }
        self.account::<V>(&heard, &echo_used);
        let left = difference::<V>(&block, &echo_used);
        *received = samples_of::<V>(&left);
    }

    /// Remembers what was sent.
    #[inline(always)]
    fn hear<V: Vector>(&mut self, sent: &Block) {
        follow::<V>(&mut self.sent_offset, sent);
        let sent = without::<V>(sent, self.sent_offset);
        self.reference.push::<V>(self.tables, &sent);
        self.loudest = energy::<V>(&sent).max(LOUDEST_MEMORY * self.loudest);
        self.sounding = if self.reference.block_energy() > SILENCE {
            self.used.len() + 1
        } else {
            self.sounding.saturating_sub(1)
        };
    }

    fn manner(&self) -> Manner {
        if self.eager > 0 { EAGER } else { SETTLED }
    }

    /// Lets the better filter win; gives the echo to take out.
    fn settle(&mut self, round: Round, used: &Block, learning: &Block) -> Block {
        match self.contest.judge(round, self.manner().caution, self.none_used) {
            Verdict::Undecided => *used,
            Verdict::Adopt { much } => {
                if much && self.eager == 0 {
                    // So much at once is a change of path.
                    self.start_again();
                }
                self.used.copy_from_slice(&self.learning.weights);
                self.none_used = false;
                crossfade(used, learning)
            }
            Verdict::Return => {
                self.learning.return_to(&self.used);
                *used
            }
            Verdict::Doubt => {
                if self.eager == 0 {
                    self.start_again();
                }
                *used
            }
            Verdict::Harm => self.give_up(used),
        }
    }

    /// The filter in use does harm: begins anew without one. Gives the echo to take out.
    fn give_up(&mut self, used: &Block) -> Block {
        self.used.fill(Spectrum::default());
        self.none_used = true;
        self.forget();
        crossfade(used, &BLANK)
    }

    /// Learns from the newest block, and in the beginning from those before it once more.
    #[inline(always)]
    fn learn<V: Vector>(&mut self, left: &Block) {
        self.learning.learn::<V>(&self.reference, 0, left, self.tables);
        let manner = self.manner();
        self.eager = self.eager.saturating_sub(1);
        for age in 1..manner.blocks {
            let again = echo::<V>(&self.learning.weights, &self.reference, age, self.tables);
            let left = difference::<V>(&self.received[age], &again);
            self.learning.learn::<V>(&self.reference, age, &left, self.tables);
        }
        self.learning.keep::<V>(&self.reference, self.tables, manner.turn, manner.pace);
        self.count = self.count.wrapping_add(1);
        if self.count.is_multiple_of(CHECK_BLOCKS) {
            self.check();
        }
    }

    /// Whether the filters are still in their senses.
    fn check(&mut self) {
        let learning = self.learning.energy(&self.learning.weights);
        if learning.is_nan() || learning > ENERGY_MAX {
            self.forget();
        }
        let used = self.learning.energy(&self.used);
        if self.eager > 0 {
            self.energy_used = used;
        } else if used < FADED * self.energy_used {
            // What was learnt is being unlearnt: the path is another one.
            self.start_again();
            self.energy_used = used;
        } else {
            self.energy_used = self.energy_used.max(used);
        }
    }

    /// Learns as in the beginning, from what is known.
    fn start_again(&mut self) {
        self.learning.doubt();
        self.eager = EAGER_BLOCKS;
    }

    #[inline(always)]
    fn account<V: Vector>(&mut self, received: &Block, echo: &Block) {
        let memory = 1.0 - 1.0 / 128.0;
        self.cancelled.before = memory * self.cancelled.before + energy::<V>(received);
        let left = difference::<V>(received, echo);
        self.cancelled.after = memory * self.cancelled.after + energy::<V>(&left);
    }
}

#[inline(always)]
fn block_of<V: Vector>(samples: &Samples) -> Block {
    let mut block = BLANK;
    let (eights, _) = samples.as_chunks::<WIDTH>();
    for (lanes, samples) in block.iter_mut().zip(eights) {
        V::from_samples(samples).store(lanes);
    }
    block
}

/// Rounds to the nearest sample values, saturating.
#[inline(always)]
fn samples_of<V: Vector>(block: &Block) -> Samples {
    let mut samples = [0; BLOCK];
    let (eights, _) = samples.as_chunks_mut::<WIDTH>();
    for (samples, lanes) in eights.iter_mut().zip(block) {
        *samples = V::load(lanes).to_samples();
    }
    samples
}

#[inline(always)]
fn difference<V: Vector>(a: &Block, b: &Block) -> Block {
    let mut out = BLANK;
    for v in 0..VECTORS {
        (V::load(&a[v]) - V::load(&b[v])).store(&mut out[v]);
    }
    out
}

/// Follows a signal's constant part over some two seconds.
#[inline(always)]
fn follow<V: Vector>(offset: &mut f32, block: &Block) {
    let [a, b, c, d] = load::<V>(block);
    *offset += (((a + b) + (c + d)).sum() / BLOCK as f32 - *offset) / 512.0;
}

#[inline(always)]
fn without<V: Vector>(block: &Block, offset: f32) -> Block {
    let mut out = BLANK;
    for v in 0..VECTORS {
        (V::load(&block[v]) - V::splat(offset)).store(&mut out[v]);
    }
    out
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

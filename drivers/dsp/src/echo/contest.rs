//! Which of two filters leaves less echo: the one in use, or the one that learns.
//!
//! Their difference in what they leave is mostly chance while somebody speaks at the near end, so
//! it is weighed against how far chance alone would move it: the energy that is left times the
//! energy of the difference between both echoes.

/// What the filters left of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Round {
    /// Energy of what was received.
    pub(super) received: f32,
    /// Energy of the echo that the filter in use takes out.
    pub(super) echo: f32,
    /// Energy of what the filter in use left of it.
    pub(super) used: f32,
    /// Energy of what the learning filter left of it.
    pub(super) learning: f32,
    /// Energy of the difference between what both left.
    pub(super) apart: f32,
}

/// What is to be done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    /// Nothing is certain.
    Undecided,
    /// The learning filter is better: use it.
    Adopt {
        /// Better by far.
        much: bool,
    },
    /// The learning filter gets better, but is far from good: the path may be another one.
    Doubt,
    /// The learning filter has gone astray: let it go on from the one in use.
    Return,
    /// The filter in use adds echo instead of taking it away.
    Harm,
}

/// Memory of the energies, a block.
const MEMORY: f32 = 0.95;
/// An echo taken out that is not there adds its own energy; a quarter of that is no chance.
const HARM: f32 = 0.25;
/// What the first filter may leave of what is received, and what a later one may. Speech of the
/// near end leaves no right filter so little; a wrong one, which follows that speech, seems better
/// for a moment all the same.
const FIRST: f32 = 0.5;
const LATER: f32 = 0.25;
/// So many betterments by filters far from good, about, and nothing is certain any more; and how
/// one of them is forgotten, a block.
const DOUBTS: f32 = 4.0;
const DOUBT_MEMORY: f32 = 0.98;
/// More left than this of what was received: the echo taken out was not there. Speech of the near
/// end is left whole, not more.
const HARM_AT_ONCE: f32 = 3.0;
/// Memory of the harm, a block: louder speech of the near end looks like harm for a while.
const HARM_MEMORY: f32 = 0.985;

/// The score over the last blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Contest {
    quick: Score,
    slow: Score,
    harm: Score,
    echo: f32,
    received: f32,
    used: f32,
    learning: f32,
    doubts: f32,
    /// Energies of all blocks, also of those that nothing is learnt from.
    came: f32,
    left: f32,
}

impl Contest {
    /// Takes the energies of what was received and of what the filter in use left of it, in every
    /// block; says whether that filter plainly adds echo.
    pub(super) fn harms(&mut self, received: f32, left: f32) -> bool {
        self.came = MEMORY * self.came + received;
        self.left = MEMORY * self.left + left;
        self.left > HARM_AT_ONCE * self.came
    }

    /// Judges by the blocks so far; the more cautious, the more is asked of the learning filter.
    /// `none_used` says that no filter is in use yet.
    pub(super) fn judge(&mut self, round: Round, caution: f32, none_used: bool) -> Verdict {
        let chance = round.used.min(round.learning) * round.apart;
        self.quick.add(0.6, round.used - round.learning, chance);
        self.slow.add(0.92, round.used - round.learning, chance);
        let chance = round.used.min(round.received) * round.echo;
        self.harm.add(HARM_MEMORY, round.used - round.received, chance);
        self.harm.gain = self.harm.gain.max(-10.0 * round.echo);
        self.echo = HARM_MEMORY * self.echo + round.echo;
        self.received = MEMORY * self.received + round.received;
        self.used = MEMORY * self.used + round.used;
        self.learning = MEMORY * self.learning + round.learning;
        self.doubts *= DOUBT_MEMORY;
        let worth_it = self.learning < if none_used { FIRST } else { LATER } * self.received;
        let better = self.quick.advantage(0.7 * caution) || self.slow.advantage(0.5 * caution);
        if better && worth_it {
            let much = self.used > 1.25 * self.learning && self.used > 0.25 * self.received;
            self.used = self.used.min(self.learning);
            self.start_anew();
            Verdict::Adopt { much }
        } else if better && !none_used {
            self.used = self.used.min(self.learning);
            self.start_anew();
            self.doubts += 1.0;
            if self.doubts < DOUBTS {
                return Verdict::Undecided;
            }
            self.doubts = 0.0;
            Verdict::Doubt
        } else if self.harm.advantage(5.5) && self.harm.gain > HARM * self.echo {
            Verdict::Harm
        } else if self.slow.disadvantage(2.0) && self.learning > 1.3 * self.used {
            self.learning = self.used;
            self.start_anew();
            Verdict::Return
        } else {
            Verdict::Undecided
        }
    }

    fn start_anew(&mut self) {
        self.quick = Score::default();
        self.slow = Score::default();
    }
}

#[derive(Clone, Debug, Default)]
struct Score {
    gain: f32,
    variance: f32,
}

impl Score {
    fn add(&mut self, memory: f32, gain: f32, chance: f32) {
        self.gain = memory * self.gain + gain;
        self.variance = memory * memory * self.variance + chance;
    }

    /// Whether the gain is so many times what chance would make it.
    fn advantage(&self, times: f32) -> bool {
        self.gain > 0.0 && self.gain * self.gain > times * times * self.variance
    }

    fn disadvantage(&self, times: f32) -> bool {
        self.gain < 0.0 && self.gain * self.gain > times * times * self.variance
    }
}

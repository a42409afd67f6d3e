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
    Adopt,
    /// The learning filter has gone astray: let it go on from the one in use.
    Return,
    /// The filter in use adds echo instead of taking it away.
    Harm,
}

/// Memory of the energies, a block.
const MEMORY: f32 = 0.93;

/// The score over the last blocks.
#[derive(Clone, Debug, Default)]
pub(super) struct Contest {
    quick: Score,
    slow: Score,
    received: f32,
    used: f32,
    learning: f32,
}

impl Contest {
    pub(super) fn judge(&mut self, round: Round) -> Verdict {
        self.quick.add(round, 0.6);
        self.slow.add(round, 0.92);
        self.received = MEMORY * self.received + round.received;
        self.used = MEMORY * self.used + round.used;
        self.learning = MEMORY * self.learning + round.learning;
        if self.quick.advantage(0.7) || self.slow.advantage(0.5) {
            self.used = self.used.min(self.learning);
            self.start_anew();
            Verdict::Adopt
        } else if self.used > 1.5 * self.received {
            *self = Contest::default();
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
    fn add(&mut self, round: Round, memory: f32) {
        self.gain = memory * self.gain + (round.used - round.learning);
        let chance = round.used.min(round.learning) * round.apart;
        self.variance = memory * memory * self.variance + chance;
    }

    /// Whether the learning filter is better by so many times what chance would do.
    fn advantage(&self, times: f32) -> bool {
        self.gain > 0.0 && self.gain * self.gain > times * times * self.variance
    }

    fn disadvantage(&self, times: f32) -> bool {
        self.gain < 0.0 && self.gain * self.gain > times * times * self.variance
    }
}

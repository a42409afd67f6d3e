//! A line echo canceller in the class of ITU-T G.168: it learns what the hybrids on a line let
//! back of what was sent, and takes it out of what is received.

/// How long an echo may come after what caused it.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
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
#[derive(Clone, Debug)]
pub struct EchoCanceller {
    taps: Box<[f32]>,
    /// The latest samples sent, newest first, twice over so that any window is in one piece.
    sent: Box<[f32]>,
    newest: usize,
    sent_energy: f32,
    hold: u32,
    enabled: bool,
    received_power: f32,
    left_power: f32,
}

/// Steps of the normalised least mean squares.
const STEP: f32 = 0.5;
/// While both speak, and for so many samples afterwards, the filter keeps still.
const DOUBLE_TALK_HOLD: u32 = 240;

impl EchoCanceller {
    /// A canceller that knows nothing of its line yet. Allocates.
    pub fn new(tail: EchoTail) -> Self {
        let taps = tail.samples();
        EchoCanceller {
            taps: vec![0.0; taps].into(),
            sent: vec![0.0; 2 * taps].into(),
            newest: 0,
            sent_energy: 0.0,
            hold: 0,
            enabled: true,
            received_power: 0.0,
            left_power: 0.0,
        }
    }

    /// Takes the echo out of `received`; `sent` is what went to the line in the same time. What
    /// is longer in one of them passes unchanged.
    pub fn process(&mut self, sent: &[i16], received: &mut [i16]) {
        for (&sent, received) in sent.iter().zip(received) {
            self.push(f32::from(sent));
            if self.enabled {
                *received = self.cancel(f32::from(*received));
            }
        }
    }

    /// Off: what is received passes unchanged, as fax and data want it; what was learnt is kept.
    pub fn set_enabled(&mut self, on: bool) {
        self.enabled = on;
    }

    /// Forgets the line.
    pub fn reset(&mut self) {
        self.taps.fill(0.0);
        self.sent.fill(0.0);
        self.sent_energy = 0.0;
        self.hold = 0;
        self.received_power = 0.0;
        self.left_power = 0.0;
    }

    /// How much weaker the echo is than what was sent, as learnt.
    pub fn erl_db(&self) -> Option<f32> {
        let energy: f32 = self.taps.iter().map(|t| t * t).sum();
        (energy > 1e-6).then(|| -10.0 * energy.log10())
    }

    /// How much of the echo has lately been taken out.
    pub fn erle_db(&self) -> Option<f32> {
        (self.received_power > 1.0)
            .then(|| 10.0 * (self.received_power / self.left_power.max(1.0)).log10())
    }

    fn push(&mut self, sample: f32) {
        let taps = self.taps.len();
        self.newest = self.newest.checked_sub(1).unwrap_or(taps - 1);
        let oldest = core::mem::replace(&mut self.sent[self.newest], sample);
        self.sent[self.newest + taps] = sample;
        // The squares are whole numbers below 2³⁰ and their sum is taken anew now and then.
        self.sent_energy += sample * sample - oldest * oldest;
        if self.newest == 0 {
            self.sent_energy = self.sent[..taps].iter().map(|s| s * s).sum();
        }
    }

    fn cancel(&mut self, received: f32) -> i16 {
        let taps = self.taps.len();
        let window = &self.sent[self.newest..self.newest + taps];
        let echo: f32 = self.taps.iter().zip(window).map(|(t, s)| t * s).sum();
        let left = received - echo;
        // Geigel: no hybrid gives back more than half of what was sent.
        let loudest = window.iter().fold(0.0f32, |m, s| m.max(s.abs()));
        if received.abs() > 0.6 * loudest {
            self.hold = DOUBLE_TALK_HOLD;
        }
        self.hold = self.hold.saturating_sub(1);
        if self.hold == 0 && self.sent_energy > 1e5 {
            let step = STEP * left / (self.sent_energy + 1e6);
            self.taps.iter_mut().zip(window).for_each(|(t, s)| *t += step * s);
            self.received_power += (received * received - self.received_power) / 2048.0;
            self.left_power += (left * left - self.left_power) / 2048.0;
        }
        left.round() as i16
    }
}

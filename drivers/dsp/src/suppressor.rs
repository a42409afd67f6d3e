//! What a line echo canceller leaves of an echo is taken down, and comfort noise put in its place
//! (a non-linear processor in the sense of ITU-T G.168, 6.5, and Annex B).
//!
//! Residual echo is expected to be a certain part of the echo that was taken out; that part is
//! followed while the line is in use. What is left and is not clearly louder than that and the
//! line's noise together goes down, smoothly; near speech is louder and opens the way at once,
//! within a millisecond. The noise of the line, whose level and first correlation are followed in
//! its quietest moments, is made up for, so that nobody hears the line go dead.
//!
//! Left out: suppression by bands, and everything before a canceller has learnt its line.

/// Samples judged at a time: 4 ms.
const BLOCK: usize = 32;
/// The line's noise is measured while no more echo than this many times its power is taken out:
/// a codec's noise, and what a canceller leaves, come with the echo.
const QUIET: f32 = 4.0;
/// Samples over which noise is measured: 20 ms.
const FRAME: u32 = 160;
/// The most residual echo that is believed, as a part (of power) of what was taken out: 15 dB
/// down. What is louder is near speech, or a canceller that has not learnt its line.
const LEAK_MAX: f32 = 0.03;
const LEAK_MIN: f32 = 1e-4;
/// How fast that part is found lower, and how fast higher, a block; and up to how many times
/// what is expected says that it is higher, and not that the near end speaks.
const LEAK_DOWN: f32 = 0.05;
const LEAK_UP: f32 = 1.01;
const LEAK_OR_SPEECH: f32 = 30.0;
/// Memory of the echo taken out, a block: rooms and resonances die away faster.
const ECHO_MEMORY: f32 = 0.8;
/// What is left goes down below this many times what is expected of residual echo and noise, and
/// passes above that many.
const ALL_DOWN: f32 = 6.0;
const ALL_PASSES: f32 = 12.0;
/// How far down: 20 dB.
const DOWN: f32 = 0.1;
/// After near speech the way stays open for the faint ends of words: for so many blocks (40 ms)
/// for each block of it, and for 160 ms at most. A single loud block may be echo's.
const HOLD_EACH: u32 = 10;
const HOLD_BLOCKS: u32 = 40;
/// Samples in which the gain opens; closing takes a block.
const OPEN_SAMPLES: usize = 8;

/// Takes down what is left of an echo.
#[derive(Clone, Debug)]
pub struct ResidualSuppressor {
    /// Mean square of the echo that was taken out, the loudest lately.
    echo: f32,
    leak: f32,
    gain: f32,
    hold: u32,
    noise: LineNoise,
    comfort: ComfortNoise,
}

impl Default for ResidualSuppressor {
    fn default() -> Self {
        Self::new()
    }
}

impl ResidualSuppressor {
    /// A suppressor that knows nothing of its line yet.
    pub fn new() -> Self {
        ResidualSuppressor {
            echo: 0.0,
            leak: LEAK_MAX,
            gain: 1.0,
            hold: 0,
            noise: LineNoise::new(),
            comfort: ComfortNoise { random: 1, last: 0.0 },
        }
    }

    /// Forgets the line.
    pub fn reset(&mut self) {
        *self = Self::new();
    }

    /// Takes residual echo out of `left`, which is what a canceller left of `received`. What one
    /// of them has beyond the other's length is left alone.
    pub fn process(&mut self, received: &[i16], left: &mut [i16]) {
        for (received, left) in received.chunks(BLOCK).zip(left.chunks_mut(BLOCK)) {
            self.block(received, left);
        }
    }

    fn block(&mut self, received: &[i16], left: &mut [i16]) {
        let mean = |sum: f32| sum / left.len() as f32;
        let heard = mean(left.iter().map(|s| f32::from(*s).powi(2)).sum());
        let taken = |(r, l): (&i16, &i16)| (f32::from(*r) - f32::from(*l)).powi(2);
        self.echo = mean(received.iter().zip(&*left).map(taken).sum()).max(ECHO_MEMORY * self.echo);
        let quiet = self.echo < QUIET * self.noise.level();
        self.noise.hear(left, quiet);
        let before = self.gain;
        self.gain = self.judge(heard);
        if before < 1.0 || self.gain < 1.0 {
            self.apply(before, left);
        }
    }

    /// The gain for a block of this mean square.
    fn judge(&mut self, heard: f32) -> f32 {
        let noise = self.noise.level();
        if self.echo < noise || self.echo < 1.0 {
            // Nothing that could leave an echo.
            self.hold = self.hold.saturating_sub(1);
            return 1.0;
        }
        let part = heard / self.echo;
        if part < self.leak {
            self.leak += (part - self.leak) * LEAK_DOWN;
        } else if part < LEAK_OR_SPEECH * self.leak {
            self.leak *= LEAK_UP;
        }
        self.leak = self.leak.clamp(LEAK_MIN, LEAK_MAX);
        let louder = heard / (self.leak * self.echo + noise);
        if louder > ALL_PASSES {
            self.hold = (self.hold + HOLD_EACH).min(HOLD_BLOCKS);
        }
        if self.hold > 0 {
            self.hold -= 1;
            return 1.0;
        }
        let open = ((louder - ALL_DOWN) / (ALL_PASSES - ALL_DOWN)).clamp(0.0, 1.0);
        DOWN + (1.0 - DOWN) * open
    }

    fn apply(&mut self, before: f32, left: &mut [i16]) {
        let level = self.noise.level().sqrt();
        let ramp = if self.gain > before { OPEN_SAMPLES } else { BLOCK };
        for (n, sample) in left.iter_mut().enumerate() {
            let gone = ((n + 1) as f32 / ramp as f32).min(1.0);
            let gain = before + (self.gain - before) * gone;
            // The powers of both noises, the line's and the comfort, add up to the line's.
            let noise = self.comfort.next(self.noise.colour) * level;
            let fill = (1.0 - gain * gain).max(0.0).sqrt();
            *sample = (f32::from(*sample) * gain + noise * fill).round() as i16;
        }
    }
}

/// Level and colour of a line's noise, as heard in its quietest moments.
#[derive(Clone, Debug)]
struct LineNoise {
    sum: f32,
    product: f32,
    count: u32,
    last: f32,
    /// Whether nothing in this frame can be echo.
    quiet: bool,
    /// The quietest frames of the last spans of 200 ms.
    quietest: [f32; 8],
    frames: usize,
    /// Mean square, and correlation of neighbours.
    power: f32,
    colour: f32,
}

impl LineNoise {
    fn new() -> Self {
        LineNoise {
            sum: 0.0,
            product: 0.0,
            count: 0,
            last: 0.0,
            quiet: true,
            quietest: [f32::MAX; 8],
            frames: 0,
            power: 0.0,
            colour: 0.0,
        }
    }

    fn level(&self) -> f32 {
        self.power
    }

    /// Hears what was left; `quiet` says that it cannot be echo.
    fn hear(&mut self, samples: &[i16], quiet: bool) {
        self.quiet &= quiet;
        for sample in samples {
            let sample = f32::from(*sample);
            self.sum += sample * sample;
            self.product += sample * self.last;
            self.last = sample;
            self.count += 1;
            if self.count == FRAME {
                self.frame();
            }
        }
    }

    fn frame(&mut self) {
        let power = self.sum / FRAME as f32;
        let colour = (self.product / self.sum.max(1.0)).clamp(-0.95, 0.95);
        (self.sum, self.product, self.count) = (0.0, 0.0, 0);
        let spans = self.quietest.len();
        let span = self.frames / 10 % spans;
        if self.frames.is_multiple_of(10) {
            self.quietest[span] = f32::MAX;
        }
        self.frames = self.frames.wrapping_add(1);
        self.quietest[span] = self.quietest[span].min(power);
        let least = self.quietest.iter().copied().fold(f32::MAX, f32::min);
        // The quietest moments, whatever is in them, are no quieter than the noise alone.
        if self.power > 1.5 * least || self.power == 0.0 {
            self.power = least;
        }
        if core::mem::replace(&mut self.quiet, true) && power < 2.0 * least {
            self.power += (power - self.power) * 0.1;
            self.colour += (colour - self.colour) * 0.1;
        }
    }
}

/// Noise of power one.
#[derive(Clone, Debug)]
struct ComfortNoise {
    random: u32,
    last: f32,
}

impl ComfortNoise {
    /// The next sample, of this correlation with the last.
    fn next(&mut self, colour: f32) -> f32 {
        // Marsaglia's xorshift: its sequence is the same in every run.
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        // The sum of two even distributions is even enough for the ear; its power is 1/6 each.
        let halves = [self.random & 0xFFFF, self.random >> 16].map(|h| h as f32 / 65_535.0 - 0.5);
        let white = (halves[0] + halves[1]) * 6f32.sqrt();
        self.last = colour * self.last + white * (1.0 - colour * colour).sqrt();
        self.last
    }
}

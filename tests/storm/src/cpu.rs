//! What one exchange line costs: the channel alone, over a port that plays back what a line gave.

use core::hint::black_box;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_analog::{Fxo, FxoSettings};
use tipring_clock::{Clock, Duration, Instant, RealClock};
use tipring_dsp::EchoTail;
use tipring_line::{
    AnalogPort, ChannelCommand, FRAME_SAMPLES, Frame, FrameChannel, PortCommand, PortError,
    PortEvent, PortKind, SILENCE,
};
use tipring_sim::EchoPath;

use crate::sounds::Sounds;

/// A minute of frames a run.
const FRAMES: usize = 3_000;
const RUNS: usize = 7;

/// CPU of one line, in microseconds a frame of 20 ms.
#[derive(Clone, Copy, Debug)]
pub struct Cost {
    /// On-hook, listening for ringing and caller id.
    pub idle_us: f64,
    /// Talking, with an echo canceller of 32 ms.
    pub talking_32_us: f64,
    /// Talking, with one of 64 ms.
    pub talking_64_us: f64,
}

impl core::fmt::Display for Cost {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        for (name, us) in [
            ("idle", self.idle_us),
            ("talking, echo 32 ms", self.talking_32_us),
            ("talking, echo 64 ms", self.talking_64_us),
        ] {
            let percent = us / 200.0;
            writeln!(f, "one line, {name:<20} {us:>7.1} µs a frame  {percent:>6.3} % of a core")?;
        }
        Ok(())
    }
}

/// A line that plays back frames, and rings where one begins with it.
struct Playback {
    frames: Vec<Frame>,
    next: usize,
    rings: bool,
}

impl AnalogPort for Playback {
    fn kind(&self) -> PortKind {
        PortKind::Fxo
    }

    fn exchange(&mut self, _tx: &Frame, rx: &mut Frame) -> Result<(), PortError> {
        *rx = self.frames[self.next % self.frames.len()];
        self.next += 1;
        Ok(())
    }

    fn command(&mut self, _command: PortCommand) -> Result<(), PortError> {
        Ok(())
    }

    fn poll_event(&mut self) -> Option<PortEvent> {
        core::mem::take(&mut self.rings).then_some(PortEvent::Ringing(true))
    }
}

/// Measures; the best of several runs, which others on the machine disturb least.
pub fn cost_of_a_line(sounds: &Sounds) -> Cost {
    let mut rng = SmallRng::seed_from_u64(7);
    let noise: Vec<Frame> =
        (0..FRAMES).map(|_| core::array::from_fn(|_| rng.random_range(-12..=12))).collect();
    let near = frames(sounds, &mut rng);
    let mut heard = frames(sounds, &mut rng);
    add_echo(&near, &mut heard);
    let talking = |tail| {
        let settings = FxoSettings { echo_tail: Some(tail), ..settings() };
        best(|| line(&heard, true, settings.clone()), &near)
    };
    Cost {
        idle_us: best(|| line(&noise, false, settings()), &near),
        talking_32_us: talking(EchoTail::Ms32),
        talking_64_us: talking(EchoTail::Ms64),
    }
}

fn settings() -> FxoSettings {
    FxoSettings { wait_for_caller_id: false, ..FxoSettings::default() }
}

fn frames(sounds: &Sounds, rng: &mut SmallRng) -> Vec<Frame> {
    let speech = sounds.speech(rng, FRAMES / 50);
    speech.samples().chunks_exact(FRAME_SAMPLES).filter_map(|c| c.try_into().ok()).collect()
}

fn add_echo(near: &[Frame], heard: &mut [Frame]) {
    let path = EchoPath::hybrid(12.0);
    let sent: Vec<f32> = near.iter().flatten().map(|s| f32::from(*s)).collect();
    for (n, out) in heard.iter_mut().flatten().enumerate() {
        let echo: f32 = path
            .taps()
            .iter()
            .enumerate()
            .filter(|(d, _)| *d <= n)
            .map(|(d, t)| t * sent[n - d])
            .sum();
        *out = out.saturating_add(echo as i16);
    }
}

/// A line on-hook, or in a call.
fn line(frames: &[Frame], talking: bool, settings: FxoSettings) -> Fxo<Playback> {
    let port = Playback { frames: frames.to_vec(), next: 0, rings: talking };
    let mut fxo = Fxo::new(port, settings);
    let mut now = Instant::ZERO;
    if talking {
        for _ in 0..20 {
            fxo.tick(now, &SILENCE, &mut SILENCE.clone());
            now += Duration::from_millis(20);
        }
        fxo.command(now, &ChannelCommand::Answer);
    }
    fxo
}

fn best(make: impl Fn() -> Fxo<Playback>, near: &[Frame]) -> f64 {
    let clock = RealClock::start();
    let once = || {
        let mut fxo = make();
        let mut rx = SILENCE;
        let began = clock.now();
        for (n, tx) in near.iter().enumerate() {
            fxo.tick(Instant::from_millis(1_000 + n as u64 * 20), tx, &mut rx);
            black_box(&rx);
        }
        (clock.now() - began).as_secs_f64() * 1e6 / near.len() as f64
    };
    (0..RUNS).map(|_| once()).fold(f64::INFINITY, f64::min)
}

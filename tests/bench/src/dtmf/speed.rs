//! What a frame of 20 ms costs.

use std::time::{Duration, Instant};

use anyhow::Result;
use tipring_line::FRAME_SAMPLES;

use super::ears::Make;
use super::signal::{Background, Key, Line};
use super::speech::Speech;

/// Frames of each stretch that is timed: 20 s of sound.
const FRAMES: usize = 1000;

#[expect(clippy::disallowed_methods, reason = "a benchmark measures time")]
fn now() -> Instant {
    Instant::now()
}

/// Nanoseconds a frame of each detector: ours, SpanDSP's. Both hear the same sounds in turns, and
/// of each sound the fastest of many runs counts, so that other programs disturb less.
pub(super) fn run(speech: &[Speech], quick: bool) -> Result<[f64; 2]> {
    let sounds = sounds(speech);
    let rounds = if quick { 20 } else { 100 };
    println!("\nCPU, ns per 20 ms frame                            ours       SpanDSP     ratio");
    let mut means = [0.0; 2];
    for (name, samples) in &sounds {
        let mut fastest = [Duration::MAX; 2];
        for _ in 0..rounds {
            for (fastest, make) in fastest.iter_mut().zip(Make::ALL) {
                let mut ear = make.ear()?;
                let start = now();
                for frame in samples.chunks_exact(FRAME_SAMPLES) {
                    ear.hear(frame);
                }
                *fastest = now().duration_since(start).min(*fastest);
            }
        }
        let frames = (samples.len() / FRAME_SAMPLES) as f64;
        let ns = fastest.map(|time| time.as_nanos() as f64 / frames);
        println!("{name:42} {:10.0} {:12.0} {:11.2}", ns[0], ns[1], ns[0] / ns[1]);
        means = [0, 1].map(|i| means[i] + ns[i] / sounds.len() as f64);
    }
    println!("{:42} {:10.0} {:12.0} {:11.2}", "mean", means[0], means[1], means[0] / means[1]);
    Ok(means)
}

fn sounds(speech: &[Speech]) -> Vec<(&'static str, Vec<i16>)> {
    let long = FRAMES * FRAME_SAMPLES;
    let mut line = Line::new(5, Background::SnrDb(20.0));
    let keys = Key::all(|key| Key { on_ms: 100.0, off_ms: 100.0, ..key });
    let mut digits = Vec::new();
    while digits.len() < long {
        digits.extend(keys.iter().flat_map(|key| line.key(key)));
    }
    digits.truncate(long);
    let mut sounds = vec![("silence", vec![0; long]), ("digits in noise", digits)];
    let spoken = |s: &Speech| (s.source, s.samples.iter().copied().take(long).collect());
    sounds.extend(speech.iter().map(spoken));
    sounds
}

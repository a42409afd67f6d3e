//! A telephone line's echo, and the signals to try a canceller with: hybrids as damped
//! resonances, a composite source signal after ITU-T P.501, recorded speech, noise, A-law.
#![allow(dead_code, reason = "tests and benchmarks each use a part of this")]

use std::f32::consts::TAU;
use std::path::Path;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_dsp::{EchoCanceller, EchoTail, ResidualSuppressor, dbm0_to_rms, g711, rms_to_dbm0};
use tipring_line::Law;

/// A hybrid of the far end and the delay on the way to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hybrid {
    /// What it stands for.
    pub(crate) name: &'static str,
    /// Flat delay before the first echo.
    pub(crate) delay_ms: f32,
    /// From the first echo to where it has died away by 50 dB.
    pub(crate) dispersion_ms: f32,
    /// Echo return loss for white noise.
    pub(crate) erl_db: f32,
    /// A second, weaker hybrid this much later, 10 dB below the first.
    pub(crate) second_ms: Option<f32>,
    seed: u64,
}

const fn hybrid(name: &'static str, delay: f32, dispersion: f32, erl: f32, seed: u64) -> Hybrid {
    Hybrid { name, delay_ms: delay, dispersion_ms: dispersion, erl_db: erl, second_ms: None, seed }
}

/// Eight echo paths, all within 64 ms; the first four within 32 ms.
pub(crate) const HYBRIDS: [Hybrid; 8] = [
    hybrid("short loop", 0.0, 4.0, 12.0, 11),
    hybrid("poor balance", 0.5, 7.0, 6.0, 12),
    hybrid("good balance", 1.0, 5.0, 24.0, 13),
    hybrid("local exchange", 6.0, 12.0, 10.0, 14),
    hybrid("junction", 20.0, 8.0, 14.0, 15),
    hybrid("toll, loud", 35.0, 9.0, 8.0, 16),
    hybrid("toll, far", 50.0, 11.0, 18.0, 17),
    Hybrid { second_ms: Some(28.0), ..hybrid("two hybrids", 1.0, 6.0, 13.0, 18) },
];

impl Hybrid {
    /// The same hybrid otherwise attenuated.
    pub(crate) fn with_erl(self, erl_db: f32) -> Self {
        Hybrid { erl_db, ..self }
    }

    /// Its impulse response at 8 kHz, of this echo return loss.
    pub(crate) fn taps(&self) -> Vec<f32> {
        let mut taps = vec![0.0; 512];
        self.add_resonances(&mut taps, self.delay_ms, 1.0, self.seed);
        if let Some(later) = self.second_ms {
            self.add_resonances(&mut taps, self.delay_ms + later, 0.32, self.seed + 100);
        }
        let energy: f32 = taps.iter().map(|t| t * t).sum();
        let gain = (10f32.powf(-self.erl_db / 10.0) / energy).sqrt();
        taps.iter_mut().for_each(|t| *t *= gain);
        taps
    }

    /// A sharp first reflection band-limited as by a codec, then three damped resonances of the
    /// transformer and the loop.
    fn add_resonances(&self, taps: &mut [f32], delay_ms: f32, gain: f32, seed: u64) {
        let mut rng = SmallRng::seed_from_u64(seed);
        let resonances: Vec<(f32, f32, f32, f32)> = (0..3)
            .map(|i| {
                let hz = [rng.random_range(280.0..600.0), rng.random_range(900.0..1900.0), 2900.0];
                let decay = self.dispersion_ms * 8.0 / 5.8 / (1.0 + i as f32);
                (hz[i], decay, rng.random_range(0.25..0.6), rng.random_range(0.0..TAU))
            })
            .collect();
        let sign = if rng.random::<bool>() { 1.0 } else { -1.0 };
        let start = delay_ms * 8.0 + 3.0;
        for (n, tap) in taps.iter_mut().enumerate() {
            let t = n as f32 - start;
            // The main reflection: a windowed sinc of 3.4 kHz over 7 samples.
            if t.abs() < 4.0 {
                let x = std::f32::consts::PI * t * 0.85;
                let sinc = if x.abs() < 1e-3 { 1.0 } else { x.sin() / x };
                *tap += gain * sign * sinc * (0.5 + 0.5 * (std::f32::consts::PI * t / 4.0).cos());
            }
            if t > 0.0 && t < self.dispersion_ms * 8.0 * 1.5 {
                for &(hz, decay, amplitude, phase) in &resonances {
                    let rise = 1.0 - (-t / 2.0).exp();
                    let swing = (TAU * hz / 8000.0 * t + phase).cos();
                    *tap += gain * amplitude * rise * (-t / decay).exp() * swing;
                }
            }
        }
    }
}

/// What a line gives back: echo of what is sent, the near end's sound, noise, all through A-law.
#[derive(Clone)]
pub(crate) struct Line {
    taps: Vec<f32>,
    sent: Vec<f32>,
    noise_rms: f32,
    rng: SmallRng,
}

impl Line {
    pub(crate) fn new(hybrid: &Hybrid, noise_dbm0: f32) -> Self {
        let rng = SmallRng::seed_from_u64(hybrid.seed);
        Line { taps: hybrid.taps(), sent: vec![0.0; 512], noise_rms: dbm0_to_rms(noise_dbm0), rng }
    }

    /// The echo path changes from now on; what was sent stays known.
    pub(crate) fn change(&mut self, hybrid: Option<&Hybrid>) {
        self.taps = hybrid.map_or_else(|| vec![0.0; 512], Hybrid::taps);
    }

    /// What is received while `sent` goes out and `near` speaks (silence where it is shorter).
    pub(crate) fn receive(&mut self, sent: &[i16], near: &[i16]) -> Vec<i16> {
        let start = self.sent.len();
        let first = self.taps.iter().position(|t| *t != 0.0).unwrap_or(0);
        let end = self.taps.iter().rposition(|t| *t != 0.0).map_or(0, |last| last + 1);
        let taps = &self.taps[first..end];
        self.sent.extend(sent.iter().map(|&s| f32::from(s)));
        let received = (0..sent.len())
            .map(|n| {
                let latest = start + n;
                let heard = &self.sent[latest - 511..=latest - first];
                let echo: f32 = taps.iter().zip(heard.iter().rev()).map(|(t, s)| t * s).sum();
                let sum = echo + f32::from(near.get(n).copied().unwrap_or(0));
                law_sample(sum + gauss(&mut self.rng) * self.noise_rms)
            })
            .collect();
        self.sent.drain(..self.sent.len() - 512);
        received
    }
}

/// A canceller on a line, and the same line without echo, to tell echo from everything else.
pub(crate) struct Trial {
    pub(crate) canceller: EchoCanceller,
    pub(crate) line: Line,
    twin: Line,
}

impl Trial {
    pub(crate) fn new(canceller: EchoCanceller, hybrid: &Hybrid, noise_dbm0: f32) -> Self {
        let line = Line::new(hybrid, noise_dbm0);
        let mut twin = line.clone();
        twin.change(None);
        Trial { canceller, line, twin }
    }

    /// Sends while the near end speaks (silence where it is shorter), in frames of 20 ms.
    pub(crate) fn run(&mut self, sent: &[i16], near: &[i16]) -> Heard {
        let received = self.line.receive(sent, near);
        let without = self.twin.receive(sent, near);
        let mut out = received.clone();
        for (sent, out) in sent.chunks(160).zip(out.chunks_mut(160)) {
            self.canceller.process(sent, out);
        }
        let minus = |a: &[i16]| {
            a.iter().zip(&without).map(|(a, w)| f32::from(*a) - f32::from(*w)).collect()
        };
        Heard { echo: minus(&received), left: minus(&out), out }
    }
}

/// The echo before and after a canceller, and what came out of it.
pub(crate) struct Heard {
    pub(crate) echo: Vec<f32>,
    pub(crate) left: Vec<f32>,
    pub(crate) out: Vec<i16>,
}

impl Heard {
    /// Echo return loss enhancement from one millisecond to another, in dB.
    pub(crate) fn erle(&self, from_ms: usize, to_ms: usize) -> f32 {
        let range = from_ms * 8..to_ms * 8;
        10.0 * ((power(&self.echo[range.clone()]) + 1.0) / (power(&self.left[range]) + 1.0)).log10()
    }

    /// When 20 dB are reached: the first time from which on the 300 ms to come have them, in
    /// seconds after the echo began.
    pub(crate) fn erle20_s(&self) -> Option<f32> {
        let start = self.echo.iter().position(|e| e.abs() > 64.0)? / 8;
        let end = self.echo.len() / 8;
        (start..end.saturating_sub(300))
            .step_by(10)
            .find(|&ms| self.erle(ms, ms + 300) >= 20.0)
            .map(|ms| (ms - start) as f32 / 1000.0)
    }

    /// The same in time with echo alone: pauses of the speech do not count. A frame of 20 ms has
    /// echo if it is within 25 dB of the mean.
    pub(crate) fn erle20_active_s(&self) -> Option<f32> {
        let mean = power(&self.echo);
        let (mut echo, mut left) = (vec![], vec![]);
        for (before, after) in self.echo.chunks(160).zip(self.left.chunks(160)) {
            if power(before) > mean / 316.0 {
                echo.extend(before);
                left.extend(after);
            }
        }
        Heard { echo, left, out: vec![] }.erle20_s()
    }

    /// By how much more echo came out than went in, at worst over 200 ms with echo, in dB.
    pub(crate) fn worst_gain_db(&self, from_ms: usize) -> f32 {
        let loud =
            |ms: &usize| rms_to_dbm0(power(&self.echo[ms * 8..ms * 8 + 1600]).sqrt()) > -52.0;
        (from_ms..(self.echo.len() / 8).saturating_sub(200))
            .step_by(50)
            .filter(loud)
            .map(|ms| -self.erle(ms, ms + 200))
            .fold(f32::MIN, f32::max)
    }
}

/// A line with a canceller of 64 ms and a suppressor behind it.
pub(crate) struct Suppressed {
    trial: Trial,
    suppressor: ResidualSuppressor,
}

impl Suppressed {
    pub(crate) fn new(hybrid: &Hybrid, noise_dbm0: f32) -> Self {
        let trial = Trial::new(EchoCanceller::new(EchoTail::Ms64), hybrid, noise_dbm0);
        Suppressed { trial, suppressor: ResidualSuppressor::new() }
    }

    /// As [`Trial::run`].
    pub(crate) fn run(&mut self, sent: &[i16], near: &[i16]) -> Behind {
        let received = self.trial.line.receive(sent, near);
        let wanted = self.trial.twin.receive(sent, near);
        let mut cancelled = received.clone();
        let mut suppressed = vec![];
        let frames = received.chunks(160).zip(cancelled.chunks_mut(160)).zip(sent.chunks(160));
        for ((received, cancelled), sent) in frames {
            self.trial.canceller.process(sent, cancelled);
            suppressed.extend_from_slice(cancelled);
            let from = suppressed.len() - cancelled.len();
            self.suppressor.process(received, &mut suppressed[from..]);
        }
        Behind { wanted, cancelled, suppressed }
    }
}

/// What comes out behind canceller and suppressor, and what should.
pub(crate) struct Behind {
    /// The line without echo.
    pub(crate) wanted: Vec<i16>,
    pub(crate) cancelled: Vec<i16>,
    pub(crate) suppressed: Vec<i16>,
}

impl Behind {
    /// Milliseconds of near speech, in frames of 20 ms above −40 dBm0, that the suppressor takes
    /// down by more than 3 dB.
    pub(crate) fn clipped_ms(&self) -> usize {
        let frames = self
            .near_frames()
            .filter(|(_, cancelled, suppressed)| level(suppressed) < level(cancelled) - 3.0);
        20 * frames.count()
    }

    /// Milliseconds of near speech.
    pub(crate) fn near_ms(&self) -> usize {
        20 * self.near_frames().count()
    }

    /// By how much the suppressor lowers near speech as a whole, in dB.
    pub(crate) fn lost_db(&self) -> f32 {
        let energy = |s: &[i16]| s.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>();
        let (before, after) = self.near_frames().fold((0.0, 0.0), |sums, (_, before, after)| {
            (sums.0 + energy(before), sums.1 + energy(after))
        });
        10.0 * (before / after).log10()
    }

    fn near_frames(&self) -> impl Iterator<Item = (&[i16], &[i16], &[i16])> {
        let cancelled = self.cancelled.chunks(160).zip(self.suppressed.chunks(160));
        let all = self.wanted.chunks(160).zip(cancelled);
        all.map(|(w, (c, s))| (w, c, s)).filter(|(wanted, _, _)| level(wanted) > -40.0)
    }
}

fn power(samples: &[f32]) -> f32 {
    samples.iter().map(|s| s * s).sum::<f32>() / samples.len().max(1) as f32
}

/// A normal random number.
fn gauss(rng: &mut SmallRng) -> f32 {
    let radius = (-2.0 * rng.random_range(f32::MIN_POSITIVE..1.0).ln()).sqrt();
    radius * rng.random_range(0.0..TAU).cos()
}

fn law_sample(value: f32) -> i16 {
    g711::decode_sample(Law::A, g711::encode_sample(Law::A, value.round() as i16))
}

/// Samples as an A-law line carries them.
pub(crate) fn through_law(samples: &[f32]) -> Vec<i16> {
    samples.iter().map(|&s| law_sample(s)).collect()
}

/// White Gaussian noise.
pub(crate) fn noise(seed: u64, dbm0: f32, ms: usize) -> Vec<i16> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let rms = dbm0_to_rms(dbm0);
    through_law(&(0..ms * 8).map(|_| gauss(&mut rng) * rms).collect::<Vec<_>>())
}

/// Sines of equal level, of this level in sum.
pub(crate) fn tones(hz: &[f32], dbm0: f32, ms: usize) -> Vec<i16> {
    let peak = dbm0_to_rms(dbm0) * (2.0 / hz.len() as f32).sqrt();
    let sample = |n: usize| hz.iter().map(|f| (TAU * f * n as f32 / 8000.0).sin() * peak).sum();
    through_law(&(0..ms * 8).map(sample).collect::<Vec<f32>>())
}

/// A composite source signal in the manner of ITU-T P.501: a voiced sound of 49 ms, noise of
/// 200 ms, a pause of 101 ms, the sign changing from period to period. The level is that of the
/// sounding part.
pub(crate) fn composite(seed: u64, dbm0: f32, ms: usize) -> Vec<i16> {
    let mut rng = SmallRng::seed_from_u64(seed);
    let rms = dbm0_to_rms(dbm0);
    let pitch = rng.random_range(180.0..260.0f32);
    let mut samples = Vec::with_capacity(ms * 8 + 2800);
    let mut sign = 1.0;
    while samples.len() < ms * 8 {
        let mut voiced: Vec<f32> = (0..389)
            .map(|n| {
                (1..=14)
                    .map(|h| h as f32)
                    .map(|h| (TAU * pitch * h * n as f32 / 8000.0 + h * h).sin() / h)
                    .sum()
            })
            .collect();
        scale_to(&mut voiced, rms);
        let mut last = 0.0;
        let mut hiss: Vec<f32> = (0..1600)
            .map(|_| {
                last = 0.5 * last + gauss(&mut rng);
                last
            })
            .collect();
        scale_to(&mut hiss, rms);
        samples.extend(voiced.iter().chain(&hiss).map(|s| s * sign));
        samples.extend([0.0; 811]);
        sign = -sign;
    }
    samples.truncate(ms * 8);
    through_law(&samples)
}

fn scale_to(samples: &mut [f32], rms: f32) {
    let power: f32 = samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32;
    samples.iter_mut().for_each(|s| *s *= rms / power.sqrt());
}

/// Recorded speech from these folders' files, from the `skip`th on, pauses of above 200 ms cut,
/// at this active level.
pub(crate) fn speech(skip: usize, dbm0: f32, ms: usize) -> Vec<i16> {
    let mut samples: Vec<f32> = Vec::new();
    for file in speech_files().iter().cycle().skip(skip) {
        let mut quiet = 0;
        for frame in read_wav(file).chunks(160) {
            let power = frame.iter().map(|&s| f32::from(s).powi(2)).sum::<f32>() / 160.0;
            quiet = if power > dbm0_to_rms(-45.0).powi(2) { 0 } else { quiet + 1 };
            if quiet <= 10 {
                samples.extend(frame.iter().map(|&s| f32::from(s)));
            }
        }
        if samples.len() >= ms * 8 {
            break;
        }
    }
    samples.truncate(ms * 8);
    let power = active_power(&samples);
    let gain = dbm0_to_rms(dbm0) / power.sqrt();
    through_law(&samples.iter().map(|s| s * gain).collect::<Vec<_>>())
}

/// The mean power of the frames that are within 25 dB of the mean: near enough to P.56's.
fn active_power(samples: &[f32]) -> f32 {
    let powers: Vec<f32> =
        samples.chunks(160).map(|f| f.iter().map(|s| s * s).sum::<f32>() / 160.0).collect();
    let mean = powers.iter().sum::<f32>() / powers.len() as f32;
    let active: Vec<f32> = powers.into_iter().filter(|p| *p > mean / 316.0).collect();
    active.iter().sum::<f32>() / active.len() as f32
}

/// The recordings of Debian's asterisk-core-sounds-en-wav that last a second or more.
pub(crate) fn speech_files() -> Vec<std::path::PathBuf> {
    let mut folders = vec![Path::new("/usr/share/asterisk/sounds/en_US_f_Allison").to_path_buf()];
    let mut files = vec![];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            let long = || entry.metadata().is_ok_and(|m| m.len() > 16_044);
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "wav") && long() {
                files.push(path);
            }
        }
    }
    files.sort();
    assert!(
        files.len() > 300,
        "this needs recorded speech (apt install asterisk-core-sounds-en-wav)"
    );
    files
}

fn read_wav(path: &Path) -> Vec<i16> {
    let bytes = std::fs::read(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let data = bytes.windows(4).position(|w| w == b"data").expect("a data chunk") + 8;
    bytes[data..].chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect()
}

/// Level of samples in dBm0.
pub(crate) fn level(samples: &[i16]) -> f32 {
    let power: f32 = samples.iter().map(|&s| f32::from(s).powi(2)).sum();
    rms_to_dbm0((power / samples.len().max(1) as f32).sqrt())
}

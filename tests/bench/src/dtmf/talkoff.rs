//! Digits that nobody pressed: in speech, and while a prompt plays over its own echo.

use anyhow::Result;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use tipring_dsp::{EchoCanceller, EchoTail, LevelMeter};
use tipring_line::FRAME_SAMPLES;

use super::ears::Make;
use super::signal::{Background, Key, Line};
use super::speech::Speech;

/// Bellcore's bound (LSSGR) on false digits in its tapes of three hours.
const BELLCORE_DIGITS: f64 = 470.0;
const BELLCORE_MIN: f64 = 180.0;
/// How loud prompts are sent.
const PROMPT_DBM0: f32 = -20.0;
/// Digits are pressed this often while a prompt plays, in samples.
const PRESS_SAMPLES: usize = 8000;

/// False digits of each detector: ours, SpanDSP's.
pub(super) struct Talkoff {
    pub(super) false_digits: [usize; 2],
    pub(super) minutes: f64,
}

/// Everything, as loud as it is.
pub(super) fn run(speech: &[Speech]) -> Result<Talkoff> {
    println!("\nTalk-off: false digits                minutes       ours       SpanDSP");
    let mut all = Talkoff { false_digits: [0; 2], minutes: 0.0 };
    for speech in speech {
        let found = each(|make| Ok(digits_in(make, &speech.samples)?.len()))?;
        println!("{:34} {:10.1} {:10} {:13}", speech.source, speech.minutes(), found[0], found[1]);
        all.minutes += speech.minutes();
        all.false_digits = [0, 1].map(|i| all.false_digits[i] + found[i]);
    }
    let bound = BELLCORE_DIGITS * all.minutes / BELLCORE_MIN;
    let [ours, theirs] = all.false_digits;
    println!("all (Bellcore's bound: {bound:.0}) {:>18.1} {ours:10} {theirs:13}", all.minutes);
    Ok(all)
}

/// The same speech as from other people: played slower and faster, louder and softer.
pub(super) fn run_other_voices(speech: &[Speech], quick: bool) -> Result<()> {
    let speeds: &[f64] =
        if quick { &[0.8, 1.25] } else { &[0.75, 0.8, 0.85, 0.9, 0.95, 1.05, 1.1, 1.2, 1.3, 1.4] };
    for speed in speeds {
        print_changed(&format!("all at speed {speed}"), speech, |s| at_speed(&s.samples, *speed))?;
    }
    for gain_db in [-24.0f32, -12.0, 10.0] {
        let gain = 10f32.powf(gain_db / 20.0);
        print_changed(&format!("all {gain_db:+} dB"), speech, |s| {
            s.samples.iter().map(|sample| (f32::from(*sample) * gain) as i16).collect()
        })?;
    }
    Ok(())
}

fn print_changed(
    name: &str,
    speech: &[Speech],
    change: impl Fn(&Speech) -> Vec<i16>,
) -> Result<()> {
    let (mut found, mut samples) = ([0; 2], 0);
    for speech in speech {
        let changed = change(speech);
        samples += changed.len();
        let here = each(|make| Ok(digits_in(make, &changed)?.len()))?;
        found = [0, 1].map(|i| found[i] + here[i]);
    }
    println!("{name:34} {:10.1} {:10} {:13}", samples as f64 / 480_000.0, found[0], found[1]);
    Ok(())
}

fn each<T: Copy + Default>(mut of: impl FnMut(Make) -> Result<T>) -> Result<[T; 2]> {
    let mut found = [T::default(); 2];
    for (found, make) in found.iter_mut().zip(Make::ALL) {
        *found = of(make)?;
    }
    Ok(found)
}

fn digits_in(make: Make, samples: &[i16]) -> Result<String> {
    let mut ear = make.ear()?;
    let mut digits = String::new();
    for second in samples.chunks(50 * FRAME_SAMPLES) {
        ear.hear(second);
        digits += &ear.digits();
    }
    Ok(digits)
}

/// Plays at another speed, by cubic interpolation: pitch and formants move along.
fn at_speed(samples: &[i16], speed: f64) -> Vec<i16> {
    let count = (samples.len().saturating_sub(4) as f64 / speed) as usize;
    let value = |n: usize| {
        let at = n as f64 * speed;
        let (i, t) = (at as usize, at.fract());
        let [a, b, c, d] = [0, 1, 2, 3].map(|k| f64::from(samples[i + k]));
        let bend = 2.0 * a - 5.0 * b + 4.0 * c - d + t * (3.0 * (b - c) + d - a);
        b + 0.5 * t * (c - a + t * bend)
    };
    (0..count).map(|n| value(n) as i16).collect()
}

/// Where a hybrid's echo comes from: delays in samples, and how strong each is.
const ECHO_PATH: [(usize, f32); 4] = [(24, 0.5), (27, 0.75), (31, -0.4), (44, 0.15)];

/// What is done about the echo, and how strong it is.
#[derive(Clone, Copy)]
enum Echo {
    /// It comes so much weaker than the prompt was sent.
    Raw(f32),
    /// The same, and the box's echo canceller is before the detector.
    Cancelled(f32),
}

/// Prompts that are interrupted by digits, with the prompt's echo on the line: how many digits
/// are found, and how many that nobody pressed.
pub(super) fn run_echo(prompts: &Speech) -> Result<()> {
    println!("\nPrompts at −20 dBm0 over an echo: digits found, and false ones");
    println!("echo, and each digit's tones (dBm0)                      ours              SpanDSP");
    let cases = [
        (Echo::Raw(12.0), -10.0f32),
        (Echo::Raw(12.0), -17.0),
        (Echo::Raw(12.0), -22.0),
        (Echo::Raw(12.0), -27.0),
        // The digit, both tones, is 4.1 dB above its low tone; the echo 20 dB below that.
        (Echo::Raw(5.9), -10.0),
        (Echo::Raw(15.9), -20.0),
        (Echo::Raw(25.9), -30.0),
        (Echo::Cancelled(12.0), -10.0),
        (Echo::Cancelled(12.0), -22.0),
        (Echo::Cancelled(12.0), -27.0),
    ];
    let sent = at_prompt_level(&prompts.samples);
    for (echo, low_dbm0) in cases {
        let dbm0 = [low_dbm0, low_dbm0 + 2.0];
        let found = each(|make| echo_case(make, &sent, echo, dbm0))?;
        let told = found.map(|f| format!("{:6.2} % and {}", f.pct(), f.false_digits));
        let what = match echo {
            Echo::Raw(db) => format!("{db} dB below what is sent"),
            Echo::Cancelled(db) => format!("{db} dB below, echo canceller"),
        };
        let name = format!("{what}, digits at {} and {}", dbm0[0], dbm0[1]);
        println!("{name:52} {:>16} {:>18}   of {}", told[0], told[1], found[0].sent);
    }
    Ok(())
}

#[derive(Clone, Copy, Default)]
struct Found {
    sent: usize,
    right: usize,
    false_digits: usize,
}

impl Found {
    fn pct(&self) -> f64 {
        100.0 * self.right as f64 / self.sent.max(1) as f64
    }
}

/// A digit of 80 ms every second at a random moment, over the echo of what is sent.
fn echo_case(make: Make, sent: &[i16], echo: Echo, dbm0: [f32; 2]) -> Result<Found> {
    let mut random = SmallRng::seed_from_u64(12);
    let mut line = Line::new(13, Background::Silence);
    let mut ear = make.ear()?;
    let mut canceller = EchoCanceller::new(EchoTail::default());
    let mut received = match echo {
        Echo::Raw(db) | Echo::Cancelled(db) => echo_of(sent, db),
    };
    let mut found = Found::default();
    let seconds = sent.chunks_exact(PRESS_SAMPLES).zip(received.chunks_exact_mut(PRESS_SAMPLES));
    for (sent, received) in seconds {
        let index = random.random_range(0..16);
        let key = Key { dbm0, on_ms: 80.0, off_ms: 0.0, ..Key::new(index) };
        let at = random.random_range(800..PRESS_SAMPLES - 1600);
        for (sum, tone) in received[at..].iter_mut().zip(line.key(&key)) {
            *sum = sum.saturating_add(tone);
        }
        let mut digits = String::new();
        for (sent, received) in sent.chunks(FRAME_SAMPLES).zip(received.chunks_mut(FRAME_SAMPLES)) {
            if let Echo::Cancelled(_) = echo {
                canceller.process(sent, received);
            }
            ear.hear(received);
            digits += &ear.digits();
        }
        let right = digits.matches(key.digit()).count().min(1);
        found.sent += 1;
        found.right += right;
        found.false_digits += digits.len() - right;
    }
    Ok(found)
}

/// What comes back, so much weaker.
fn echo_of(sent: &[i16], db: f32) -> Vec<i16> {
    let energy: f32 = ECHO_PATH.iter().map(|(_, part)| part * part).sum();
    let gain = 10f32.powf(-db / 20.0) / energy.sqrt();
    let part = |n: usize, (delay, part): (usize, f32)| {
        n.checked_sub(delay).map_or(0.0, |from| f32::from(sent[from]) * part)
    };
    let echo = |n: usize| ECHO_PATH.iter().map(|path| part(n, *path)).sum::<f32>() * gain;
    (0..sent.len()).map(|n| echo(n) as i16).collect()
}

/// The speech at the level at which prompts are sent, pauses not counted.
fn at_prompt_level(samples: &[i16]) -> Vec<i16> {
    let loud = |frame: &&[i16]| frame.iter().any(|s| s.unsigned_abs() > 500);
    let mut meter = LevelMeter::new();
    samples.chunks(FRAME_SAMPLES).filter(loud).for_each(|frame| meter.rx(frame));
    let gain = 10f32.powf((PROMPT_DBM0 - meter.take().dbm0) / 20.0);
    samples.iter().map(|s| (f32::from(*s) * gain) as i16).collect()
}

//! The acceptance tests of Mitel's CM7291 tape and of Bellcore, as far as they are numbers:
//! bandwidth and its centre, twist, dynamic range, guard time, signal to noise, dial tone.

use anyhow::{Context, Result};

use super::ears::Make;
use super::q24::score;
use super::signal::{Background, Key, Line};

/// How often each step is tried: it counts as heard when all are.
const TRIES: usize = 10;
/// The digits whose tones are all eight: 1, 5, 9, D.
const DIAGONAL: [usize; 4] = [0, 5, 10, 15];
const TONES_HZ: [[u16; 4]; 2] = [[697, 770, 852, 941], [1209, 1336, 1477, 1633]];

/// Whether all tries of this key are heard.
fn is_heard(make: Make, key: Key, background: Background) -> Result<bool> {
    Ok(score(make, &[key], background, TRIES)?.right == TRIES)
}

/// The last value, from the first in these steps, up to which everything is heard; `None` if not
/// even the first is.
fn heard_up_to(
    make: Make,
    values: impl Iterator<Item = f64>,
    background: Background,
    key: impl Fn(f64) -> Key,
) -> Result<Option<f64>> {
    let mut last = None;
    for value in values {
        if !is_heard(make, key(value), background)? {
            break;
        }
        last = Some(value);
    }
    Ok(last)
}

/// Values from 0 in steps.
fn steps(step: f64, count: u32) -> impl Iterator<Item = f64> {
    (0..=count).map(move |n| f64::from(n) * step)
}

/// Runs and prints the tests.
pub(super) fn run() -> Result<()> {
    println!("\nMitel and Bellcore                                  ours              SpanDSP");
    bandwidth()?;
    let [low, high] = [[-1.0, 0.0], [0.0, -1.0]];
    print("twist, low stronger, all digits (≥ 8 dB)", "dB", |make| twist(make, high))?;
    print("twist, high stronger, all digits (≥ 4 dB)", "dB", |make| twist(make, low))?;
    print("dynamic range below 0 dBm0 (≥ 25 dB)", "dB", |make| {
        worst_digit(|index| {
            heard_up_to(make, steps(1.0, 60), Background::Silence, |down| Key {
                dbm0: [-(down as f32); 2],
                ..Key::new(index)
            })
        })
    })?;
    print("guard time: shortest that is heard", "ms", |make| {
        let times = (0..=40).map(|n| 50.0 - f64::from(n));
        heard_up_to(make, times, Background::Silence, |on_ms| Key { on_ms, ..Key::new(5) })
    })?;
    print("a digit is told after its beginning: at most", "ms", |make| slowest(make).map(Some))?;
    print("least S/N, all digits (≤ 26 dB)", "dB", |make| {
        let mut last = None;
        for snr_db in (0..=26).rev() {
            let background = Background::SnrDb(snr_db as f32);
            let keys = Key::all(|key| key);
            if score(make, &keys, background, 20)?.right < 20 * keys.len() {
                break;
            }
            last = Some(f64::from(snr_db));
        }
        Ok(last)
    })?;
    for (name, hz) in [
        ("dial tone 450 Hz: digit weaker by up to", [450.0, 0.0]),
        ("dial tone 350 + 440 Hz: digit weaker by up to", [350.0, 440.0]),
        ("dial tone 425 Hz: digit weaker by up to", [425.0, 0.0]),
    ] {
        print(name, "dB", |make| {
            worst_digit(|index| {
                // Both as strong as a tone at first, then the digit ever weaker.
                let dial_tone = Background::DialTone { hz, dbm0: -10.0 };
                heard_up_to(make, (-10..=25).map(f64::from), dial_tone, |down| Key {
                    dbm0: [-10.0 - down as f32; 2],
                    ..Key::new(index)
                })
            })
        })?;
    }
    Ok(())
}

/// The longest time, of all digits ten times each, from a digit's beginning until it is told, when
/// samples come a millisecond at a time.
fn slowest(make: Make) -> Result<f64> {
    let mut line = Line::new(4, Background::Silence);
    let mut ear = make.ear()?;
    let mut slowest = 0;
    for index in (0..16).cycle().take(16 * TRIES) {
        let samples = line.key(&Key { on_ms: 100.0, ..Key::new(index) });
        let began = samples.iter().position(|s| s.unsigned_abs() > 100).unwrap_or(0);
        let told = samples.chunks(8).position(|slice| {
            ear.hear(slice);
            !ear.digits().is_empty()
        });
        let told = told.with_context(|| format!("digit {index} is not heard"))?;
        slowest = slowest.max((told + 1) * 8 - began);
        ear.hear(&samples[(told + 1) * 8..]);
    }
    Ok(slowest as f64 / 8.0)
}

/// Prints one figure of each detector.
fn print(
    name: &str,
    unit: &str,
    mut measure: impl FnMut(Make) -> Result<Option<f64>>,
) -> Result<()> {
    let mut told = Vec::new();
    for make in Make::ALL {
        told.push(measure(make)?.map_or("none".to_owned(), |value| format!("{value:.1} {unit}")));
    }
    println!("{name:48} {:>10} {:>20}", told[0], told[1]);
    Ok(())
}

/// The smallest figure over all digits; none if one has none.
fn worst_digit(mut of: impl FnMut(usize) -> Result<Option<f64>>) -> Result<Option<f64>> {
    let mut worst = f64::MAX;
    for index in 0..16 {
        match of(index)? {
            Some(value) => worst = worst.min(value),
            None => return Ok(None),
        }
    }
    Ok(Some(worst))
}

/// How far these parts of the level can be taken from each tone.
fn twist(make: Make, direction: [f32; 2]) -> Result<Option<f64>> {
    worst_digit(|index| {
        heard_up_to(make, steps(0.1, 200), Background::Silence, |db| Key {
            dbm0: direction.map(|part| -8.0 + part * db as f32),
            ..Key::new(index)
        })
    })
}

/// For each tone how far it can be off, up and down, in steps of 0.1 %.
fn bandwidth() -> Result<()> {
    for group in 0..2 {
        for (tone, hz) in TONES_HZ[group].into_iter().enumerate() {
            let mut told = String::new();
            for make in Make::ALL {
                let edge = |sign: f64| {
                    let off = |pct: f64| {
                        let mut offset_pct = [0.0; 2];
                        offset_pct[group] = sign * pct;
                        Key { offset_pct, ..Key::new(DIAGONAL[tone]) }
                    };
                    heard_up_to(make, steps(0.1, 80), Background::Silence, off)
                };
                let (up, down) = (edge(1.0)?.unwrap_or(0.0), edge(-1.0)?.unwrap_or(0.0));
                let centre = (up - down) / 2.0;
                told += &format!("  +{up:.1} −{down:.1} % centre {centre:+.2} %");
            }
            println!("bandwidth {hz:4} Hz (+1.5 −1.5 to +3.5 −3.5){told}");
        }
    }
    Ok(())
}

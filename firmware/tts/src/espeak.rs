//! The last resort for words nobody recorded: the `espeak-ng` program.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::g711;
use crate::lang::Lang;
use crate::sound::{SAMPLES_MAX, Sound};
use crate::wav::{PCM, Wav};

/// The longest text that is synthesised, in characters.
pub const TEXT_CHARS_MAX: usize = 500;
/// How long the program may take.
const TIME_MAX: Duration = Duration::from_secs(10);
/// The most that is read from the program, in bytes: two minutes at 22,050 samples a second.
const BYTES_MAX: u64 = 120 * 22_050 * 2;
/// Root mean square of speech at -20 dBm0, in 16-bit units.
const LEVEL_RMS: f64 = 1_614.0;

/// Why a text could not be synthesised.
#[derive(Debug, thiserror::Error)]
pub enum EspeakError {
    /// The text is longer than [`TEXT_CHARS_MAX`].
    #[error("the text has {0} characters, {TEXT_CHARS_MAX} is the most; shorten or record it")]
    TooLong(usize),
    /// The program could not be started or talked to.
    #[error("espeak-ng cannot be run ({0}); install the package `espeak-ng` or record the prompt")]
    Run(#[from] std::io::Error),
    /// It did not finish within ten seconds.
    #[error("espeak-ng took more than ten seconds; record the prompt")]
    TimedOut,
    /// What it gave is no sound.
    #[error("espeak-ng gave no sound for this text; record the prompt")]
    NoSound,
}

/// Synthesises a text with `espeak-ng`: understandable in English, poor in Mandarin. It starts a
/// process and waits for it, at most ten seconds: never call it from real-time code.
pub fn espeak(text: &str, lang: Lang) -> Result<Sound, EspeakError> {
    let chars = text.chars().count();
    if chars > TEXT_CHARS_MAX {
        return Err(EspeakError::TooLong(chars));
    }
    let voice = match lang {
        Lang::ZhCn => "cmn",
        Lang::En => "en-us",
    };
    let mut child = Command::new("espeak-ng")
        .args(["-v", voice, "-s", "150", "--stdin", "--stdout"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let output = converse(&mut child, text);
    // Harmless where it has ended by itself; either way nothing is left running.
    let _ = child.kill();
    child.wait()?;
    let wav = Wav::parse(&output?).map_err(|_| EspeakError::NoSound).and_then(to_line)?;
    Ok(Sound::new(format!("espeak: {text}"), wav))
}

/// Hands the text to the program and collects what it says, within the time.
fn converse(child: &mut Child, text: &str) -> Result<Vec<u8>, EspeakError> {
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes())?;
    }
    let stdout = child.stdout.take().ok_or(EspeakError::NoSound)?;
    let (sender, receiver) = mpsc::sync_channel(1);
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let read = stdout.take(BYTES_MAX).read_to_end(&mut bytes);
        let _ = sender.send(read.map(|_| bytes));
    });
    Ok(receiver.recv_timeout(TIME_MAX).map_err(|_| EspeakError::TimedOut)??)
}

/// Mono 16-bit samples at the program's rate to A-law at 8 kHz and the level of the prompts.
fn to_line(wav: Wav<'_>) -> Result<Vec<u8>, EspeakError> {
    if (wav.format, wav.channels, wav.bits) != (PCM, 1, 16) || wav.rate_hz < 8_000 {
        return Err(EspeakError::NoSound);
    }
    let pairs = wav.data.as_chunks().0.iter();
    let input: Vec<f64> = pairs.map(|b| f64::from(i16::from_le_bytes(*b))).collect();
    let line = resampled(&input, f64::from(wav.rate_hz) / 8_000.0);
    let loud: Vec<f64> = line.iter().copied().filter(|s| s.abs() > 200.0).collect();
    if loud.is_empty() || line.len() > SAMPLES_MAX {
        return Err(EspeakError::NoSound);
    }
    let rms = (loud.iter().map(|s| s * s).sum::<f64>() / loud.len() as f64).sqrt();
    let gain = LEVEL_RMS / rms;
    Ok(line.iter().map(|s| g711::encode((s * gain).clamp(-30_000.0, 30_000.0) as i16)).collect())
}

/// Takes every `step`-th sample (1 or more), after a low-pass at 3.4 kHz of 8 kHz output: a sinc
/// under a Hann window, 24 output samples wide.
fn resampled(input: &[f64], step: f64) -> Vec<f64> {
    let half = 12.0 * step;
    let cutoff = 0.85 / step;
    let count = (input.len() as f64 / step) as usize;
    let at = |n: usize| {
        let centre = n as f64 * step;
        let from = (centre - half).ceil().max(0.0) as usize;
        let to = ((centre + half) as usize).min(input.len() - 1);
        let tap = |i: usize| {
            let t = i as f64 - centre;
            let x = std::f64::consts::PI * t * cutoff;
            let sinc = if x.abs() < 1e-9 { 1.0 } else { x.sin() / x };
            let window = 0.5 + 0.5 * (std::f64::consts::PI * t / half).cos();
            input[i] * sinc * window * cutoff
        };
        (from..=to).map(tap).sum()
    };
    (0..count).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_without_bound_is_refused() {
        let long = "啊".repeat(TEXT_CHARS_MAX + 1);
        assert!(matches!(espeak(&long, Lang::ZhCn), Err(EspeakError::TooLong(501))));
    }

    #[test]
    fn resampling_keeps_the_voice_band_and_drops_what_would_fold() {
        let tone = |hz: f64| -> f64 {
            let w = 2.0 * std::f64::consts::PI * hz / 22_050.0;
            let input: Vec<f64> = (0..22_050).map(|n| (w * f64::from(n)).sin()).collect();
            let output = resampled(&input, 22_050.0 / 8_000.0);
            let middle = &output[1_000..7_000];
            (middle.iter().map(|s| s * s).sum::<f64>() / middle.len() as f64 * 2.0).sqrt()
        };
        assert!((tone(1_000.0) - 1.0).abs() < 0.02, "{}", tone(1_000.0));
        assert!(tone(5_000.0) < 0.01, "{}", tone(5_000.0));
    }

    #[test]
    fn a_sound_comes_back_where_the_program_is_installed() {
        match espeak("Please hold the line.", Lang::En) {
            Ok(sound) => assert!((500..5_000).contains(&sound.duration_ms()), "{sound:?}"),
            Err(EspeakError::Run(_)) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

//! Speech and music, recorded and made up.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use rand::Rng;
use rand::rngs::SmallRng;
use tipring_dsp::dbm0_to_rms;
use tipring_sim::{Speech, read_wav};

use crate::music::melody;

const SPEECH_FOLDER: &str = "/usr/share/asterisk/sounds/en_US_f_Allison";
const MUSIC_FOLDER: &str = "/usr/share/asterisk/moh";

/// What can be heard on a line.
#[derive(Debug)]
pub struct Sounds {
    speech: Vec<i16>,
    music: Vec<i16>,
}

impl Sounds {
    /// Reads the recordings of Debian's asterisk-core-sounds-en-wav and asterisk-moh-opsound-wav,
    /// and makes up as much music again.
    ///
    /// # Errors
    /// When the recordings are not there, with what to install.
    pub fn load() -> anyhow::Result<Self> {
        let speech = recordings(SPEECH_FOLDER)?;
        ensure!(
            speech.len() > 8000 * 600,
            "the storm needs recorded speech: apt install asterisk-core-sounds-en-wav"
        );
        let mut music = recordings(MUSIC_FOLDER)?;
        ensure!(
            music.len() > 8000 * 120,
            "the storm needs recorded music: apt install asterisk-moh-opsound-wav"
        );
        for seed in 0..30 {
            music.extend(melody(seed, 20));
        }
        Ok(Sounds { speech, music })
    }

    /// So many seconds of speech from anywhere.
    pub(crate) fn speech(&self, rng: &mut SmallRng, seconds: usize) -> Speech {
        piece(&self.speech, rng, seconds)
    }

    /// So many seconds of music from anywhere.
    pub(crate) fn music(&self, rng: &mut SmallRng, seconds: usize) -> Speech {
        piece(&self.music, rng, seconds)
    }

    /// How many minutes of speech and of music there are.
    pub fn minutes(&self) -> (usize, usize) {
        (self.speech.len() / 480_000, self.music.len() / 480_000)
    }
}

fn piece(from: &[i16], rng: &mut SmallRng, seconds: usize) -> Speech {
    let wanted = (seconds * 8000).min(from.len());
    let start = rng.random_range(0..=from.len() - wanted);
    let mut samples = from[start..start + wanted].to_vec();
    to_level(&mut samples, rng.random_range(-23.0..-17.0));
    Speech::from_samples(&samples)
}

/// Brings what sounds in these samples to a level, in dBm0, pauses left out: −20 is what prompts
/// and recordings have (P.56), where the recordings at hand are up to 10 dB hotter.
fn to_level(samples: &mut [i16], dbm0: f32) {
    let power = |frame: &[i16]| frame.iter().map(|s| f32::from(*s).powi(2)).sum::<f32>();
    let floor = dbm0_to_rms(-45.0).powi(2) * 160.0;
    let sounding = samples.chunks_exact(160).map(power).filter(|p| *p > floor);
    let (sum, count) = sounding.fold((0.0, 0.0f32), |(sum, n), p| (sum + p / 160.0, n + 1.0));
    if count > 0.0 {
        let gain = dbm0_to_rms(dbm0) / (sum / count).sqrt();
        samples.iter_mut().for_each(|s| *s = (f32::from(*s) * gain) as i16);
    }
}

fn recordings(folder: &str) -> anyhow::Result<Vec<i16>> {
    let mut files = vec![];
    wav_files(Path::new(folder), &mut files);
    files.sort();
    let mut samples = vec![];
    for file in files {
        let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
        samples.extend(read_wav(&bytes).with_context(|| file.display().to_string())?);
    }
    Ok(samples)
}

fn wav_files(folder: &Path, into: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            wav_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "wav") {
            into.push(path);
        }
    }
}

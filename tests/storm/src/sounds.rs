//! Speech and music, recorded and made up.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use rand::Rng;
use rand::rngs::SmallRng;
use tipring_sim::{Speech, read_wav};

use crate::music::melody;

const SPEECH_FOLDER: &str = "/usr/share/asterisk/sounds";
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
    Speech::from_samples(&from[start..start + wanted])
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

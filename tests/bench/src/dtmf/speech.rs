//! The speech at hand: what Debian's packages hold, and the box's own prompts.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use tipring_dsp::g711;
use tipring_line::Law;

/// Folders of recordings below the root, each with the package it comes from.
const SOUNDS: [(&str, &str); 5] = [
    ("asterisk-core-sounds-en-wav", "usr/share/asterisk/sounds/en_US_f_Allison"),
    ("asterisk-core-sounds-es-wav", "usr/share/asterisk/sounds/es_MX_f_Allison"),
    ("asterisk-core-sounds-fr-wav", "usr/share/asterisk/sounds/fr_CA_f_June"),
    ("asterisk-core-sounds-it-wav", "usr/share/asterisk/sounds/it_IT_m_Carlo"),
    ("asterisk-core-sounds-ru-wav", "usr/share/asterisk/sounds/ru_RU_f_IvrvoiceRU"),
];
const MANDARIN: (&str, &str) = ("gcin-voice", "usr/share/gcin-voice/ogg");
/// The box's own prompts, Mandarin and English, in A-law.
const PROMPTS: &str = "firmware/tts/sounds";

/// Recordings of one source, one after the other with 100 ms of silence between them.
pub(super) struct Speech {
    pub(super) source: &'static str,
    pub(super) samples: Vec<i16>,
}

impl Speech {
    pub(super) fn minutes(&self) -> f64 {
        self.samples.len() as f64 / 8000.0 / 60.0
    }
}

/// Everything that is there. Says loudly what is not.
pub(super) fn load(root: &Path) -> Result<Vec<Speech>> {
    let mut all = Vec::new();
    let mut missing = Vec::new();
    for (package, folder) in SOUNDS {
        let samples = recordings(&root.join(folder))?;
        if samples.is_empty() { missing.push(package) } else { all.push((package, samples)) }
    }
    let mandarin = files(&root.join(MANDARIN.1), "ogg")?;
    if mandarin.is_empty() {
        missing.push(MANDARIN.0);
    } else {
        all.push((MANDARIN.0, by_sox(&mandarin)?));
    }
    all.push(("the box's own prompts", recordings(Path::new(PROMPTS))?));
    if !missing.is_empty() {
        println!("!!! SPEECH IS MISSING: talk-off is tested with less than it should be.");
        println!("!!! Install these packages: apt-get install {}", missing.join(" "));
    }
    Ok(all.into_iter().map(|(source, samples)| Speech { source, samples }).collect())
}

/// All files with this ending below a folder, in order; none if there is no such folder.
fn files(folder: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        if !folder.is_dir() {
            continue;
        }
        let entries = folder.read_dir().with_context(|| folder.display().to_string())?;
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn recordings(folder: &Path) -> Result<Vec<i16>> {
    let mut samples = Vec::new();
    for file in files(folder, "wav")? {
        let bytes = std::fs::read(&file)?;
        append_wav(&bytes, &mut samples).with_context(|| file.display().to_string())?;
        samples.extend([0; 800]);
    }
    Ok(samples)
}

/// Appends the samples of a WAV file: 8 kHz, mono, 16-bit linear or A-law.
fn append_wav(bytes: &[u8], samples: &mut Vec<i16>) -> Result<()> {
    let data = bytes.windows(4).position(|w| w == b"data").context("a WAV file with data")? + 8;
    let (Some(format), Some(data)) = (bytes.get(20..28), bytes.get(data..)) else {
        bail!("the file is too short")
    };
    match format {
        [1, 0, 1, 0, 0x40, 0x1F, 0, 0] => {
            samples.extend(data.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])));
        }
        [6, 0, 1, 0, 0x40, 0x1F, 0, 0] => {
            samples.extend(data.iter().map(|code| g711::decode_sample(Law::A, *code)));
        }
        _ => bail!("the file is not 8 kHz, mono, linear or A-law"),
    }
    Ok(())
}

/// Other formats are read by sox, all files by one process.
fn by_sox(files: &[PathBuf]) -> Result<Vec<i16>> {
    let output = Command::new("sox")
        .args(files)
        .args(["-t", "raw", "-e", "signed", "-b", "16", "-c", "1", "-r", "8000", "-"])
        .stderr(Stdio::null())
        .output()
        .context("sox is needed (apt-get install sox)")?;
    if !output.status.success() {
        bail!("sox could not read {} (apt-get install libsox-fmt-base)", files[0].display());
    }
    Ok(output.stdout.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect())
}

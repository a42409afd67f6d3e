//! A site's own recordings, kept as files: `<dir>/zh-CN/greeting.wav`.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::catalogue::Catalogue;
use crate::lang::Lang;
use crate::sound::{SAMPLES_MAX, Sound, SoundError};

/// At most this many files are read per language.
const FILES_MAX: usize = 5_000;
/// The largest file read, in bytes: 16-bit samples and room for the header and other chunks.
const BYTES_MAX: u64 = SAMPLES_MAX as u64 * 2 + 65_536;

/// A file that was passed over; the shipped sound is used in its place.
#[derive(Debug, thiserror::Error)]
#[error("prompt file {}: {why}; the shipped sound is used until then", path.display())]
pub struct OverrideProblem {
    /// The file, or the folder that could not be read.
    pub path: PathBuf,
    /// What is wrong with it, and what to do.
    pub why: Why,
}

/// What is wrong with a site's own recording.
#[derive(Debug, thiserror::Error)]
pub enum Why {
    /// Its content is no sound the box can play.
    #[error(transparent)]
    Sound(#[from] SoundError),
    /// It cannot be read.
    #[error("cannot be read ({0}); check the file's permissions")]
    Io(#[from] io::Error),
    /// It is larger than ten minutes of sound.
    #[error("larger than ten minutes of sound; cut it")]
    TooLarge,
    /// The folder holds more files than are read.
    #[error("more than 5000 files; the rest is passed over, remove what is not needed")]
    TooMany,
}

impl Catalogue {
    /// Puts the recordings of a folder before the shipped ones: `<dir>/<language>/<key>.wav`,
    /// mono, 8 kHz, 16-bit PCM or A-law. A folder that is not there holds none.
    ///
    /// Gives the catalogue, and a problem for each file that was passed over. It reads files: not
    /// for real-time code.
    pub fn with_overrides(mut self, dir: &Path) -> (Self, Vec<OverrideProblem>) {
        let mut problems = Vec::new();
        for lang in Lang::ALL {
            let folder = dir.join(lang.tag());
            match wav_files(&folder) {
                Ok(paths) => {
                    if paths.len() == FILES_MAX {
                        problems.push(OverrideProblem { path: folder, why: Why::TooMany });
                    }
                    for path in paths {
                        if let Err(why) = self.read_override(lang, &path) {
                            problems.push(OverrideProblem { path, why });
                        }
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => {
                    problems.push(OverrideProblem { path: folder, why: Why::Io(error) });
                }
            }
        }
        (self, problems)
    }

    fn read_override(&mut self, lang: Lang, path: &Path) -> Result<(), Why> {
        let Some(key) = path.file_stem().and_then(|stem| stem.to_str()) else { return Ok(()) };
        let mut bytes = Vec::new();
        fs::File::open(path)?.take(BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > BYTES_MAX {
            return Err(Why::TooLarge);
        }
        let name = format!("{}/{key} (own)", lang.tag());
        let sound = Sound::from_wav(name, &bytes)?;
        self.set_sound(lang, key, sound);
        Ok(())
    }
}

/// The WAV files of a folder, sorted; at most [`FILES_MAX`].
fn wav_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder)?.take(FILES_MAX) {
        let path = entry?.path();
        if path.extension().is_some_and(|e| e.eq_ignore_ascii_case("wav")) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

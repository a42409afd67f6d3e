//! What to do at start with recordings that a crash or a power cut left open.

use std::fs::{self, File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use tipring_line::SAMPLE_RATE_HZ;

use crate::MediaError;
use crate::wav::{RECORDING_CHANNELS, RECORDING_HEADER_BYTES, recording_header};

/// A recording that was put right.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mended {
    /// The file.
    pub path: PathBuf,
    /// Its length, in milliseconds.
    pub duration_ms: u64,
    /// Its size, header included.
    pub bytes: u64,
}

/// Gives every recording in `dir`, and in the folders in it, a header that fits what is there.
/// No audio is dropped but half a stereo sample; files that are not recordings, or are right,
/// are left alone. Gives those that were mended.
///
/// # Errors
/// [`MediaError::File`] for the first file or folder that cannot be read or written; the others
/// are mended all the same.
pub fn mend(dir: &Path) -> Result<Vec<Mended>, MediaError> {
    let mut mended = Vec::new();
    let mut failed = None;
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        let listed =
            fs::read_dir(&folder).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
        let entries = match listed {
            Ok(entries) => entries,
            Err(cause) => {
                failed.get_or_insert(MediaError::File { path: folder, cause });
                continue;
            }
        };
        for entry in entries {
            let path = entry.path();
            // A link may lead anywhere, also round in circles.
            let kind = entry.file_type();
            if kind.as_ref().is_ok_and(|kind| kind.is_dir()) {
                folders.push(path);
            } else if kind.is_ok_and(|kind| kind.is_file())
                && path.extension().is_some_and(|extension| extension == "wav")
            {
                match mend_file(&path) {
                    Ok(found) => mended.extend(found),
                    Err(cause) => {
                        failed.get_or_insert(MediaError::File { path, cause });
                    }
                }
            }
        }
    }
    match failed {
        Some(error) if mended.is_empty() => Err(error),
        _ => Ok(mended),
    }
}

fn mend_file(path: &Path) -> std::io::Result<Option<Mended>> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut header = [0; RECORDING_HEADER_BYTES];
    let there = read_up_to(&mut file, &mut header)?;
    let open = recording_header(None);
    // A cut in the first instant may leave part of the header, or none of it.
    if header[..there] != open[..there] && !is_recording(&header[..there]) {
        return Ok(None);
    }
    let channels = u64::from(RECORDING_CHANNELS);
    let data = length.saturating_sub(RECORDING_HEADER_BYTES as u64) / channels * channels;
    let right = recording_header(u32::try_from(data).ok());
    let bytes = RECORDING_HEADER_BYTES as u64 + data;
    if header == right && length == bytes {
        return Ok(None);
    }
    let mut file = OpenOptions::new().write(true).open(path)?;
    file.set_len(bytes)?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&right)?;
    file.sync_data()?;
    let duration_ms = data / channels * 1000 / u64::from(SAMPLE_RATE_HZ);
    Ok(Some(Mended { path: path.to_owned(), duration_ms, bytes }))
}

fn read_up_to(file: &mut File, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut there = 0;
    loop {
        match file.read(&mut buffer[there..])? {
            0 => return Ok(there),
            count => there += count,
        }
    }
}

/// Whether a header is ours but for its sizes.
fn is_recording(header: &[u8]) -> bool {
    let open = recording_header(None);
    header.len() == open.len()
        && header.iter().zip(&open).enumerate().all(|(i, (a, b))| {
            // Sizes of RIFF, fact and data.
            matches!(i, 4..=7 | 46..=49 | 54..=57) || a == b
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wav::{pcm_reader, read_info};

    fn folder(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("tipring-mend-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(dir.join("2024")).unwrap();
        dir
    }

    #[test]
    fn a_recording_cut_at_any_byte_plays_up_to_there() {
        let dir = folder("cut");
        let whole: Vec<u8> = recording_header(None).into_iter().chain([0x55; 999]).collect();
        for cut in [0, 1, 57, 58, 59, 60, 500, whole.len()] {
            let path = dir.join("2024").join(format!("{cut}.wav"));
            fs::write(&path, &whole[..cut]).unwrap();
            let mended = mend(&dir).unwrap();
            let data = cut.saturating_sub(58) as u64 / 2 * 2;
            assert_eq!(mended.len(), 1, "cut at {cut}");
            assert_eq!(mended[0].bytes, 58 + data);
            assert_eq!(read_info(&path).unwrap().data_bytes, data);
            assert_eq!(pcm_reader(&path).unwrap().length(), 44 + 2 * data);
            assert_eq!(mend(&dir).unwrap(), [], "once is enough");
        }
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn what_is_right_or_not_ours_is_left_alone() {
        let dir = folder("alone");
        let right: Vec<u8> = recording_header(Some(4)).into_iter().chain([1, 2, 3, 4]).collect();
        fs::write(dir.join("right.wav"), &right).unwrap();
        fs::write(dir.join("music.wav"), b"RIFF....WAVEfmt of something else altogether").unwrap();
        fs::write(dir.join("notes.txt"), b"").unwrap();
        assert_eq!(mend(&dir).unwrap(), []);
        assert_eq!(fs::read(dir.join("right.wav")).unwrap(), right);
        fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_missing_folder_is_said() {
        assert!(matches!(mend(Path::new("/nonexistent")), Err(MediaError::File { .. })));
    }
}

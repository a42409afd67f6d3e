//! One recording's file: chunks come in any order, stereo samples go out in theirs. What comes too
//! late for that is put into the file where it belongs.

use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::FileExt;
use std::path::PathBuf;

use tipring_dsp::g711;
use tipring_line::{Law, SAMPLE_RATE_HZ};

use crate::event::RecordingId;
use crate::wav::{RECORDING_CHANNELS, RECORDING_HEADER_BYTES, recording_header};

const CHANNELS: usize = RECORDING_CHANNELS as usize;
/// How far behind the newest sample one may come without the file being changed: 200 ms.
const REORDER_SAMPLES: usize = 1600;
/// How much is written at a time: 0.7 s, so that with what may still come no more than a second
/// is ever in memory alone.
const WRITE_SAMPLES: usize = 5600;
/// What the buffer holds: a write, what may still come, and a long packet.
const BUFFER_SAMPLES: usize = WRITE_SAMPLES + REORDER_SAMPLES + 960;

/// A recording under way.
#[derive(Debug)]
pub(crate) struct RecordingFile {
    id: RecordingId,
    path: PathBuf,
    file: File,
    /// Position of the buffer's first sample: so much is in the file.
    base: u32,
    /// Position after the newest sample.
    end: u32,
    /// Stereo A-law from `base` on; silence where nothing has come.
    buffer: Box<[u8; BUFFER_SAMPLES * CHANNELS]>,
    lost: u32,
}

/// What became of codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Put {
    Kept,
    /// Some of their place had been written, and was written again.
    Amended,
    /// The file cannot be written.
    Lost,
}

/// What became of a recording.
#[derive(Debug)]
pub(crate) struct Closed {
    pub(crate) path: PathBuf,
    pub(crate) duration_ms: u64,
    pub(crate) bytes: u64,
    pub(crate) lost: u32,
}

impl RecordingFile {
    /// Makes a new file. The error says what to a person.
    pub(crate) fn create(id: RecordingId, path: PathBuf) -> Result<Self, String> {
        let made = OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(&path)
            .and_then(|mut file| file.write_all(&recording_header(None)).map(|()| file));
        let file = made.map_err(|e| format!("cannot create {}: {e}", path.display()))?;
        let buffer = Box::new([Law::A.silence(); BUFFER_SAMPLES * CHANNELS]);
        Ok(RecordingFile { id, path, file, base: 0, end: 0, buffer, lost: 0 })
    }

    pub(crate) fn id(&self) -> RecordingId {
        self.id
    }

    /// Puts one side's codes at their place, or adds them to what stands there if `mixed`.
    pub(crate) fn put(&mut self, side: usize, position: u32, codes: &[u8], mixed: bool) -> Put {
        let late = (self.base.saturating_sub(position) as usize).min(codes.len());
        let (late, codes) = codes.split_at(late);
        if !late.is_empty() && self.amend(side, position, late, mixed).is_err() {
            self.lost += 1;
            return Put::Lost;
        }
        let position = position + late.len() as u32;
        let after = position + codes.len() as u32;
        // A pause on both sides is longer than the buffer: the silence is written out first.
        while after.saturating_sub(self.base) as usize > BUFFER_SAMPLES {
            if self.write(WRITE_SAMPLES).is_err() {
                // The next write_due tells the same error.
                return Put::Lost;
            }
        }
        if !codes.is_empty() {
            let first = (position - self.base) as usize * CHANNELS;
            interleave(&mut self.buffer[first..], side, codes, mixed);
            self.end = self.end.max(after);
        }
        if late.is_empty() { Put::Kept } else { Put::Amended }
    }

    /// Puts codes where silence, or somebody else on the same side, has been written already.
    fn amend(&self, side: usize, position: u32, codes: &[u8], mixed: bool) -> io::Result<()> {
        let at = RECORDING_HEADER_BYTES as u64 + u64::from(position) * CHANNELS as u64;
        let mut written = vec![0; codes.len() * CHANNELS];
        self.file.read_exact_at(&mut written, at)?;
        interleave(&mut written, side, codes, mixed);
        self.file.write_all_at(&written, at)
    }

    /// Appends to the file once enough has come. Gives the bytes written.
    pub(crate) fn write_due(&mut self) -> Result<usize, String> {
        if ((self.end.saturating_sub(self.base)) as usize) < WRITE_SAMPLES + REORDER_SAMPLES {
            return Ok(0);
        }
        self.write(WRITE_SAMPLES)
    }

    fn write(&mut self, samples: usize) -> Result<usize, String> {
        let bytes = samples * CHANNELS;
        self.file.write_all(&self.buffer[..bytes]).map_err(|e| self.error(&e))?;
        self.buffer.copy_within(bytes.., 0);
        let kept = self.buffer.len() - bytes;
        self.buffer[kept..].fill(Law::A.silence());
        self.base += samples as u32;
        self.end = self.end.max(self.base);
        Ok(bytes)
    }

    fn error(&self, e: &std::io::Error) -> String {
        format!("cannot write {}: {e}", self.path.display())
    }

    /// Writes the rest, up to `end` if known, and the header.
    pub(crate) fn finish(&mut self, end: Option<u32>) -> Result<Closed, String> {
        let end = end.unwrap_or(self.end).max(self.base);
        while (end - self.base) as usize > BUFFER_SAMPLES {
            self.write(WRITE_SAMPLES)?;
        }
        let rest = (end - self.base) as usize;
        self.write(rest)?;
        // A recording of WAV's greatest length would be 74 hours.
        let data_bytes = u32::try_from(u64::from(end) * CHANNELS as u64).ok();
        let header = recording_header(data_bytes);
        self.file.write_all_at(&header, 0).map_err(|e| self.error(&e))?;
        Ok(Closed {
            path: self.path.clone(),
            duration_ms: u64::from(end) * 1000 / u64::from(SAMPLE_RATE_HZ),
            bytes: header.len() as u64 + u64::from(end) * CHANNELS as u64,
            lost: self.lost,
        })
    }
}

/// Puts one side's codes into stereo samples.
fn interleave(samples: &mut [u8], side: usize, codes: &[u8], mixed: bool) {
    let places = samples[side..].iter_mut().step_by(CHANNELS);
    places.zip(codes).for_each(|(place, code)| *place = blend(*place, *code, mixed));
}

/// What stands at a place from now on.
fn blend(old: u8, new: u8, mixed: bool) -> u8 {
    if !mixed || old == Law::A.silence() {
        return new;
    }
    let sum = g711::decode_sample(Law::A, old).saturating_add(g711::decode_sample(Law::A, new));
    g711::encode_sample(Law::A, sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn create(name: &str) -> RecordingFile {
        let name = format!("tipring-recording-{}-{name}.wav", std::process::id());
        let path = std::env::temp_dir().join(name);
        let _ = std::fs::remove_file(&path);
        RecordingFile::create(RecordingId(1), path).unwrap()
    }

    fn data(file: &RecordingFile) -> Vec<u8> {
        std::fs::read(&file.path).unwrap()[crate::wav::RECORDING_HEADER_BYTES..].to_vec()
    }

    #[test]
    fn both_sides_stand_at_their_places_and_gaps_are_silence() {
        let mut file = create("sides");
        for n in 0..200u32 {
            // Every third of the left side is missing; the right comes in swapped pairs.
            if n % 3 != 0 {
                assert_eq!(file.put(0, n * 160, &[n as u8; 160], false), Put::Kept);
            }
            assert_eq!(file.put(1, (n ^ 1) * 160, &[!(n ^ 1) as u8; 160], false), Put::Kept);
            file.write_due().unwrap();
        }
        let closed = file.finish(None).unwrap();
        assert_eq!((closed.duration_ms, closed.lost), (4000, 0));
        let data = data(&file);
        assert_eq!(data.len(), 200 * 320);
        for (i, pair) in data.chunks_exact(2).enumerate() {
            let n = i / 160;
            let left = if n % 3 != 0 { n as u8 } else { Law::A.silence() };
            assert_eq!(pair, [left, !(n as u8)], "sample {i}");
        }
        std::fs::remove_file(&file.path).unwrap();
    }

    #[test]
    fn no_more_than_a_second_is_in_memory_alone() {
        let mut file = create("second");
        for n in 0..500u32 {
            file.put(0, n * 160, &[1; 160], false);
            file.write_due().unwrap();
            assert!((n + 1) * 160 - file.base <= 8000);
        }
        std::fs::remove_file(&file.path).unwrap();
    }

    #[test]
    fn a_pause_of_minutes_is_written_as_silence_in_bounded_memory() {
        let mut file = create("pause");
        file.put(0, 0, &[1; 160], false);
        file.put(1, 8000 * 120, &[2; 160], false);
        file.finish(Some(8000 * 121)).unwrap();
        let data = data(&file);
        assert_eq!(data.len(), 8000 * 121 * 2);
        assert_eq!(data[8000 * 120 * 2..][..2], [Law::A.silence(), 2]);
        std::fs::remove_file(&file.path).unwrap();
    }

    #[test]
    fn what_comes_after_its_place_was_written_is_put_there() {
        let mut file = create("late");
        for n in 0..100 {
            file.put(0, n * 160, &[1; 160], false);
            file.write_due().unwrap();
        }
        let base = file.base;
        assert!(base > 8000);
        assert_eq!(file.put(1, 0, &[2; 160], false), Put::Amended);
        assert_eq!(file.put(1, base - 80, &[3; 160], false), Put::Amended);
        assert_eq!(file.put(1, base + 80, &[4; 160], false), Put::Kept);
        assert_eq!(file.finish(None).unwrap().lost, 0);
        let expected = |i: u32| match i {
            0..160 => 2,
            i if (base - 80..base + 80).contains(&i) => 3,
            i if (base + 80..base + 240).contains(&i) => 4,
            _ => Law::A.silence(),
        };
        for (i, pair) in data(&file).chunks_exact(2).enumerate() {
            assert_eq!(pair, [1, expected(i as u32)], "sample {i}");
        }
        std::fs::remove_file(&file.path).unwrap();
    }

    #[test]
    fn an_old_file_is_never_overwritten() {
        let file = create("old");
        let error = RecordingFile::create(RecordingId(2), file.path.clone()).unwrap_err();
        assert!(error.contains("cannot create"), "{error}");
        std::fs::remove_file(&file.path).unwrap();
    }
}

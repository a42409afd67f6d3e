//! WAV files (RIFF, Microsoft/IBM 1991) as recordings use them, and as browsers want them.
//!
//! A recording is A-law (format 6, RFC 2361), 8 kHz, stereo. Browsers play only PCM, so
//! [`pcm_reader`] makes 16-bit PCM of it while it is read, with a length known beforehand and with
//! seeking, as HTTP ranges need them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use tipring_dsp::g711;
use tipring_line::{Law, SAMPLE_RATE_HZ};

use crate::MediaError;

/// Header of a recording: RIFF, `fmt ` with its size extension, `fact`, `data`.
pub const RECORDING_HEADER_BYTES: usize = 58;
/// Header of what [`pcm_reader`] gives: RIFF, `fmt `, `data`.
pub const PCM_HEADER_BYTES: usize = 44;
/// Channels of a recording: caller left, agent right.
pub const RECORDING_CHANNELS: u16 = 2;
/// Chunk sizes of a file still being written: until the end of the file, as many readers take it.
const UNKNOWN: u32 = u32::MAX;

const FORMAT_PCM: u16 = 1;
const FORMAT_ALAW: u16 = 6;
const FORMAT_ULAW: u16 = 7;

/// The header of a recording with `data_bytes` of audio; of one still being written if `None`.
pub fn recording_header(data_bytes: Option<u32>) -> [u8; RECORDING_HEADER_BYTES] {
    let mut header = [0; RECORDING_HEADER_BYTES];
    let mut w = Fields { bytes: &mut header, at: 0 };
    let channels = u32::from(RECORDING_CHANNELS);
    w.put(b"RIFF");
    w.put_u32(data_bytes.map_or(UNKNOWN, |n| n.saturating_add(RECORDING_HEADER_BYTES as u32 - 8)));
    w.put(b"WAVEfmt ");
    w.put_u32(18);
    w.put_format(FORMAT_ALAW, RECORDING_CHANNELS, 1);
    w.put(&[0, 0]);
    w.put(b"fact");
    w.put_u32(4);
    w.put_u32(data_bytes.map_or(UNKNOWN, |n| n / channels));
    w.put(b"data");
    w.put_u32(data_bytes.unwrap_or(UNKNOWN));
    header
}

fn pcm_header(channels: u16, data_bytes: u32) -> [u8; PCM_HEADER_BYTES] {
    let mut header = [0; PCM_HEADER_BYTES];
    let mut w = Fields { bytes: &mut header, at: 0 };
    w.put(b"RIFF");
    w.put_u32(data_bytes.saturating_add(PCM_HEADER_BYTES as u32 - 8));
    w.put(b"WAVEfmt ");
    w.put_u32(16);
    w.put_format(FORMAT_PCM, channels, 2);
    w.put(b"data");
    w.put_u32(data_bytes);
    header
}

struct Fields<'a> {
    bytes: &'a mut [u8],
    at: usize,
}

impl Fields<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    fn put_u32(&mut self, value: u32) {
        self.put(&value.to_le_bytes());
    }

    fn put_format(&mut self, format: u16, channels: u16, sample_bytes: u16) {
        self.put(&format.to_le_bytes());
        self.put(&channels.to_le_bytes());
        self.put_u32(SAMPLE_RATE_HZ);
        self.put_u32(SAMPLE_RATE_HZ * u32::from(channels * sample_bytes));
        self.put(&(channels * sample_bytes).to_le_bytes());
        self.put(&(8 * sample_bytes).to_le_bytes());
    }
}

/// What a WAV file holds, and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WavInfo {
    /// 1 is PCM, 6 A-law, 7 µ-law.
    pub format: u16,
    /// Channels.
    pub channels: u16,
    /// Samples a second.
    pub rate_hz: u32,
    /// Bits of a sample of one channel.
    pub bits: u16,
    /// Where the audio begins in the file.
    pub data_at: u64,
    /// Octets of audio: what the header says, or what is there if that is less.
    pub data_bytes: u64,
}

/// Reads the header of a WAV file.
///
/// # Errors
/// [`MediaError::File`] if it cannot be read, [`MediaError::NotWav`] if it is something else.
pub fn read_info(path: &Path) -> Result<WavInfo, MediaError> {
    let mut file = File::open(path).map_err(|cause| file_error(path, cause))?;
    info_of(&mut file, path)
}

fn file_error(path: &Path, cause: io::Error) -> MediaError {
    MediaError::File { path: path.to_owned(), cause }
}

pub(crate) fn info_of(file: &mut File, path: &Path) -> Result<WavInfo, MediaError> {
    let bad = |reason| MediaError::NotWav { path: path.to_owned(), reason };
    let failed = |cause: io::Error| match cause.kind() {
        io::ErrorKind::UnexpectedEof => bad("it ends before its audio begins"),
        _ => file_error(path, cause),
    };
    let end = file.seek(SeekFrom::End(0)).map_err(failed)?;
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    let mut riff = [0; 12];
    file.read_exact(&mut riff).map_err(failed)?;
    if &riff[..4] != b"RIFF" || &riff[8..] != b"WAVE" {
        return Err(bad("it does not begin with RIFF and WAVE"));
    }
    let mut format = None;
    let mut at = 12u64;
    loop {
        let mut head = [0; 8];
        file.read_exact(&mut head).map_err(failed)?;
        let size = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
        at += 8;
        match &head[..4] {
            b"fmt " => {
                let mut body = [0; 16];
                file.read_exact(&mut body).map_err(failed)?;
                format = Some(body);
            }
            b"data" => {
                let Some(format) = format else { return Err(bad("its data come before fmt")) };
                return Ok(info(&format, at, size.min(end.saturating_sub(at))));
            }
            _ => {}
        }
        // Chunks are padded to an even length.
        at += size + size % 2;
        file.seek(SeekFrom::Start(at)).map_err(failed)?;
    }
}

fn info(format: &[u8; 16], data_at: u64, data_bytes: u64) -> WavInfo {
    let half = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    WavInfo {
        format: half(0),
        channels: half(2),
        rate_hz: u32::from_le_bytes([format[4], format[5], format[6], format[7]]),
        bits: half(14),
        data_at,
        data_bytes,
    }
}

/// A G.711 WAV file, read as if it were a 16-bit PCM one.
#[derive(Debug)]
pub struct PcmReader {
    file: File,
    law: Law,
    data_at: u64,
    data_bytes: u64,
    header: [u8; PCM_HEADER_BYTES],
    position: u64,
}

/// Opens a recording for playing: reads are 16-bit PCM WAV with a whole header. A recording still
/// being written ends where it ended when it was opened.
///
/// # Errors
/// [`MediaError::File`], or [`MediaError::NotWav`] if it is not a G.711 file of 8 kHz.
pub fn pcm_reader(path: &Path) -> Result<PcmReader, MediaError> {
    let mut file = File::open(path).map_err(|cause| file_error(path, cause))?;
    let info = info_of(&mut file, path)?;
    let bad = |reason| MediaError::NotWav { path: path.to_owned(), reason };
    let law = match info.format {
        FORMAT_ALAW => Law::A,
        FORMAT_ULAW => Law::Mu,
        _ => return Err(bad("it is neither A-law nor µ-law")),
    };
    if info.rate_hz != SAMPLE_RATE_HZ || !(1..=2).contains(&info.channels) || info.bits != 8 {
        return Err(bad("it is not 8 kHz, 8 bits, with one or two channels"));
    }
    let whole = info.data_bytes / u64::from(info.channels) * u64::from(info.channels);
    let pcm_bytes = u32::try_from(2 * whole).map_err(|_| bad("it is longer than WAV allows"))?;
    let header = pcm_header(info.channels, pcm_bytes);
    Ok(PcmReader { file, law, data_at: info.data_at, data_bytes: whole, header, position: 0 })
}

impl PcmReader {
    /// Octets in all, header included.
    pub fn length(&self) -> u64 {
        PCM_HEADER_BYTES as u64 + 2 * self.data_bytes
    }

    fn read_header(&mut self, out: &mut [u8]) -> usize {
        let rest = &self.header[self.position as usize..];
        let count = rest.len().min(out.len());
        out[..count].copy_from_slice(&rest[..count]);
        count
    }

    fn read_audio(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let at = self.position - PCM_HEADER_BYTES as u64;
        let (first, skip) = (at / 2, (at % 2) as usize);
        let mut codes = [0; 2048];
        let left = usize::try_from(self.data_bytes - first).unwrap_or(usize::MAX);
        let wanted = (out.len() + skip).div_ceil(2).min(codes.len()).min(left);
        self.file.seek(SeekFrom::Start(self.data_at + first))?;
        let got = self.file.read(&mut codes[..wanted])?;
        let mut count = 0;
        for (i, code) in codes[..got].iter().enumerate() {
            let bytes = g711::decode_sample(self.law, *code).to_le_bytes();
            for byte in bytes.into_iter().skip(if i == 0 { skip } else { 0 }) {
                if count < out.len() {
                    out[count] = byte;
                    count += 1;
                }
            }
        }
        Ok(count)
    }
}

impl Read for PcmReader {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = if out.is_empty() || self.position >= self.length() {
            0
        } else if self.position < PCM_HEADER_BYTES as u64 {
            self.read_header(out)
        } else {
            self.read_audio(out)?
        };
        self.position += count as u64;
        Ok(count)
    }
}

impl Seek for PcmReader {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length().checked_add_signed(by),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn recording(name: &str, codes: &[u8], header: &[u8]) -> std::path::PathBuf {
        let path = std::env::temp_dir().join(format!("tipring-wav-{}-{name}", std::process::id()));
        let mut file = File::create(&path).unwrap();
        file.write_all(header).unwrap();
        file.write_all(codes).unwrap();
        path
    }

    #[test]
    fn a_recording_reads_as_pcm_from_any_place() {
        let codes: Vec<u8> = (0..5000u32).map(|i| (i % 251) as u8).collect();
        let path = recording("any.wav", &codes, &recording_header(Some(5000)));
        let mut reader = pcm_reader(&path).unwrap();
        let mut whole = Vec::new();
        reader.read_to_end(&mut whole).unwrap();
        assert_eq!(whole.len() as u64, reader.length());
        let samples: Vec<i16> = whole[PCM_HEADER_BYTES..]
            .chunks_exact(2)
            .map(|b| i16::from_le_bytes([b[0], b[1]]))
            .collect();
        assert!(samples.iter().zip(&codes).all(|(s, c)| *s == g711::decode_sample(Law::A, *c)));
        for at in [0, 1, 43, 44, 45, 4097, 10_043] {
            let mut part = vec![0; 100];
            reader.seek(SeekFrom::Start(at)).unwrap();
            let count = reader.read(&mut part).unwrap();
            assert_eq!(part[..count], whole[at as usize..at as usize + count], "from {at}");
            assert!(count > 0);
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_recording_under_way_reads_as_far_as_it_goes() {
        let path = recording("open.wav", &[0xD5; 321], &recording_header(None));
        let reader = pcm_reader(&path).unwrap();
        assert_eq!(reader.length(), 44 + 640, "half a stereo sample is left out");
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn what_is_not_a_recording_is_refused_with_the_reason() {
        for (name, bytes, reason) in [
            ("text", &b"hello there, this is text"[..], "does not begin with RIFF"),
            ("short", &b"RIFF\0\0\0\0WAVE"[..], "ends before its audio"),
            ("order", &b"RIFF\0\0\0\0WAVEdata\0\0\0\0"[..], "before fmt"),
        ] {
            let path = recording(name, &[], bytes);
            let error = pcm_reader(&path).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
            std::fs::remove_file(path).unwrap();
        }
        assert!(matches!(read_info(Path::new("/nonexistent.wav")), Err(MediaError::File { .. })));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(tail in proptest::collection::vec(any::<u8>(), 0..80)) {
            let mut bytes = b"RIFF\0\0\0\0WAVEfmt ".to_vec();
            bytes.extend(tail);
            let path = recording("fuzz", &[], &bytes);
            if let Ok(mut reader) = pcm_reader(&path) {
                let _ = reader.read(&mut [0; 64]);
            }
            std::fs::remove_file(path).unwrap();
        }
    }
}

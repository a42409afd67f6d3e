//! WAV files as the simulated people need them: 8 kHz, mono, 16-bit.

use thiserror::Error;
use tipring_line::SAMPLE_RATE_HZ;

/// Why bytes are not the WAV wanted. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum WavError {
    /// No RIFF/WAVE header.
    #[error("this is not a WAV file: it does not begin with RIFF…WAVE")]
    NotWav,
    /// The format chunk is missing or cut short.
    #[error("the WAV file has no format: it is cut off or damaged")]
    NoFormat,
    /// Not linear PCM.
    #[error(
        "the WAV file is coded (format {0}): convert it to 16-bit linear PCM, as by `sox in.wav -e signed -b 16 out.wav`"
    )]
    NotPcm(u16),
    /// Another rate.
    #[error(
        "the WAV file has {0} samples a second: convert it to 8000, as by `sox in.wav -r 8000 out.wav`"
    )]
    Rate(u32),
    /// More than one channel.
    #[error("the WAV file has {0} channels: make it mono, as by `sox in.wav -c 1 out.wav`")]
    Channels(u16),
    /// Another sample size.
    #[error("the WAV file has {0} bits a sample: make it 16, as by `sox in.wav -b 16 out.wav`")]
    Bits(u16),
    /// No data chunk.
    #[error("the WAV file has no sound in it")]
    NoData,
    /// Longer than ten minutes.
    #[error("the WAV file is {0} s long: at most 600 s can be spoken")]
    TooLong(usize),
}

/// The longest speech: ten minutes.
const SAMPLES_MAX: usize = 600 * SAMPLE_RATE_HZ as usize;
const PCM: u16 = 1;
/// WAVE_FORMAT_EXTENSIBLE: the real format is the first two octets of the sub-format.
const EXTENSIBLE: u16 = 0xFFFE;

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

/// The samples of a WAV file: 8 kHz, mono, 16-bit linear, at most ten minutes.
///
/// A data chunk that claims more than there is (a file whose writer was killed) ends with the
/// file.
///
/// # Errors
/// [`WavError`], in words for whoever made the file.
pub fn read_wav(bytes: &[u8]) -> Result<Vec<i16>, WavError> {
    if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE" {
        return Err(WavError::NotWav);
    }
    let mut at = 12;
    let mut format_seen = false;
    while let (Some(name), Some(len)) = (bytes.get(at..at + 4), u32_at(bytes, at + 4)) {
        let body = &bytes[at + 8..];
        let len = usize::try_from(len).unwrap_or(usize::MAX);
        match name {
            b"fmt " => {
                check_format(&body[..len.min(body.len())])?;
                format_seen = true;
            }
            b"data" if format_seen => return read_samples(&body[..len.min(body.len())]),
            b"data" => return Err(WavError::NoFormat),
            _ => {}
        }
        // Chunks begin at even places.
        at = at.saturating_add(8).saturating_add(len).saturating_add(len & 1);
    }
    Err(if format_seen { WavError::NoData } else { WavError::NoFormat })
}

fn check_format(body: &[u8]) -> Result<(), WavError> {
    let (Some(format), Some(channels), Some(rate), Some(bits)) =
        (u16_at(body, 0), u16_at(body, 2), u32_at(body, 4), u16_at(body, 14))
    else {
        return Err(WavError::NoFormat);
    };
    let format = if format == EXTENSIBLE { u16_at(body, 24).unwrap_or(format) } else { format };
    if format != PCM {
        return Err(WavError::NotPcm(format));
    }
    if rate != SAMPLE_RATE_HZ {
        return Err(WavError::Rate(rate));
    }
    if channels != 1 {
        return Err(WavError::Channels(channels));
    }
    if bits != 16 {
        return Err(WavError::Bits(bits));
    }
    Ok(())
}

fn read_samples(body: &[u8]) -> Result<Vec<i16>, WavError> {
    let count = body.len() / 2;
    if count == 0 {
        return Err(WavError::NoData);
    }
    if count > SAMPLES_MAX {
        return Err(WavError::TooLong(count / SAMPLE_RATE_HZ as usize));
    }
    Ok(body.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect())
}

/// A WAV file of these samples: 8 kHz, mono, 16-bit linear.
pub fn write_wav(samples: &[i16]) -> Vec<u8> {
    let data_len = u32::try_from(samples.len() * 2).unwrap_or(u32::MAX - 36);
    let mut bytes = Vec::with_capacity(44 + samples.len() * 2);
    bytes.extend(b"RIFF");
    bytes.extend((36 + data_len).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    bytes.extend(PCM.to_le_bytes());
    bytes.extend(1u16.to_le_bytes());
    bytes.extend(SAMPLE_RATE_HZ.to_le_bytes());
    bytes.extend((SAMPLE_RATE_HZ * 2).to_le_bytes());
    bytes.extend(2u16.to_le_bytes());
    bytes.extend(16u16.to_le_bytes());
    bytes.extend(b"data");
    bytes.extend(data_len.to_le_bytes());
    samples.iter().for_each(|s| bytes.extend(s.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patched(at: usize, value: &[u8]) -> Vec<u8> {
        let mut bytes = write_wav(&[1, -2, 3]);
        bytes[at..at + value.len()].copy_from_slice(value);
        bytes
    }

    #[test]
    fn what_is_written_is_read() {
        assert_eq!(read_wav(&write_wav(&[1, -2, i16::MIN])), Ok(vec![1, -2, i16::MIN]));
    }

    #[test]
    fn other_files_are_refused_in_clear_words() {
        for (bytes, error) in [
            (b"hello".to_vec(), WavError::NotWav),
            (b"RIFF\0\0\0\0WAVE".to_vec(), WavError::NoFormat),
            (patched(20, &7u16.to_le_bytes()), WavError::NotPcm(7)),
            (patched(24, &44_100u32.to_le_bytes()), WavError::Rate(44_100)),
            (patched(22, &2u16.to_le_bytes()), WavError::Channels(2)),
            (patched(34, &8u16.to_le_bytes()), WavError::Bits(8)),
            (patched(40, &0u32.to_le_bytes()), WavError::NoData),
            (patched(12, b"junk"), WavError::NoFormat),
            (patched(36, b"junk"), WavError::NoData),
        ] {
            assert_eq!(read_wav(&bytes), Err(error));
        }
        let long = write_wav(&vec![0; SAMPLES_MAX + 8000]);
        assert_eq!(read_wav(&long), Err(WavError::TooLong(601)));
        assert!(WavError::Rate(44_100).to_string().contains("convert it to 8000"));
    }

    #[test]
    fn a_file_cut_short_or_with_other_chunks_is_read_as_far_as_it_goes() {
        let bytes = patched(40, &u32::MAX.to_le_bytes());
        assert_eq!(read_wav(&bytes), Ok(vec![1, -2, 3]));
        let mut with_list = write_wav(&[])[..36].to_vec();
        with_list.extend(b"LIST\x03\0\0\0abc\0data\x02\0\0\0\x05\0");
        assert_eq!(read_wav(&with_list), Ok(vec![5]));
    }

    #[test]
    fn no_prefix_of_a_file_panics() {
        let bytes = write_wav(&[1, 2, 3]);
        for len in 0..bytes.len() {
            let _ = read_wav(&bytes[..len]);
        }
    }
}

//! A sound: A-law samples with a name.

use std::sync::Arc;

use crate::g711;
use crate::wav::{self, Wav};

/// The longest sound taken, in samples: ten minutes.
pub(crate) const SAMPLES_MAX: usize = 10 * 60 * 8_000;

/// A sound ready for a telephone line: mono, 8 kHz.
#[derive(Clone, PartialEq)]
pub struct Sound {
    /// A-law codes (ITU-T G.711), 8,000 a second; cheap to clone.
    pub samples: Arc<[u8]>,
    /// What it is, for logs and screens: language and key, or the text it was synthesised from.
    pub name: Arc<str>,
}

impl Sound {
    /// A sound from A-law codes.
    pub fn new(name: impl Into<Arc<str>>, samples: impl Into<Arc<[u8]>>) -> Self {
        Sound { samples: samples.into(), name: name.into() }
    }

    /// Silence of `ms` milliseconds, at most ten seconds.
    pub fn silence(ms: u32) -> Self {
        Sound::new("silence", vec![g711::SILENCE; ms.min(10_000) as usize * 8])
    }

    /// Reads a mono WAV file of 8 kHz, 16-bit PCM or A-law.
    pub fn from_wav(name: impl Into<Arc<str>>, bytes: &[u8]) -> Result<Self, SoundError> {
        let wav = Wav::parse(bytes)?;
        if wav.channels != 1 {
            return Err(SoundError::Channels(wav.channels));
        }
        if wav.rate_hz != 8_000 {
            return Err(SoundError::Rate(wav.rate_hz));
        }
        let samples: Arc<[u8]> = match (wav.format, wav.bits) {
            (wav::ALAW, 8) => wav.data.into(),
            (wav::PCM, 16) => wav.data.as_chunks().0.iter().map(linear_to_alaw).collect(),
            (format, bits) => return Err(SoundError::Format { format, bits }),
        };
        match samples.len() {
            0 => Err(SoundError::Empty),
            n if n > SAMPLES_MAX => Err(SoundError::TooLong(n / 8_000)),
            _ => Ok(Sound { samples, name: name.into() }),
        }
    }

    /// The length in milliseconds.
    pub fn duration_ms(&self) -> u32 {
        (self.samples.len() / 8) as u32
    }
}

fn linear_to_alaw(bytes: &[u8; 2]) -> u8 {
    g711::encode(i16::from_le_bytes(*bytes))
}

impl std::fmt::Debug for Sound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sound({}, {} ms)", self.name, self.duration_ms())
    }
}

/// Why a file is no sound the box can play. Each says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SoundError {
    /// The file does not begin as a WAV file does.
    #[error("not a WAV file; save it as WAV, 8 kHz, mono, 16-bit PCM or A-law")]
    NotWav,
    /// A chunk that every WAV file has is missing or cut short.
    #[error("the WAV file has no usable `{0}` chunk; save it again as WAV, 8 kHz, mono")]
    Chunk(&'static str),
    /// More than one channel, or none.
    #[error("the WAV file has {0} channels; save it as mono")]
    Channels(u16),
    /// Another sample rate.
    #[error("the WAV file has {0} samples a second; convert it to 8000")]
    Rate(u32),
    /// Another coding.
    #[error(
        "the WAV file's coding (format {format}, {bits} bits) is not supported; save it as \
         16-bit PCM or A-law"
    )]
    Format {
        /// The WAV format tag.
        format: u16,
        /// Bits a sample.
        bits: u16,
    },
    /// No samples.
    #[error("the WAV file holds no sound; record it again")]
    Empty,
    /// Longer than ten minutes, in seconds.
    #[error("the WAV file is {0} s long; ten minutes is the most")]
    TooLong(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wav(format: u16, channels: u16, rate_hz: u32, bits: u16, data: &[u8]) -> Vec<u8> {
        let mut out = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0".to_vec();
        out.extend(format.to_le_bytes());
        out.extend(channels.to_le_bytes());
        out.extend(rate_hz.to_le_bytes());
        out.extend((rate_hz * u32::from(bits) / 8).to_le_bytes());
        out.extend((bits / 8).to_le_bytes());
        out.extend(bits.to_le_bytes());
        out.extend(b"LIST\x03\0\0\0abc\0data");
        out.extend((data.len() as u32).to_le_bytes());
        out.extend(data);
        out
    }

    #[test]
    fn alaw_and_pcm_are_read_past_other_chunks() {
        let alaw = Sound::from_wav("a", &wav(6, 1, 8_000, 8, &[1, 2, 3])).unwrap();
        assert_eq!(&alaw.samples[..], [1, 2, 3]);
        let pcm = Sound::from_wav("p", &wav(1, 1, 8_000, 16, &[0, 0, 0xFF, 0x7F])).unwrap();
        assert_eq!(&pcm.samples[..], [0xD5, 0xAA]);
    }

    #[test]
    fn what_is_no_prompt_is_refused_with_the_reason() {
        let reject = |bytes: &[u8]| Sound::from_wav("x", bytes).unwrap_err();
        assert_eq!(reject(b""), SoundError::NotWav);
        assert_eq!(reject(b"ID3\x03 this is an MP3 file"), SoundError::NotWav);
        assert_eq!(reject(b"RIFF\0\0\0\0WAVE"), SoundError::Chunk("fmt"));
        assert_eq!(reject(&wav(1, 2, 8_000, 16, &[0; 8])), SoundError::Channels(2));
        assert_eq!(reject(&wav(1, 1, 44_100, 16, &[0; 8])), SoundError::Rate(44_100));
        let format = SoundError::Format { format: 3, bits: 32 };
        assert_eq!(reject(&wav(3, 1, 8_000, 32, &[0; 8])), format);
        assert_eq!(reject(&wav(6, 1, 8_000, 8, &[])), SoundError::Empty);
        let long = wav(6, 1, 8_000, 8, &vec![0xD5; SAMPLES_MAX + 8_000]);
        assert_eq!(reject(&long), SoundError::TooLong(601));
    }

    #[test]
    fn no_cut_of_a_file_panics() {
        let whole = wav(1, 1, 8_000, 16, &[1; 64]);
        for end in 0..whole.len() {
            let _ = Sound::from_wav("cut", &whole[..end]);
        }
    }

    #[test]
    fn silence_is_bounded() {
        assert_eq!(Sound::silence(250).duration_ms(), 250);
        assert_eq!(Sound::silence(u32::MAX).duration_ms(), 10_000);
    }
}

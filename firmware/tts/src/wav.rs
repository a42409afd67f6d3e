//! RIFF WAV files, as far as prompts need them: the format and the samples of the first `data`.

use crate::sound::SoundError;

/// The format tag of linear PCM.
pub(crate) const PCM: u16 = 1;
/// The format tag of A-law.
pub(crate) const ALAW: u16 = 6;

/// The parts of a WAV file that matter here.
pub(crate) struct Wav<'a> {
    pub(crate) format: u16,
    pub(crate) channels: u16,
    pub(crate) rate_hz: u32,
    pub(crate) bits: u16,
    pub(crate) data: &'a [u8],
}

impl<'a> Wav<'a> {
    /// Reads the chunks; a `data` chunk that claims more than there is ends with the file, as
    /// files of a recorder that lost power or of a program that writes to a pipe do.
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self, SoundError> {
        if bytes.len() < 12 || &bytes[..4] != b"RIFF" || &bytes[8..12] != b"WAVE" {
            return Err(SoundError::NotWav);
        }
        let mut rest = &bytes[12..];
        let mut fmt = None;
        while let Some((id, size, body)) = chunk(rest) {
            let held = body.len().min(size);
            match id {
                b"fmt " => fmt = Some(Format::parse(&body[..held])?),
                b"data" => {
                    let fmt = fmt.ok_or(SoundError::Chunk("fmt"))?;
                    return Ok(fmt.with(&body[..held]));
                }
                _ => {}
            }
            let next = size.saturating_add(size % 2);
            rest = body.get(next..).unwrap_or_default();
        }
        Err(SoundError::Chunk(if fmt.is_some() { "data" } else { "fmt" }))
    }
}

/// A chunk's name, its claimed size in bytes, and all that follows its header.
fn chunk(bytes: &[u8]) -> Option<(&[u8; 4], usize, &[u8])> {
    let (id, rest) = bytes.split_first_chunk::<4>()?;
    let (size, body) = rest.split_first_chunk::<4>()?;
    Some((id, u32::from_le_bytes(*size) as usize, body))
}

struct Format {
    format: u16,
    channels: u16,
    rate_hz: u32,
    bits: u16,
}

impl Format {
    fn parse(body: &[u8]) -> Result<Self, SoundError> {
        let at = |i: usize| u16::from_le_bytes([body[i], body[i + 1]]);
        if body.len() < 16 {
            return Err(SoundError::Chunk("fmt"));
        }
        // WAVE_FORMAT_EXTENSIBLE keeps the real tag in the first two bytes of its sub-format.
        let format = if at(0) == 0xFFFE && body.len() >= 26 { at(24) } else { at(0) };
        let rate_hz = u32::from(at(4)) | u32::from(at(6)) << 16;
        Ok(Format { format, channels: at(2), rate_hz, bits: at(14) })
    }

    fn with(self, data: &[u8]) -> Wav<'_> {
        let Format { format, channels, rate_hz, bits } = self;
        Wav { format, channels, rate_hz, bits, data }
    }
}

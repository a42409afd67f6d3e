//! WAV files: 16-bit linear or A-law, one or two channels, 8 kHz.

use crate::g711;

/// Samples a second of everything here.
pub const RATE_HZ: u32 = 8000;

/// The channels of a WAV file, 8 kHz, 16-bit or A-law.
///
/// # Errors
/// What is not right with it.
pub fn read(bytes: &[u8]) -> Result<Vec<Vec<i16>>, String> {
    if bytes.get(..4) != Some(b"RIFF") || bytes.get(8..12) != Some(b"WAVE") {
        return Err("no WAV file".to_owned());
    }
    let mut format = None;
    let mut at = 12;
    while let Some(head) = bytes.get(at..at + 8) {
        let length = u32::from_le_bytes([head[4], head[5], head[6], head[7]]) as usize;
        let body = &bytes[at + 8..bytes.len().min(at + 8 + length)];
        match &head[..4] {
            b"fmt " if body.len() >= 16 => {
                format = Some(<[u8; 16]>::try_from(&body[..16]).unwrap())
            }
            b"data" => return samples(&format.ok_or("data before its format")?, body),
            _ => {}
        }
        at += 8 + length + length % 2;
    }
    Err("no data".to_owned())
}

fn samples(format: &[u8; 16], data: &[u8]) -> Result<Vec<Vec<i16>>, String> {
    let word = |at: usize| u16::from_le_bytes([format[at], format[at + 1]]);
    let (coding, channels, rate_hz, bits) = (word(0), usize::from(word(2)), word(4), word(14));
    if u32::from(rate_hz) != RATE_HZ || !(1..=2).contains(&channels) {
        return Err(format!("{rate_hz} Hz, {channels} channels"));
    }
    let linear: Vec<i16> = match (coding, bits) {
        (1, 16) => data.chunks_exact(2).map(|b| i16::from_le_bytes([b[0], b[1]])).collect(),
        (6, 8) => data.iter().map(|octet| g711::decode(*octet)).collect(),
        _ => return Err(format!("coding {coding}, {bits} bits")),
    };
    Ok((0..channels).map(|c| linear.iter().skip(c).step_by(channels).copied().collect()).collect())
}

/// A WAV file of one channel, 8 kHz, 16-bit.
pub fn write(samples: &[i16]) -> Vec<u8> {
    let data_bytes = u32::try_from(samples.len() * 2).expect("hours of sound");
    let mut bytes = Vec::with_capacity(44 + samples.len() * 2);
    bytes.extend(b"RIFF");
    bytes.extend((36 + data_bytes).to_le_bytes());
    bytes.extend(b"WAVEfmt ");
    bytes.extend(16u32.to_le_bytes());
    for word in [1u16, 1] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(RATE_HZ.to_le_bytes());
    bytes.extend((RATE_HZ * 2).to_le_bytes());
    for word in [2u16, 16] {
        bytes.extend(word.to_le_bytes());
    }
    bytes.extend(b"data");
    bytes.extend(data_bytes.to_le_bytes());
    bytes.extend(samples.iter().flat_map(|s| s.to_le_bytes()));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_reads_back() {
        let samples = [0, 1, -1, i16::MAX, i16::MIN];
        assert_eq!(read(&write(&samples)).unwrap(), [samples.to_vec()]);
        assert!(read(b"RIFFxxxxWAVE").is_err());
        assert!(read(b"ID3").is_err());
    }
}

//! A-law (ITU-T G.711), computed sample by sample.

/// Even bits are sent inverted.
const TOGGLE: u8 = 0x55;

/// One octet of A-law for a 16-bit sample.
pub fn encode(sample: i16) -> u8 {
    let (sign, magnitude) = if sample >= 0 { (0x80, sample) } else { (0, !sample) };
    let magnitude = magnitude >> 4;
    let segment = (magnitude >> 4).checked_ilog2().map_or(0, |n| n + 1);
    let mantissa = if segment < 2 { magnitude } else { magnitude >> (segment - 1) } & 0x0F;
    (sign | (segment as u8) << 4 | mantissa as u8) ^ TOGGLE
}

/// The 16-bit sample of one octet of A-law.
pub fn decode(octet: u8) -> i16 {
    let octet = octet ^ TOGGLE;
    let segment = u32::from(octet >> 4 & 7);
    let mantissa = i16::from(octet & 0x0F) << 4 | 8;
    let magnitude = if segment == 0 { mantissa } else { (mantissa + 0x100) << (segment - 1) };
    if octet & 0x80 != 0 { magnitude } else { -magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_and_the_ends_are_as_the_standard_says() {
        assert_eq!(encode(0), 0xD5);
        assert_eq!(encode(-1), 0x55);
        assert_eq!(encode(i16::MAX), 0xAA);
        assert_eq!(encode(i16::MIN), 0x2A);
        assert_eq!((decode(0xD5), decode(0xAA), decode(0x2A)), (8, 32_256, -32_256));
    }

    #[test]
    fn every_octet_comes_back() {
        for octet in 0..=255 {
            assert_eq!(encode(decode(octet)), octet);
        }
    }
}

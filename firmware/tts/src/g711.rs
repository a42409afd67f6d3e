//! A-law of ITU-T G.711, as far as sounds need it.

/// A-law's code for silence.
pub(crate) const SILENCE: u8 = 0xD5;

/// One 16-bit linear sample as an A-law code.
pub(crate) fn encode(sample: i16) -> u8 {
    let (mask, magnitude) =
        if sample >= 0 { (0xD5, (sample as u16) >> 3) } else { (0x55, (!sample as u16) >> 3) };
    if magnitude < 32 {
        return (magnitude >> 1) as u8 ^ mask;
    }
    let segment = (11 - magnitude.leading_zeros()).min(7);
    ((segment << 4) as u8 | ((magnitude >> segment) & 0x0F) as u8) ^ mask
}

#[cfg(test)]
pub(crate) fn decode(code: u8) -> i16 {
    let code = code ^ 0x55;
    let segment = (code >> 4) & 7;
    let mantissa = i16::from(code & 0x0F) << 4;
    let value = if segment == 0 { mantissa + 8 } else { (mantissa + 0x108) << (segment - 1) };
    if code & 0x80 != 0 { value } else { -value }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_decodes_and_encodes_to_itself() {
        for code in 0..=255 {
            assert_eq!(encode(decode(code)), code, "{code:#x} stands for {}", decode(code));
        }
    }

    #[test]
    fn codes_are_those_of_the_standard() {
        assert_eq!(encode(0), SILENCE);
        assert_eq!(encode(i16::MAX), 0xAA);
        assert_eq!(encode(i16::MIN), 0x2A);
    }
}

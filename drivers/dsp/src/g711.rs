//! ITU-T G.711 (11/1988): 16-bit linear to 8-bit A-law or µ-law and back.
//!
//! Linear samples are left-justified, as everywhere in the box: A-law uses the upper 13 bits of
//! 16, µ-law the upper 14. A-law codes go with their even bits inverted (G.711, 2.2, table 1a,
//! note 2), µ-law codes with all bits inverted (table 2a, note 2), as they stand on the wire.

use tipring_line::Law;

/// A-law depends on the upper 12 bits of a sample only, sign included: half a kilosample a sign.
static ALAW_ENCODE: [u8; 4096] = alaw_encode_table();
/// µ-law depends on a sample's magnitude without its two lowest bits, 0 to 8192, and its sign.
static ULAW_ENCODE: [u8; 8193] = ulaw_encode_table();
static ALAW_DECODE: [i16; 256] = alaw_decode_table();
static ULAW_DECODE: [i16; 256] = ulaw_decode_table();
static ALAW_TO_ULAW: [u8; 256] = transcode_table(Law::A, Law::Mu);
static ULAW_TO_ALAW: [u8; 256] = transcode_table(Law::Mu, Law::A);

/// What is added to a µ-law magnitude so that segments begin at powers of two (16-bit scale).
const ULAW_BIAS: u32 = 0x84;

/// Encodes one sample.
#[inline]
pub fn encode_sample(law: Law, sample: i16) -> u8 {
    match law {
        Law::A => alaw(sample),
        Law::Mu => ulaw(sample),
    }
}

/// Decodes one code.
#[inline]
pub fn decode_sample(law: Law, code: u8) -> i16 {
    match law {
        Law::A => ALAW_DECODE[code as usize],
        Law::Mu => ULAW_DECODE[code as usize],
    }
}

/// Encodes as many samples as both slices have; returns how many.
pub fn encode(law: Law, samples: &[i16], codes: &mut [u8]) -> usize {
    let encode_one = match law {
        Law::A => alaw,
        Law::Mu => ulaw,
    };
    codes.iter_mut().zip(samples).map(|(code, &sample)| *code = encode_one(sample)).count()
}

/// Decodes as many codes as both slices have; returns how many.
pub fn decode(law: Law, codes: &[u8], samples: &mut [i16]) -> usize {
    let table = match law {
        Law::A => &ALAW_DECODE,
        Law::Mu => &ULAW_DECODE,
    };
    samples.iter_mut().zip(codes).map(|(s, &code)| *s = table[code as usize]).count()
}

/// Changes codes of one law into codes of the other, in place; the same law changes nothing.
///
/// Goes by way of linear samples, which differs from the direct tables of G.711 (3.4) by at most
/// one code where two are equally near.
pub fn transcode(from: Law, to: Law, codes: &mut [u8]) {
    let table = match (from, to) {
        (Law::A, Law::Mu) => &ALAW_TO_ULAW,
        (Law::Mu, Law::A) => &ULAW_TO_ALAW,
        _ => return,
    };
    for code in codes {
        *code = table[*code as usize];
    }
}

#[inline]
fn alaw(sample: i16) -> u8 {
    // The arithmetic shift keeps the sign; the index is its two's complement in 12 bits.
    ALAW_ENCODE[((sample >> 4) as u16 & 0xFFF) as usize]
}

#[inline]
fn ulaw(sample: i16) -> u8 {
    let code = ULAW_ENCODE[(sample.unsigned_abs() >> 2) as usize];
    if sample < 0 { code & 0x7F } else { code }
}

const fn alaw_encode_table() -> [u8; 4096] {
    let mut table = [0; 4096];
    let mut index = 0;
    while index < 4096 {
        let negative = index >= 2048;
        // Negative samples are taken by their one's complement, so −1 and 0 are each other's
        // mirror (G.711 has no code for zero).
        let magnitude = (if negative { 4095 - index } else { index }) as u32;
        let segment = 31 - (magnitude | 0x0F).leading_zeros() - 3;
        // Segments 0 and 1 have intervals of the same width.
        let shift = if segment == 0 { 0 } else { segment - 1 };
        let code = segment << 4 | (magnitude >> shift) & 0x0F;
        let sign = if negative { 0 } else { 0x80 };
        table[index] = (code as u8 | sign) ^ 0x55;
        index += 1;
    }
    table
}

const fn ulaw_encode_table() -> [u8; 8193] {
    let mut table = [0; 8193];
    let mut index = 0;
    while index < 8193 {
        let biased = (index as u32) * 4 + ULAW_BIAS;
        let code = if biased > 0x7FFF {
            0x7F
        } else {
            let segment = 31 - (biased | 0xFF).leading_zeros() - 7;
            segment << 4 | (biased >> (segment + 3)) & 0x0F
        };
        table[index] = !(code as u8);
        index += 1;
    }
    table
}

const fn alaw_decode_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let plain = code as u8 ^ 0x55;
        let segment = (plain >> 4) & 0x07;
        let step = (plain & 0x0F) as i16;
        // The value is the middle of the interval; segment 0 has the interval width of segment 1.
        let magnitude =
            if segment == 0 { (step << 4) + 8 } else { ((step << 4) + 0x108) << (segment - 1) };
        table[code] = if plain & 0x80 != 0 { magnitude } else { -magnitude };
        code += 1;
    }
    table
}

const fn ulaw_decode_table() -> [i16; 256] {
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let plain = !(code as u8);
        let segment = (plain >> 4) & 0x07;
        let biased = (((plain & 0x0F) as u32) << 3) + ULAW_BIAS;
        let magnitude = ((biased << segment) - ULAW_BIAS) as i16;
        table[code] = if plain & 0x80 != 0 { -magnitude } else { magnitude };
        code += 1;
    }
    table
}

const fn transcode_table(from: Law, to: Law) -> [u8; 256] {
    let (decode, alaw_table, ulaw_table) = match from {
        Law::A => (alaw_decode_table(), alaw_encode_table(), ulaw_encode_table()),
        Law::Mu => (ulaw_decode_table(), alaw_encode_table(), ulaw_encode_table()),
    };
    let mut table = [0; 256];
    let mut code = 0;
    while code < 256 {
        let sample = decode[code];
        table[code] = match to {
            Law::A => alaw_table[((sample >> 4) as u16 & 0xFFF) as usize],
            Law::Mu => {
                let magnitude = ulaw_table[(sample.unsigned_abs() >> 2) as usize];
                if sample < 0 { magnitude & 0x7F } else { magnitude }
            }
        };
        code += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::level::rms_to_dbm0;

    fn spandsp(mode: u32) -> *mut spandsp_sys::g711_state_t {
        // SAFETY: a null state asks the library to allocate one.
        unsafe { spandsp_sys::g711_init(core::ptr::null_mut(), mode.cast_signed()) }
    }

    #[test]
    fn agrees_with_spandsp_on_every_input() {
        for (law, mode) in [(Law::A, spandsp_sys::G711_ALAW), (Law::Mu, spandsp_sys::G711_ULAW)] {
            let state = spandsp(mode);
            let samples: Vec<i16> = (i16::MIN..=i16::MAX).collect();
            let mut theirs = vec![0u8; samples.len()];
            let codes: Vec<u8> = (0..=255).collect();
            let mut their_samples = [0i16; 256];
            // SAFETY: both buffers are as long as the lengths passed.
            unsafe {
                spandsp_sys::g711_encode(state, theirs.as_mut_ptr(), samples.as_ptr(), 65536);
                spandsp_sys::g711_decode(state, their_samples.as_mut_ptr(), codes.as_ptr(), 256);
                spandsp_sys::g711_free(state);
            }
            let mut ours = vec![0u8; samples.len()];
            assert_eq!(encode(law, &samples, &mut ours), 65536);
            for (i, sample) in samples.iter().enumerate() {
                assert_eq!(ours[i], theirs[i], "{law:?} {sample}");
            }
            let mut our_samples = [0i16; 256];
            assert_eq!(decode(law, &codes, &mut our_samples), 256);
            assert_eq!(our_samples, their_samples, "{law:?}");
        }
    }

    #[test]
    fn codes_come_back_but_for_the_second_zero_of_ulaw() {
        for law in [Law::A, Law::Mu] {
            for code in 0..=255u8 {
                let back = encode_sample(law, decode_sample(law, code));
                assert!(back == code || (law == Law::Mu && code == 0x7F), "{law:?} {code:02x}");
            }
        }
    }

    #[test]
    fn the_digital_milliwatt_is_0_dbm0() {
        // G.711, tables 5 and 6.
        for (law, codes) in [
            (Law::A, [0x34, 0x21, 0x21, 0x34, 0xB4, 0xA1, 0xA1, 0xB4]),
            (Law::Mu, [0x1E, 0x0B, 0x0B, 0x1E, 0x9E, 0x8B, 0x8B, 0x9E]),
        ] {
            let mut samples = [0i16; 8];
            decode(law, &codes, &mut samples);
            let mean_square =
                samples.iter().map(|&s| f32::from(s) * f32::from(s)).sum::<f32>() / 8.0;
            assert!(rms_to_dbm0(mean_square.sqrt()).abs() < 0.1, "{law:?}");
        }
    }

    #[test]
    fn transcoding_keeps_the_level_and_the_sign() {
        for code in 0..=255u8 {
            for (from, to) in [(Law::A, Law::Mu), (Law::Mu, Law::A)] {
                let mut codes = [code];
                transcode(from, to, &mut codes);
                let before = i32::from(decode_sample(from, code));
                let after = i32::from(decode_sample(to, codes[0]));
                assert!((before - after).abs() <= before.abs() / 16 + 8, "{before} {after}");
            }
            let mut same = [code];
            transcode(Law::A, Law::A, &mut same);
            assert_eq!(same, [code]);
        }
    }

    #[test]
    fn slices_of_unequal_length_stop_at_the_shorter() {
        let mut codes = [0u8; 3];
        assert_eq!(encode(Law::A, &[0; 5], &mut codes), 3);
        let mut samples = [0i16; 2];
        assert_eq!(decode(Law::A, &codes, &mut samples), 2);
    }
}

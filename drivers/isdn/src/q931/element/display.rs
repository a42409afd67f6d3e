//! The text of a display element (Q.931, 4.5.16). The standard says IA5; exchanges in China send
//! GBK, newer ones UTF-8, and none says which.

use encoding_rs::{CoderResult, GB18030};
use tipring_line::Name;

/// A character set octet that some exchanges put before plain IA5 text.
const CHARACTER_SET_PREFIX: u8 = 0xB1;

/// Reads a display text: UTF-8 if it is such, else GB18030 (of which GBK is a part). Octets that
/// are neither are left out; what does not fit into a name is cut at a character.
pub fn decode_text(octets: &[u8]) -> Name {
    let octets = match octets {
        [CHARACTER_SET_PREFIX, rest @ ..] if rest.is_ascii() => rest,
        octets => octets,
    };
    let mut name = Name::new();
    if let Ok(text) = core::str::from_utf8(octets) {
        push(&mut name, text);
        return name;
    }
    let mut decoder = GB18030.new_decoder_without_bom_handling();
    let mut buffer = [0u8; 1024];
    let (result, _, written, _) = decoder.decode_to_utf8(octets, &mut buffer, true);
    debug_assert!(result == CoderResult::InputEmpty, "an element's text always fits");
    push(&mut name, core::str::from_utf8(&buffer[..written]).unwrap_or_default());
    name
}

fn push(name: &mut Name, text: &str) {
    for c in text.chars().filter(|c| !c.is_control() && *c != char::REPLACEMENT_CHARACTER) {
        if name.try_push(c).is_err() {
            return;
        }
    }
}

/// Writes a name in GBK for exchanges that expect it; a character GBK does not have becomes `?`.
pub fn encode_text(name: &Name) -> arrayvec::ArrayVec<u8, 82> {
    let mut out = arrayvec::ArrayVec::new();
    let mut encoder = encoding_rs::GBK.new_encoder();
    for c in name.chars() {
        let mut utf8 = [0; 4];
        let mut octets = [0; 8];
        let (result, _, written) = encoder.encode_from_utf8_without_replacement(
            c.encode_utf8(&mut utf8),
            &mut octets,
            false,
        );
        let good = result == encoding_rs::EncoderResult::InputEmpty;
        let octets = if good { &octets[..written] } else { &b"?"[..] };
        if out.try_extend_from_slice(octets).is_err() {
            break;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_codings_met_are_told_apart() {
        for (octets, text) in [
            (&b"Wang Gang"[..], "Wang Gang"),
            (b"\xB1Wang", "Wang"),
            (b"\xCD\xF5\xB8\xD5", "王刚"),
            ("王刚".as_bytes(), "王刚"),
            (b"\xB1\xB1\xBE\xA9", "北京"),
            (b"A\x07B", "AB"),
            (b"", ""),
        ] {
            assert_eq!(decode_text(octets).as_str(), text, "{octets:02X?}");
        }
    }

    #[test]
    fn long_texts_are_cut_at_a_character() {
        let long = "王".repeat(80);
        assert_eq!(decode_text(long.as_bytes()).as_str(), "王".repeat(21));
        let name = decode_text(long.as_bytes());
        assert_eq!(encode_text(&name).len(), 42);
        assert_eq!(decode_text(&encode_text(&name)), name);
    }
}

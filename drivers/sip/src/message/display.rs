//! Display names made readable, whatever their peer wrote them in.

use encoding_rs::GB18030;
use tipring_line::Name;

use super::scan::trim;

/// The display name as text: quotes and escapes resolved, UTF-8 or else GBK (as the phones of
/// many Chinese makers send, against RFC 3261, section 25.1), cut to 64 bytes. Control characters
/// are left out; what is neither encoding shows as replacement characters.
pub fn decode_display_name(raw: &[u8]) -> Name {
    let raw = trim(raw);
    let inner = match raw {
        [b'"', inner @ .., b'"'] => inner,
        other => other,
    };
    // GBK's second byte may be a backslash, so escapes can only be resolved after decoding.
    let text = match core::str::from_utf8(inner) {
        Ok(text) => std::borrow::Cow::Borrowed(text),
        Err(_) => GB18030.decode_without_bom_handling(inner).0,
    };
    let mut name = Name::new();
    let mut escaped = false;
    for c in text.chars().filter(|c| !c.is_control()) {
        if c == '\\' && !escaped {
            escaped = true;
            continue;
        }
        escaped = false;
        if name.try_push(c).is_err() {
            break;
        }
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_escapes_and_both_encodings() {
        assert_eq!(decode_display_name(br#" "Bob \"B\" \\ Lee" "#).as_str(), r#"Bob "B" \ Lee"#);
        assert_eq!(decode_display_name("\"客服\"".as_bytes()).as_str(), "客服");
        assert_eq!(decode_display_name(b"\"\xbf\xcd\xb7\xfe\"").as_str(), "客服");
        assert_eq!(decode_display_name(b"Two Words").as_str(), "Two Words");
        assert_eq!(decode_display_name(b"").as_str(), "");
        // 誠 is D5 5C in GBK: its second byte is a backslash.
        assert_eq!(decode_display_name(b"\"\xd5\x5c\"").as_str(), "誠");
    }

    #[test]
    fn long_names_are_cut_at_a_character() {
        let long = "燃".repeat(40);
        assert_eq!(decode_display_name(long.as_bytes()).as_str(), "燃".repeat(21));
    }
}

//! Captures in the classic pcap format (draft-ietf-opsawg-pcap), link type LINUX_LAPD (177): a
//! pseudo-header that tells direction and side, then the LAPD frame without FCS. The plain link type
//! LAPD (203) is read by Wireshark as well, but has no direction: every frame goes from `?` to `?`.

use arrayvec::ArrayVec;
use tipring_clock::WallTime;

use crate::q921::{FRAME_MAX, Side};

const MAGIC_MICROSECONDS: u32 = 0xA1B2_C3D4;
const LINKTYPE_LINUX_LAPD: u32 = 177;
const RECORD_HEADER: usize = 16;
const PSEUDO_HEADER: usize = 16;
/// Octets in the longest record.
pub const RECORD_MAX: usize = RECORD_HEADER + PSEUDO_HEADER + FRAME_MAX;

/// What a capture file begins with.
pub fn capture_header() -> [u8; 24] {
    let mut out = [0; 24];
    out[..4].copy_from_slice(&MAGIC_MICROSECONDS.to_le_bytes());
    // Version 2.4; time zone and accuracy are 0 by definition.
    out[4] = 2;
    out[6] = 4;
    out[16..20].copy_from_slice(&65_535u32.to_le_bytes());
    out[20..].copy_from_slice(&LINKTYPE_LINUX_LAPD.to_le_bytes());
    out
}

/// One frame as a record of a capture taken at `our` end, sent by `sender`. What is longer than
/// any frame is cut, and the record says so.
pub fn capture_record(
    at: WallTime,
    our: Side,
    sender: Side,
    frame: &[u8],
) -> ArrayVec<u8, RECORD_MAX> {
    let kept = &frame[..frame.len().min(FRAME_MAX)];
    // A clock before the epoch is a clock not set yet.
    let us = u64::try_from(at.unix_micros()).unwrap_or(0);
    let mut out = ArrayVec::new();
    let length = |octets: usize| ((octets + PSEUDO_HEADER) as u32).to_le_bytes();
    out.extend(((us / 1_000_000) as u32).to_le_bytes());
    out.extend(((us % 1_000_000) as u32).to_le_bytes());
    out.extend(length(kept.len()));
    out.extend(length(frame.len()));
    out.extend(pseudo_header(our, sender));
    out.extend(kept.iter().copied());
    out
}

/// That of Linux's cooked capture, as the mISDN driver fills it.
fn pseudo_header(our: Side, sender: Side) -> [u8; PSEUDO_HEADER] {
    const TO_US: u16 = 0;
    const OUTGOING: u16 = 4;
    const ARPHRD_LAPD: u16 = 8445;
    const ETH_P_LAPD: u16 = 0x0030;
    let mut out = [0; PSEUDO_HEADER];
    let kind = if our == sender { OUTGOING } else { TO_US };
    out[..2].copy_from_slice(&kind.to_be_bytes());
    out[2..4].copy_from_slice(&ARPHRD_LAPD.to_be_bytes());
    out[5] = 1;
    out[6] = u8::from(our == Side::Network);
    out[14..].copy_from_slice(&ETH_P_LAPD.to_be_bytes());
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_have_their_lengths() {
        let at = WallTime::from_unix_micros(1_700_000_000_123_456);
        let record = capture_record(at, Side::User, Side::User, &[0, 1, 0x7F]);
        assert_eq!(record.len(), RECORD_HEADER + PSEUDO_HEADER + 3);
        assert_eq!(record[..4], 1_700_000_000u32.to_le_bytes());
        assert_eq!(record[4..8], 123_456u32.to_le_bytes());
        assert_eq!(record[8..16], [19, 0, 0, 0, 19, 0, 0, 0]);
        let long = [0; 400];
        let cut = capture_record(at, Side::User, Side::Network, &long);
        assert_eq!(cut.len(), RECORD_MAX);
        assert_eq!(cut[12..16], 416u32.to_le_bytes());
        assert_eq!(capture_header().len(), 24);
    }
}

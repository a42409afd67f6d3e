//! RTCP (RFC 3550, section 6): a report with the canonical name every 5 s, and the peer's read.

use tipring_clock::{Duration, Instant};

use crate::rtp::incoming::Reception;

/// How often a leg reports (RFC 3550, section 6.2, for two parties).
pub(crate) const INTERVAL: Duration = Duration::from_secs(5);
/// Room for a report: SR with one block (52 octets) and SDES (at most 32).
pub(crate) const REPORT_BYTES_MAX: usize = 96;

const SENDER_REPORT: u8 = 200;
const RECEIVER_REPORT: u8 = 201;
const SOURCE_DESCRIPTION: u8 = 202;
const CNAME: u8 = 1;
const BLOCK_BYTES: usize = 24;
/// Seconds from 1900, where NTP begins, to 1970.
const NTP_OFFSET_S: u64 = 2_208_988_800;

/// What we say of our own stream in a sender report.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SenderInfo {
    /// Microseconds since 1970.
    pub(crate) unix_us: u64,
    pub(crate) timestamp: u32,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
}

/// What a peer's reports have told.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct PeerReports {
    /// Middle 32 bits of the NTP time of the peer's last sender report, and when it came.
    last_sender_report: Option<(u32, Instant)>,
    /// Packets of ours that did not arrive.
    pub(crate) lost: u32,
    /// In microseconds.
    pub(crate) round_trip_us: u32,
}

fn ntp(unix_us: u64) -> u64 {
    let seconds = unix_us / 1_000_000 + NTP_OFFSET_S;
    let fraction = ((unix_us % 1_000_000) << 32) / 1_000_000;
    seconds << 32 | fraction
}

/// Middle 32 bits: seconds in 1/65,536.
fn ntp_middle(unix_us: u64) -> u32 {
    (ntp(unix_us) >> 16) as u32
}

struct Writer<'a> {
    bytes: &'a mut [u8; REPORT_BYTES_MAX],
    at: usize,
}

impl Writer<'_> {
    fn put(&mut self, bytes: &[u8]) {
        self.bytes[self.at..self.at + bytes.len()].copy_from_slice(bytes);
        self.at += bytes.len();
    }

    fn put_u32(&mut self, value: u32) {
        self.put(&value.to_be_bytes());
    }
}

/// Writes a compound packet: SR if `sender` is given, else RR; then SDES with the canonical name
/// (section 6.1 wants both in every compound). Gives its length.
pub(crate) fn emit(
    bytes: &mut [u8; REPORT_BYTES_MAX],
    now: Instant,
    ssrc: u32,
    sender: Option<SenderInfo>,
    reception: Option<Reception>,
    peer: &PeerReports,
) -> usize {
    let mut w = Writer { bytes, at: 0 };
    let blocks = u8::from(reception.is_some());
    let words = 1 + if sender.is_some() { 5 } else { 0 } + 6 * u16::from(blocks);
    let kind = if sender.is_some() { SENDER_REPORT } else { RECEIVER_REPORT };
    w.put(&[0x80 | blocks, kind]);
    w.put(&words.to_be_bytes());
    w.put_u32(ssrc);
    if let Some(info) = sender {
        w.put(&ntp(info.unix_us).to_be_bytes());
        w.put_u32(info.timestamp);
        w.put_u32(info.packets);
        w.put_u32(info.octets);
    }
    if let Some(r) = reception {
        w.put_u32(r.ssrc);
        w.put_u32(u32::from(r.fraction_lost) << 24 | r.lost as u32 & 0xFF_FFFF);
        w.put_u32(r.highest);
        w.put_u32(r.jitter);
        let (last, delay) = match peer.last_sender_report {
            // In 1/65,536 s.
            Some((middle, at)) => (middle, ((now - at).as_micros() << 16) / 1_000_000),
            None => (0, 0),
        };
        w.put_u32(last);
        w.put_u32(delay as u32);
    }
    emit_cname(&mut w, ssrc);
    w.at
}

/// SDES with one item (section 6.5.1). The name is the SSRC in hexadecimal, which RFC 7022,
/// section 4.1, allows for a name that lives as long as a session.
fn emit_cname(w: &mut Writer<'_>, ssrc: u32) {
    let mut name = [0u8; 8];
    for (i, c) in name.iter_mut().enumerate() {
        *c = b"0123456789abcdef"[(ssrc >> (28 - 4 * i)) as usize & 0xF];
    }
    // Header, SSRC, 2 octets of item header and 8 of name, 2 of end and padding: 5 words.
    w.put(&[0x81, SOURCE_DESCRIPTION, 0, 4]);
    w.put_u32(ssrc);
    w.put(&[CNAME, name.len() as u8]);
    w.put(&name);
    w.put(&[0, 0]);
}

impl PeerReports {
    /// Reads a compound packet; says whether all of it was RTCP.
    pub(crate) fn receive(
        &mut self,
        now: Instant,
        unix_us: u64,
        our_ssrc: u32,
        mut bytes: &[u8],
    ) -> bool {
        if bytes.is_empty() {
            return false;
        }
        while !bytes.is_empty() {
            let [first, kind, high, low, ..] = *bytes else { return false };
            let length = (usize::from(u16::from_be_bytes([high, low])) + 1) * 4;
            if first >> 6 != 2 || length > bytes.len() {
                return false;
            }
            let (packet, rest) = bytes.split_at(length);
            let blocks = usize::from(first & 0x1F);
            match kind {
                SENDER_REPORT if length >= 28 => {
                    self.last_sender_report = Some((word(packet, 10), now));
                    self.read_blocks(unix_us, our_ssrc, &packet[28..], blocks);
                }
                RECEIVER_REPORT if length >= 8 => {
                    self.read_blocks(unix_us, our_ssrc, &packet[8..], blocks);
                }
                _ => {}
            }
            bytes = rest;
        }
        true
    }

    fn read_blocks(&mut self, unix_us: u64, our_ssrc: u32, bytes: &[u8], blocks: usize) {
        for block in bytes.chunks_exact(BLOCK_BYTES).take(blocks) {
            if word(block, 0) != our_ssrc {
                continue;
            }
            let lost = word(block, 4) & 0xFF_FFFF;
            // Negative (bit 23) means duplicates outnumber losses.
            self.lost = if lost & 0x80_0000 == 0 { lost } else { 0 };
            let (last, delay) = (word(block, 16), word(block, 20));
            if last != 0 {
                let trip = ntp_middle(unix_us).wrapping_sub(last).wrapping_sub(delay);
                // A minute and more is a peer with a wrong clock or wrong arithmetic.
                if trip < 60 << 16 {
                    self.round_trip_us = ((u64::from(trip) * 1_000_000) >> 16) as u32;
                }
            }
        }
    }
}

fn word(bytes: &[u8], at: usize) -> u32 {
    match bytes.get(at..at + 4) {
        Some(&[a, b, c, d]) => u32::from_be_bytes([a, b, c, d]),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const DAY_US: u64 = 1_700_000_000_000_000;

    #[test]
    fn two_parties_learn_loss_and_round_trip_from_each_other() {
        let (mut a, mut b) = (PeerReports::default(), PeerReports::default());
        let mut bytes = [0; REPORT_BYTES_MAX];
        let info = SenderInfo { unix_us: DAY_US, timestamp: 5, packets: 6, octets: 7 };
        let length = emit(&mut bytes, Instant::ZERO, 0xAA, Some(info), None, &a);
        assert_eq!(length, 28 + 20);
        // 30 ms to b, which answers after 100 ms, and 30 ms back.
        let at_b = Instant::from_millis(30);
        assert!(b.receive(at_b, DAY_US + 30_000, 0xBB, &bytes[..length]));
        let seen = Reception { ssrc: 0xAA, fraction_lost: 3, lost: 9, highest: 100, jitter: 4 };
        let length = emit(&mut bytes, Instant::from_millis(130), 0xBB, None, Some(seen), &b);
        assert_eq!(length, 32 + 20);
        assert!(a.receive(Instant::from_millis(160), DAY_US + 160_000, 0xAA, &bytes[..length]));
        assert_eq!(a.lost, 9);
        assert!((59_900..60_100).contains(&a.round_trip_us), "{}", a.round_trip_us);
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..120)) {
            let mut peer = PeerReports::default();
            peer.receive(Instant::ZERO, DAY_US, 1, &bytes);
            if bytes.len() > 4 {
                (bytes[0], bytes[1], bytes[2]) = (0x9F, 200, 0);
                peer.receive(Instant::ZERO, DAY_US, 1, &bytes);
            }
        }
    }
}

//! RTP packets (RFC 3550, section 5.1): bytes in, a typed view out, and back.

use rtp_rs::{RtpPacketBuilder, RtpReader};

/// A packet that has been checked once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct RtpPacket<'a> {
    pub(crate) payload_type: u8,
    pub(crate) marker: bool,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    pub(crate) ssrc: u32,
    /// Without padding.
    pub(crate) payload: &'a [u8],
}

impl<'a> RtpPacket<'a> {
    /// The packet in `bytes`, if it is one. CSRCs, extension and padding are left behind: what we
    /// send on is a stream of our own.
    pub(crate) fn parse(bytes: &'a [u8]) -> Option<Self> {
        let reader = RtpReader::new(bytes).ok()?;
        Some(RtpPacket {
            payload_type: reader.payload_type(),
            marker: reader.mark(),
            sequence: reader.sequence_number().into(),
            timestamp: reader.timestamp(),
            ssrc: reader.ssrc(),
            payload: reader.payload(),
        })
    }

    /// Writes the packet and gives its length; nothing if `bytes` is too short for it.
    pub(crate) fn emit(&self, bytes: &mut [u8]) -> Option<usize> {
        RtpPacketBuilder::new()
            .payload_type(self.payload_type)
            .marked(self.marker)
            .sequence(self.sequence.into())
            .timestamp(self.timestamp)
            .ssrc(self.ssrc)
            .payload(self.payload)
            .build_into(bytes)
            .ok()
    }
}

/// Whether a packet on a port shared by both is RTCP (RFC 5761, section 4).
pub(crate) fn is_rtcp(bytes: &[u8]) -> bool {
    bytes.len() >= 8 && (192..=223).contains(&bytes[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn emits_what_it_parses() {
        let packet = RtpPacket {
            payload_type: 8,
            marker: true,
            sequence: 65_535,
            timestamp: 0xFFFF_FF60,
            ssrc: 0x1234_5678,
            payload: &[0xD5; 160],
        };
        let mut bytes = [0; 200];
        assert_eq!(packet.emit(&mut bytes), Some(172));
        assert_eq!(RtpPacket::parse(&bytes[..172]), Some(packet));
        assert_eq!(packet.emit(&mut bytes[..171]), None);
    }

    #[test]
    fn padding_csrc_and_extension_are_left_behind() {
        // V=2, P, X, one CSRC; an extension of one word; 2 octets of payload, 2 of padding.
        let bytes = [
            0xB1, 0x88, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 9, 9, 9, 9, 0xBE, 0xDE, 0, 1, 1, 2, 3, 4, 7,
            8, 0, 2,
        ];
        let packet = RtpPacket::parse(&bytes).unwrap();
        assert_eq!((packet.payload, packet.marker, packet.payload_type), (&[7, 8][..], true, 8));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = RtpPacket::parse(&bytes);
            let mut version_2 = bytes;
            if let Some(first) = version_2.first_mut() {
                *first = 0x80 | *first & 0x3F;
            }
            let _ = RtpPacket::parse(&version_2);
        }
    }
}

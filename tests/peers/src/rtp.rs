//! RTP packets (RFC 3550) and telephone-events (RFC 4733), as little of them as a test needs.

/// The payload type of A-law.
pub const PCMA: u8 = 8;
/// The payload type given to telephone-events in every offer here.
pub const TELEPHONE_EVENT: u8 = 101;
/// Samples of a packet of 20 ms.
pub const PACKET_SAMPLES: usize = 160;

/// One packet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Packet {
    /// The payload type.
    pub payload_type: u8,
    /// Set on the first packet of a spurt of talk, and of an event.
    pub marker: bool,
    /// Counts packets.
    pub sequence: u16,
    /// Counts samples.
    pub timestamp: u32,
    /// Which source it is of.
    pub ssrc: u32,
    /// What it carries.
    pub payload: Vec<u8>,
}

impl Packet {
    /// The packet as it is sent.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0x80, u8::from(self.marker) << 7 | self.payload_type];
        bytes.extend(self.sequence.to_be_bytes());
        bytes.extend(self.timestamp.to_be_bytes());
        bytes.extend(self.ssrc.to_be_bytes());
        bytes.extend(&self.payload);
        bytes
    }

    /// The packet in a datagram, if there is one without extension and padding.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (head, rest) = bytes.split_at_checked(12)?;
        let sources = usize::from(head[0] & 0x0F) * 4;
        if head[0] & 0xF0 != 0x80 {
            return None;
        }
        Some(Packet {
            payload_type: head[1] & 0x7F,
            marker: head[1] & 0x80 != 0,
            sequence: u16::from_be_bytes([head[2], head[3]]),
            timestamp: u32::from_be_bytes([head[4], head[5], head[6], head[7]]),
            ssrc: u32::from_be_bytes([head[8], head[9], head[10], head[11]]),
            payload: rest.get(sources..)?.to_vec(),
        })
    }
}

/// The payload of a telephone-event: the key, whether it is over, and its length so far in samples
/// (RFC 4733, section 2.3).
///
/// # Panics
/// It is no key.
pub fn event(key: char, over: bool, samples: u16) -> Vec<u8> {
    let code = "0123456789*#ABCD".find(key).unwrap_or_else(|| panic!("{key} is no key"));
    let volume_dbm0 = 10;
    let mut payload = vec![code as u8, u8::from(over) << 7 | volume_dbm0];
    payload.extend(samples.to_be_bytes());
    payload
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_packet_reads_back() {
        let packet = Packet {
            payload_type: TELEPHONE_EVENT,
            marker: true,
            sequence: 65_535,
            timestamp: 0xFEDC_BA98,
            ssrc: 7,
            payload: event('#', true, 800),
        };
        assert_eq!(packet.payload, [11, 0x8A, 3, 0x20]);
        assert_eq!(Packet::from_bytes(&packet.to_bytes()), Some(packet));
        assert_eq!(Packet::from_bytes(&[0x80; 11]), None);
    }
}

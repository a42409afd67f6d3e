//! Keys as telephone-events (RFC 4733).

use tipring_line::Digit;

/// Octets of an event's payload.
pub(crate) const PAYLOAD_BYTES: usize = 4;
/// The longest duration one segment can tell (RFC 4733, section 2.5.1.3).
const SEGMENT_MAX: u32 = 0xFFFF;

/// The payload of one event packet (RFC 4733, section 2.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct TelephoneEvent {
    pub(crate) event: u8,
    pub(crate) end: bool,
    /// Power below 0 dBm0, in dB.
    pub(crate) volume: u8,
    /// In timestamp units since the event's timestamp.
    pub(crate) duration: u16,
}

impl TelephoneEvent {
    /// The first event in a payload; a sender may put several there (section 2.5.1.5), but none does
    /// for keys.
    pub(crate) fn parse(payload: &[u8]) -> Option<Self> {
        let [event, flags, high, low, ..] = *payload else { return None };
        Some(TelephoneEvent {
            event,
            end: flags & 0x80 != 0,
            volume: flags & 0x3F,
            duration: u16::from_be_bytes([high, low]),
        })
    }

    pub(crate) fn emit(self) -> [u8; PAYLOAD_BYTES] {
        let [high, low] = self.duration.to_be_bytes();
        [self.event, u8::from(self.end) << 7 | self.volume & 0x3F, high, low]
    }
}

/// Tells keys from their packets, of which each sends many and some are lost.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct EventReceiver {
    last: Option<(u32, u8)>,
}

impl EventReceiver {
    /// Takes a packet; gives the key when it is the first that tells of it, begin, middle or end.
    pub(crate) fn receive(&mut self, timestamp: u32, event: TelephoneEvent) -> Option<Digit> {
        let digit = Digit::from_event(event.event)?;
        if let Some((last, code)) = self.last {
            let ahead = timestamp.wrapping_sub(last);
            if ahead as i32 <= 0 {
                return None;
            }
            if code == event.event && ahead == SEGMENT_MAX {
                self.last = Some((timestamp, code));
                return None;
            }
        }
        self.last = Some((timestamp, event.event));
        Some(digit)
    }

    /// Forgets the last key: another stream has begun.
    pub(crate) fn reset(&mut self) {
        self.last = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(event: u8, duration: u16, end: bool) -> TelephoneEvent {
        TelephoneEvent { event, end, volume: 10, duration }
    }

    #[test]
    fn emits_what_it_parses() {
        let sent = event(11, 0xABCD, true);
        assert_eq!(sent.emit(), [11, 0x8A, 0xAB, 0xCD]);
        assert_eq!(TelephoneEvent::parse(&sent.emit()), Some(sent));
        assert_eq!(TelephoneEvent::parse(&[1, 2, 3]), None);
    }

    #[test]
    fn a_key_is_told_once_however_many_of_its_packets_come() {
        let mut receiver = EventReceiver::default();
        let mut heard = Vec::new();
        // The first packets of the second key are lost, and a late end of the first comes after.
        for (timestamp, e) in [
            (1000, event(5, 160, false)),
            (1000, event(5, 320, false)),
            (1000, event(5, 320, true)),
            (3000, event(5, 800, true)),
            (1000, event(5, 320, true)),
            (3000, event(5, 800, true)),
            (9000, event(16, 160, false)),
        ] {
            heard.extend(receiver.receive(timestamp, e).map(Digit::as_char));
        }
        assert_eq!(heard, ['5', '5']);
    }

    #[test]
    fn a_key_held_for_more_than_eight_seconds_is_one() {
        let mut receiver = EventReceiver::default();
        assert!(receiver.receive(0, event(1, 160, false)).is_some());
        assert!(receiver.receive(0xFFFF, event(1, 160, false)).is_none());
        assert!(receiver.receive(0x1_FFFE, event(1, 160, true)).is_none());
    }
}

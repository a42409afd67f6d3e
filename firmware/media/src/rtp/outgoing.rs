//! Our own stream to a peer: one SSRC, and sequence and timestamps that go on without a break
//! whether packets are relayed or made here (RFC 3550, section 5.1).

use tipring_clock::{Duration, Instant};

use crate::rtp::packet::RtpPacket;
use crate::rtp::{SAMPLES_PER_MS, samples_in};

/// How far the stream's own count may be from the clock before timestamps follow the clock. Within
/// it they run on without a step, which the peer's jitter buffer takes as jitter.
const SLACK: Duration = Duration::from_millis(120);

/// Header fields of the next packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Place {
    pub(crate) ssrc: u32,
    pub(crate) sequence: u16,
    pub(crate) timestamp: u32,
    /// The first packet after a silence (RFC 3551, section 4.1).
    pub(crate) marker: bool,
}

/// How the stream being relayed maps to ours.
#[derive(Clone, Copy, Debug)]
struct Relay {
    ssrc: u32,
    sequence_offset: u16,
    timestamp_offset: u32,
    /// Our first sequence number of this mapping; what would come before is too late.
    fence: u16,
}

/// One stream to a peer.
#[derive(Clone, Debug)]
pub(crate) struct OutgoingStream {
    ssrc: u32,
    /// Of the next packet.
    sequence: u16,
    /// Of the next packet, were it to follow without a gap.
    timestamp: u32,
    /// When the next packet is due, were it to follow without a gap.
    due: Option<Instant>,
    relay: Option<Relay>,
    pub(crate) packets: u32,
    pub(crate) octets: u32,
}

impl OutgoingStream {
    /// A stream that begins at these values, which RFC 3550 wants random.
    pub(crate) fn new(ssrc: u32, sequence: u16, timestamp: u32) -> Self {
        OutgoingStream { ssrc, sequence, timestamp, due: None, relay: None, packets: 0, octets: 0 }
    }

    pub(crate) fn ssrc(&self) -> u32 {
        self.ssrc
    }

    /// Whether nothing has been sent for so long that the peer's buffer has run dry.
    pub(crate) fn is_idle(&self, now: Instant) -> bool {
        self.due.is_none_or(|due| now > due + SLACK)
    }

    /// The timestamp of `now`, for sender reports.
    pub(crate) fn timestamp_at(&self, now: Instant) -> u32 {
        match self.due {
            Some(due) if now >= due => self.timestamp.wrapping_add(samples_in(now - due) as u32),
            Some(due) => self.timestamp.wrapping_sub(samples_in(due - now) as u32),
            None => self.timestamp,
        }
    }

    /// The place of a packet made here that carries `samples` samples.
    pub(crate) fn next(&mut self, now: Instant, samples: u32) -> Place {
        let marker = self.catch_up(now);
        self.relay = None;
        let place = self.place(marker);
        self.sequence = self.sequence.wrapping_add(1);
        self.advance(now, place.timestamp, samples);
        place
    }

    /// The place of another packet at the same timestamp (telephone-events, RFC 4733, 2.5.1.2).
    pub(crate) fn again(&mut self, timestamp: u32) -> Place {
        self.relay = None;
        let place = Place { ssrc: self.ssrc, sequence: self.sequence, timestamp, marker: false };
        self.sequence = self.sequence.wrapping_add(1);
        place
    }

    /// Ends an event that began at `timestamp` and lasted `samples`: what follows comes after it.
    pub(crate) fn skip_to(&mut self, now: Instant, timestamp: u32, samples: u32) {
        self.advance(now, timestamp, samples);
        self.due = Some(now);
    }

    /// The place of a packet of another stream that is passed on; none if it belongs before what
    /// has been sent already.
    pub(crate) fn relay(
        &mut self,
        now: Instant,
        packet: &RtpPacket<'_>,
        samples: u32,
    ) -> Option<Place> {
        let (relay, marker) = match self.relay {
            Some(relay) if relay.ssrc == packet.ssrc => (relay, packet.marker),
            _ => {
                let marker = self.catch_up(now);
                (self.start_relay(packet), marker || packet.marker)
            }
        };
        let sequence = packet.sequence.wrapping_add(relay.sequence_offset);
        if (sequence.wrapping_sub(relay.fence) as i16) < 0 {
            return None;
        }
        let timestamp = packet.timestamp.wrapping_add(relay.timestamp_offset);
        if (sequence.wrapping_sub(self.sequence) as i16) >= 0 {
            self.sequence = sequence.wrapping_add(1);
            self.advance(now, timestamp, samples);
        }
        Some(Place { ssrc: self.ssrc, sequence, timestamp, marker })
    }

    /// The place of a telephone-event that is passed on. Its timestamp is that of the key's begin,
    /// for all of its packets.
    pub(crate) fn relay_event(
        &mut self,
        now: Instant,
        packet: &RtpPacket<'_>,
        duration: u32,
    ) -> Option<Place> {
        let due = self.due;
        let place = self.relay(now, packet, duration)?;
        if due.is_some() {
            // The key's audio, if any is sent, has timestamps of its own: the event moves nothing.
            self.due = Some(now);
        }
        Some(place)
    }

    fn start_relay(&mut self, packet: &RtpPacket<'_>) -> Relay {
        let relay = Relay {
            ssrc: packet.ssrc,
            sequence_offset: self.sequence.wrapping_sub(packet.sequence),
            timestamp_offset: self.timestamp.wrapping_sub(packet.timestamp),
            fence: self.sequence,
        };
        self.relay = Some(relay);
        relay
    }

    /// Moves the next timestamp on if the clock has run away from it; says whether that is a gap.
    fn catch_up(&mut self, now: Instant) -> bool {
        let Some(due) = self.due else { return true };
        if now <= due + SLACK {
            return false;
        }
        // Whole 10 ms, so that packets stay aligned to the codec's usual steps.
        let gap = samples_in(now - due) as u32 / (10 * SAMPLES_PER_MS) * (10 * SAMPLES_PER_MS);
        self.timestamp = self.timestamp.wrapping_add(gap);
        true
    }

    fn place(&self, marker: bool) -> Place {
        Place { ssrc: self.ssrc, sequence: self.sequence, timestamp: self.timestamp, marker }
    }

    fn advance(&mut self, now: Instant, timestamp: u32, samples: u32) {
        self.timestamp = timestamp.wrapping_add(samples);
        self.due = Some(now + Duration::from_micros(u64::from(samples) * 125));
    }

    /// Counts a sent packet, for sender reports.
    pub(crate) fn sent(&mut self, payload_bytes: usize) {
        self.packets = self.packets.wrapping_add(1);
        self.octets = self.octets.wrapping_add(payload_bytes as u32);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u16, timestamp: u32, ssrc: u32) -> RtpPacket<'static> {
        RtpPacket { payload_type: 8, marker: false, sequence, timestamp, ssrc, payload: &[] }
    }

    fn ms(ms: u64) -> Instant {
        Instant::from_millis(ms)
    }

    #[test]
    fn relay_keeps_loss_and_order_visible_and_drops_what_is_older_than_the_switch() {
        let mut out = OutgoingStream::new(7, 100, 5000);
        let first = out.relay(ms(0), &packet(10, 1600, 1), 160).unwrap();
        assert_eq!(first, Place { ssrc: 7, sequence: 100, timestamp: 5000, marker: true });
        // 11 comes after 12.
        let third = out.relay(ms(40), &packet(12, 1920, 1), 160).unwrap();
        let second = out.relay(ms(41), &packet(11, 1760, 1), 160).unwrap();
        assert_eq!((third.sequence, third.timestamp), (102, 5320));
        assert_eq!((second.sequence, second.timestamp), (101, 5160));
        assert!(!second.marker && !third.marker);
        assert_eq!(out.relay(ms(42), &packet(9, 1440, 1), 160), None);
    }

    #[test]
    fn frames_and_relay_follow_each_other_without_a_step() {
        let mut out = OutgoingStream::new(7, 65_534, 0xFFFF_FFFF);
        let mut expected = (65_534u16, 0xFFFF_FFFFu32);
        for (i, at) in [0u64, 20, 45, 58, 80, 103].into_iter().enumerate() {
            let place = if i % 2 == 0 {
                out.next(ms(at), 160)
            } else {
                out.relay(ms(at), &packet(500 + i as u16 * 9, i as u32 * 77, i as u32), 160)
                    .unwrap()
            };
            assert_eq!((place.sequence, place.timestamp), expected);
            assert_eq!(place.marker, i == 0);
            expected = (expected.0.wrapping_add(1), expected.1.wrapping_add(160));
        }
    }

    #[test]
    fn a_silence_is_a_gap_in_timestamps_with_the_marker_set() {
        let mut out = OutgoingStream::new(7, 1, 0);
        out.next(ms(0), 160);
        assert!(!out.is_idle(ms(80)));
        assert!(out.is_idle(ms(1000)));
        let place = out.next(ms(1025), 160);
        assert_eq!((place.sequence, place.timestamp, place.marker), (2, 160 + 8000, true));
        assert_eq!(out.timestamp_at(ms(1025)), 8160);
    }
}

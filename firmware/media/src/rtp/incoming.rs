//! What a peer sends us: sequence validation, loss and jitter (RFC 3550, appendix A).

use tipring_clock::Instant;

use crate::rtp::packet::RtpPacket;

/// A jump further ahead than this is a restart, not loss (`MAX_DROPOUT` of RFC 3550, A.1).
const DROPOUT_MAX: u16 = 3000;
/// A step further back than this is a restart, not reordering (`MAX_MISORDER` of RFC 3550, A.1).
const MISORDER_MAX: u16 = 100;

/// One peer's stream as it arrives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Incoming {
    ssrc: Option<u32>,
    highest: u16,
    /// Wraps of the sequence number, in the upper 16 bits.
    cycles: u32,
    first: u32,
    received: u32,
    expected_before: u32,
    received_before: u32,
    /// Of streams that ended when the SSRC changed.
    lost_before: u32,
    transit: u32,
    /// In timestamp units, times 16.
    jitter: u32,
    pub(crate) total: u32,
    pub(crate) last_at: Option<Instant>,
}

/// What a report block says about the stream (RFC 3550, section 6.4.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Reception {
    pub(crate) ssrc: u32,
    pub(crate) fraction_lost: u8,
    pub(crate) lost: i32,
    pub(crate) highest: u32,
    pub(crate) jitter: u32,
}

impl Incoming {
    /// Counts a packet in. Says how many are newly missing before it.
    pub(crate) fn receive(&mut self, now: Instant, packet: &RtpPacket<'_>) -> u32 {
        self.total = self.total.wrapping_add(1);
        self.last_at = Some(now);
        let ahead = packet.sequence.wrapping_sub(self.highest);
        let restart = self.ssrc != Some(packet.ssrc)
            || (DROPOUT_MAX..=u16::MAX - MISORDER_MAX).contains(&ahead);
        if restart {
            self.start(packet);
        }
        let mut missing = 0;
        if !restart && ahead > 0 && ahead < DROPOUT_MAX {
            missing = u32::from(ahead) - 1;
            if packet.sequence < self.highest {
                self.cycles = self.cycles.wrapping_add(1 << 16);
            }
            self.highest = packet.sequence;
        }
        self.received = self.received.wrapping_add(1);
        self.measure_jitter(now, packet.timestamp, restart);
        missing
    }

    fn start(&mut self, packet: &RtpPacket<'_>) {
        self.lost_before = self.lost();
        self.ssrc = Some(packet.ssrc);
        self.highest = packet.sequence;
        self.first = u32::from(packet.sequence);
        (self.cycles, self.received) = (0, 0);
        (self.expected_before, self.received_before, self.jitter) = (0, 0, 0);
    }

    /// RFC 3550, A.8, in integers.
    fn measure_jitter(&mut self, now: Instant, timestamp: u32, restart: bool) {
        let arrival = (now.as_micros() / 125) as u32;
        let transit = arrival.wrapping_sub(timestamp);
        if !restart {
            let d = (transit.wrapping_sub(self.transit) as i32).unsigned_abs().min(1 << 20);
            self.jitter = self.jitter + d - ((self.jitter + 8) >> 4);
        }
        self.transit = transit;
    }

    fn expected(&self) -> u32 {
        if self.ssrc.is_none() {
            return 0;
        }
        (self.cycles + u32::from(self.highest)).wrapping_sub(self.first).wrapping_add(1)
    }

    /// Packets lost so far, duplicates not counted against them.
    pub(crate) fn lost(&self) -> u32 {
        self.lost_before.wrapping_add(self.expected().saturating_sub(self.received))
    }

    /// Interarrival jitter in timestamp units.
    pub(crate) fn jitter(&self) -> u32 {
        self.jitter >> 4
    }

    /// The report block of the stream, if there is one; begins a new interval.
    pub(crate) fn report(&mut self) -> Option<Reception> {
        let ssrc = self.ssrc?;
        let expected = self.expected();
        let expected_interval = expected.wrapping_sub(self.expected_before);
        let received_interval = self.received.wrapping_sub(self.received_before);
        (self.expected_before, self.received_before) = (expected, self.received);
        let lost = expected_interval.saturating_sub(received_interval);
        let fraction = (lost << 8).checked_div(expected_interval).unwrap_or(0);
        // 24 bits, signed: duplicates may make it negative.
        let lost_total = (expected.wrapping_sub(self.received) as i32).clamp(-0x80_0000, 0x7F_FFFF);
        Some(Reception {
            ssrc,
            fraction_lost: fraction.min(255) as u8,
            lost: lost_total,
            highest: self.cycles + u32::from(self.highest),
            jitter: self.jitter(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packet(sequence: u16, ssrc: u32) -> RtpPacket<'static> {
        RtpPacket {
            payload_type: 8,
            marker: false,
            sequence,
            timestamp: u32::from(sequence) * 160,
            ssrc,
            payload: &[],
        }
    }

    #[test]
    fn counts_loss_across_the_wrap_and_forgives_reordering() {
        let mut incoming = Incoming::default();
        for sequence in [65_533, 65_534, 0, 65_535, 1, 5] {
            incoming.receive(Instant::ZERO, &packet(sequence, 1));
        }
        assert_eq!(incoming.lost(), 3, "2, 3 and 4");
        let report = incoming.report().unwrap();
        assert_eq!((report.lost, report.highest), (3, 65_536 + 5));
        assert_eq!(report.fraction_lost, (3 * 256 / 9) as u8);
        assert_eq!(incoming.report().unwrap().fraction_lost, 0, "a new interval");
    }

    #[test]
    fn a_new_ssrc_begins_anew_and_keeps_what_was_lost() {
        let mut incoming = Incoming::default();
        for (sequence, ssrc) in [(1, 1), (3, 1), (40_000, 2), (40_001, 2)] {
            incoming.receive(Instant::ZERO, &packet(sequence, ssrc));
        }
        assert_eq!((incoming.lost(), incoming.total), (1, 4));
        assert_eq!(incoming.report().unwrap().ssrc, 2);
    }

    #[test]
    fn steady_arrival_has_no_jitter_and_unsteady_has() {
        let mut steady = Incoming::default();
        let mut unsteady = Incoming::default();
        for i in 0..500u16 {
            let due = u64::from(i) * 20_000;
            steady.receive(Instant::from_micros(due), &packet(i, 1));
            let late = if i % 2 == 0 { 0 } else { 10_000 };
            unsteady.receive(Instant::from_micros(due + late), &packet(i, 1));
        }
        assert_eq!(steady.jitter(), 0);
        // |D| is 10 ms for every packet: the estimate converges to 80 units.
        assert!((75..=80).contains(&unsteady.jitter()), "{}", unsteady.jitter());
    }
}

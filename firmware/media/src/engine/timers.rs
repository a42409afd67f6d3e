//! What happens every few seconds, spread over the ticks: reports, and peers fallen silent.

use tipring_clock::{Duration, Instant};
use tipring_line::FRAME_MS;

use super::{Engine, Leg, LegSlot, Stream};
use crate::event::MediaEvent;
use crate::rtp::rtcp::{self, REPORT_BYTES_MAX, SenderInfo};

/// Each leg is looked at once in so many ticks: once a second.
const ROUND: usize = (1000 / FRAME_MS) as usize;
/// How long a peer that should send may be silent before the core is told.
const SILENCE_MAX: Duration = Duration::from_secs(10);

impl Engine {
    /// Looks at this tick's share of the legs.
    pub(super) fn run_timers(&mut self, now: Instant) {
        let mut index = self.ticks % ROUND;
        while index < self.legs.len() && !self.out.is_nearly_full() {
            let slot = LegSlot(index as u16);
            self.look_for_silence(now, slot);
            self.report(now, slot);
            index += ROUND;
        }
    }

    fn look_for_silence(&mut self, now: Instant, slot: LegSlot) {
        let Some(leg) = self.leg_mut(slot) else { return };
        let channel = leg.channel;
        let Some(packets) = leg.packets_mut() else { return };
        let Some(since) = packets.incoming.last_at.max(packets.opened) else { return };
        if !packets.session.receive {
            // On hold nothing is expected; counting begins when it ends.
            packets.opened = Some(now);
            return;
        }
        if now - since >= SILENCE_MAX && !packets.stopped {
            (packets.stopped, packets.started) = (true, false);
            self.tell(MediaEvent::RtpStopped(channel));
        }
    }

    fn report(&mut self, now: Instant, slot: LegSlot) {
        let unix_us = self.unix_us(now);
        let Some(packets) = self.leg_mut(slot).and_then(Leg::packets_mut) else { return };
        let due = *packets.report_due.get_or_insert(now + rtcp::INTERVAL / 2);
        // Nothing to say to a peer that neither was sent to nor has sent.
        if now < due || (packets.outgoing.packets == 0 && packets.ssrc_in.is_none()) {
            return;
        }
        packets.report_due = Some(now + rtcp::INTERVAL);
        let sender = (packets.outgoing.packets > 0).then(|| SenderInfo {
            unix_us,
            timestamp: packets.outgoing.timestamp_at(now),
            packets: packets.outgoing.packets,
            octets: packets.outgoing.octets,
        });
        let reception = packets.incoming.report();
        let mut report = [0; REPORT_BYTES_MAX];
        let ssrc = packets.outgoing.ssrc();
        let length = rtcp::emit(&mut report, now, ssrc, sender, reception, &packets.reports);
        let to = packets.rtcp_remote();
        let stream = if packets.session.rtcp_mux { Stream::Rtp } else { Stream::Rtcp };
        self.out.push(slot, stream, to, |bytes| {
            bytes[..length].copy_from_slice(&report[..length]);
            Some(length)
        });
    }
}

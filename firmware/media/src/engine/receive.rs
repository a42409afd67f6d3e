//! Packets from the peers: checked, latched, tapped, relayed or kept for the tick.

use std::net::SocketAddr;

use tipring_clock::Instant;
use tipring_line::{ChannelEvent, Digit, DigitSource};

use super::{Engine, Leg, LegSlot, PacketLeg, Route, Stream, Wire};
use crate::event::MediaEvent;
use crate::metrics::Metrics;
use crate::rtp::jitter::Pushed;
use crate::rtp::packet::{RtpPacket, is_rtcp};
use crate::rtp::telephone_event::TelephoneEvent;
use crate::tap::record;

/// Comfort noise (RFC 3389): nothing to hear, nothing wrong.
const COMFORT_NOISE: u8 = 13;
/// The longest payload taken: 120 ms. More is not telephony.
const PAYLOAD_MAX: usize = 960;

impl Engine {
    /// Takes a packet that came on a leg's RTP socket from `source`. What is relayed waits in
    /// [`Engine::outgoing`] at once.
    pub fn handle_rtp(&mut self, slot: LegSlot, now: Instant, source: SocketAddr, bytes: &[u8]) {
        let Some(packets) = self.leg_mut(slot).and_then(Leg::packets_mut) else { return };
        if packets.session.rtcp_mux && is_rtcp(bytes) {
            self.handle_rtcp(slot, now, source, bytes);
            return;
        }
        let Some(packet) = RtpPacket::parse(bytes).filter(|p| p.payload.len() <= PAYLOAD_MAX)
        else {
            self.count(|m| &m.packets_malformed);
            return;
        };
        let session = packets.session;
        let is_event = session.event_payload_type == Some(packet.payload_type);
        let is_audio = packet.payload_type == session.law.payload_type();
        if !is_event && !is_audio {
            if packet.payload_type != COMFORT_NOISE {
                self.count(|m| &m.packets_malformed);
            }
            return;
        }
        if *packets.latched.get_or_insert(source) != source {
            packets.strangers = packets.strangers.wrapping_add(1);
            self.count(|m| &m.packets_stranger);
            return;
        }
        let (first, lost) = packets.count_in(now, &packet);
        self.count(|m| &m.packets_in);
        Metrics::add(&self.metrics.packets_lost, u64::from(lost));
        if first && let Some(channel) = self.channel(slot) {
            self.tell(MediaEvent::RtpStarted(channel));
        }
        if !session.receive {
            return;
        }
        if is_event {
            self.take_event(slot, now, &packet);
        } else {
            self.take_audio(slot, now, &packet);
        }
    }

    /// Takes a packet that came on a leg's RTCP socket from `source`.
    pub fn handle_rtcp(&mut self, slot: LegSlot, now: Instant, source: SocketAddr, bytes: &[u8]) {
        let unix_us = self.unix_us(now);
        let Some(packets) = self.leg_mut(slot).and_then(Leg::packets_mut) else { return };
        if source.ip() != packets.remote().ip() {
            packets.strangers = packets.strangers.wrapping_add(1);
            self.count(|m| &m.packets_stranger);
            return;
        }
        let ssrc = packets.outgoing.ssrc();
        if !packets.reports.receive(now, unix_us, ssrc, bytes) {
            self.count(|m| &m.packets_malformed);
            return;
        }
        if !packets.session.rtcp_mux {
            packets.rtcp_latched = Some(source);
        }
    }

    fn take_audio(&mut self, slot: LegSlot, now: Instant, packet: &RtpPacket<'_>) {
        let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return };
        let Wire::Packets(packets) = &mut leg.wire else { return };
        let law = packets.session.law;
        if let (Some(tap), false) = (&mut leg.record, leg.muted) {
            let position = tap.position(now, packet.timestamp, law, packet.payload);
            record::chunks(tap, law, position, packet.payload, |chunk| {
                Self::record_chunk(&mut self.ends, &self.metrics, chunk);
            });
        }
        if leg.frames_in && packets.jitter.push(packet.timestamp, packet.payload) == Pushed::Late {
            Metrics::bump(&self.metrics.packets_late);
        }
        let (route, listening) = (leg.route, leg.dtmf.is_some());
        if let Route::Bridge(other) = route {
            self.relay(other, now, packet);
        }
        if listening {
            self.listen(slot, now, |tap| tap.rx(law, packet.payload));
        }
    }

    /// Passes a packet on to the leg bridged to its own, if that direction is relayed.
    fn relay(&mut self, to: LegSlot, now: Instant, packet: &RtpPacket<'_>) {
        let Some(leg) = self.legs[to.index()].as_deref_mut() else { return };
        let Wire::Packets(packets) = &mut leg.wire else { return };
        if leg.frames_out || !packets.session.send {
            return;
        }
        let samples = packet.payload.len() as u32;
        let Some(place) = packets.outgoing.relay(now, packet, samples) else { return };
        let relayed = RtpPacket {
            payload_type: packets.session.law.payload_type(),
            marker: place.marker,
            sequence: place.sequence,
            timestamp: place.timestamp,
            ssrc: place.ssrc,
            payload: packet.payload,
        };
        if self.out.push(to, Stream::Rtp, packets.remote(), |bytes| relayed.emit(bytes)) {
            packets.outgoing.sent(packet.payload.len());
            Metrics::bump(&self.metrics.packets_out);
            Metrics::bump(&self.metrics.packets_relayed);
        }
    }

    fn take_event(&mut self, slot: LegSlot, now: Instant, packet: &RtpPacket<'_>) {
        let Some(event) = TelephoneEvent::parse(packet.payload) else {
            self.count(|m| &m.packets_malformed);
            return;
        };
        let Some(packets) = self.leg_mut(slot).and_then(Leg::packets_mut) else { return };
        let digit = packets.events.receive(packet.timestamp, event);
        if let Some(digit) = digit {
            self.heard(slot, now, digit, DigitSource::Rfc4733);
        }
        if let Route::Bridge(other) = self.route(slot) {
            self.relay_event(other, now, packet, event, digit);
        }
    }

    /// Passes an event on under the payload type the other leg agreed to; to one that agreed to
    /// none, the key is sent as tones.
    fn relay_event(
        &mut self,
        to: LegSlot,
        now: Instant,
        packet: &RtpPacket<'_>,
        event: TelephoneEvent,
        digit: Option<Digit>,
    ) {
        let Some(leg) = self.legs[to.index()].as_deref_mut() else { return };
        let payload_type = match &leg.wire {
            Wire::Packets(packets) => packets.session.event_payload_type,
            Wire::Frames(_) => None,
        };
        let (Some(payload_type), false) = (payload_type, leg.frames_out) else {
            // Frames have their own time, so a key is sent anew among them.
            if let Some(digit) = digit {
                let keys = std::iter::once(digit).collect();
                leg.digits.add(&keys);
                self.refresh_around(now, to);
            }
            return;
        };
        let Wire::Packets(packets) = &mut leg.wire else { return };
        if !packets.session.send {
            return;
        }
        let Some(place) = packets.outgoing.relay_event(now, packet, u32::from(event.duration))
        else {
            return;
        };
        let relayed = RtpPacket {
            payload_type,
            marker: packet.marker,
            sequence: place.sequence,
            timestamp: place.timestamp,
            ssrc: place.ssrc,
            payload: packet.payload,
        };
        if self.out.push(to, Stream::Rtp, packets.remote(), |bytes| relayed.emit(bytes)) {
            packets.outgoing.sent(packet.payload.len());
            Metrics::bump(&self.metrics.packets_out);
            Metrics::bump(&self.metrics.packets_relayed);
        }
    }

    /// Lets the DTMF tap listen, and tells what it heard.
    pub(super) fn listen(
        &mut self,
        slot: LegSlot,
        now: Instant,
        rx: impl FnOnce(&mut crate::tap::dtmf::DtmfTap),
    ) {
        let Some(leg) = self.leg_mut(slot) else { return };
        let Some(tap) = &mut leg.dtmf else { return };
        rx(tap);
        while let Some(digit) =
            self.leg_mut(slot).and_then(|leg| leg.dtmf.as_mut()).and_then(|tap| tap.poll())
        {
            self.heard(slot, now, digit, DigitSource::InBand);
        }
    }

    fn heard(&mut self, slot: LegSlot, now: Instant, digit: Digit, source: DigitSource) {
        let Some(leg) = self.leg_mut(slot) else { return };
        if leg.filter.accept(now, digit, source) {
            let channel = leg.channel;
            self.tell(MediaEvent::Channel(channel, ChannelEvent::Digit { digit, source }));
        }
    }
}

impl PacketLeg {
    /// Counts a valid packet. Says whether the stream has just started, and how many packets are
    /// newly missing.
    fn count_in(&mut self, now: Instant, packet: &RtpPacket<'_>) -> (bool, u32) {
        if self.ssrc_in != Some(packet.ssrc) {
            self.ssrc_in = Some(packet.ssrc);
            self.events.reset();
            self.incoming_end = packet.timestamp;
        }
        let end = packet.timestamp.wrapping_add(packet.payload.len() as u32);
        if end.wrapping_sub(self.incoming_end) as i32 > 0 {
            self.incoming_end = end;
        }
        let lost = self.incoming.receive(now, packet);
        let first = !self.started;
        (self.started, self.stopped) = (true, false);
        (first, lost)
    }
}

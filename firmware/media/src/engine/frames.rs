//! The tick: every 20 ms, one frame in and one out for each leg that needs frames.
//!
//! First every jitter buffer gives its frame; then frame channels exchange theirs, hearing what
//! was said in this tick (other frame channels: in the last); then packet legs get their packets.
//! A frame channel's conference is summed before the exchange, so that what it said itself is
//! taken off as it was put in.

use tipring_clock::Instant;
use tipring_dsp::g711;
use tipring_line::{FRAME_SAMPLES, Frame, Law, SILENCE};

use super::{Engine, Leg, LegSlot, Route, Stream, Wire};
use crate::command::Garbage;
use crate::digits::{self, KeyFrame};
use crate::event::MediaEvent;
use crate::metrics::Metrics;
use crate::play::Playing;
use crate::rtp::SAMPLES_PER_MS;
use crate::rtp::jitter::Popped;
use crate::rtp::outgoing::Place;
use crate::rtp::packet::RtpPacket;
use crate::rtp::telephone_event::PAYLOAD_BYTES;
use crate::tap::record;

/// Events taken from a frame channel in one tick; the rest wait in the channel.
const EVENTS_A_TICK: usize = 8;
/// Times the end of a key is told (RFC 4733, section 2.5.1.4).
const END_PACKETS: usize = 3;

impl Engine {
    /// Begins a tick. Packets are made by [`Engine::continue_tick`], as many as there is room for.
    pub fn tick(&mut self, now: Instant) {
        self.ticks = self.ticks.wrapping_add(1);
        self.tick_place = Some(0);
        self.tell_ends();
        for place in 0..self.framed.len() {
            self.take_in(self.framed[place]);
        }
        self.moment += 1;
        // A player that ends changes the list, but frame channels never leave it.
        for place in 0..self.framed.len() {
            if let Some(slot) = self.framed.get(place).copied() {
                self.exchange(now, slot);
            }
        }
        self.moment += 1;
    }

    /// Goes on with the tick. Says whether the outgoing packets must be sent and this called again.
    pub fn continue_tick(&mut self, now: Instant) -> bool {
        let Some(mut place) = self.tick_place else { return false };
        while let Some(slot) = self.framed.get(place).copied() {
            if self.out.is_nearly_full() {
                self.tick_place = Some(place);
                return true;
            }
            self.serve(now, slot);
            // A leg that no longer needs frames has given its place to another.
            if self.framed.get(place) == Some(&slot) {
                place += 1;
            }
        }
        self.tick_place = None;
        self.run_timers(now);
        false
    }

    /// What a packet leg says in this frame, out of its jitter buffer.
    fn take_in(&mut self, slot: LegSlot) {
        let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return };
        if let (Wire::Packets(packets), true) = (&mut leg.wire, leg.frames_in) {
            leg.said_kind = packets.jitter.pop(packets.session.law, &mut leg.said);
            if leg.said_kind == Popped::Concealed {
                Metrics::bump(&self.metrics.frames_concealed);
            }
            if leg.muted {
                leg.said = SILENCE;
            }
        }
    }

    /// One frame to and from a frame channel.
    fn exchange(&mut self, now: Instant, slot: LegSlot) {
        if !matches!(self.leg(slot), Some(Leg { wire: Wire::Frames(_), .. })) {
            return;
        }
        let mut heard = SILENCE;
        self.compose(now, slot, &mut heard);
        let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return };
        let Wire::Frames(frames) = &mut leg.wire else { return };
        frames.tick(now, &heard, &mut leg.said);
        leg.said_kind = Popped::Audio;
        let said = leg.said;
        if leg.muted {
            leg.said = SILENCE;
        } else if let Some(tap) = &leg.record {
            let mut codes = [0; FRAME_SAMPLES];
            g711::encode(Law::A, &said, &mut codes);
            record::chunks(tap, Law::A, tap.frame_position(now), &codes, |chunk| {
                Self::record_chunk(&mut self.ends, &self.metrics, chunk);
            });
        }
        self.listen(slot, now, |tap| tap.rx_linear(&said));
        self.pass_events(slot);
        self.settle_ended(now);
    }

    /// Passes a frame channel's events to the core, as long as there is room for them.
    fn pass_events(&mut self, slot: LegSlot) {
        for _ in 0..EVENTS_A_TICK {
            if self.ends.events.slots() <= 1 {
                return;
            }
            let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return };
            let Wire::Frames(frames) = &mut leg.wire else { return };
            let Some(event) = frames.poll_event() else { return };
            let channel = leg.channel;
            self.tell(MediaEvent::Channel(channel, event));
        }
    }

    /// What a leg hears in this frame, linear, a beep included. Says whether there is anything.
    fn compose(&mut self, now: Instant, slot: LegSlot, frame: &mut Frame) -> bool {
        let anything = self.compose_without_beep(now, slot, frame);
        self.add_beep(slot, frame) || anything
    }

    /// Adds a beep to what a leg hears. Says whether there was one.
    fn add_beep(&mut self, slot: LegSlot, frame: &mut Frame) -> bool {
        let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return false };
        let Some(player) = &mut leg.beep else { return false };
        let mut codes = [0; FRAME_SAMPLES];
        let playing = player.fill(Law::A, &mut codes);
        let mut beep = SILENCE;
        g711::decode(Law::A, &codes, &mut beep);
        frame.iter_mut().zip(&beep).for_each(|(heard, b)| *heard = heard.saturating_add(*b));
        if playing != Playing::On {
            if let Some(player) = leg.beep.take() {
                self.discard(Garbage::Player(player));
            }
            self.ended.push(slot);
        }
        true
    }

    fn compose_without_beep(&mut self, now: Instant, slot: LegSlot, frame: &mut Frame) -> bool {
        let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return false };
        if leg.digits.is_sending() {
            let key = leg.digits.next_frame();
            leg.digits.tones(key, frame);
            if key == KeyFrame::Done {
                self.digits_done(now, slot);
            }
            return true;
        }
        if leg.player.is_some() {
            let mut codes = [0; FRAME_SAMPLES];
            self.fill_from_player(slot, Law::A, &mut codes);
            g711::decode(Law::A, &codes, frame);
            return true;
        }
        self.mix(slot, frame)
    }

    fn fill_from_player(&mut self, slot: LegSlot, law: Law, codes: &mut [u8; FRAME_SAMPLES]) {
        let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return };
        let Some(player) = &mut leg.player else { return };
        let Playing::Done(id) = player.fill(law, codes) else { return };
        let channel = leg.channel;
        if let Some(player) = leg.player.take() {
            self.discard(Garbage::Player(player));
        }
        if let Some(id) = id {
            self.tell(MediaEvent::PlayDone { channel, id });
        }
        self.ended.push(slot);
    }

    fn digits_done(&mut self, now: Instant, slot: LegSlot) {
        let Some(leg) = self.leg_mut(slot) else { return };
        let channel = leg.channel;
        self.tell(MediaEvent::DigitsSent(channel));
        self.refresh_around(now, slot);
    }

    /// One frame to a packet leg.
    fn serve(&mut self, now: Instant, slot: LegSlot) {
        let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return };
        let Wire::Packets(packets) = &mut leg.wire else { return };
        if !leg.frames_out || std::mem::take(&mut packets.ahead) {
            return;
        }
        self.send_frame(now, slot);
    }

    /// A prompt that begins is not kept waiting for the tick: its first frame goes out now, in
    /// the place of the tick's. A stream that has paused has no tick's place to take.
    pub(super) fn send_ahead(&mut self, now: Instant, slot: LegSlot) {
        let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return };
        let Wire::Packets(packets) = &mut leg.wire else { return };
        if packets.ahead || leg.digits.is_sending() || self.tick_place.is_some() {
            return;
        }
        packets.ahead = !packets.outgoing.is_idle(now);
        self.send_frame(now, slot);
    }

    fn send_frame(&mut self, now: Instant, slot: LegSlot) {
        let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return };
        let Wire::Packets(packets) = &leg.wire else { return };
        let law = packets.session.law;
        if leg.digits.is_sending() && packets.session.event_payload_type.is_some() {
            self.send_key(now, slot);
            return;
        }
        let mut codes = [law.silence(); FRAME_SAMPLES];
        if leg.player.is_some() && leg.beep.is_none() && !leg.digits.is_sending() {
            self.fill_from_player(slot, law, &mut codes);
        } else {
            let mut frame = SILENCE;
            if self.compose(now, slot, &mut frame) {
                g711::encode(law, &frame, &mut codes);
            } else if self.route(slot) != Route::None {
                // The other has nothing to say yet: let time pass instead of filling it up.
                return;
            }
        }
        self.send_codes_frame(now, slot, &codes);
        self.settle_ended(now);
    }

    /// A player's end changes who needs frames, once its last frame is on its way.
    pub(super) fn settle_ended(&mut self, now: Instant) {
        while let Some(slot) = self.ended.pop() {
            self.refresh_around(now, slot);
        }
    }

    fn send_codes_frame(&mut self, now: Instant, slot: LegSlot, codes: &[u8; FRAME_SAMPLES]) {
        let Some(packets) = self.leg_mut(slot).and_then(Leg::packets_mut) else { return };
        let count = packets.unsent_count;
        packets.unsent[count..count + FRAME_SAMPLES].copy_from_slice(codes);
        packets.unsent_count += FRAME_SAMPLES;
        let size = packets.packet_samples();
        while self
            .leg_mut(slot)
            .and_then(Leg::packets_mut)
            .is_some_and(|packets| packets.unsent_count >= size)
        {
            self.send_unsent(now, slot, size);
        }
    }

    /// Sends codes at once, with what waits to make a packet before them, in packets of the
    /// usual size and a rest.
    pub(super) fn send_codes(&mut self, now: Instant, slot: LegSlot, codes: &[u8]) {
        for part in codes.chunks(FRAME_SAMPLES) {
            let Some(packets) = self.leg_mut(slot).and_then(Leg::packets_mut) else { return };
            let count = packets.unsent_count;
            packets.unsent[count..count + part.len()].copy_from_slice(part);
            packets.unsent_count += part.len();
            self.send_unsent(now, slot, FRAME_SAMPLES);
        }
        while self.leg(slot).and_then(Leg::packets).is_some_and(|p| p.unsent_count > 0) {
            self.send_unsent(now, slot, FRAME_SAMPLES);
        }
    }

    /// Sends the first `size` codes that wait, or what there is.
    fn send_unsent(&mut self, now: Instant, slot: LegSlot, size: usize) {
        let Some(packets) = self.leg_mut(slot).and_then(Leg::packets_mut) else { return };
        let count = packets.unsent_count.min(size);
        if count == 0 {
            return;
        }
        let mut codes = [0; super::leg::MAX_PACKET_SAMPLES];
        codes[..count].copy_from_slice(&packets.unsent[..count]);
        packets.unsent.copy_within(count..packets.unsent_count, 0);
        packets.unsent_count -= count;
        if !packets.session.send {
            return;
        }
        let place = packets.outgoing.next(now, count as u32);
        let payload_type = packets.session.law.payload_type();
        self.send_packet(slot, place, payload_type, &codes[..count]);
    }

    fn send_packet(&mut self, slot: LegSlot, place: Place, payload_type: u8, payload: &[u8]) {
        let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return };
        let Wire::Packets(packets) = &mut leg.wire else { return };
        let packet = RtpPacket {
            payload_type,
            marker: place.marker,
            sequence: place.sequence,
            timestamp: place.timestamp,
            ssrc: place.ssrc,
            payload,
        };
        if self.out.push(slot, Stream::Rtp, packets.remote(), |bytes| packet.emit(bytes)) {
            packets.outgoing.sent(payload.len());
            Metrics::bump(&self.metrics.packets_out);
        }
    }

    /// One frame's worth of telephone-events.
    fn send_key(&mut self, now: Instant, slot: LegSlot) {
        let Some(leg) = self.legs[slot.index()].as_deref_mut() else { return };
        let Wire::Packets(packets) = &mut leg.wire else { return };
        let session = packets.session;
        let Some(payload_type) = session.event_payload_type else { return };
        let key = leg.digits.next_frame();
        match key {
            KeyFrame::Key(digit, frames) => {
                let mut place = match (frames, leg.digits.event_timestamp) {
                    (1, _) | (_, None) => packets.outgoing.next(now, 0),
                    (_, Some(timestamp)) => packets.outgoing.again(timestamp),
                };
                place.marker = frames == 1;
                leg.digits.event_timestamp = Some(place.timestamp);
                let payload = digits::event(digit, frames, false).emit();
                self.send_event(slot, place, payload_type, payload);
            }
            KeyFrame::End(digit, frames) => {
                let Some(timestamp) = leg.digits.event_timestamp.take() else { return };
                let payload = digits::event(digit, frames, true).emit();
                let places: [Place; END_PACKETS] =
                    std::array::from_fn(|_| packets.outgoing.again(timestamp));
                packets.outgoing.skip_to(now, timestamp, frames * 20 * SAMPLES_PER_MS);
                for place in places {
                    self.send_event(slot, place, payload_type, payload);
                }
            }
            KeyFrame::Pause | KeyFrame::Done => {
                self.send_codes_frame(now, slot, &[session.law.silence(); FRAME_SAMPLES]);
                if key == KeyFrame::Done {
                    self.digits_done(now, slot);
                }
            }
        }
    }

    fn send_event(
        &mut self,
        slot: LegSlot,
        place: Place,
        payload_type: u8,
        payload: [u8; PAYLOAD_BYTES],
    ) {
        let sends = self.leg(slot).and_then(Leg::packets).is_some_and(|p| p.session.send);
        if sends {
            self.send_packet(slot, place, payload_type, &payload);
        }
    }
}

impl super::PacketLeg {
    /// Samples in a packet: 10–60 ms, as the session wants.
    fn packet_samples(&self) -> usize {
        let ms = usize::from(self.session.ptime_ms / 10 * 10).clamp(10, 60);
        ms * SAMPLES_PER_MS as usize
    }
}

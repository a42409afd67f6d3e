//! What the core asks for.

use std::os::fd::AsRawFd;
use std::sync::atomic::Ordering::Relaxed;

use tipring_clock::Instant;
use tipring_line::{ChannelCommand, Digits, RtpSession};

use super::{Engine, IoChange, Leg, LegSlot, Route, Wire};
use crate::command::{Command, Garbage};
use crate::event::MediaEvent;
use crate::play::Player;

/// Commands taken at a time, so that a flood of them cannot hold up the audio.
const AT_A_TIME: usize = 256;

impl Engine {
    /// Carries out what the core has asked for. Call it when woken, and before each tick.
    pub fn handle_commands(&mut self, now: Instant) {
        for _ in 0..AT_A_TIME {
            if self.out.is_nearly_full() {
                return;
            }
            let Ok(command) = self.ends.commands.pop() else { return };
            self.carry_out(now, command);
        }
    }

    /// Whether commands wait.
    pub fn has_commands(&self) -> bool {
        !self.ends.commands.is_empty()
    }

    fn carry_out(&mut self, now: Instant, command: Command) {
        match command {
            Command::Open(slot, leg) => self.open(now, slot, leg),
            Command::Update(slot, session) => self.update(slot, session),
            Command::Close(slot) => self.close(now, slot),
            Command::Line(slot, command) => self.line(now, slot, command),
            Command::Bridge(a, b) => self.bridge(now, a, b),
            Command::Unbridge(a, b) => self.unbridge(now, a, b),
            Command::Conference(members) => self.confer(now, members),
            Command::Leave(slot) => self.leave(now, slot),
            Command::Monitor(listener, target, whisper) => {
                self.monitor(now, listener, target, whisper);
            }
            Command::Mute(slot, muted) => self.mute(now, slot, muted),
            Command::Play(slot, player) => self.play(now, slot, player),
            Command::Beep(slot, player) => self.beep(now, slot, player),
            Command::Stop(slot) => self.stop(now, slot),
            Command::Detect(slot, tap) => {
                let old = self.leg_mut(slot).and_then(|leg| std::mem::replace(&mut leg.dtmf, tap));
                if let Some(old) = old {
                    self.discard(Garbage::Tap(old));
                }
            }
            Command::SendDigits(slot, digits) => self.send_digits(now, slot, digits),
            Command::Record(slot) => self.record(now, slot),
            Command::RecordSides(slot, left, right) => self.record_sides(slot, left, right),
            Command::RecordStop(slot) => self.record_stop(now, slot),
        }
    }

    fn open(&mut self, now: Instant, slot: LegSlot, mut leg: Box<Leg>) {
        if let Some(packets) = leg.packets_mut() {
            packets.opened = Some(now);
            if let Some(sockets) = &packets.sockets {
                let (rtp, rtcp) = (sockets.rtp.as_raw_fd(), sockets.rtcp.as_raw_fd());
                self.io.push(IoChange::Open { slot, rtp, rtcp });
            }
        }
        self.legs[slot.index()] = Some(leg);
        self.metrics.legs.fetch_add(1, Relaxed);
        self.refresh(now, slot);
    }

    fn update(&mut self, slot: LegSlot, session: RtpSession) {
        let Some(packets) = self.leg_mut(slot).and_then(Leg::packets_mut) else { return };
        if packets.session.remote != session.remote {
            (packets.latched, packets.rtcp_latched) = (None, None);
        }
        packets.session = session;
    }

    fn close(&mut self, now: Instant, slot: LegSlot) {
        self.leave(now, slot);
        self.stop_monitors(now, slot);
        self.stop_recording_leg(slot);
        let Some(leg) = self.leg_mut(slot) else { return };
        leg.digits.clear();
        for player in [leg.player.take(), leg.beep.take()].into_iter().flatten() {
            self.discard(Garbage::Player(player));
        }
        let Some(leg) = self.legs[slot.index()].as_deref() else { return };
        let Wire::Packets(packets) = &leg.wire else {
            // A frame channel stays, and hears silence from now on.
            self.mute(now, slot, false);
            self.refresh(now, slot);
            return;
        };
        let (channel, statistics) = (leg.channel, packets.statistics());
        self.unframe(slot);
        self.closing[slot.index()] = self.legs[slot.index()].take();
        self.metrics.legs.fetch_sub(1, Relaxed);
        self.io.push(IoChange::Close(slot));
        self.tell(MediaEvent::Closed(channel, statistics));
    }

    fn line(&mut self, now: Instant, slot: LegSlot, command: Box<ChannelCommand>) {
        if let Some(Leg { wire: Wire::Frames(frames), .. }) = self.leg_mut(slot) {
            frames.command(now, &command);
        }
        self.discard(Garbage::Line(command));
    }

    fn play(&mut self, now: Instant, slot: LegSlot, player: Box<Player>) {
        let Some(leg) = self.leg_mut(slot) else {
            self.discard(Garbage::Player(player));
            return;
        };
        if let Some(old) = leg.player.replace(player) {
            self.discard(Garbage::Player(old));
        }
        self.refresh_around(now, slot);
        self.send_ahead(now, slot);
    }

    fn beep(&mut self, now: Instant, slot: LegSlot, player: Box<Player>) {
        let old = match self.leg_mut(slot) {
            Some(leg) => leg.beep.replace(player),
            None => Some(player),
        };
        if let Some(old) = old {
            self.discard(Garbage::Player(old));
        }
        self.refresh_around(now, slot);
    }

    fn stop(&mut self, now: Instant, slot: LegSlot) {
        if let Some(old) = self.leg_mut(slot).and_then(|leg| leg.player.take()) {
            self.discard(Garbage::Player(old));
            self.refresh_around(now, slot);
        }
    }

    fn send_digits(&mut self, now: Instant, slot: LegSlot, digits: Box<Digits>) {
        if let Some(leg) = self.leg_mut(slot) {
            leg.digits.add(&digits);
            self.refresh_around(now, slot);
        }
        self.discard(Garbage::Digits(digits));
    }

    pub(super) fn route(&self, slot: LegSlot) -> Route {
        self.leg(slot).map_or(Route::None, |leg| leg.route)
    }
}

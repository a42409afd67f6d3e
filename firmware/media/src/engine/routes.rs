//! Who hears whom, and which legs need frames for it.
//!
//! A direction is relayed packet by packet when both legs are packet legs of one law, bridged to
//! each other, and nothing plays to the one that hears. Everything else is made of frames. When a
//! direction changes from one to the other, what the jitter buffer still holds is sent at once,
//! or playing goes on where relaying stopped: no sample is lost or heard twice.

use tipring_clock::Instant;
use tipring_line::RtpSession;

use super::{Engine, Leg, LegSlot, Route, Wire};
use crate::command::Members;
use crate::metrics::Metrics;

/// What 120 ms of the jitter buffer may give at once.
const REST_SAMPLES: usize = 960;

impl Engine {
    pub(super) fn bridge(&mut self, now: Instant, a: LegSlot, b: LegSlot) {
        if self.leg(a).is_none() || self.leg(b).is_none() {
            return;
        }
        if self.route(a) == Route::Bridge(b) {
            return;
        }
        self.detach(now, a);
        self.detach(now, b);
        self.set_route(a, Route::Bridge(b));
        self.set_route(b, Route::Bridge(a));
        self.refresh(now, a);
        self.refresh(now, b);
    }

    pub(super) fn unbridge(&mut self, now: Instant, a: LegSlot, b: LegSlot) {
        if self.route(a) == Route::Bridge(b) {
            self.leave(now, a);
        }
    }

    pub(super) fn confer(&mut self, now: Instant, members: Members) {
        for slot in &members {
            self.detach(now, *slot);
        }
        // There is one for every two legs, so one is free: its members have just left.
        let Some(index) = self.conferences.iter().position(|c| c.members.is_empty()) else {
            return;
        };
        let present: Members =
            members.iter().copied().filter(|slot| self.leg(*slot).is_some()).collect();
        for slot in &present {
            self.set_route(*slot, Route::Conference(index));
        }
        self.conferences[index].set(present.clone());
        for slot in present {
            self.refresh(now, slot);
        }
    }

    /// What the target says and hears is not touched: a packet relay of it goes on. Only whispering
    /// makes frames of what the target hears, and of that alone.
    pub(super) fn monitor(
        &mut self,
        now: Instant,
        listener: LegSlot,
        target: LegSlot,
        whisper: bool,
    ) {
        if self.leg(listener).is_none() || self.leg(target).is_none() {
            return;
        }
        self.detach(now, listener);
        self.set_route(listener, Route::Monitor(target));
        if let Some(target) = self.leg_mut(target) {
            target.monitors += 1;
            // One too many is heard by nobody.
            let _ = whisper && target.whisperers.try_push(listener).is_ok();
        }
        self.refresh(now, listener);
        self.refresh_around(now, target);
    }

    pub(super) fn mute(&mut self, now: Instant, slot: LegSlot, muted: bool) {
        if let Some(leg) = self.leg_mut(slot) {
            leg.muted = muted;
            self.refresh_around(now, slot);
        }
    }

    /// Takes a leg out of what it is in; a bridge ends for the other leg too.
    pub(super) fn leave(&mut self, now: Instant, slot: LegSlot) {
        self.detach(now, slot);
        self.refresh(now, slot);
    }

    /// As [`Engine::leave`], for a leg that gets another route at once: its jitter buffer keeps
    /// what it holds.
    fn detach(&mut self, now: Instant, slot: LegSlot) {
        let route = self.route(slot);
        self.set_route(slot, Route::None);
        match route {
            Route::None => {}
            Route::Bridge(other) => {
                self.set_route(other, Route::None);
                self.refresh(now, other);
            }
            Route::Conference(index) => {
                self.conferences[index].remove(slot);
            }
            Route::Monitor(target) => {
                if let Some(target) = self.leg_mut(target) {
                    target.monitors = target.monitors.saturating_sub(1);
                    target.whisperers.retain(|whisperer| *whisperer != slot);
                }
                self.refresh_around(now, target);
            }
        }
    }

    /// The leg goes: those who monitor it hear nothing any more.
    pub(super) fn stop_monitors(&mut self, now: Instant, target: LegSlot) {
        if self.leg(target).is_none_or(|leg| leg.monitors == 0) {
            return;
        }
        for i in 0..self.legs.len() {
            let listener = LegSlot(i as u16);
            if self.route(listener) == Route::Monitor(target) {
                self.leave(now, listener);
            }
        }
    }

    fn set_route(&mut self, slot: LegSlot, route: Route) {
        if let Some(leg) = self.leg_mut(slot) {
            leg.route = route;
        }
    }

    /// Looks anew at a leg and at the one it is bridged to.
    pub(super) fn refresh_around(&mut self, now: Instant, slot: LegSlot) {
        self.refresh(now, slot);
        if let Route::Bridge(other) = self.route(slot) {
            self.refresh(now, other);
        }
    }

    /// Decides anew what a leg needs frames for. What it hears decides what its partner's audio is
    /// needed as, so the partner is looked at too.
    pub(super) fn refresh(&mut self, now: Instant, slot: LegSlot) {
        let frames_out = self.needs_frames_out(slot);
        let Some(leg) = self.leg_mut(slot) else { return };
        let was_out = std::mem::replace(&mut leg.frames_out, frames_out);
        if let Route::Bridge(other) = self.route(slot) {
            if was_out && !frames_out {
                self.send_rest(now, other, slot);
            }
            self.refresh_frames_in(other);
        }
        self.refresh_frames_in(slot);
        self.frame_or_unframe(slot);
    }

    fn refresh_frames_in(&mut self, slot: LegSlot) {
        let frames_in = self.needs_frames_in(slot);
        let Some(leg) = self.leg_mut(slot) else { return };
        let was_in = std::mem::replace(&mut leg.frames_in, frames_in);
        if let Wire::Packets(packets) = &mut leg.wire
            && was_in != frames_in
        {
            if frames_in && packets.ssrc_in.is_some() {
                packets.jitter.start_at(packets.incoming_end);
            } else {
                packets.jitter.clear();
            }
            self.silence_said(slot);
        }
        self.frame_or_unframe(slot);
    }

    fn needs_frames_out(&self, slot: LegSlot) -> bool {
        let Some(leg) = self.leg(slot) else { return false };
        let Wire::Packets(packets) = &leg.wire else { return true };
        match leg.route {
            _ if leg.is_overridden() || leg.beep.is_some() || !leg.whisperers.is_empty() => true,
            Route::Bridge(other) => !self.can_relay(other, &packets.session),
            Route::None | Route::Conference(_) | Route::Monitor(_) => true,
        }
    }

    fn can_relay(&self, from: LegSlot, to: &RtpSession) -> bool {
        let from = self.leg(from).filter(|leg| !leg.muted);
        from.and_then(Leg::packets).is_some_and(|from| from.session.law == to.law)
    }

    fn needs_frames_in(&self, slot: LegSlot) -> bool {
        let Some(leg) = self.leg(slot) else { return false };
        if matches!(leg.wire, Wire::Frames(_)) || leg.monitors > 0 {
            return true;
        }
        match leg.route {
            Route::None => false,
            Route::Monitor(target) => {
                self.leg(target).is_some_and(|target| target.whisperers.contains(&slot))
            }
            Route::Conference(_) => true,
            Route::Bridge(other) => self.leg(other).is_some_and(|other| {
                other.monitors > 0 || (other.frames_out && !other.is_overridden())
            }),
        }
    }

    fn frame_or_unframe(&mut self, slot: LegSlot) {
        let Some(leg) = self.leg(slot) else { return };
        let needed = leg.frames_in || leg.frames_out;
        match (needed, leg.framed_at) {
            (true, None) => {
                let place = self.framed.len();
                self.framed.push(slot);
                if let Some(leg) = self.leg_mut(slot) {
                    leg.framed_at = Some(place);
                }
            }
            (false, Some(_)) => self.unframe(slot),
            _ => {}
        }
    }

    pub(super) fn unframe(&mut self, slot: LegSlot) {
        let Some(place) = self.leg_mut(slot).and_then(|leg| leg.framed_at.take()) else { return };
        self.framed.swap_remove(place);
        if let Some(moved) = self.framed.get(place).copied()
            && let Some(leg) = self.leg_mut(moved)
        {
            leg.framed_at = Some(place);
        }
    }

    /// Relaying is about to begin: what waits in the jitter buffer goes ahead of it.
    fn send_rest(&mut self, now: Instant, from: LegSlot, to: LegSlot) {
        let mut codes = [0; REST_SAMPLES];
        let Some(packets) = self.leg_mut(from).and_then(Leg::packets_mut) else { return };
        let law = packets.session.law;
        let count = packets.jitter.take_rest(law, &mut codes);
        self.send_codes(now, to, &codes[..count]);
    }

    pub(super) fn count(&self, counter: impl Fn(&Metrics) -> &std::sync::atomic::AtomicU64) {
        Metrics::bump(counter(&self.metrics));
    }
}

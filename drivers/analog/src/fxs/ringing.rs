//! Calls to the handset: ringing by its cadence, answer.

use tipring_clock::Instant;
use tipring_line::{AnalogPort, AnswerCertainty, CallerId, Cause, ChannelEvent, PortCommand};

use super::timer::Timer;
use super::{Fxs, State, millis};
use crate::plans::CallerIdStart;

impl<P: AnalogPort> Fxs<P> {
    pub(super) fn seize(&mut self) -> bool {
        if self.state == State::OnHook && self.alarm.is_none() && !self.hook.is_closed() {
            self.stop_on_hook_audio();
            self.timers.stop(Timer::Lamp);
            self.state = State::Seized;
            return true;
        }
        // Off-hook without a call counts as busy; a call already has told its own end.
        if matches!(
            self.state,
            State::OnHook
                | State::Collecting
                | State::Parting
                | State::Howling { .. }
                | State::Abandoned
        ) {
            let cause =
                if self.alarm.is_some() { Cause::DestinationOutOfOrder } else { Cause::UserBusy };
            self.events.push(ChannelEvent::Released(cause));
        }
        false
    }

    pub(super) fn ring(&mut self, now: Instant, caller: &CallerId, pattern: u8) -> bool {
        if self.state != State::Seized {
            return false;
        }
        self.caller = *caller;
        let distinctive = usize::from(pattern).checked_sub(1);
        self.ringing = distinctive
            .and_then(|n| self.settings.distinctive.get(n))
            .copied()
            .unwrap_or(self.settings.ringing);
        if !self.announce(now) {
            self.start_ringing(now);
        }
        self.events.push(ChannelEvent::Ringing);
        true
    }

    fn start_ringing(&mut self, now: Instant) {
        self.set_reversed(false);
        self.caller_id_due = self.settings.caller_id.start() == Some(CallerIdStart::FirstRing);
        self.enter(now, 0);
    }

    fn enter(&mut self, now: Instant, place: usize) {
        self.state = State::Ringing { place };
        // A loop that has just closed is not rung: it is being answered.
        let burst = place.is_multiple_of(2) && !self.hook.is_closed();
        self.order(PortCommand::Ring(burst));
        self.timers.set(Timer::Cadence, now + millis(self.ringing.times_ms()[place]));
    }

    pub(super) fn on_cadence(&mut self, now: Instant) {
        match self.state {
            State::Announcing { .. } => {
                self.end_on_hook_audio();
                self.start_ringing(now);
            }
            State::Ringing { place } => {
                let next = (place + 1) % self.ringing.times_ms().len();
                self.stop_on_hook_audio();
                self.enter(now, next);
                if self.caller_id_due && next == self.ringing.longest_pause() {
                    self.caller_id_due = false;
                    let begins = now + self.settings.caller_id_delay;
                    self.timers.set(Timer::CallerId, begins);
                    self.stretch_pause(begins + millis(1));
                }
            }
            _ => {}
        }
    }

    /// The loop has closed: ringing current goes at once, even if it proves to be nothing.
    pub(super) fn trip_ringing(&mut self) {
        if self.is_burst() {
            self.order(PortCommand::Ring(false));
        }
    }

    fn is_burst(&self) -> bool {
        match self.state {
            State::Ringing { place } => place.is_multiple_of(2),
            State::Announcing { ring_pulse } => ring_pulse,
            _ => false,
        }
    }

    pub(super) fn stop_ringing(&mut self) {
        self.trip_ringing();
        self.stop_on_hook_audio();
        self.timers.stop(Timer::Cadence);
    }

    pub(super) fn answered_by_handset(&mut self) {
        self.stop_ringing();
        self.set_reversed(false);
        self.state = State::Talking;
        self.forget_keys();
        self.events.push(ChannelEvent::Answered(AnswerCertainty::Signalled));
    }
}

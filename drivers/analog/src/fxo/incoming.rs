//! Calls that come in: ring validation, caller id, offer, answer, ring timeout.

use tipring_clock::{Duration, Instant};
use tipring_line::{AnalogPort, CallerId, Cause, ChannelEvent, Frame};

use super::listen::Heard;
use super::timer::Timer;
use super::{Fxo, State};

/// Silence after which digits on an on-hook line are complete (YD/T 1277.1).
const DIGITS_END: Duration = Duration::from_millis(300);
/// Ringing longer than this has no pause; caller id will not come, and the call is offered.
const BURST_MAX: Duration = Duration::from_millis(3_000);

impl<P: AnalogPort> Fxo<P> {
    pub(super) fn on_ringing(&mut self, now: Instant, on: bool) {
        if on {
            self.ringing_since = Some(now);
            self.ring_counted = false;
            return;
        }
        self.ringing_since = None;
        if !self.ring_counted {
            return;
        }
        if matches!(self.state, State::Ringing { .. } | State::Refused) {
            self.timers.set(Timer::RingTimeout, now + self.settings.ring_timeout);
        }
        if self.state == (State::Ringing { offered: false }) {
            self.timers.set(Timer::CallerIdWait, now + self.settings.caller_id_wait);
        }
    }

    /// A burst counts once it has lasted long enough; to be called every frame.
    pub(super) fn validate_ring(&mut self, now: Instant) {
        let long_enough =
            self.ringing_since.is_some_and(|since| now - since >= self.settings.ring_min);
        if !long_enough || self.ring_counted {
            return;
        }
        self.ring_counted = true;
        self.timers.stop(Timer::RingTimeout);
        match self.state {
            State::Idle => self.first_ring(now),
            // Exchanges that send caller id do it before the second burst.
            State::Ringing { offered: false } => self.offer(),
            // The exchange rang before it saw our seizure: its call comes first.
            State::Guarded => {
                self.events.push(ChannelEvent::Released(Cause::NoChannel));
                self.number = None;
                self.first_ring(now);
            }
            _ => {}
        }
    }

    fn first_ring(&mut self, now: Instant) {
        self.timers.stop(Timer::DigitsEnd);
        if let Some(caller) = self.ear.end_digits() {
            self.caller = Some(caller);
        }
        self.state = State::Ringing { offered: false };
        if self.caller.is_some() || !self.settings.wait_for_caller_id {
            self.offer();
        } else {
            self.timers.set(Timer::CallerIdWait, now + BURST_MAX + self.settings.caller_id_wait);
        }
    }

    pub(super) fn offer(&mut self) {
        if self.state != (State::Ringing { offered: false }) {
            return;
        }
        self.timers.stop(Timer::CallerIdWait);
        self.state = State::Ringing { offered: true };
        self.events.push(ChannelEvent::Offered {
            called: self.settings.number,
            caller: self.caller.unwrap_or_default(),
            trunk: None,
            extension: None,
        });
    }

    pub(super) fn listen_on_hook(&mut self, now: Instant, rx: &Frame) {
        match self.ear.rx(rx) {
            Heard::Nothing => {}
            Heard::Digit => self.timers.set(Timer::DigitsEnd, now + DIGITS_END),
            Heard::Caller(caller) => {
                self.timers.stop(Timer::DigitsEnd);
                self.on_caller(now, caller);
            }
        }
    }

    pub(super) fn on_digits_end(&mut self, now: Instant) {
        if let Some(caller) = self.ear.end_digits() {
            self.on_caller(now, caller);
        }
    }

    fn on_caller(&mut self, now: Instant, caller: CallerId) {
        self.caller = Some(caller);
        match self.state {
            State::Ringing { offered: false } => self.offer(),
            State::Ringing { offered: true } => {
                self.events.push(ChannelEvent::CallerKnown(caller));
            }
            // Before the first ring; forgotten again if none comes.
            _ => self.timers.set(Timer::RingTimeout, now + self.settings.ring_timeout),
        }
    }

    pub(super) fn on_ring_timeout(&mut self) {
        self.caller = None;
        let before = core::mem::replace(&mut self.state, State::Idle);
        self.timers.stop(Timer::CallerIdWait);
        if before == (State::Ringing { offered: true }) {
            self.events.push(ChannelEvent::Released(Cause::NormalUnspecified));
        }
    }

    pub(super) fn answer(&mut self, now: Instant) -> bool {
        if self.state != (State::Ringing { offered: true }) {
            return false;
        }
        self.go_off_hook();
        self.state = State::Connected { since: now };
        true
    }
}

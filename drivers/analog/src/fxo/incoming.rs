//! Calls that come in: ring validation, caller id, offer, answer, ring timeout.

use tipring_clock::{Duration, Instant};
use tipring_line::{AnalogPort, CallerId, Cause, ChannelEvent, Frame};

use super::listen::{CallerSource, Heard};
use super::ring::Ring;
use super::timer::Timer;
use super::{Fxo, State};

/// Silence after which digits on an on-hook line are complete (YD/T 1277.1).
const DIGITS_END: Duration = Duration::from_millis(300);
/// Ringing longer than this has no pause; caller id will not come, and the call is offered.
const BURST_MAX: Duration = Duration::from_millis(3_000);

impl<P: AnalogPort> Fxo<P> {
    /// Follows ringing current; to be called every frame.
    pub(super) fn validate_ring(&mut self, now: Instant, rx: &Frame) {
        match self.ring.frame(now, rx, self.settings.ring_min) {
            Some(Ring::Valid { new_round }) => self.on_burst(now, new_round),
            Some(Ring::Ended(at)) => self.on_burst_end(at),
            None => {}
        }
    }

    fn on_burst(&mut self, now: Instant, new_round: bool) {
        self.timers.stop(Timer::RingTimeout);
        match self.state {
            State::Idle => self.first_ring(now),
            // Exchanges that send caller id after ringing do it before the second round.
            State::Ringing { offered: false } if new_round => self.offer(),
            // The exchange rang before it saw our seizure: its call comes first.
            State::Guarded => {
                self.events.push(ChannelEvent::Released(Cause::NoChannel));
                self.number = None;
                self.first_ring(now);
            }
            _ => {}
        }
    }

    fn on_burst_end(&mut self, at: Instant) {
        if matches!(self.state, State::Ringing { .. } | State::Refused) {
            self.timers.set(Timer::RingTimeout, at + self.settings.ring_timeout);
        }
        if self.state == (State::Ringing { offered: false }) {
            self.timers.set(Timer::CallerIdWait, at + self.settings.caller_id_wait);
        }
    }

    fn first_ring(&mut self, now: Instant) {
        self.timers.stop(Timer::DigitsEnd);
        if let Some(caller) = self.ear.end_digits() {
            self.learn_caller(caller, CallerSource::Dtmf);
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
        self.push_offer();
    }

    pub(super) fn push_offer(&mut self) {
        self.events.push(ChannelEvent::Offered {
            called: self.settings.number,
            caller: self.caller.map(|(caller, _)| caller).unwrap_or_default(),
            trunk: None,
            extension: None,
        });
    }

    pub(super) fn listen_on_hook(&mut self, now: Instant, rx: &Frame) {
        match self.ear.rx(rx) {
            Heard::Nothing => {}
            Heard::Digit => self.timers.set(Timer::DigitsEnd, now + DIGITS_END),
            Heard::Caller(caller, source) => {
                self.timers.stop(Timer::DigitsEnd);
                self.on_caller(now, caller, source);
            }
            Heard::MessageWaiting(waiting) => {
                self.events.push(ChannelEvent::MessageWaiting(waiting));
            }
        }
    }

    pub(super) fn on_digits_end(&mut self, now: Instant) {
        if let Some(caller) = self.ear.end_digits() {
            self.on_caller(now, caller, CallerSource::Dtmf);
        }
    }

    fn on_caller(&mut self, now: Instant, caller: CallerId, source: CallerSource) {
        if !self.learn_caller(caller, source) {
            return;
        }
        match self.state {
            State::Ringing { offered: false } => self.offer(),
            State::Ringing { offered: true } => {
                self.events.push(ChannelEvent::CallerKnown(caller));
            }
            // Before the first ring; forgotten again if none comes.
            _ => self.timers.set(Timer::RingTimeout, now + self.settings.ring_timeout),
        }
    }

    /// Keeps the surer of what was told; says whether that is news.
    fn learn_caller(&mut self, caller: CallerId, source: CallerSource) -> bool {
        let news = self.caller.is_none_or(|(known, from)| from <= source && known != caller);
        if news {
            self.caller = Some((caller, source));
        }
        news
    }

    /// Whether something is going on that ends in ringing: current that has not lasted long
    /// enough to count, or a caller already told.
    pub(super) fn call_is_coming(&self) -> bool {
        self.ring.is_present() || self.caller.is_some() || self.ear.is_collecting()
    }

    pub(super) fn on_ring_timeout(&mut self) {
        self.caller = None;
        self.ring.forget();
        let before = core::mem::replace(&mut self.state, State::Idle);
        self.timers.stop(Timer::CallerIdWait);
        if before == (State::Ringing { offered: true }) {
            self.events.push(ChannelEvent::Released(Cause::NormalUnspecified));
        }
    }

    pub(super) fn answer(&mut self, now: Instant) -> bool {
        match self.state {
            State::Ringing { offered: true } => self.go_off_hook(),
            // The loop is closed already, and the exchange takes the call as answered.
            State::Taken => {}
            _ => return false,
        }
        self.state = State::Connected { since: now };
        true
    }
}

//! Calls from the handset: dial tone, keys, the offer to the switch, early audio, answer.

use tipring_clock::Instant;
use tipring_line::{AnalogPort, CallerId, Cause, ChannelEvent, Digit, Presentation};

use super::timer::Timer;
use super::{Early, Fxs, State};

impl<P: AnalogPort> Fxs<P> {
    pub(super) fn start_collecting(&mut self, now: Instant) {
        self.keys.clear();
        while self.detector.poll().is_some() {}
        self.state = State::Collecting;
        self.play(self.settings.tones.dial);
        self.timers.set(Timer::Key, now + self.settings.dial_plan.first_digit);
    }

    pub(super) fn on_key(&mut self, now: Instant, key: Digit) {
        self.tone = None;
        // A number has at most 32 keys; the last one completes it.
        let full = self.keys.try_push(key).is_err() || self.keys.is_full();
        if full || self.settings.dial_plan.is_complete(&self.keys) {
            self.offer(now);
        } else {
            self.timers.set(Timer::Key, now + self.settings.dial_plan.inter_digit);
        }
    }

    pub(super) fn on_key_timer(&mut self, now: Instant) {
        if self.state != State::Collecting {
            return;
        }
        if self.keys.is_empty() {
            self.part(now, Cause::NormalClearing);
        } else {
            self.offer(now);
        }
    }

    fn offer(&mut self, now: Instant) {
        self.timers.stop(Timer::Key);
        let Some(called) = self.settings.dial_plan.number(&self.keys) else {
            return self.part(now, Cause::InvalidNumberFormat);
        };
        self.keys.clear();
        self.state = State::Offered(Early::Silence);
        let number = self.settings.extension;
        let presentation =
            if number.is_some() { Presentation::Allowed } else { Presentation::Unavailable };
        self.events.push(ChannelEvent::Offered {
            called: Some(called),
            caller: CallerId { number, name: self.settings.name, presentation },
            trunk: None,
            extension: number,
        });
    }

    pub(super) fn early(&mut self, early: Early) -> bool {
        if !matches!(self.state, State::Offered(_)) {
            return false;
        }
        self.state = State::Offered(early);
        self.tone = None;
        if early == Early::Ringback {
            self.play(self.settings.tones.ringback);
        }
        true
    }

    pub(super) fn answer(&mut self) -> bool {
        if !matches!(self.state, State::Offered(_)) {
            return false;
        }
        self.tone = None;
        self.state = State::Talking;
        true
    }
}

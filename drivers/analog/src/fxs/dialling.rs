//! Calls from the handset: dial tone, keys, the offer to the switch, early audio, answer.

use tipring_clock::{Duration, Instant};
use tipring_line::{AnalogPort, CallerId, Cause, ChannelEvent, Digit, Number, Presentation};

use super::audio::Sound;
use super::timer::Timer;
use super::{Early, Fxs, State};

impl<P: AnalogPort> Fxs<P> {
    /// Dial tone, or the hot line. Keys heard since the loop closed are kept.
    pub(super) fn start_collecting(&mut self, now: Instant) {
        self.stop_on_hook_audio();
        self.timers.stop_all();
        self.keys.clear();
        self.state = State::Collecting;
        if let Some(hot) = self.settings.hot_line {
            if hot.after == Duration::ZERO {
                return self.offer(hot.number);
            }
            self.timers.set(Timer::HotLine, now + hot.after);
        }
        let special = self.messages_wait || self.forwarded || self.settings.special_dial_tone;
        let tones = self.settings.tones;
        self.play(if special { tones.special_dial } else { tones.dial });
        self.timers.set(Timer::Key, now + self.settings.dial_plan.first_digit);
    }

    pub(super) fn on_key(&mut self, now: Instant, key: Digit) {
        self.sound = Sound::None;
        self.timers.stop(Timer::HotLine);
        // A number has at most 32 keys; the last one completes it.
        let full = self.keys.try_push(key).is_err() || self.keys.is_full();
        if full || self.settings.dial_plan.is_complete(&self.keys) {
            self.offer_keys(now);
        } else {
            self.timers.set(Timer::Key, now + self.settings.dial_plan.inter_digit);
        }
    }

    /// The first pulse ends dial tone, and no timer runs out in the middle of a digit.
    pub(super) fn quiet_while_pulsing(&mut self) {
        if self.state == State::Collecting && self.hook.is_pulsing() {
            self.sound = Sound::None;
            self.timers.stop(Timer::HotLine);
        }
    }

    pub(super) fn on_key_timer(&mut self, now: Instant) {
        if self.state != State::Collecting {
            return;
        }
        if self.hook.is_pulsing() {
            self.timers.set(Timer::Key, now + self.settings.dial_plan.inter_digit);
        } else if self.keys.is_empty() {
            self.part(now, Cause::NormalClearing);
        } else {
            self.offer_keys(now);
        }
    }

    pub(super) fn call_hot_line(&mut self, now: Instant) {
        if self.state != State::Collecting {
            return;
        }
        match self.settings.hot_line {
            Some(hot) => self.offer(hot.number),
            None => self.on_key_timer(now),
        }
    }

    fn offer_keys(&mut self, now: Instant) {
        match self.settings.dial_plan.number(&self.keys) {
            Some(called) => self.offer(called),
            None => self.part(now, Cause::InvalidNumberFormat),
        }
    }

    fn offer(&mut self, called: Number) {
        self.timers.stop(Timer::Key);
        self.timers.stop(Timer::HotLine);
        self.keys.clear();
        self.sound = Sound::None;
        self.state = State::Offered(Early::Silence);
        let number = self.settings.extension;
        let presentation =
            if number.is_some() { Presentation::Allowed } else { Presentation::Unavailable };
        self.events.push(ChannelEvent::Offered {
            called: Some(called),
            caller: CallerId { number, name: self.settings.name, presentation },
            trunk: None,
            extension: number,
            redirection: None,
        });
    }

    pub(super) fn early(&mut self, early: Early) -> bool {
        if !matches!(self.state, State::Offered(_)) {
            return false;
        }
        self.state = State::Offered(early);
        self.sound = Sound::None;
        if early == Early::Ringback {
            self.play(self.settings.tones.ringback);
        }
        true
    }

    pub(super) fn answer(&mut self) -> bool {
        if !matches!(self.state, State::Offered(_)) {
            return false;
        }
        self.sound = Sound::None;
        self.state = State::Talking;
        self.set_reversed(self.settings.reversal_on_answer);
        true
    }
}

//! The end of a call (Q.931, 5.3).

use tipring_clock::Instant;
use tipring_line::{Cause, ChannelEvent};

use super::call::{CallState, CallTimer};
use super::cause_value::{MANDATORY_MISSING, NORMAL_UNSPECIFIED};
use super::control::{CallControl, Channel, Key};
use super::element::{Element, ProgressDescription};
use super::message::{Builder, CallReference, Message, MessageType};
use crate::q921::Side;

impl CallControl {
    /// Ends a call from our side, for the switch or because it cannot go on.
    pub(super) fn clear(&mut self, now: Instant, key: Key, cause: Cause) {
        self.clear_with(now, key, cause, cause.q850());
    }

    /// As [`clear`](Self::clear), with a Q.850 value of its own for the far side.
    pub(super) fn clear_with(&mut self, now: Instant, key: Key, cause: Cause, value: u8) {
        let call = self.call_mut(key);
        if call.state == CallState::DisconnectReceived {
            // The far side is done; its tones have been heard.
            self.send_release(now, key, None);
            return;
        }
        if call.state.is_clearing() {
            return;
        }
        call.blame(cause);
        call.cause_sent = value;
        if !self.link_up {
            // Nobody hears us; the far side's T309 does the same there.
            self.drop_call(key, cause);
            return;
        }
        let tones = self.settings.side == Side::Network
            && self.settings.profile.disconnect_in_band
            && self.call(key).state.is_before_answer();
        let message = self
            .message(key, MessageType::Disconnect)
            .put(self.cause(value))
            .maybe(tones.then(|| self.in_band()));
        self.send(message);
        let timer = self.after_disconnect(tones);
        self.enter(now, key, CallState::DisconnectSent, Some(timer));
    }

    /// Sends RELEASE, with a cause if it is the first clearing message (5.3.2).
    pub(super) fn send_release(&mut self, now: Instant, key: Key, cause: Option<u8>) {
        let cause = cause.map(|value| self.cause(value));
        let message = self.message(key, MessageType::Release).maybe(cause);
        self.send(message);
        let t308 = self.settings.timers.t308;
        self.enter(now, key, CallState::ReleaseRequest, Some((CallTimer::T308, t308)));
    }

    /// Refuses a set-up, or answers a message for a call that does not exist.
    pub(super) fn send_release_complete(&mut self, reference: CallReference, cause: u8) {
        let message = Builder::new(reference, MessageType::ReleaseComplete).put(self.cause(cause));
        self.send(message);
    }

    pub(super) fn on_disconnect(&mut self, now: Instant, key: Key, message: &Message<'_>) {
        let state = self.call(key).state;
        if matches!(state, CallState::DisconnectReceived | CallState::ReleaseRequest) {
            return;
        }
        let value = cause_of(message);
        if state == CallState::DisconnectSent {
            // Both hung up at once (5.3.5).
            self.send_release(now, key, None);
            return;
        }
        self.call_mut(key).blame(Cause::from_q850(value.unwrap_or(NORMAL_UNSPECIFIED)));
        let tones_max = self.settings.profile.tones_max;
        let call = self.call(key);
        let heard = call.originated && call.state.is_before_answer() && !call.silent;
        if heard && has_in_band(message) && !tones_max.is_zero() {
            self.enter(
                now,
                key,
                CallState::DisconnectReceived,
                Some((CallTimer::Tones, tones_max)),
            );
            self.tell_early_audio(key);
            return;
        }
        // A DISCONNECT without a cause is told so, and taken as one (5.8.6.1).
        let complaint = value.is_none().then_some(MANDATORY_MISSING);
        self.send_release(now, key, complaint);
    }

    pub(super) fn on_release(&mut self, key: Key, message: &Message<'_>) {
        let call = self.call(key);
        let value = cause_of(message).unwrap_or(NORMAL_UNSPECIFIED);
        // When both sent RELEASE, both are done without a further word (5.3.6).
        if call.state != CallState::ReleaseRequest {
            let reference = call.our_reference();
            let answer = Builder::new(reference, MessageType::ReleaseComplete);
            self.send(answer);
        }
        self.drop_call(key, Cause::from_q850(value));
    }

    pub(super) fn on_release_complete(&mut self, key: Key, message: &Message<'_>) {
        let value = cause_of(message).unwrap_or(NORMAL_UNSPECIFIED);
        self.drop_call(key, Cause::from_q850(value));
    }

    /// RELEASE was not answered twice (5.3.2): the reference is freed, the channel stays out of
    /// service until it is restarted.
    pub(super) fn give_up_release(&mut self, now: Instant, key: Key) {
        let timeslot = self.call(key).timeslot;
        let restarts = self.restart_possible() && self.call_on(timeslot) == Some(key);
        let channel = if restarts { Channel::Blocked } else { Channel::Idle };
        self.end_call(key, Cause::TimerExpired, channel);
        if restarts {
            self.want_restart(now, 1 << timeslot);
        }
    }

    /// Tells once that the far side's audio is open.
    pub(super) fn tell_early_audio(&mut self, key: Key) {
        if !core::mem::replace(&mut self.call_mut(key).early_audio, true) {
            self.tell_event(key, ChannelEvent::EarlyAudio);
        }
    }
}

/// The Q.850 value a message carries.
pub(super) fn cause_of(message: &Message<'_>) -> Option<u8> {
    message.first(|element| match element {
        Element::Cause(cause) => Some(cause.value),
        _ => None,
    })
}

/// Whether a message says that something is to be heard in the channel (5.1.2, 5.1.6, 5.4).
pub(super) fn has_in_band(message: &Message<'_>) -> bool {
    message.elements().flatten().filter_map(|raw| Element::read(raw).ok()).any(|element| {
        matches!(element, Element::ProgressIndicator(progress) if matches!(
            progress.description,
            ProgressDescription::InBand | ProgressDescription::NotEndToEndIsdn
        ))
    })
}

//! Received messages: to which call they go, what is wrong with them (Q.931, 5.8), and what they
//! do to calls that we began (5.1 as the user, 5.2 as the network).

use tipring_clock::Instant;
use tipring_line::{AnswerCertainty, CallerId, Cause, ChannelEvent, Components};

use super::call::{CallState, CallTimer, NULL_STATE};
use super::cause_value::{
    CHANNEL_UNACCEPTABLE, ELEMENT_NON_EXISTENT, INVALID_CALL_REFERENCE, MESSAGE_NOT_COMPATIBLE,
    MESSAGE_TYPE_NON_EXISTENT, RESPONSE_TO_STATUS_ENQUIRY,
};
use super::clearing::{cause_of, has_in_band};
use super::control::{CallControl, Channel, Key, Output};
use super::element::{ChannelSelection, Element, id};
use super::incoming::{channel_of, components_of};
use super::message::{Builder, Message, MessageOctets, MessageType};

impl CallControl {
    /// Takes a message from the link.
    pub fn handle_message(&mut self, now: Instant, octets: &[u8]) {
        let Ok(message) = Message::parse(octets) else {
            self.counters.unreadable += 1;
            return;
        };
        if message.reference.octets == 0 {
            // The dummy reference carries supplementary services that we have none of (5.8.3.1).
            self.counters.unknown_reference += 1;
        } else if message.reference.is_global() {
            self.on_global(now, &message);
        } else if let Some(key) = self.find(message.reference) {
            self.on_call_message(now, key, &message);
        } else {
            self.on_unknown_reference(now, &message);
        }
    }

    /// A message for a call that does not exist (5.8.3.2).
    fn on_unknown_reference(&mut self, now: Instant, message: &Message<'_>) {
        let mut reference = message.reference;
        reference.flag = !reference.flag;
        match message.kind {
            MessageType::Setup if message.reference.flag => self.counters.unknown_reference += 1,
            MessageType::Setup => {
                if let Some(value) = self.not_understood(message) {
                    self.send_release_complete(reference, value);
                } else {
                    self.on_setup(now, message);
                }
            }
            MessageType::ReleaseComplete => {}
            MessageType::Status if state_of(message).unwrap_or(NULL_STATE) == NULL_STATE => {}
            MessageType::Status => {
                self.counters.unknown_reference += 1;
                self.send_release_complete(reference, MESSAGE_NOT_COMPATIBLE);
            }
            MessageType::StatusEnquiry => {
                let status = Builder::new(reference, MessageType::Status)
                    .put(self.cause(RESPONSE_TO_STATUS_ENQUIRY))
                    .put(Element::CallState(NULL_STATE));
                self.send(status);
            }
            _ => {
                self.counters.unknown_reference += 1;
                self.send_release_complete(reference, INVALID_CALL_REFERENCE);
            }
        }
    }

    /// Whether a message has an element that must be understood and is not (5.8.7.1); the Q.850
    /// value to say so with.
    fn not_understood(&mut self, message: &Message<'_>) -> Option<u8> {
        let known = |code| matches!(code, id::BEARER_CAPABILITY | id::CAUSE);
        let unknown = message
            .elements()
            .flatten()
            .any(|raw| raw.codeset == 0 && raw.comprehension_required() && !known(raw.id));
        if unknown {
            self.counters.not_understood += 1;
            return Some(ELEMENT_NON_EXISTENT);
        }
        None
    }

    fn on_call_message(&mut self, now: Instant, key: Key, message: &Message<'_>) {
        self.tell_components(key, components_of(message));
        match message.kind {
            // The clearing of a call is not held up by what else a message carries (5.8.6.1).
            MessageType::Disconnect => return self.on_disconnect(now, key, message),
            MessageType::Release => return self.on_release(key, message),
            MessageType::ReleaseComplete => return self.on_release_complete(key, message),
            MessageType::Status => return self.on_status(now, key, message),
            MessageType::StatusEnquiry => {
                return self.send_status(key, RESPONSE_TO_STATUS_ENQUIRY);
            }
            // Repeated because our answer came late (5.8.3.2 e).
            MessageType::Setup => return,
            _ => {}
        }
        if let Some(value) = self.not_understood(message) {
            self.send_status(key, value);
            return;
        }
        match message.kind {
            MessageType::SetupAcknowledge => self.on_setup_acknowledge(now, key, message),
            MessageType::CallProceeding => self.on_call_proceeding(now, key, message),
            MessageType::Progress => self.on_progress(key, message),
            MessageType::Alerting => self.on_alerting(now, key, message),
            MessageType::Connect => self.on_connect(now, key, message),
            MessageType::ConnectAcknowledge => self.on_connect_acknowledge(now, key),
            MessageType::Information => self.on_information(now, key, message),
            MessageType::Notify => self.on_notify(key, message),
            // Its components have been told.
            MessageType::Facility => {}
            MessageType::UserInformation | MessageType::CongestionControl => {}
            _ => self.send_status(key, MESSAGE_TYPE_NON_EXISTENT),
        }
    }

    /// Whether a call of ours may take an answer that leads from these states on. One that is
    /// being cleared ignores it; otherwise the far side is told that it does not fit (5.8.4).
    fn fits(&mut self, key: Key, states: &[CallState]) -> bool {
        let call = self.call(key);
        if call.originated && states.contains(&call.state) {
            return true;
        }
        if !call.state.is_clearing() {
            self.counters.unexpected += 1;
            self.send_status(key, MESSAGE_NOT_COMPATIBLE);
        }
        false
    }

    fn on_setup_acknowledge(&mut self, now: Instant, key: Key, message: &Message<'_>) {
        if self.fits(key, &[CallState::Present]) && self.agree_channel(now, key, message) {
            self.enter(now, key, CallState::Overlap, None);
            self.send_kept_digits(now, key);
        }
    }

    fn on_call_proceeding(&mut self, now: Instant, key: Key, message: &Message<'_>) {
        if self.fits(key, &[CallState::Present, CallState::Overlap])
            && self.agree_channel(now, key, message)
        {
            let t310 = self.settings.timers.t310;
            self.enter(now, key, CallState::Proceeding, Some((CallTimer::T310, t310)));
            self.note_in_band(key, message);
        }
    }

    fn on_progress(&mut self, key: Key, message: &Message<'_>) {
        let call = self.call_mut(key);
        if call.state.is_before_answer() && call.originated {
            call.timers.stop(CallTimer::T310);
            call.timers.stop(CallTimer::T304);
            self.note_in_band(key, message);
        }
    }

    fn on_alerting(&mut self, now: Instant, key: Key, message: &Message<'_>) {
        let before = [CallState::Present, CallState::Overlap, CallState::Proceeding];
        if self.fits(key, &before) && self.agree_channel(now, key, message) {
            let t301 = self.settings.timers.t301;
            self.enter(now, key, CallState::Alerting, Some((CallTimer::T301, t301)));
            self.tell_event(key, ChannelEvent::Ringing);
            self.note_in_band(key, message);
        }
    }

    fn on_connect(&mut self, now: Instant, key: Key, message: &Message<'_>) {
        let before =
            [CallState::Present, CallState::Overlap, CallState::Proceeding, CallState::Alerting];
        if !self.fits(key, &before) || !self.agree_channel(now, key, message) {
            return;
        }
        let acknowledge = self.message(key, MessageType::ConnectAcknowledge);
        self.send(acknowledge);
        self.enter(now, key, CallState::Active, None);
        if let Some(connected) = connected_of(message) {
            self.tell_event(key, ChannelEvent::Connected(connected));
        }
        self.tell_event(key, ChannelEvent::Answered(AnswerCertainty::Signalled));
    }

    fn on_connect_acknowledge(&mut self, now: Instant, key: Key) {
        match self.call(key).state {
            CallState::ConnectRequest => self.enter(now, key, CallState::Active, None),
            // A user's confirmation of our CONNECT is allowed, and means nothing (5.1.8).
            CallState::Active => {}
            state if state.is_clearing() => {}
            _ => {
                self.counters.unexpected += 1;
                self.send_status(key, MESSAGE_NOT_COMPATIBLE);
            }
        }
    }

    fn on_notify(&mut self, key: Key, message: &Message<'_>) {
        let notice = message.first(|element| match element {
            Element::Notification(notice) => Some(notice),
            _ => None,
        });
        match notice {
            Some(notice) => self.tell_event(key, ChannelEvent::Notified(notice)),
            None => self.counters.mandatory += 1,
        }
    }

    /// Components pass through, whatever message carries them.
    pub(super) fn tell_components(&mut self, key: Key, components: Components) {
        if !components.is_empty() {
            self.tell_event(key, ChannelEvent::Facility(components));
        }
    }

    fn note_in_band(&mut self, key: Key, message: &Message<'_>) {
        if has_in_band(message) {
            self.tell_early_audio(key);
        }
    }

    /// Takes the channel that the first answer names (5.1.2, 5.2.3.1). Says whether the call
    /// goes on.
    fn agree_channel(&mut self, now: Instant, key: Key, message: &Message<'_>) -> bool {
        let call = self.call(key);
        if call.timeslot == 0 {
            // It lost its channel to the network's call, and nobody waits for it any more.
            self.clear(now, key, Cause::NoChannel);
            return false;
        }
        if core::mem::replace(&mut self.call_mut(key).channel_agreed, true) {
            return true;
        }
        let from = self.call(key).timeslot;
        let to = match channel_of(message) {
            None => return true,
            Some(Ok(channel)) => match channel.selection {
                ChannelSelection::Timeslot(timeslot) => timeslot,
                _ => from,
            },
            Some(Err(_)) => from,
        };
        if to == from {
            return true;
        }
        let exclusive = asked_exclusively(&self.call(key).setup);
        if exclusive || self.channel(to) != Channel::Idle {
            self.clear_with(now, key, Cause::NoChannel, CHANNEL_UNACCEPTABLE);
            return false;
        }
        self.set_channel(from, Channel::Idle);
        self.set_channel(to, Channel::Busy(key));
        self.call_mut(key).timeslot = to;
        self.tell(Output::Moved { from, to });
        true
    }

    /// STATUS of this call with this cause (5.8.10).
    pub(super) fn send_status(&mut self, key: Key, value: u8) {
        let number = self.call(key).state_number(self.settings.side);
        let status = self
            .message(key, MessageType::Status)
            .put(self.cause(value))
            .put(Element::CallState(number));
        self.send(status);
    }

    pub(super) fn send_status_enquiry(&mut self, now: Instant, key: Key) {
        let enquiry = self.message(key, MessageType::StatusEnquiry);
        self.send(enquiry);
        let at = now + self.settings.timers.t322;
        self.call_mut(key).timers.set(CallTimer::T322, at);
    }

    /// What the far side says of the call (5.8.11).
    fn on_status(&mut self, now: Instant, key: Key, message: &Message<'_>) {
        let (Some(value), Some(theirs)) = (cause_of(message), state_of(message)) else {
            self.counters.mandatory += 1;
            return;
        };
        let asked = self.call(key).timers.due(CallTimer::T322).is_some();
        if value != RESPONSE_TO_STATUS_ENQUIRY {
            self.counters.errors_reported += 1;
        } else if asked {
            let call = self.call_mut(key);
            call.timers.stop(CallTimer::T322);
            call.expiries = 0;
        }
        if theirs == NULL_STATE {
            let cause = if value == RESPONSE_TO_STATUS_ENQUIRY {
                Cause::TemporaryFailure
            } else {
                Cause::from_q850(value)
            };
            self.drop_call(key, cause);
            return;
        }
        if asked && value == RESPONSE_TO_STATUS_ENQUIRY {
            self.compare_states(now, key, theirs);
        }
    }

    /// After messages may have been lost, one side may believe in a talk that the other does not.
    fn compare_states(&mut self, now: Instant, key: Key, theirs: u8) {
        const ACTIVE: u8 = 10;
        const CONNECT_REQUEST: u8 = 8;
        let ours = self.call(key).state;
        let they_clear = matches!(theirs, 11 | 12 | 19);
        if ours.is_clearing() || they_clear {
            return;
        }
        match (ours, theirs) {
            (CallState::Active, ACTIVE | CONNECT_REQUEST) => {}
            // CONNECT ACKNOWLEDGE was lost.
            (CallState::ConnectRequest, ACTIVE) => self.enter(now, key, CallState::Active, None),
            (CallState::Active, _) | (_, ACTIVE) => {
                self.clear_with(now, key, Cause::ProtocolError, MESSAGE_NOT_COMPATIBLE);
            }
            _ => {}
        }
    }

    fn on_global(&mut self, now: Instant, message: &Message<'_>) {
        match message.kind {
            MessageType::Restart => self.on_restart(message),
            MessageType::RestartAcknowledge => self.on_restart_acknowledge(now, message),
            MessageType::Status => self.on_global_status(now, message),
            MessageType::ReleaseComplete => {}
            _ => {
                self.counters.unknown_reference += 1;
                let mut reference = message.reference;
                reference.flag = !reference.flag;
                let status = Builder::new(reference, MessageType::Status)
                    .put(self.cause(INVALID_CALL_REFERENCE))
                    .put(Element::CallState(NULL_STATE));
                self.send(status);
            }
        }
    }

    /// The link is up (again).
    pub fn link_established(&mut self, now: Instant) {
        self.link_up = true;
        self.t309 = None;
        for key in self.keys() {
            if self.exists(key) && self.call(key).state == CallState::Active {
                self.call_mut(key).expiries = 0;
                self.send_status_enquiry(now, key);
            }
        }
        self.link_is_up_for_restart(now);
    }

    /// The link began anew while it was up: messages may be lost (5.8.8).
    pub fn link_reset(&mut self, now: Instant) {
        for key in self.keys() {
            if !self.exists(key) {
                continue;
            }
            match self.call(key).state {
                CallState::Overlap => self.clear(now, key, Cause::TemporaryFailure),
                // Their own timers repeat what was lost.
                CallState::Present => {}
                state if state.is_clearing() => {}
                _ => {
                    self.call_mut(key).expiries = 0;
                    self.send_status_enquiry(now, key);
                }
            }
        }
        self.link_is_up_for_restart(now);
    }

    /// The link is down (5.8.9): talks are kept for T309, all else ends.
    pub fn link_released(&mut self, now: Instant) {
        self.link_up = false;
        self.forget_messages();
        let mut kept = false;
        for key in self.keys() {
            if !self.exists(key) {
                continue;
            }
            if self.call(key).state == CallState::Active {
                self.call_mut(key).timers.stop_all();
                kept = true;
            } else {
                self.drop_call(key, Cause::NetworkOutOfOrder);
            }
        }
        if kept {
            self.t309 = Some(now + self.settings.timers.t309);
        }
        self.link_is_down_for_restart();
    }
}

/// Who answered, as CONNECT tells.
fn connected_of(message: &Message<'_>) -> Option<CallerId> {
    let number = message.first(|element| match element {
        Element::ConnectedNumber(number) => Some(number),
        _ => None,
    })?;
    let (presentation, number) = (number.presentation(), number.number());
    Some(CallerId { number, presentation, ..CallerId::default() })
}

/// The call state a message tells.
fn state_of(message: &Message<'_>) -> Option<u8> {
    message.first(|element| match element {
        Element::CallState(state) => Some(state),
        _ => None,
    })
}

/// Whether our SETUP asked for its channel exclusively.
fn asked_exclusively(setup: &MessageOctets) -> bool {
    let message = Message::parse(setup).ok();
    let channel = message.and_then(|message| channel_of(&message)?.ok());
    channel.is_some_and(|channel| channel.exclusive)
}

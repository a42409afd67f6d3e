//! A call comes in (Q.931, 5.1 as the network, 5.2 as the user): its channel (5.1.2, 5.2.3), its
//! number, whole or digit by digit (5.2.4), and both sides wanting one channel at once (5.7).

use tipring_clock::Instant;
use tipring_line::{
    CallerId, Cause, ChannelEvent, Components, Presentation, RedirectReason, Redirection,
};

use super::call::{Call, CallState, CallTimer, DigitText};
use super::cause_value::{
    BEARER_NOT_IMPLEMENTED, CHANNEL_DOES_NOT_EXIST, INVALID_CONTENTS, MANDATORY_MISSING,
    REQUESTED_CHANNEL_UNAVAILABLE,
};
use super::control::{CallControl, Channel, Key, Output};
use super::element::{
    ChannelIdentification, ChannelSelection, Element, ElementError, decode_text, id,
};
use super::message::{CallReference, Message, MessageType};
use super::settings::OverlapReceiving;
use crate::q921::Side;

impl CallControl {
    pub(super) fn on_setup(&mut self, now: Instant, message: &Message<'_>) {
        let reference = CallReference { flag: true, ..message.reference };
        match self.take_setup(message) {
            Ok(key) => self.begin_incoming(now, key, message),
            Err(value) => self.send_release_complete(reference, value),
        }
    }

    /// Checks a SETUP and makes its call; the error is the Q.850 value it is refused with.
    fn take_setup(&mut self, message: &Message<'_>) -> Result<Key, u8> {
        let bearer = message
            .elements()
            .flatten()
            .find(|raw| raw.codeset == 0 && raw.id == id::BEARER_CAPABILITY);
        match bearer.map(Element::read) {
            None => {
                self.counters.mandatory += 1;
                return Err(MANDATORY_MISSING);
            }
            Some(Ok(Element::BearerCapability(bearer))) if bearer.is_audio() => {}
            Some(Ok(_)) => return Err(BEARER_NOT_IMPLEMENTED),
            Some(Err(_)) => {
                self.counters.mandatory += 1;
                return Err(INVALID_CONTENTS);
            }
        }
        let timeslot = self.choose_channel(message)?;
        let call = Call::new(message.reference.value, false, timeslot);
        let Some(key) = self.insert(call) else {
            self.counters.refused_for_room += 1;
            return Err(Cause::Congestion.q850());
        };
        match self.channel(timeslot) {
            Channel::Busy(loser) => self.lose_channel(loser),
            // The switch has not said yet whom to call; its seizure ends here.
            Channel::Seized => {
                let event = ChannelEvent::Released(Cause::NoChannel);
                self.tell(Output::Channel { timeslot, event });
            }
            _ => {}
        }
        self.set_channel(timeslot, Channel::Busy(key));
        Ok(key)
    }

    /// Which channel the call gets. In a glare the network's call wins (5.7).
    fn choose_channel(&mut self, message: &Message<'_>) -> Result<u8, u8> {
        let any = || self.hunt().ok_or(Cause::NoChannel.q850());
        let asked = match channel_of(message) {
            Some(Ok(channel)) => channel,
            // Only a user may leave it out (3.1.14); nothing is lost by being kind to a network.
            None => return any(),
            Some(Err(_)) => return Err(INVALID_CONTENTS),
        };
        let timeslot = match asked.selection {
            ChannelSelection::Timeslot(timeslot) => timeslot,
            ChannelSelection::Map(map) if map.count_ones() == 1 => map.trailing_zeros() as u8,
            ChannelSelection::Any => return any(),
            ChannelSelection::Map(_) | ChannelSelection::None => return Err(INVALID_CONTENTS),
        };
        match self.channel(timeslot) {
            Channel::Idle | Channel::Seized => Ok(timeslot),
            Channel::Busy(key) if self.glare_is_ours_to_lose(key) => {
                self.counters.glares += 1;
                Ok(timeslot)
            }
            Channel::Busy(_) | Channel::Blocked if asked.exclusive => {
                self.counters.glares += 1;
                Err(REQUESTED_CHANNEL_UNAVAILABLE)
            }
            Channel::Busy(_) | Channel::Blocked => any(),
            Channel::Absent if asked.exclusive => Err(CHANNEL_DOES_NOT_EXIST),
            Channel::Absent => any(),
        }
    }

    /// A user's own set-up on the channel has had no answer yet: the network has not seen it when
    /// it chose the channel.
    fn glare_is_ours_to_lose(&self, key: Key) -> bool {
        let call = self.call(key);
        self.settings.side == Side::User
            && call.originated
            && (call.state == CallState::Present || call.state.is_clearing())
            && !call.channel_agreed
    }

    /// Our call gives its channel to the network's; the switch may try another. On the wire the
    /// network refuses it, or moves it, in which case it is cleared.
    fn lose_channel(&mut self, key: Key) {
        self.tell_event(key, ChannelEvent::Released(Cause::NoChannel));
        let call = self.call_mut(key);
        call.silent = true;
        call.timeslot = 0;
        call.blame(Cause::NoChannel);
    }

    fn begin_incoming(&mut self, now: Instant, key: Key, message: &Message<'_>) {
        let caller = caller_of(message);
        let digits = digits_of(message);
        let call = self.call_mut(key);
        call.caller = caller;
        call.redirection = redirection_of(message).map(Box::new);
        call.components = components_of(message);
        call.digits = digits;
        call.channel_agreed = true;
        // The switch learns of the call once its number is whole.
        call.silent = true;
        let complete = message
            .elements()
            .flatten()
            .any(|raw| raw.content.is_none() && raw.id == id::SENDING_COMPLETE);
        if complete || self.number_is_whole(key) {
            self.proceed(now, key);
            return;
        }
        let channel = self.our_channel(key);
        let acknowledge = self.message(key, MessageType::SetupAcknowledge).put(channel);
        self.send(acknowledge);
        let t302 = self.settings.timers.t302;
        self.enter(now, key, CallState::Overlap, Some((CallTimer::T302, t302)));
    }

    fn our_channel(&self, key: Key) -> Element<'static> {
        Element::ChannelIdentification(ChannelIdentification::exclusive(self.call(key).timeslot))
    }

    /// Whether no further digit is to be expected.
    fn number_is_whole(&self, key: Key) -> bool {
        let digits = &self.call(key).digits;
        match self.settings.profile.overlap_receiving {
            OverlapReceiving::Off => true,
            OverlapReceiving::On { digits: wanted } => {
                digits.ends_with('#')
                    || digits.is_full()
                    || wanted.is_some_and(|wanted| digits.len() >= usize::from(wanted))
            }
        }
    }

    /// The number is whole: CALL PROCEEDING, and the switch has a call.
    pub(super) fn proceed(&mut self, now: Instant, key: Key) {
        // After SETUP ACKNOWLEDGE the channel is known (5.2.5.1).
        let first = self.call(key).state == CallState::Present;
        let channel = first.then(|| self.our_channel(key));
        let proceeding = self.message(key, MessageType::CallProceeding).maybe(channel);
        self.send(proceeding);
        self.enter(now, key, CallState::Proceeding, None);
        let call = self.call_mut(key);
        call.silent = false;
        if call.digits.ends_with('#') {
            call.digits.pop();
        }
        let event = ChannelEvent::Offered {
            called: call.digits.parse().ok(),
            caller: call.caller,
            trunk: None,
            extension: None,
            redirection: call.redirection.take(),
        };
        let components = core::mem::take(&mut call.components);
        self.tell_event(key, event);
        self.tell_components(key, components);
    }

    /// Further digits (5.2.4).
    pub(super) fn on_information(&mut self, now: Instant, key: Key, message: &Message<'_>) {
        if self.call(key).originated || self.call(key).state != CallState::Overlap {
            return;
        }
        let more = digits_of(message);
        let call = self.call_mut(key);
        for digit in more.chars() {
            if call.digits.try_push(digit).is_err() {
                break;
            }
        }
        let complete = message
            .elements()
            .flatten()
            .any(|raw| raw.content.is_none() && raw.id == id::SENDING_COMPLETE);
        if complete || self.number_is_whole(key) {
            self.proceed(now, key);
        } else {
            let at = now + self.settings.timers.t302;
            self.call_mut(key).timers.set(CallTimer::T302, at);
        }
    }

    /// No further digit came for T302: those there are must do (5.2.4).
    pub(super) fn digits_ended(&mut self, now: Instant, key: Key) {
        if self.call(key).digits.is_empty() {
            self.clear(now, key, Cause::InvalidNumberFormat);
        } else {
            self.proceed(now, key);
        }
    }
}

/// The channel a message names.
pub(super) fn channel_of(
    message: &Message<'_>,
) -> Option<Result<ChannelIdentification, ElementError>> {
    let raw = message
        .elements()
        .flatten()
        .find(|raw| raw.codeset == 0 && raw.id == id::CHANNEL_IDENTIFICATION)?;
    Some(match Element::read(raw) {
        Ok(Element::ChannelIdentification(channel)) => Ok(channel),
        Ok(_) => Err(ElementError::Value),
        Err(error) => Err(error),
    })
}

/// Called digits, from the called number or the keypad element (5.2.4). What no number has is
/// left out.
fn digits_of(message: &Message<'_>) -> DigitText {
    let octets = message.first(|element| match element {
        Element::CalledNumber(number) => Some(number.digits),
        Element::Keypad(keys) => Some(keys),
        _ => None,
    });
    let mut digits = DigitText::new();
    for octet in octets.unwrap_or_default() {
        let c = char::from(*octet);
        if (c.is_ascii_alphanumeric() || "*#+".contains(c)) && digits.try_push(c).is_err() {
            break;
        }
    }
    digits
}

/// Who led the call here (Q.952): the redirecting number, and the number called first.
fn redirection_of(message: &Message<'_>) -> Option<Redirection> {
    let redirecting = message.first(|element| match element {
        Element::RedirectingNumber(number) => Some(number),
        _ => None,
    });
    let original = message.first(|element| match element {
        Element::OriginalCalledNumber(number) => Some(number),
        _ => None,
    });
    let last = redirecting.or(original)?;
    Some(Redirection {
        number: last.number(),
        presentation: last.presentation(),
        reason: last.reason.map_or(RedirectReason::Unknown, RedirectReason::from),
        original: original.and_then(|number| number.number()),
    })
}

/// The components of a message.
pub(super) fn components_of(message: &Message<'_>) -> Components {
    let octets = message.first(|element| match element {
        Element::Facility(octets) => Some(octets),
        _ => None,
    });
    octets.unwrap_or_default().into()
}

fn caller_of(message: &Message<'_>) -> CallerId {
    let number = message.first(|element| match element {
        Element::CallingNumber(number) => Some(number),
        _ => None,
    });
    let name = message.first(|element| match element {
        Element::Display(octets) => Some(decode_text(octets)),
        _ => None,
    });
    CallerId {
        number: number.and_then(|number| number.number()),
        name: name.unwrap_or_default(),
        presentation: number.map_or(Presentation::Unavailable, |number| number.presentation()),
    }
}

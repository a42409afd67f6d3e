//! What the switch wants (seam 2), as messages.

use tipring_clock::{Duration, Instant};
use tipring_line::{
    CallerId, Cause, ChannelCommand, ChannelEvent, Digits, Number, Presentation, Redirection,
};

use super::call::{Call, CallState, CallTimer, DigitText, location};
use super::control::{CallControl, Channel, Key, Output};
use super::element::{
    ChannelIdentification, Element, PartyNumber, ProgressDescription, ProgressIndicator, Screening,
    encode_text,
};
use super::message::{Builder, MessageType};
use super::settings::{ChannelRequest, DisplayCoding, NumberForm};
use crate::q921::Side;

impl CallControl {
    /// Does what the switch wants of a channel. A command that does not fit is dropped; if the
    /// call cannot go on, `Released` says so. Keys in a talk are the audio's business.
    pub fn command(&mut self, now: Instant, timeslot: u8, command: &ChannelCommand) {
        match command {
            ChannelCommand::Seize(_) => self.seize(timeslot),
            ChannelCommand::Dial { number, caller } => self.dial(now, timeslot, *number, caller),
            ChannelCommand::Redirected(by) if self.channel(timeslot) == Channel::Seized => {
                self.redirections[usize::from(timeslot & 31)] = Some(*by);
            }
            ChannelCommand::Connected(party) => self.connected(timeslot, *party),
            ChannelCommand::Alert => self.alert(now, timeslot),
            ChannelCommand::OpenEarlyAudio => self.open_early_audio(timeslot),
            ChannelCommand::Answer => self.answer(now, timeslot),
            ChannelCommand::SendDigits(digits) => self.send_digits(now, timeslot, digits),
            ChannelCommand::Facility(components) => {
                self.pass(timeslot, MessageType::Facility, Element::Facility(components));
            }
            ChannelCommand::Notify(notice) => {
                self.pass(timeslot, MessageType::Notify, Element::Notification(*notice));
            }
            ChannelCommand::Release(cause) => self.release(now, timeslot, *cause),
            // What has no message here: the switch refuses calls on channels out of service.
            ChannelCommand::Block(_) => {}
            // What only handsets have, and what comes for a channel that is not seized.
            ChannelCommand::Redirected(_)
            | ChannelCommand::Ring { .. }
            | ChannelCommand::CallWaiting { .. }
            | ChannelCommand::CallWaitingEnd
            | ChannelCommand::MessageWaiting(_)
            | ChannelCommand::Forwarded(_)
            | ChannelCommand::Transferred(_)
            | ChannelCommand::Flash => {}
        }
    }

    /// Passes an element on in a message of its own, if there is a call that is not being ended.
    fn pass(&mut self, timeslot: u8, kind: MessageType, element: Element<'_>) {
        if let Some(key) = self.call_on(timeslot).filter(|key| !self.call(*key).state.is_clearing())
        {
            let message = self.message(key, kind).put(element);
            self.send(message);
        }
    }

    /// Who answers the call that came in on this timeslot.
    fn connected(&mut self, timeslot: u8, party: CallerId) {
        if let Some(key) = self.call_on(timeslot) {
            self.call_mut(key).connected = Some(party);
        }
    }

    /// Asks which state the far side believes the call to be in (5.8.10).
    pub fn enquire_status(&mut self, now: Instant, timeslot: u8) {
        if let Some(key) = self.call_on(timeslot) {
            self.call_mut(key).expiries = 0;
            self.send_status_enquiry(now, key);
        }
    }

    fn seize(&mut self, timeslot: u8) {
        match self.channel(timeslot) {
            Channel::Idle if self.link_up => {
                self.set_channel(timeslot, Channel::Seized);
                self.redirections[usize::from(timeslot & 31)] = None;
            }
            // A call is coming in digit by digit, of which the switch knows nothing yet.
            Channel::Busy(key) if self.call(key).silent => self.refuse(timeslot, Cause::NoChannel),
            // A call came in at the same moment; its `Offered` is on its way.
            Channel::Busy(_) | Channel::Seized => {}
            Channel::Idle => self.refuse(timeslot, Cause::NetworkOutOfOrder),
            Channel::Absent | Channel::Blocked => self.refuse(timeslot, Cause::NoChannel),
        }
    }

    fn refuse(&mut self, timeslot: u8, cause: Cause) {
        self.tell(Output::Channel { timeslot, event: ChannelEvent::Released(cause) });
    }

    fn dial(&mut self, now: Instant, timeslot: u8, number: Number, caller: &CallerId) {
        if self.channel(timeslot) != Channel::Seized {
            return;
        }
        self.set_channel(timeslot, Channel::Idle);
        if !self.link_up {
            self.refuse(timeslot, Cause::NetworkOutOfOrder);
            return;
        }
        let redirection = self.redirections[usize::from(timeslot & 31)].take();
        let reference = self.new_reference();
        let Some(key) = self.insert(Call::new(reference, true, timeslot)) else {
            self.counters.refused_for_room += 1;
            self.refuse(timeslot, Cause::Congestion);
            return;
        };
        self.set_channel(timeslot, Channel::Busy(key));
        let setup = self.setup(key, &number, caller, redirection.as_ref());
        self.call_mut(key).setup = setup.clone().finish();
        self.send(setup);
        self.enter(
            now,
            key,
            CallState::Present,
            Some((CallTimer::T303, self.settings.timers.t303)),
        );
    }

    /// SETUP (3.1.14), en bloc or with the first digits.
    fn setup(
        &mut self,
        key: Key,
        number: &Number,
        caller: &CallerId,
        redirection: Option<&Redirection>,
    ) -> Builder {
        let profile = &self.settings.profile;
        let timeslot = self.call(key).timeslot;
        let digits = number.as_str().strip_prefix('+').unwrap_or(number.as_str());
        let first = profile.overlap_sending.map_or(digits.len(), usize::from).min(digits.len());
        let (sent, kept) = digits.split_at(first);
        let en_bloc = profile.overlap_sending.is_none();
        let channel = match profile.channel_request {
            ChannelRequest::Exclusive => ChannelIdentification::exclusive(timeslot),
            ChannelRequest::Preferred => ChannelIdentification::preferred(timeslot),
        };
        let called = PartyNumber {
            number_type: profile.called.number_type,
            plan: profile.called.plan,
            digits: sent.as_bytes(),
            ..PartyNumber::default()
        };
        let display = self.display(caller);
        let original = redirection.and_then(|by| by.original.as_ref());
        let mut message = self.message(key, MessageType::Setup);
        if en_bloc {
            message = message.put(Element::SendingComplete);
        }
        let message = message
            .put(Element::BearerCapability(profile.bearer))
            .put(Element::ChannelIdentification(channel))
            .maybe(display.as_ref().map(|text| Element::Display(text)))
            .maybe(self.calling_number(caller).map(Element::CallingNumber))
            .maybe((!sent.is_empty()).then_some(Element::CalledNumber(called)))
            .maybe(original.map(|number| Element::OriginalCalledNumber(self.plain_number(number))))
            .maybe(redirection.map(|by| Element::RedirectingNumber(self.redirecting_number(by))));
        let kept = DigitText::from(kept).unwrap_or_default();
        self.call_mut(key).digits = kept;
        message
    }

    fn display(&self, caller: &CallerId) -> Option<arrayvec::ArrayVec<u8, 82>> {
        if caller.name.is_empty() || caller.presentation != Presentation::Allowed {
            return None;
        }
        match self.settings.profile.display {
            DisplayCoding::Off => None,
            DisplayCoding::Gbk => Some(encode_text(&caller.name)),
            DisplayCoding::Utf8 => Some(caller.name.bytes().collect()),
        }
    }

    /// A party's number (4.5.10), hidden where the party wants it (Q.951.4, CLIR; Q.951.6, COLR).
    fn party_number<'a>(&self, party: &'a CallerId, form: NumberForm) -> Option<PartyNumber<'a>> {
        let digits = match (&party.number, party.presentation) {
            (Some(number), _) => number.as_str(),
            (None, Presentation::Allowed) => return None,
            (None, _) => "",
        };
        let screening = match self.settings.side {
            Side::User => Screening::UserNotScreened,
            Side::Network => Screening::Network,
        };
        Some(PartyNumber {
            number_type: form.number_type,
            plan: form.plan,
            shown: Some((party.presentation.into(), screening)),
            reason: None,
            digits: digits.as_bytes(),
        })
    }

    fn calling_number<'a>(&self, caller: &'a CallerId) -> Option<PartyNumber<'a>> {
        self.party_number(caller, self.settings.profile.calling)
    }

    /// The number called first (Q.952).
    fn plain_number<'a>(&self, number: &'a Number) -> PartyNumber<'a> {
        let form = self.settings.profile.called;
        PartyNumber {
            number_type: form.number_type,
            plan: form.plan,
            digits: number.as_str().as_bytes(),
            ..PartyNumber::default()
        }
    }

    /// The redirecting number (Q.952).
    fn redirecting_number<'a>(&self, by: &'a Redirection) -> PartyNumber<'a> {
        let form = self.settings.profile.called;
        PartyNumber {
            number_type: form.number_type,
            plan: form.plan,
            shown: Some((by.presentation.into(), Screening::UserNotScreened)),
            reason: Some(by.reason.into()),
            digits: by.number.as_ref().map_or(b"", |number| number.as_str().as_bytes()),
        }
    }

    fn alert(&mut self, now: Instant, timeslot: u8) {
        let Some(key) = self.incoming_on(timeslot, CallState::Proceeding) else { return };
        let message = self.message(key, MessageType::Alerting);
        self.send(message);
        self.enter(now, key, CallState::Alerting, None);
    }

    fn open_early_audio(&mut self, timeslot: u8) {
        let key = self
            .incoming_on(timeslot, CallState::Proceeding)
            .or_else(|| self.incoming_on(timeslot, CallState::Alerting));
        let Some(key) = key else { return };
        let message = self.message(key, MessageType::Progress).put(self.in_band());
        self.send(message);
    }

    /// A progress indicator that says: listen.
    pub(super) fn in_band(&self) -> Element<'static> {
        Element::ProgressIndicator(ProgressIndicator {
            location: location(self.settings.side),
            description: ProgressDescription::InBand,
        })
    }

    fn answer(&mut self, now: Instant, timeslot: u8) {
        let key = self
            .incoming_on(timeslot, CallState::Proceeding)
            .or_else(|| self.incoming_on(timeslot, CallState::Alerting));
        let Some(key) = key else { return };
        let form = self.settings.profile.called;
        let call = self.call(key);
        // Who answers is the number called, unless the switch has said otherwise.
        let by_profile = self.settings.profile.connected_number.then(|| call.digits.parse().ok());
        let called = by_profile.flatten().map(CallerId::from_number);
        let party = call.connected.or(called);
        let connected = party.as_ref().and_then(|party| self.party_number(party, form));
        let message =
            self.message(key, MessageType::Connect).maybe(connected.map(Element::ConnectedNumber));
        self.send(message);
        match self.settings.side {
            // The network confirms (5.2.8); a user's confirmation is its own affair (5.1.8).
            Side::User => {
                let t313 = self.settings.timers.t313;
                self.enter(now, key, CallState::ConnectRequest, Some((CallTimer::T313, t313)));
            }
            Side::Network => self.enter(now, key, CallState::Active, None),
        }
    }

    /// The call that came in on this timeslot, if it is in this state.
    fn incoming_on(&self, timeslot: u8, state: CallState) -> Option<Key> {
        self.call_on(timeslot)
            .filter(|key| !self.call(*key).originated && self.call(*key).state == state)
    }

    /// Digits of a number not yet whole (5.1.3). Keys in a talk are tones, not messages.
    fn send_digits(&mut self, now: Instant, timeslot: u8, digits: &Digits) {
        let Some(key) = self.call_on(timeslot) else { return };
        if !self.call(key).originated {
            return;
        }
        let call = self.call_mut(key);
        match call.state {
            CallState::Present | CallState::Overlap => {
                for digit in digits {
                    // A number longer than any is the caller's mistake; the network will say so.
                    let _ = call.digits.try_push(digit.as_char());
                }
                if self.call(key).state == CallState::Overlap {
                    self.send_kept_digits(now, key);
                }
            }
            _ => {}
        }
    }

    /// INFORMATION with the digits that wait.
    pub(super) fn send_kept_digits(&mut self, now: Instant, key: Key) {
        let digits = core::mem::take(&mut self.call_mut(key).digits);
        if !digits.is_empty() {
            let called = PartyNumber {
                number_type: self.settings.profile.called.number_type,
                plan: self.settings.profile.called.plan,
                digits: digits.as_bytes(),
                ..PartyNumber::default()
            };
            let message =
                self.message(key, MessageType::Information).put(Element::CalledNumber(called));
            self.send(message);
        }
        let at = now + self.settings.timers.t304;
        self.call_mut(key).timers.set(CallTimer::T304, at);
    }

    fn release(&mut self, now: Instant, timeslot: u8, cause: Cause) {
        match self.channel(timeslot) {
            Channel::Seized => {
                self.set_channel(timeslot, Channel::Idle);
                self.refuse(timeslot, cause);
            }
            Channel::Busy(key) => self.clear(now, key, cause),
            _ => {}
        }
    }

    /// How long after DISCONNECT the far side may take.
    pub(super) fn after_disconnect(&self, tones: bool) -> (CallTimer, Duration) {
        if tones {
            (CallTimer::T306, self.settings.timers.t306)
        } else {
            (CallTimer::T305, self.settings.timers.t305)
        }
    }
}
